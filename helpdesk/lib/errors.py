"""What services refuse, in a stable code and a sentence a person may read; views show it, anything else is a 500."""

from __future__ import annotations


class DomainError(Exception):
    """The request cannot be done as things stand; nothing was changed.

    `code` is constant per subclass or instance, for tests and scripts; `sentence` says what is wrong and what to do.
    """

    code = "refused"

    def __init__(self, sentence: str, *, code: str = "") -> None:
        self.sentence = sentence
        self.code = code or self.code
        super().__init__(sentence)
