"""When a mail counts as received before, as it was set. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ticketing.models.mail_policy import Copies


@dataclass(frozen=True, slots=True)
class Repeats:
    """What an organization has set."""

    days: int | None = None  # how long a mail is remembered; None: for ever
    copies: Copies = Copies.SAME_TEAM

    def remembers(self, earlier: datetime, *, at: datetime) -> bool:
        """True while a mail received then still counts for one that is received at `at`."""
        return self.days is None or abs(at - earlier) <= timedelta(days=self.days)

    def joins(self, team_id: int | None, *, earlier_team_id: int | None) -> bool:
        """True when a mail that two mailboxes received is to be one: the teams are theirs, for new tickets."""
        if self.copies is Copies.SAME_TEAM:
            return team_id is not None and team_id == earlier_team_id
        return self.copies is Copies.ANY


AS_IT_COMES = Repeats()  # where nothing was ever set
