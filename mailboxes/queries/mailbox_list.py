"""Mailboxes with what the list shows of each, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.lib import clock
from helpdesk.running import signs
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.charts import Spark, spark_of
from mailboxes.check_lists import Check, check_list
from mailboxes.connectors.registry import traits_of
from mailboxes.deadlines import grant_of
from mailboxes.health_words import error_words
from mailboxes.models import (
    ConnectionKind,
    GrantState,
    Health,
    Mailbox,
    Outcome,
    OutgoingServer,
    RawMessage,
    RawState,
    RemoteMessage,
)
from mailboxes.queries.arrivals import Arrivals, arrivals_of
from mailboxes.queries.ends import EndLine, end_lines
from mailboxes.queries.real_time import RealTimeState, real_time_state
from mailboxes.services.liveness.health import is_on
from mailboxes.services.sending.outgoing_servers import default_server
from mailboxes.wizard import NAMES, stands_at


@dataclass(frozen=True)
class MailboxState:
    """One mailbox and how it fares."""

    mailbox: Mailbox
    tone: str  # ok, warn, bad or ""
    health: str | Promise
    icon: str
    last_success_at: datetime | None
    next_try_at: datetime | None
    waiting: int  # stored, not yet processed
    arrivals: Arrivals
    down_hours: int  # in how many of the last 24 hours it could not be read
    spark: Spark
    error: str | Promise = ""
    paused_server: OutgoingServer | None = None  # through which its mail would leave: its own, or the default
    real_time: RealTimeState | None = None  # None: not wanted
    ends: Sequence[EndLine] = ()  # what is known to end, soonest first

    @property
    def received(self) -> int:
        """Messages in the last 24 hours."""
        return self.arrivals.total

    @property
    def is_reachable(self) -> bool:
        """The last poll worked; something of it may end soon all the same."""
        return is_on(self.mailbox) and self.mailbox.health == Health.REACHABLE and self.tone != "bad"

    @property
    def expiry(self) -> EndLine | None:
        """What ends soonest, if that is soon enough to say so by itself."""
        return next((end for end in self.ends if end.is_near), None)

    @property
    def is_polled(self) -> bool:
        """False if mail is brought to it: there is no server to check."""
        return traits_of(self.mailbox.connection.kind).is_polled

    @property
    def next_step(self) -> str | Promise:
        """Where the set-up of a draft goes on."""
        return NAMES[stands_at(self.mailbox)] if self.mailbox.is_draft else ""

    @property
    def checks(self) -> Sequence[Check]:
        """What to check, most likely first; nothing where nothing is wrong."""
        return check_list(self.mailbox) if self.error else ()


def active_mailboxes() -> list[Mailbox]:
    """Mailboxes that are not deleted, by name, with connection and its grant, outgoing server and team."""
    rows = Mailbox.objects.filter(deleted_at=None).select_related(
        "connection__grant", "outgoing__login_of__grant", "team", "organization"
    )
    return list(rows.order_by("name", "id"))


def mailbox_states() -> list[MailboxState]:
    """All mailboxes that are not deleted, by name. At most five queries."""
    return states_of(active_mailboxes())


def states_of(mailboxes: Sequence[Mailbox]) -> list[MailboxState]:
    """How these mailboxes fare, in their order. At most four queries."""
    ids = [mailbox.pk for mailbox in mailboxes]
    polls = WorkItem.objects.filter(kind=WorkKind.POLL, organization_id=required_organization_id(), row_id__in=ids)
    items = {item.row_id: item for item in polls}
    pending = RawMessage.objects.filter(state=RawState.PENDING, mailbox_id__in=ids)
    waiting = dict(pending.values_list("mailbox_id").annotate(Count("id")))
    arrivals = arrivals_of(ids)
    default = default_server() if any(mailbox.outgoing is None for mailbox in mailboxes) else None
    today = clock.now().date()
    is_watched = signs.is_alive(signs.WATCH)
    return [
        _state(
            box,
            items.get(box.pk),
            server=box.outgoing or default,
            waiting=waiting.get(box.pk, 0),
            arrivals=arrivals[box.pk],
            is_watched=is_watched,
            today=today,
        )
        for box in mailboxes
    ]


def _state(
    mailbox: Mailbox,
    item: WorkItem | None,
    *,
    server: OutgoingServer | None,
    waiting: int,
    arrivals: Arrivals,
    is_watched: bool,
    today: date,
) -> MailboxState:
    ends = () if mailbox.is_draft else end_lines(mailbox, server=server, today=today)
    is_paused = mailbox.is_enabled and server is not None and server.paused_at is not None
    tone, health, icon = _health(mailbox)
    is_polled = traits_of(mailbox.connection.kind).is_polled
    if tone == "ok" and any(end.is_near for end in ends):
        tone, health, icon = "warn", _("Expires soon"), "alert"
    is_down = mailbox.is_enabled and mailbox.health == Health.UNREACHABLE
    down_hours = arrivals.hours_since(mailbox.failing_since) if is_down else 0
    return MailboxState(
        mailbox=mailbox,
        tone=tone,
        health=health,
        icon=icon,
        last_success_at=item.succeeded_at if item else None,
        next_try_at=item.due_at if item and is_on(mailbox) and (is_polled or is_down) else None,
        waiting=waiting,
        arrivals=arrivals,
        down_hours=down_hours,
        spark=spark_of(arrivals, down_hours=down_hours, is_paused=not mailbox.is_enabled),
        error=error_words(mailbox) if mailbox.error_reason and is_on(mailbox) else "",
        paused_server=server if is_paused else None,
        real_time=real_time_state(mailbox, is_watched=is_watched),
        ends=ends,
    )


def _health(mailbox: Mailbox) -> tuple[str, str | Promise, str]:
    if mailbox.is_draft:
        return "", _("Not finished"), "clock"
    if not mailbox.is_enabled:
        return "", _("Disabled") if mailbox.health == Health.NOT_FINISHED else _("Paused"), "pause"
    if not mailbox.organization.reads_mail:
        return "", _("Switched off"), "pause"
    if _has_dead_grant(mailbox):
        return "bad", _("Sign in again"), "key"
    if mailbox.health == Health.UNREACHABLE:
        return "bad", _("Unreachable"), "x-circle"
    if mailbox.health == Health.THROTTLED:
        return "warn", _("Throttled"), "clock"
    if mailbox.health == Health.NOT_FINISHED:
        return "info", _("Connecting"), "refresh"
    return "ok", _("Reachable"), ""


def _has_dead_grant(mailbox: Mailbox) -> bool:
    grant = grant_of(mailbox.connection)
    return grant is not None and grant.state == GrantState.DEAD


def unreachable_count() -> int:
    """How many enabled mailboxes cannot be read now."""
    return Mailbox.objects.filter(deleted_at=None, is_enabled=True, health=Health.UNREACHABLE).count()


def outages() -> dict[int, str]:
    """The enabled mailboxes whose failure admins were told of and that are not back yet: name by id, at most 50."""
    down = Mailbox.objects.filter(deleted_at=None, is_enabled=True).exclude(outage_notified_at=None)
    down = down.exclude(health=Health.REACHABLE)  # back, and told once those are that failed with it
    return dict(down.order_by("id").values_list("id", "name")[:50])


def brought_ids(ids: Iterable[int]) -> set[int]:
    """To which of these mailboxes mail is brought, so that no server keeps it meanwhile."""
    brought = Mailbox.objects.filter(id__in=list(ids), connection__kind=ConnectionKind.PUSH)
    return set(brought.values_list("id", flat=True))


def reachable_ids(ids: Sequence[int]) -> set[int]:
    """Which of these mailboxes are enabled and can be read."""
    up = Mailbox.objects.filter(id__in=ids, deleted_at=None, is_enabled=True, health=Health.REACHABLE)
    return set(up.values_list("id", flat=True))


def failed_count() -> int:
    """How many messages are in quarantine, at most 1,000."""
    failed = RemoteMessage.objects.filter(Q(outcome=Outcome.FAILED), resighting_of=None)
    return failed[:1000].count()
