"""What services refuse, in a stable code and a sentence a person may read; views show it, anything else is a 500."""

from __future__ import annotations

from django.utils.translation import gettext as _


class DomainError(Exception):
    """The request cannot be done as things stand; nothing was changed.

    `code` is constant per subclass or instance, for tests and scripts; `sentence` says what is wrong and what to do.
    """

    code = "refused"

    def __init__(self, sentence: str, *, code: str = "") -> None:
        self.sentence = sentence
        self.code = code or self.code
        super().__init__(sentence)


class ChangedMeanwhile(DomainError):
    """Somebody else has changed what a page shows since it was opened; nothing of the later one was saved."""

    code = "changed_meanwhile"

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else changed this page meanwhile. Open it anew to see it; nothing of yours is saved.")
        )
