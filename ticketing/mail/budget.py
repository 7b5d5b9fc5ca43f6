"""How much time and space one mail still may take, and the list of what was wrong or left out."""

import time
from collections.abc import Callable
from math import ceil

from ticketing.mail.remarks import Remark, RemarkCode, remark
from ticketing.mail.values import Limits

MAX_NOTES = 100


class Budget:
    """One parse's allowance: every loop over outside data asks it, and says what it cut."""

    def __init__(self, limits: Limits, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        """Starts the clock; monotonic gives seconds and is the parser's only clock."""
        self.limits = limits
        self.defects: list[Remark] = []
        self.cut: list[Remark] = []
        self.parts_left = limits.parts
        self.bytes_left = limits.decoded_bytes
        self._monotonic = monotonic
        self._deadline = monotonic() + limits.time_s

    def apart(self) -> "Budget":
        """One for what is only looked into: as much space, the same time, and notes that nobody reads."""
        found = Budget(self.limits, monotonic=self._monotonic)
        found._deadline = self._deadline
        return found

    def defect(self, found: Remark) -> None:
        """Notes once that the mail is wrong in this way."""
        if found not in self.defects and len(self.defects) < MAX_NOTES:
            self.defects.append(found)

    def note_cut(self, left_out: Remark) -> None:
        """Notes once that this was left out of the result."""
        if left_out not in self.cut and len(self.cut) < MAX_NOTES:
            self.cut.append(left_out)

    def is_out_of_time(self) -> bool:
        """True once the time is used up; the caller stops and keeps what it has."""
        if self._monotonic() < self._deadline:
            return False
        self.note_cut(remark(RemarkCode.OUT_OF_TIME, seconds=ceil(self.limits.time_s)))
        return True
