"""How many connections are kept, of whom, and how many sessions an account has: without any server."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import ConnectionKind, Mailbox, OAuthGrant
from mailboxes.services.reading import kept, sessions
from mailboxes.services.reading.accounts import Account, account_of
from mailboxes.services.reading.crowding import note_crowded
from mailboxes.services.reading.kept import Kept, KeptConnections
from mailboxes.services.reading.lease import Lease
from mailboxes.services.reading.sessions import SESSIONS_PER_ACCOUNT, session_place, visiting_place

pytestmark = [pytest.mark.django_db, pytest.mark.both]


class Idle:
    """A connection at rest."""

    def __init__(self) -> None:
        self.is_left = False

    def leave(self) -> None:
        """Noted."""
        self.is_left = True

    def abandon(self) -> None:
        """Noted as well."""
        self.is_left = True


@pytest.fixture
def pool(settings: Any, monkeypatch: pytest.MonkeyPatch, own_cache: None) -> KeptConnections:
    """What this process keeps, at most four; no thread tidies it."""
    settings.KEPT_CONNECTIONS = 4
    own = KeptConnections(is_tidied=False)
    monkeypatch.setattr(sessions, "KEPT", own)
    return own


def put(
    pool: KeptConnections, number: int, *, organization_id: int = 1, host: str = "imap.example.test"
) -> Idle | None:
    """The connection of this account if it is kept."""
    client = Idle()
    resting = Kept(client, "made so", uuid.uuid4(), None, f"place:{organization_id}:{number}", kept.ends_at())
    account = Account(organization_id, "imap", host, f"user{number}")
    return client if pool.put(account, resting) else None


def lease_of(mailbox: Mailbox) -> Lease:
    """Some lease; nobody checks it here."""
    return Lease(work.Claim(0, WorkKind.POLL, mailbox.organization_id, mailbox.pk, 0, 1, clock.now()), lease_s=60)


def test_no_more_are_kept_than_the_operator_says_and_the_first_ones_stay(pool: KeptConnections) -> None:
    clients = [put(pool, number) for number in range(6)]
    assert [client is not None for client in clients] == [True] * 4 + [False] * 2
    assert not any(client.is_left for client in clients if client)


def test_an_organization_with_many_mailboxes_leaves_room_for_others(pool: KeptConnections) -> None:
    theirs = [put(pool, number) for number in range(4)]
    ours = [put(pool, number, organization_id=2) for number in range(3)]
    assert [client is not None for client in ours] == [True, True, False]
    assert [client.is_left for client in theirs if client] == [True, True, False, False]


def test_of_one_account_one_is_kept(pool: KeptConnections) -> None:
    first = put(pool, 1)
    assert put(pool, 1) is None
    assert first is not None
    assert not first.is_left


def test_half_of_the_files_a_process_may_open_are_left_for_the_rest(
    pool: KeptConnections, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.KEPT_CONNECTIONS = 5000
    monkeypatch.setattr(kept.resource, "getrlimit", lambda _what: (1024, 4096))
    assert kept.limit() == 512


def test_of_an_account_with_too_many_connections_none_is_kept_any_more(pool: KeptConnections) -> None:
    clients = [put(pool, 1), put(pool, 2), put(pool, 1, organization_id=2)]
    note_crowded(Account(1, "imap", "imap.example.test", "user1"))
    pool.tidy()
    assert [client.is_left for client in clients if client] == [True, False, False]
    assert pool.take(Account(1, "imap", "imap.example.test", "user2")) is not None


def test_a_host_that_has_too_many_of_two_accounts_has_none_kept_of_that_organization(pool: KeptConnections) -> None:
    clients = [put(pool, 3), put(pool, 3, host="elsewhere.example.test"), put(pool, 3, organization_id=2)]
    for user in ("user1", "user2"):
        note_crowded(Account(1, "imap", "imap.example.test", user))
    pool.tidy()
    assert [client.is_left for client in clients if client] == [True, False, False]


def test_without_the_cache_nothing_is_kept(pool: KeptConnections, monkeypatch: pytest.MonkeyPatch) -> None:
    client = put(pool, 1)

    def away(*_arguments: object) -> None:
        raise OSError("the cache is away")

    monkeypatch.setattr(kept, "cache", SimpleNamespace(get_many=away))
    pool.tidy()
    assert client is not None
    assert client.is_left


@pytest.mark.req("F68")
def test_a_poll_that_meets_too_many_connections_is_throttled_and_notes_it(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    fake.source.trouble = ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False)
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now(), set_at=clock.now())
    drains.drain_now(WorkKind.POLL, row_ids=[mailbox.pk])
    after = fake.mailbox()
    assert (after.health, after.throttled_until is not None) == ("throttled", True)
    resting = Idle()
    pool.put(account_of(mailbox), Kept(resting, "made so", uuid.uuid4(), None, "place", kept.ends_at()))
    pool.tidy()
    assert resting.is_left


@pytest.mark.req("F68")
def test_an_account_has_few_sessions_side_by_side_and_the_next_poll_waits(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    with ExitStack() as places:
        for _ in range(SESSIONS_PER_ACCOUNT):
            assert places.enter_context(session_place(mailbox, lease_of(mailbox))) is not None
        with session_place(mailbox, lease_of(mailbox)) as keeper:
            assert keeper is None
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None


def test_the_last_place_of_an_account_is_never_one_that_is_only_kept(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    with ExitStack() as places:
        keepers = [places.enter_context(session_place(mailbox, lease_of(mailbox))) for _ in range(SESSIONS_PER_ACCOUNT)]
        for keeper in keepers:
            assert keeper is not None
            keeper.expect("made so", connection_id=mailbox.connection_id)
        assert [keeper.keep(Idle()) for keeper in keepers if keeper] == [True] * (SESSIONS_PER_ACCOUNT - 1) + [False]


@pytest.mark.req("F68")
def test_a_process_that_ends_leaves_no_place_taken_to_the_one_that_follows(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    for _process in range(SESSIONS_PER_ACCOUNT + 1):
        with session_place(mailbox, lease_of(mailbox)) as keeper:
            assert keeper is not None
            keeper.expect("made so", connection_id=mailbox.connection_id)
            assert keeper.keep(Idle())
        pool.leave_all()


def test_a_kept_connection_holds_its_place_until_it_is_left(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect("made so", connection_id=mailbox.connection_id)
        assert keeper.keep(Idle())
    resting = pool.take(account_of(mailbox))
    assert resting is not None
    assert cache.get(resting.place) == 1
    pool.put(account_of(mailbox), resting)
    note_crowded(account_of(mailbox))
    pool.tidy()
    assert cache.get(resting.place) is None


def test_where_calls_are_counted_what_rests_holds_no_place_and_any_may_rest(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    mailbox.connection.kind = ConnectionKind.GRAPH
    mailbox.connection.grant = OAuthGrant(client_id="app")
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect("made so", connection_id=mailbox.connection_id)
        assert keeper.keep(Idle())
    assert len(pool) == 1
    with ExitStack() as places:
        for _ in range(sessions.CALLS_TO_GRAPH):
            assert places.enter_context(visiting_place(mailbox, timeout_s=60))
        with session_place(mailbox, lease_of(mailbox)) as keeper:
            assert keeper is None
    assert len(pool) == 1
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect("made so", connection_id=mailbox.connection_id)
        assert keeper.take() is not None


@pytest.mark.req("F68")
def test_what_is_filed_and_what_is_polled_share_the_places_of_the_account(fake: Any, pool: KeptConnections) -> None:
    mailbox = fake.connect()
    with ExitStack() as places:
        assert places.enter_context(session_place(mailbox, lease_of(mailbox))) is not None
        for _ in range(SESSIONS_PER_ACCOUNT - 1):
            assert places.enter_context(visiting_place(mailbox, timeout_s=60))
        assert not places.enter_context(visiting_place(mailbox, timeout_s=60))
    with visiting_place(mailbox, timeout_s=60) as has_place:
        assert has_place


def test_a_poll_that_lost_its_lease_leaves_its_connection(fake: Any, pool: KeptConnections) -> None:
    mailbox, client = fake.connect(), Idle()
    with pytest.raises(work.LeaseLost), session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect("made so", connection_id=mailbox.connection_id)
        assert keeper.keep(client)
        raise work.LeaseLost
    assert (client.is_left, len(pool)) == (True, 0)


@pytest.mark.parametrize(
    ("kind", "places"), [(ConnectionKind.POP3, 1), (ConnectionKind.IMAP, 3), (ConnectionKind.GRAPH, 2)]
)
def test_a_kind_whose_session_keeps_others_out_has_one_at_a_time(fake: Any, kind: ConnectionKind, places: int) -> None:
    mailbox = fake.connect()
    mailbox.connection.kind = kind
    assert sessions.places_of(mailbox) == places


def test_another_state_of_the_tokens_is_another_identity(fake: Any, pool: KeptConnections) -> None:
    mailbox, client = fake.connect(), Idle()
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect(("login", "token 1"), connection_id=mailbox.connection_id)
        assert keeper.keep(client)
    with session_place(mailbox, lease_of(mailbox)) as keeper:
        assert keeper is not None
        keeper.expect(("login", "token 2"), connection_id=mailbox.connection_id)
        assert keeper.take() is None
    assert client.is_left
