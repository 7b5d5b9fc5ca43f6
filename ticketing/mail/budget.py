"""How much time and space one mail still may take, and the list of what was wrong or left out."""

import time
from collections.abc import Callable

from ticketing.mail.values import Limits

MAX_NOTES = 100


class Budget:
    """One parse's allowance: every loop over outside data asks it, and says in words what it cut."""

    def __init__(self, limits: Limits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Starts the clock; monotonic gives seconds and is the parser's only clock."""
        self.limits = limits
        self.defects: list[str] = []
        self.cut: list[str] = []
        self.parts_left = limits.parts
        self.bytes_left = limits.decoded_bytes
        self._monotonic = monotonic
        self._deadline = monotonic() + limits.time_s

    def defect(self, sentence: str) -> None:
        """Notes once that the mail is wrong in this way."""
        if sentence not in self.defects and len(self.defects) < MAX_NOTES:
            self.defects.append(sentence)

    def note_cut(self, sentence: str) -> None:
        """Notes once that this was left out of the result."""
        if sentence not in self.cut and len(self.cut) < MAX_NOTES:
            self.cut.append(sentence)

    def is_out_of_time(self) -> bool:
        """True once the time is used up; the caller stops and keeps what it has."""
        if self._monotonic() < self._deadline:
            return False
        self.note_cut(
            f"Reading stopped after {self.limits.time_s:g} seconds; the rest of the mail is only in the original."
        )
        return True
