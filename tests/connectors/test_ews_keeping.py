"""Exchange's connection outlives a session: what the next one saves, and what it must not take for trouble."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews import EwsSource
from tests.connectors.ews_worlds import EwsWorld, busy, ews_world
from tests.connectors.graph_worlds import FixedToken
from tests.connectors.shelf import Shelf
from tests.fakes.ews import PASSWORD, TOKEN, FakeEws
from tests.fakes.https import Fault
from tests.mailboxes.account import mail


@pytest.fixture
def world(ews: FakeEws) -> EwsWorld:
    """A user with an empty mailbox."""
    return ews_world(ews, "help@fernhollow.example")


@pytest.fixture
def ntlm(world: EwsWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EwsSource:
    """FERN\\ann reads it, whom the server signs in by NTLM; with a shelf behind the source."""
    accounts = tmp_path / "accounts"
    accounts.write_text(f"FERN:ann:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    world.ews.offers = ["ntlm", "basic"]
    world.ews.rights["FERN\\ann"] = {world.user, "other@fernhollow.example"}
    login = replace(world.config().login, username="FERN\\ann")
    return world.source(login=login).kept_by(Shelf())


def look(source: EwsSource) -> int:
    """How many mails one session lists."""
    with source.open() as session:
        return len(list(session.list_all(since=None)))


def connections(world: EwsWorld) -> int:
    """How many the server has seen."""
    return len({request.connection for request in world.ews.requests})


@pytest.mark.req("F68")
def test_sessions_one_after_another_sign_in_once(ntlm: EwsSource, world: EwsWorld) -> None:
    for number in (1, 2, 3):
        world.deliver(mail(number))
        assert look(ntlm) == number
    assert (connections(world), len(world.ews._ntlm)) == (1, 1)
    before = len(world.ews.requests)
    look(ntlm)
    assert len(world.ews.requests) - before == 2  # the folder, and what is in it


def test_without_a_keeper_each_session_signs_in(ntlm: EwsSource, world: EwsWorld) -> None:
    alone = replace(ntlm, keeper=None)
    look(alone)
    look(alone)
    assert (connections(world), len(world.ews._ntlm)) == (2, 2)


def test_where_passwords_go_along_no_session_is_refused_first(world: EwsWorld) -> None:
    source = world.source().kept_by(Shelf())
    look(source)
    before = len(world.ews.requests)
    look(source)
    assert len(world.ews.requests) - before == 2


def test_another_mailbox_of_the_account_is_read_over_the_same_line(ntlm: EwsSource, world: EwsWorld) -> None:
    world.ews.mailbox("other@fernhollow.example").deliver(mail(7))
    assert look(ntlm) == 0
    other = replace(ntlm, config=replace(ntlm.config, user="other@fernhollow.example"))
    assert look(other) == 1
    assert len(world.ews._ntlm) == 1


def test_an_older_server_is_asked_in_its_version_at_once(world: EwsWorld) -> None:
    world.ews.version = "Exchange2010_SP2"
    source = world.source().kept_by(Shelf())
    look(source)
    before = world.ews.operations.count("GetFolder")
    look(source)
    assert world.ews.operations.count("GetFolder") - before == 1


def test_a_kept_connection_that_the_server_closed_is_no_failure(ntlm: EwsSource, world: EwsWorld) -> None:
    look(ntlm)
    world.ews.next("/EWS/Exchange.asmx", Fault.CUT)
    assert look(ntlm) == 0
    assert (connections(world), len(world.ews._ntlm)) == (2, 2)


def test_a_server_that_is_away_by_then_is_one(ntlm: EwsSource, world: EwsWorld) -> None:
    look(ntlm)
    world.ews.stop()
    with pytest.raises(ConnectorError) as error:
        look(ntlm)
    assert error.value.reason in (Reason.UNREACHABLE, Reason.CONNECTION_LOST)


def test_after_trouble_nothing_is_kept(world: EwsWorld) -> None:
    source = world.source().kept_by(Shelf())
    world.ews.next_at("FindItem", busy(7000))
    with pytest.raises(ConnectorError):
        look(source)
    assert isinstance(source.keeper, Shelf)
    assert source.keeper.held is None


def test_a_new_token_goes_with_the_calls_of_its_own_session(world: EwsWorld) -> None:
    world.ews.offers = ["bearer"]
    world.ews.tokens["another"] = None
    token = FixedToken(TOKEN)
    login = replace(world.config().login, tokens=token, password="")
    source = world.source(login=login, impersonates=True).kept_by(Shelf())
    look(source)
    token.value = "another"
    look(source)
    assert [request.headers["authorization"] for request in world.ews.requests][-1] == "Bearer another"
    assert connections(world) == 1


@pytest.mark.parametrize("change", [{"password": "another"}, {"username": "FERN\\bo"}, {"port": 444}])
def test_another_login_has_another_identity(ntlm: EwsSource, change: dict[str, Any]) -> None:
    config = ntlm.config
    assert EwsSource(replace(config, user="other@fernhollow.example")).identity == ntlm.identity
    assert EwsSource(replace(config, login=replace(config.login, **change))).identity != ntlm.identity
