"""Sessions on one account: how many there may be side by side, and the connection that one leaves to the next.

Providers count an account's connections, idle ones included: the people who read the mailbox themselves need some, too.
So every session on an account holds one of its few places, and the last place is never one that is only kept. Where
calls are counted and no connections (Graph, Exchange Web Services) what rests holds none. Connections that listen have
two places of their own (`liveness.listening_places`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from helpdesk.lib import clock
from mailboxes.connectors.base import Source
from mailboxes.connectors.keeping import Client, Keepable
from mailboxes.connectors.registry import traits_of
from mailboxes.models import ConnectionKind, Mailbox, OAuthGrant
from mailboxes.services.liveness import health
from mailboxes.services.reading import kept
from mailboxes.services.reading.accounts import Account, account_of
from mailboxes.services.reading.host_places import place_at_host, places_at_host
from mailboxes.services.reading.kept import KEPT, Kept
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.places import give_up_place, held_place, keep_place, place_key, take_place

logger = logging.getLogger(__name__)

SESSIONS_PER_ACCOUNT = 3  # Courier lets 4 in, Dovecot 10, Gmail 15, each with whoever else reads the mailbox
CALLS_TO_GRAPH = 2  # and two mails that leave make the four calls side by side that an app has at a mailbox
_LOOK_EVERY_S = 0.2
_COUNTS_CALLS = frozenset({ConnectionKind.GRAPH, ConnectionKind.EWS})


@dataclass(frozen=True)
class Seats:
    """The places of an account."""

    name: str
    count: int


@contextmanager
def session_place(mailbox: Mailbox, lease: Lease) -> Iterator[SessionKeeper | None]:
    """Who keeps the connection if there is room at the server and for the account; None: the poll is put off."""
    with place_at_host(mailbox, lease, timeout_s=settings.LEASE_S) as has_place:
        if not has_place:
            yield None
            return
        with _on_account(mailbox, lease) as keeper:
            yield keeper


@contextmanager
def visiting_place(mailbox: Mailbox, lease: Lease | None = None, *, timeout_s: float) -> Iterator[bool]:
    """True if there is room for a session that is no poll and leaves nothing: filing in Sent, subscribing.

    The places are kept as long as the lease, without one for `timeout_s`, and free afterwards.
    """
    with place_at_host(mailbox, lease, timeout_s=timeout_s) as has_place:
        name = _place_name(account_of(mailbox))
        place = None
        if has_place:
            place = take_place(name, count=places_of(mailbox), timeout_s=timeout_s, is_first_best=True)
        if place is None:
            yield False
            return
        with held_place(place, lease, timeout_s=timeout_s):
            yield True


def seats_of(mailbox: Mailbox) -> Seats:
    """The places of the mailbox's account, for whoever has no database later on."""
    return Seats(_place_name(account_of(mailbox)), places_of(mailbox))


def host_seats_of(mailbox: Mailbox) -> Seats:
    """The places of the organization at the mailbox's provider, for the same."""
    return Seats(*places_at_host(mailbox))


@contextmanager
def waited_seat(seats: Seats, *, wait_s: float, timeout_s: float) -> Iterator[bool]:
    """True if a place on the account was free within `wait_s`; it is kept for `timeout_s` at most."""
    until = clock.monotonic() + wait_s
    place = take_place(seats.name, count=seats.count, timeout_s=timeout_s, is_first_best=True)
    while place is None and clock.monotonic() < until:
        clock.pause(_LOOK_EVERY_S)
        place = take_place(seats.name, count=seats.count, timeout_s=timeout_s, is_first_best=True)
    try:
        yield place is not None
    finally:
        if place is not None:
            give_up_place(place)


@contextmanager
def _on_account(mailbox: Mailbox, lease: Lease) -> Iterator[SessionKeeper | None]:
    account, count = account_of(mailbox), places_of(mailbox)
    mark = kept.mark_of(mailbox.connection_id) if settings.KEPT_CONNECTIONS else None
    found = KEPT.take(account)
    name = _place_name(account)
    place = found.place if found else ""
    place = place or take_place(name, count=count, timeout_s=settings.LEASE_S, is_first_best=True) or ""
    if not place:
        logger.info("poll.put_off", extra={"mailbox_id": mailbox.pk})
        if found and not KEPT.put(account, found):
            found.client.leave()
        yield None
        return
    rests_free = account.kind in _COUNTS_CALLS
    may_keep = rests_free or place != place_key(name, count - 1)
    keeper = SessionKeeper(account, found, place=place, mark=mark, may_keep=may_keep, rests_free=rests_free)
    try:
        if found and found.place:
            keep_place(place, timeout_s=settings.LEASE_S)
        with lease.beating_with(lambda: keep_place(place, timeout_s=settings.LEASE_S)):
            yield keeper
        keeper.put_back()
    finally:
        keeper.end()


def places_of(mailbox: Mailbox) -> int:
    """How many sessions the mailbox's account bears side by side: one where a session keeps others out."""
    if traits_of(mailbox.connection.kind).session_s is not None:
        return 1
    return CALLS_TO_GRAPH if mailbox.connection.kind == ConnectionKind.GRAPH else SESSIONS_PER_ACCOUNT


def keeping(source: Source, *, mailbox: Mailbox, keeper: SessionKeeper) -> Source:
    """The source with its connection kept between polls, where its kind can and the mailbox is polled often enough.

    Needs the organization's scope.
    """
    if not isinstance(source, Keepable) or not settings.KEPT_CONNECTIONS:
        return source
    if not mailbox.is_enabled or health.interval_s(mailbox) >= kept.IDLE_S:
        return source
    tokens = None
    if not mailbox.connection.password_sealed:
        grants = OAuthGrant.objects.filter(connection=mailbox.connection)
        tokens = grants.values_list("id", "state", "tokens_version").first()
    keeper.expect((source.identity, tokens), connection_id=mailbox.connection_id)
    return source.kept_by(keeper)


class SessionKeeper:
    """What one poll takes its connection from and gives it to, along with its place at the account.

    rests_free: a connection at rest holds no place.
    """

    def __init__(
        self,
        account: Account,
        found: Kept | None,
        *,
        place: str,
        mark: str | None,
        may_keep: bool,
        rests_free: bool = False,
    ) -> None:
        self._account = account
        self._rests_free = rests_free
        self._found = found
        self._place = place
        self._mark = mark
        self._may_keep = may_keep
        self._made_as: tuple[object, UUID] | None = None
        self._taken: Kept | None = None
        self._given: Kept | None = None
        self._is_place_ours = True

    def expect(self, identity: object, *, connection_id: UUID) -> None:
        """Only a connection that was made in this very way is used, and what is made now is kept as such."""
        self._made_as = (identity, connection_id)

    def take(self) -> Client | None:
        """The connection that was kept, if it was made as one would be made now."""
        found, self._found = self._found, None
        if found is None or self._made_as is None:
            return None
        if found.identity != self._made_as[0]:
            found.client.leave()
            return None
        self._taken = found
        return found.client

    def keep(self, client: Client) -> bool:
        """True: the connection is kept if the poll ends as well as its session did."""
        if not self._may_keep or self._made_as is None:
            return False
        identity, connection_id = self._made_as
        is_same = self._taken is not None and self._taken.client is client
        ends_at = self._taken.ends_at if self._taken is not None and is_same else kept.ends_at()
        place = "" if self._rests_free else self._place
        self._given = Kept(client, identity, connection_id, self._mark, place, ends_at)
        return True

    def put_back(self) -> None:
        """What was given is kept for the next poll, with the place it holds."""
        if self._given is None or not KEPT.put(self._account, self._given):
            return
        self._given = None
        if not self._rests_free:
            self._is_place_ours = False
            keep_place(self._place, timeout_s=kept.PLACE_S)

    def end(self) -> None:
        """What is not kept was left, and its place is free."""
        for over in (self._found, self._given):
            if over is not None:
                over.client.leave()
        self._found = self._given = None
        if self._is_place_ours:
            give_up_place(self._place)


def _place_name(account: Account) -> str:
    return f"sessions:{account.name}"
