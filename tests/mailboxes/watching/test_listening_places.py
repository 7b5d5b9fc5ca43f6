"""Connections that listen are counted at the server: few on an account, none where a server has too many."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Mailbox
from mailboxes.queries.real_time import real_time_state
from mailboxes.services.liveness import listening_places
from mailboxes.services.liveness.listening_places import LISTENING_PER_ACCOUNT, ListeningPlaces
from mailboxes.services.reading import sessions
from mailboxes.services.reading.accounts import Account
from mailboxes.services.reading.crowding import crowded_among, note_crowded
from mailboxes.watching.directory import WorkDirectory
from mailboxes.watching.seam import Key
from tests.factories.mailboxes import make_mailbox

pytestmark = [pytest.mark.usefixtures("own_cache"), pytest.mark.req("F68")]

OURS = Account(1, "imap", "imap.example.test", "help")
OTHER = Account(1, "imap", "imap.example.test", "sales")
CROWDED = ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False)


@pytest.fixture
def places() -> ListeningPlaces[int]:
    return ListeningPlaces()


def why_not(places: ListeningPlaces[int], key: int, account: Account) -> Reason | None:
    """Why it may not listen; None if it has a place now."""
    try:
        places.take(key, account)
    except ConnectorError as error:
        return error.reason
    return None


def test_an_account_is_listened_to_on_few_connections_and_a_place_is_free_once_one_is_closed(
    places: ListeningPlaces[int],
) -> None:
    answers = [why_not(places, number, OURS) for number in range(LISTENING_PER_ACCOUNT + 1)]
    assert answers == [None] * LISTENING_PER_ACCOUNT + [Reason.NO_PLACE]
    assert why_not(places, 9, OTHER) is None
    places.free(0)
    assert why_not(places, LISTENING_PER_ACCOUNT, OURS) is None


def test_another_process_counts_the_same_places(places: ListeningPlaces[int]) -> None:
    elsewhere: ListeningPlaces[int] = ListeningPlaces()
    answers = [why_not(each, 1, OURS) for each in (places, elsewhere, ListeningPlaces())]
    assert answers == [None, None, Reason.NO_PLACE]


def test_all_that_is_open_on_an_account_stays_far_below_what_servers_let_in() -> None:
    assert LISTENING_PER_ACCOUNT + sessions.SESSIONS_PER_ACCOUNT <= 5  # of Dovecot's 10 and Gmail's 15


def test_connecting_anew_holds_one_place_and_not_two(places: ListeningPlaces[int]) -> None:
    for _ in range(LISTENING_PER_ACCOUNT):
        assert why_not(places, 1, OURS) is None
    assert why_not(places, 2, OURS) is None


def test_a_place_is_held_as_long_as_it_is_kept(places: ListeningPlaces[int], monkeypatch: pytest.MonkeyPatch) -> None:
    places.take(1, OURS)
    kept: list[tuple[list[str], float]] = []

    def set_many(values: dict[str, int], timeout_s: float) -> None:
        kept.append((list(values), timeout_s))

    monkeypatch.setattr(listening_places, "cache", SimpleNamespace(set_many=set_many))
    assert places.keep() == set()
    [(keys, timeout_s)] = kept
    assert (len(keys), timeout_s) == (1, listening_places.PLACE_S)


def test_a_server_that_refuses_a_listener_is_left_in_peace_by_the_polls_of_the_account(
    places: ListeningPlaces[int],
) -> None:
    places.take(1, OURS)
    places.take(2, OTHER)
    places.refused(1, ConnectorError(Reason.CONNECTION_LOST, permanent=False))
    assert crowded_among({OURS, OTHER}) == set()
    places.refused(1, CROWDED)
    assert crowded_among({OURS, OTHER}) == {OURS}


def test_a_poll_that_is_refused_ends_the_listening_on_its_account_and_of_two_accounts_at_their_host(
    places: ListeningPlaces[int],
) -> None:
    third, elsewhere = Account(1, "imap", "imap.example.test", "third"), Account(1, "imap", "other.example.test", "x")
    for key, account in enumerate((OURS, OTHER, third, elsewhere)):
        places.take(key, account)
    note_crowded(OURS)
    assert places.keep() == {0}
    assert why_not(places, 4, OURS) is Reason.TOO_MANY_CONNECTIONS
    note_crowded(OTHER)
    assert places.keep() == {0, 1, 2}


@pytest.mark.django_db(transaction=True)  # the watcher closes its connection
@pytest.mark.both
@pytest.mark.req("S4.35")
def test_a_mailbox_without_a_place_says_why_and_is_polled_as_ever(fernhollow: Any) -> None:
    first = make_mailbox(fernhollow, is_real_time=True)
    with organization_scope(fernhollow.id):
        folders = ("Desk", "Sales")
        others = [
            Mailbox.objects.create(
                name=name, address=first.address, folder=name, connection=first.connection, is_real_time=True
            )
            for name in folders
        ]
    directory = WorkDirectory()
    keys = [Key(fernhollow.id, mailbox.pk) for mailbox in (first, *others)]
    assert [directory.config(key) is not None for key in keys[:LISTENING_PER_ACCOUNT]] == [True, True]
    with pytest.raises(ConnectorError) as error:
        directory.config(keys[-1])
    directory.lost(keys[-1], error.value)
    with organization_scope(fernhollow.id):
        last = Mailbox.objects.select_related("connection", "organization").get(id=others[-1].pk)
        state = real_time_state(last, is_watched=True)
    assert state is not None
    assert (state.is_live, "polled" in str(state.why_not)) == (False, True)
    assert WorkItem.objects.filter(kind=WorkKind.POLL, row_id=first.pk).exists()
    directory.closed(keys[0])
    assert directory.config(keys[-1]) is not None
