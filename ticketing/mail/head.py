"""The mail's own header fields: addresses, ids and texts by name, and what is missing among them."""

import re

from helpdesk.lib.text import clean_line
from ticketing.mail.addresses import parse_addresses
from ticketing.mail.budget import Budget
from ticketing.mail.dates import parse_date
from ticketing.mail.encoded_words import decode_words
from ticketing.mail.fields import Fields
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.values import Address

_ID = re.compile(r"<([^<>\s]{1,998})>")
# From the start of a word alone: from each of its letters on, long words without an @ take quadratic time.
_LOOSE_ID = re.compile(r"(?<![^\s<>,;\"])[^\s<>,;\"]{1,900}@[^\s<>,;\"]{1,250}")


class Head:
    """The mail's own header fields, by lower-case name."""

    def __init__(self, fields: Fields, budget: Budget) -> None:
        self.first: dict[str, str] = {}
        self._all: dict[str, list[str]] = {}
        self._budget = budget
        for name, value in fields:
            key = name.lower()
            self._all.setdefault(key, []).append(value)
            self.first.setdefault(key, value)

    def check(self) -> None:
        """Notes what a mail should have and has not (RFC 5322 section 3.6)."""
        if not self.first.get("from", "").strip():
            self._budget.defect(remark(RemarkCode.NO_FROM))
        elif len(self._all["from"]) > 1:
            self._budget.defect(remark(RemarkCode.SEVERAL_FROM))
        if "date" not in self.first:
            self._budget.defect(remark(RemarkCode.NO_DATE))
        elif parse_date(self.first["date"]) is None:
            self._budget.defect(remark(RemarkCode.DATE_INVALID))
        if "message-id" not in self.first:
            self._budget.defect(remark(RemarkCode.NO_MESSAGE_ID))

    def text(self, name: str) -> str:
        """The first value of that header, decoded; "" when absent."""
        return decode_words(self.first.get(name, ""))

    def addresses(self, name: str) -> tuple[tuple[Address, ...], int]:
        """The first addresses of all headers of that name, and how many they name together."""
        values = self._all.get(name)
        if not values:
            return (), 0
        found: list[Address] = []
        total = 0
        for value in values[:50]:
            some, count = parse_addresses(value, limit=self._budget.limits.addresses - len(found))
            found.extend(some)
            total += count
        if total > len(found):
            some_kept = remark(RemarkCode.TOO_MANY_ADDRESSES, header=name.title(), total=total, kept=len(found))
            self._budget.note_cut(some_kept)
        return tuple(found), total

    def message_id(self) -> str | None:
        """The mail's own id without angle brackets; whatever stands there when it is no id; None when absent."""
        ids = self.ids("message-id")
        if ids:
            return ids[0]
        return clean_line(self.first.get("message-id", "")).strip("<> ")[:998] or None

    def ids(self, name: str) -> tuple[str, ...]:
        """The message ids of that header, oldest first, each once; the newest ones when there are too many."""
        value = " ".join(self._all.get(name, ())[:20])
        if not value:
            return ()
        found = _ID.findall(value) or _LOOSE_ID.findall(value)
        kept = tuple(dict.fromkeys(clean_line(item) for item in found))
        return kept[-self._budget.limits.references :]
