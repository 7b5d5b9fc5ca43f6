"""Being let in to Exchange Web Services: NTLM, tokens, rights on the mailboxes of others, and accounts side by side."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exchangelib.protocol import CachingProtocol

from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.dated_reading import MB, fetched, listed, mail, refusal
from tests.connectors.ews_worlds import EwsWorld, ews_world
from tests.connectors.graph_worlds import FixedToken
from tests.fakes.ews import PASSWORD, TOKEN, FakeEws


@pytest.fixture
def world(ews: FakeEws) -> EwsWorld:
    """A user with an empty mailbox."""
    return ews_world(ews, "help@fernhollow.example")


def with_token(world: EwsWorld, token: FixedToken) -> dict[str, Any]:
    """What is changed in a config for an account that is proven by this token."""
    return {"login": replace(world.config().login, tokens=token, password="")}


@pytest.fixture
def ntlm(world: EwsWorld, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EwsWorld:
    """The server takes NTLM before Basic, from FERN\\ann."""
    accounts = tmp_path / "accounts"
    accounts.write_text(f"FERN:ann:{PASSWORD}\n")
    monkeypatch.setenv("NTLM_USER_FILE", str(accounts))
    world.ews.offers = ["ntlm", "basic"]
    world.ews.rights["FERN\\ann"] = {world.user}
    return world


def ann(world: EwsWorld, *, password: str = PASSWORD) -> dict[str, Any]:
    return {"login": replace(world.config().login, username="FERN\\ann", password=password)}


def test_ntlm_shows_the_server_no_password_and_signs_in_once_a_connection(ntlm: EwsWorld) -> None:
    for number in (1, 2):
        ntlm.deliver(mail(number))
    assert [result.content for result in fetched(ntlm, **ann(ntlm))] == [mail(1), mail(2)]
    assert set(ntlm.ews.signed_in) == {"FERN\\ann"}
    sent = [request.headers["authorization"] for request in ntlm.ews.requests if "authorization" in request.headers]
    assert len(sent) == 2  # one handshake
    assert all(value.startswith("NTLM ") for value in sent)
    assert PASSWORD.encode() not in b"".join(request.body for request in ntlm.ews.requests)


def test_a_wrong_password_over_ntlm_is_refused_and_basic_is_not_tried(ntlm: EwsWorld) -> None:
    error = refusal(ntlm, **ann(ntlm, password="wrong"))
    assert (error.reason, error.permanent) == (Reason.LOGIN_REFUSED, True)
    assert not any(request.headers.get("authorization", "").startswith("Basic") for request in ntlm.ews.requests)


def test_a_server_that_takes_no_passwords_says_so(world: EwsWorld) -> None:
    world.ews.offers = ["bearer"]
    error = refusal(world)
    assert (error.reason, error.permanent) == (Reason.LOGIN_DISABLED, True)


def test_the_mailbox_of_another_is_read_with_its_rights_and_without_them_refused(world: EwsWorld) -> None:
    shared = world.ews.mailbox("shared@fernhollow.example")
    shared.deliver(mail(7))
    error = refusal(world, user="shared@fernhollow.example")
    assert (error.reason, error.permanent) == (Reason.PERMISSION_MISSING, True)
    world.ews.rights[world.user] = {world.user, "shared@fernhollow.example"}
    assert [result.content for result in fetched(world, user="shared@fernhollow.example")] == [mail(7)]
    assert refusal(world, user="nobody@fernhollow.example").reason is Reason.MAILBOX_NOT_FOUND


@pytest.mark.req("S4.10", "S5.37")
def test_an_app_reads_by_impersonation_and_only_with_that_right(world: EwsWorld) -> None:
    world.deliver(mail())
    world.ews.offers = ["bearer"]
    app = with_token(world, FixedToken(TOKEN))
    assert [result.content for result in fetched(world, impersonates=True, **app)] == [mail()]
    world.ews.tokens["token-of-a-person"] = {world.user}
    person = with_token(world, FixedToken("token-of-a-person"))
    assert refusal(world, impersonates=True, **person).reason is Reason.PERMISSION_MISSING
    assert [result.content for result in fetched(world, **person)] == [mail()]


def test_a_token_that_is_refused_is_renewed_once(world: EwsWorld) -> None:
    world.deliver(mail())
    world.ews.offers = ["bearer"]
    token = FixedToken("old", next_value=TOKEN)
    assert [result.content for result in fetched(world, impersonates=True, **with_token(world, token))] == [mail()]
    assert token.refused == ["old"]
    token = FixedToken("one", next_value="two")
    error = refusal(world, impersonates=True, **with_token(world, token))
    assert (error.reason, error.permanent, token.refused) == (Reason.LOGIN_REFUSED, True, ["one"])


def test_two_accounts_at_one_server_share_nothing(world: EwsWorld) -> None:
    other = ews_world(world.ews, "other@elsewhere.example")
    world.deliver(mail(1))
    other.deliver(mail(2))
    threads = threading.active_count()
    with world.source().open() as mine, other.source().open() as theirs:
        world.ews.signed_in.clear()
        [item], [another] = listed(mine), listed(theirs)
        assert [one.content for one in mine.fetch([item], max_bytes=MB)] == [mail(1)]
        assert [one.content for one in theirs.fetch([another], max_bytes=MB)] == [mail(2)]
        assert world.ews.signed_in == [world.user, other.user, world.user, other.user]
    assert CachingProtocol._protocol_cache == {}  # where exchangelib keeps accounts for the whole process
    assert threading.active_count() <= threads + 2  # those of the fake's two connections
    wrong = world.source(password="wrong")  # after the right one at the same server and user
    with pytest.raises(ConnectorError), wrong.open():
        pass
