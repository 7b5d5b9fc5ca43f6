"""How fast mail leaves through a server: so many in any minute, and so many connections side by side.

A mail that has to wait says why and until when, and waits in the order of the queue: which mails left lately stands in
their rows, so that all workers count the same. A server that asks to wait holds up all its mail, not only the one that
it said so to; where a provider means an app as a whole, that is all mail and every poll of the app. Inside the caller's
transaction, whose work item is locked.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import QuerySet

from helpdesk.lib import clock
from helpdesk.tenancy.turns import one_at_a_time
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.known_hosts import is_microsoft
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import DeliveryState, OutboxMessage, OutgoingKind, OutgoingServer
from mailboxes.services.oauth.graph_configs import call_budget
from mailboxes.services.reading import waits
from mailboxes.services.reading.accounts import Caller, caller_of
from mailboxes.services.reading.call_budget import CALLS
from mailboxes.services.reading.places import take_places

RATE = "rate"  # OutboxMessage.error_reason: it waits for its turn
WINDOW = timedelta(minutes=1)
# How many mails a minute a host takes from one account; it puts off what is more (F109).
MAILS_PER_MINUTE = {"smtp.office365.com": 25}
ONLINE = "smtp.office365.com"  # Exchange Online counts what a mailbox sends, whichever way it leaves
CONNECTIONS = 4  # side by side to one server
CONNECTIONS_TO_MICROSOFT = 2  # it lets three in: 432 4.3.2
THROTTLED_S = 60.0  # where the server does not say for how long
MAX_THROTTLED = timedelta(hours=6)
_CLOCKS_APART = timedelta(seconds=5)  # of workers on several machines; what lies further ahead no clock said rightly
_LATE = timedelta(minutes=2)  # whoever waits for longer than this past his turn holds up nobody
_WAITING = (DeliveryState.QUEUED, DeliveryState.RETRY)
_OF_WAITING = (RATE, Reason.THROTTLED, Reason.CALLS_SPENT, "no_server")


def mails_per_minute(server: OutgoingServer) -> int | None:
    """How many mails may leave through the server in any minute; None: as many as there are."""
    known_as = ONLINE if _is_online(server) else server.host.lower()
    return server.mails_per_minute or MAILS_PER_MINUTE.get(known_as)


def wait_for_turn(outbox: OutboxMessage, server: OutgoingServer) -> datetime | None:
    """None: the mail may leave now, and it counts. Else when to ask again, which the mail then says of itself."""
    moment = clock.now()
    until = _throttled_until(server, moment=moment) or _app_waits_until(server)
    if until is not None:
        return _waits(outbox, until=until, reason=Reason.THROTTLED)
    if (until := _calls_spent_until(server)) is not None:
        return _waits(outbox, until=until, reason=Reason.CALLS_SPENT)
    if (allowed := mails_per_minute(server)) is not None:
        one_at_a_time(f"pace:{server.pk}")
        moment = clock.now()  # what others sent while we waited for them was sent before it
        if (until := _next_turn(outbox, server, allowed=allowed, moment=moment)) is not None:
            return _waits(outbox, until=until, reason=RATE)
    outbox.tried_at = moment
    if outbox.error_reason in _OF_WAITING:
        outbox.error_reason = outbox.error_detail = ""
    return None


def note_throttled(server: OutgoingServer, *, error: ConnectorError) -> None:
    """If the server asks to wait, nothing leaves through it until then; nor is its app asked for anything it means."""
    if not error.asks_to_wait:
        return
    wished = timedelta(seconds=max(error.retry_after_s or THROTTLED_S, 1.0))
    until = clock.now() + min(wished, MAX_THROTTLED)
    OutgoingServer.objects.filter(id=server.pk).update(throttled_until=until)
    if (caller := caller_through(server)) is not None:
        waits.note_refusal(caller, error)


def take_connection(server: OutgoingServer) -> tuple[str, ...] | None:
    """The places of one more connection to the server; None if there are as many as it bears.

    One more call of an app takes a place among those of its polls, too.
    """
    count = CONNECTIONS_TO_MICROSOFT if _is_online(server) or is_microsoft(server.host) else CONNECTIONS
    wanted = [(f"sends:{server.pk}", count)]
    if (caller := caller_through(server)) is not None:
        wanted.append((caller.place_name, settings.POLLS_PER_HOST))
    return take_places(wanted, timeout_s=settings.LEASE_S)


def throttled_until(server: OutgoingServer) -> datetime | None:
    """Until when the server wants no mail, as it said; None if it takes any."""
    return _throttled_until(server, moment=clock.now())


def caller_through(server: OutgoingServer) -> Caller | None:
    """Who asks, where mail leaves by the same calls that it comes by."""
    if server.kind == OutgoingKind.SMTP or server.login_of is None:
        return None
    return caller_of(server.login_of)


def _app_waits_until(server: OutgoingServer) -> datetime | None:
    caller = caller_through(server)
    wait = waits.wait_of(caller) if caller is not None else None
    return wait.until if wait is not None else None


def _calls_spent_until(server: OutgoingServer) -> datetime | None:
    if server.login_of is None:
        return None
    budget = call_budget(server.login_of, user=server.username)
    return budget.spent_until(most=CALLS) if budget is not None else None


def _is_online(server: OutgoingServer) -> bool:
    """True if mail leaves through Exchange Online, and by none of its servers for SMTP."""
    if server.kind == OutgoingKind.EWS:
        return server.host.lower().rstrip(".") in {hosts.exchange for hosts in CLOUDS.values()}
    return server.kind == OutgoingKind.GRAPH


def _waits(outbox: OutboxMessage, *, until: datetime, reason: str) -> datetime:
    outbox.next_try_at = until
    if outbox.error_reason in ("", *_OF_WAITING):  # what an attempt met is told until the next one
        outbox.error_reason, outbox.error_detail = reason, ""
    return until


def _throttled_until(server: OutgoingServer, *, moment: datetime) -> datetime | None:
    until = server.throttled_until
    # Later than it could have been set to: the clock was turned back.
    return until if until is not None and moment < until <= moment + MAX_THROTTLED else None


def _next_turn(outbox: OutboxMessage, server: OutgoingServer, *, allowed: int, moment: datetime) -> datetime | None:
    others = OutboxMessage.objects.filter(outgoing=server).exclude(id=outbox.pk)
    left = others.filter(tried_at__gt=moment - WINDOW, tried_at__lte=moment + _CLOCKS_APART).order_by("tried_at")
    lately = list(left.values_list("tried_at", flat=True)[:allowed])
    ahead = _ahead(others, of=outbox, moment=moment)
    if len(lately) + ahead < allowed:
        return None
    return _turn(lately, allowed=allowed, ahead=ahead, moment=moment)


def _ahead(others: QuerySet[OutboxMessage], *, of: OutboxMessage, moment: datetime) -> int:
    """How many mails of the same server wait for their turn and were queued before this one."""
    waiting = others.filter(state__in=_WAITING, error_reason=RATE, next_try_at__gt=moment - _LATE)
    return waiting.filter(id__lt=of.pk).count()


def _turn(lately: Sequence[datetime], *, allowed: int, ahead: int, moment: datetime) -> datetime:
    """When the mail's turn is likely to come, if all before it leave as early as they may."""
    leaves_in_turn = [moment] * (allowed - len(lately)) + [at + WINDOW for at in lately]
    return leaves_in_turn[ahead % allowed] + (ahead // allowed) * WINDOW
