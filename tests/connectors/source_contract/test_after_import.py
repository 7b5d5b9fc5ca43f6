"""What is done on the server after the import, on each kind that can."""

from __future__ import annotations

from contextlib import suppress

import pytest

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.source_contract.asking import QUICK, error_of, flags, ids, mail, moving
from tests.connectors.worlds import SOURCE_WORLDS, SourceWorld, traits
from tests.servers.fixtures import Proxies

pytestmark = pytest.mark.servers


ACTIONS = [(kind, action) for kind in SOURCE_WORLDS for action in sorted(traits(kind).after_import)]
IMPOSSIBLE = [
    (kind, action) for kind in SOURCE_WORLDS for action in AfterImport if action not in traits(kind).after_import
]


@pytest.mark.req("F33")
@pytest.mark.parametrize(("world", "action"), ACTIONS, indirect=["world"])
def test_acknowledging_twice_is_harmless_and_touches_nothing_else(world: SourceWorld, action: AfterImport) -> None:
    for n in (1, 2, 3):
        world.deliver(mail(n))
    with world.source().open(writable=True) as session:
        chosen = ids(session)[1:2]
        for _ in range(2):
            assert session.acknowledge(chosen, action=action, folder="Archive") == {chosen[0]: None}
        left = [(stored.raw, "\\Seen" in stored.flags) for stored in world.messages()]
    second = [] if action in (AfterImport.MOVE, AfterImport.DELETE) else [(mail(2), action is AfterImport.SEEN)]
    assert left == [(mail(1), False), *second, (mail(3), False)]


@pytest.mark.req("F33", "F48")
@pytest.mark.parametrize(("world", "action"), ACTIONS, indirect=["world"])
def test_an_acknowledgement_that_fails_loses_nothing_and_is_made_again(
    world: SourceWorld, tcp_proxy: Proxies, action: AfterImport
) -> None:
    for n in (1, 2):
        world.deliver(mail(n))
    proxy = tcp_proxy(world.port)
    with suppress(ConnectorError), world.source(port=proxy.port, timeouts=QUICK).open(writable=True) as session:
        [chosen, _] = ids(session)
        proxy.fail("cut")
        with suppress(ConnectorError):
            assert set(session.acknowledge([chosen], action=action, folder="Archive")) == {chosen}
    assert mail(2) in [stored.raw for stored in world.messages()]
    with world.source().open(writable=True) as session:
        assert session.acknowledge([chosen], action=action, folder="Archive") == {chosen: None}
    assert (mail(1) in [stored.raw for stored in world.messages()]) == (action in (AfterImport.LEAVE, AfterImport.SEEN))


@pytest.mark.parametrize(("world", "action"), IMPOSSIBLE, indirect=["world"])
def test_what_a_kind_cannot_do_is_an_error_and_changes_nothing(world: SourceWorld, action: AfterImport) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        [error] = session.acknowledge([remote_id], action=action, folder="Archive").values()
        assert error_of(error).permanent
    assert [flags(stored) for stored in world.messages()] == [set()]


def test_a_session_for_reading_removes_nothing(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open() as session, pytest.raises(ConnectorError) as error:
        session.acknowledge(ids(session), action=AfterImport.DELETE)
    assert (error.value.reason, error.value.permanent) == (Reason.FOLDER_READ_ONLY, True)
    assert len(world.messages()) == 1


@moving
@pytest.mark.req("F47")
def test_moving_to_a_folder_that_is_missing_is_an_error_and_loses_nothing(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        error = error_of(session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Nowhere")[remote_id])
        assert (error.reason, error.permanent) == (Reason.FOLDER_NOT_FOUND, True)
        assert ids(session) == [remote_id]
    assert [flags(stored) for stored in world.messages()] == [set()]


@moving
@pytest.mark.req("F33", "F46")
def test_moving_twice_leaves_one_message_in_the_folder(world: SourceWorld) -> None:
    world.deliver(mail(1))
    with world.source().open(writable=True) as session:
        [remote_id] = ids(session)
        for _ in range(2):
            assert session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Archive") == {remote_id: None}
    assert [stored.raw for stored in world.messages("Archive")] == [mail(1)]
