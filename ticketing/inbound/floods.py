"""More than is ordinary, of mail or of automatic answers: what was counted, and whether it is too much. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from helpdesk.tenancy.floods import hour_of
from ticketing.models import loops as defaults
from ticketing.models.loops import FloodScope

Key = tuple[FloodScope, str]


@dataclass(frozen=True, slots=True)
class Stop:
    """A breaker that stands, or one whose mail somebody has let in again."""

    tripped_at: datetime
    until: datetime
    resumed_at: datetime | None = None

    def stands(self, at: datetime) -> bool:
        """True for mail that comes at this moment."""
        return self.resumed_at is None and at < self.until


@dataclass(frozen=True, slots=True)
class FloodLimits:
    """What an organization takes within the window, and its breakers."""

    window_minutes: int = defaults.WINDOW_MINUTES
    per_sender: int = defaults.PER_SENDER
    per_pair: int = defaults.PER_PAIR
    equal: int = defaults.EQUAL
    per_mailbox: int = defaults.PER_MAILBOX
    answers_per_mailbox: int = defaults.ANSWERS_PER_MAILBOX
    answers_per_pair: int = defaults.ANSWERS_PER_PAIR
    hold_hours: int = defaults.HOLD_HOURS
    stops: Mapping[Key, Stop] = field(default_factory=dict)

    @property
    def most_of_sender(self) -> int:
        """How many mails of one sender have to be looked at."""
        return max(self.per_sender, self.per_pair, self.equal)

    def since(self, at: datetime, *keys: Key, minutes: int | None = None) -> datetime:
        """From when on it counts: what there was before somebody let it go on does not. minutes: not the window's."""
        window = self.window_minutes if minutes is None else minutes
        resumed = [stop.resumed_at for key in keys if (stop := self.stops.get(key)) and stop.resumed_at]
        return max([at - timedelta(minutes=window), *resumed])

    def standing(self, keys: Iterator[Key] | tuple[Key, ...], *, at: datetime) -> Key | None:
        """The first of the keys whose breaker stands."""
        return next((key for key in keys if key in self.stops and self.stops[key].stands(at)), None)

    def was_let_in(self, key: Key, *, at: datetime) -> bool:
        """True of what is counted by the hour, if somebody has looked at it in the hour of this moment."""
        stop = self.stops.get(key)
        return key[0].is_by_hour and stop is not None and bool(stop.resumed_at and stop.resumed_at >= hour_of(at))


ORDINARY = FloodLimits()  # where nothing was ever set and nothing was ever stopped


@dataclass(frozen=True, slots=True)
class Recent:
    """What came within the window before this mail, each counted no further than its limit."""

    of_sender: int = 0
    of_pair: int = 0
    equal: int = 0
    of_mailbox: int = 0  # tickets opened, where they reach the limit
    # To everybody here, in this hour. What others get meanwhile makes no plan stale, unless it is a flood.
    of_installation: int = field(default=0, compare=False)  # mails of the sender
    of_strangers: int = field(default=0, compare=False)  # mails of people who are not known; 0 of one who is


NOTHING = Recent()


@dataclass(frozen=True, slots=True)
class Operators:
    """What the operator lets all organizations of the installation together take in an hour; 0: any."""

    per_sender: int = 0
    of_strangers: int = 0


@dataclass(frozen=True, slots=True)
class Flood:
    """Too much mail."""

    key: Key
    count: int  # that there were before this one
    is_known: bool  # its breaker stands already


NO_OPERATORS = Operators()
# Whoever they are, there is one breaker for them.
STRANGERS: Key = (FloodScope.STRANGERS, "*")


def keys_of(sender: str, mailbox_id: int) -> tuple[Key, ...]:
    """What a mail may be too much of, the widest first."""
    if not sender:
        return ((FloodScope.MAILBOX, str(mailbox_id)),)
    return (
        (FloodScope.INSTALLATION, sender),
        (FloodScope.SENDER, sender),
        (FloodScope.PAIR, f"{sender} {mailbox_id}"),
        (FloodScope.EQUAL, sender),
        (FloodScope.MAILBOX, str(mailbox_id)),
    )


def find_flood(
    recent: Recent,
    limits: FloodLimits,
    *,
    sender: str,
    mailbox_id: int,
    at: datetime,
    opens: bool,
    is_stranger: bool = False,
    here: Operators = NO_OPERATORS,
) -> Flood | None:
    """What this mail is too much of.

    opens: it would open a ticket, of which a mailbox makes only so many. is_stranger: the organization knows no such
    sender. What the installation counts and somebody has let in since the hour began counts no more.
    """
    keys = tuple(key for key in keys_of(sender, mailbox_id) if opens or key[0] is not FloodScope.MAILBOX)
    keys = (STRANGERS, *keys) if opens and is_stranger else keys
    standing = limits.standing(keys, at=at)
    if standing is not None:
        return Flood(standing, 0, is_known=True)
    counted = {
        FloodScope.INSTALLATION: (recent.of_installation, here.per_sender),
        FloodScope.STRANGERS: (recent.of_strangers, here.of_strangers),
        FloodScope.SENDER: (recent.of_sender, limits.per_sender),
        FloodScope.PAIR: (recent.of_pair, limits.per_pair),
        FloodScope.EQUAL: (recent.equal, limits.equal),
        FloodScope.MAILBOX: (recent.of_mailbox, limits.per_mailbox),
    }
    for key in keys:
        count, limit = counted[key[0]]
        if limit and count >= limit and not limits.was_let_in(key, at=at):
            return Flood(key, count, is_known=False)
    return None
