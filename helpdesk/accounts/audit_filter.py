"""What of the configuration log is shown. A value that makes no sense filters nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import AREAS
from helpdesk.web.moments import beginning_of, day_named

MAX_WORDS = 200
# Who does what nobody is signed in for: the origin of such an entry, and what it is called.
NOBODY: Mapping[str, Promise] = {"worker": _("Postroom"), "command": _("Command line")}


@dataclass(frozen=True)
class AuditFilter:
    """Who, what, when and which words. None and "": all of them."""

    member_id: int | None = None
    origin: str = ""  # a key of NOBODY
    area: str = ""
    text: str = ""  # in what it is about, or in what was changed
    first_day: date | None = None  # in the viewer's zone, as the last one
    last_day: date | None = None

    @property
    def who(self) -> int | str:
        """As it stands in the address."""
        return self.member_id or self.origin

    @property
    def since(self) -> datetime | None:
        """The beginning of the first day."""
        return beginning_of(self.first_day) if self.first_day else None

    @property
    def before(self) -> datetime | None:
        """The end of the last day."""
        return beginning_of(self.last_day + timedelta(days=1)) if self.last_day else None


def audit_filter(query: Mapping[str, str]) -> AuditFilter:
    """What an address asks for."""
    who, area = query.get("member", ""), query.get("area", "")
    is_id = who.isascii() and who.isdigit() and len(who) < 19
    return AuditFilter(
        member_id=int(who) if is_id else None,
        origin=who if who in NOBODY else "",
        area=area if area in AREAS else "",
        text=query.get("q", "").replace("\x00", "").strip()[:MAX_WORDS],
        first_day=day_named(query.get("from", "")),
        last_day=day_named(query.get("to", "")),
    )
