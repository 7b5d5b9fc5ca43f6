"""Sending through Exchange Web Services: what only this kind has. What every sender does stands in the contract."""

from __future__ import annotations

import pytest

from mailboxes.connectors import ews_drafts
from mailboxes.connectors.base import Became
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.draft_sending import USER, Marks, drafts, reply, send, states
from tests.connectors.ews_worlds import EwsWorld, ews_world, refused
from tests.fakes.ews import FakeEws
from tests.fakes.https import Fault


@pytest.fixture
def world(ews: FakeEws) -> EwsWorld:
    """A user with an empty mailbox."""
    return ews_world(ews, USER)


@pytest.mark.req("S4.10", "F66")
def test_a_reply_leaves_from_its_mailbox_with_its_thread_and_its_id(world: EwsWorld) -> None:
    marks, raw = Marks(), reply()
    assert states(send(world, raw=raw, marks=marks)) == {"sent"}
    [sent] = world.ews.sent
    assert (sent.raw, sent.sender, sent.recipients) == (raw, USER, ("bob@y.example", "cat@y.example"))
    assert sent.message_id == "<r1@fernhollow.example>"
    [(accepted, handle)] = marks
    assert accepted == ["bob@y.example", "cat@y.example"]
    assert world.sender().what_became_of(handle) is Became.SENT
    assert world.source().find_in_sent("r1@fernhollow.example")
    assert world.source().file_sent(raw) == "Sent"
    assert len(world.mailbox.held(world.mailbox.well_known["sentitems"])) == 1
    assert drafts(world) == []


def test_own_headers_survive_in_a_mailbox_that_never_met_them(world: EwsWorld) -> None:
    raw = reply(X_Postroom_Ticket="42", X_Auto_Response_Suppress="All", Auto_Submitted="auto-replied")
    send(world, raw=raw)
    assert world.ews.sent[0].raw == raw


def test_who_stands_in_no_header_is_bcc_and_who_is_not_meant_gets_nothing(world: EwsWorld) -> None:
    send(world, to=["BOB@y.example", "dan@y.example"])
    [sent] = world.ews.sent
    assert sent.recipients == ("BOB@y.example", "dan@y.example")
    [item] = world.mailbox.held(world.mailbox.well_known["sentitems"])
    places = {place: [one["emailAddress"] for one in people] for place, people in item.recipients.items()}
    assert places == {
        "toRecipients": [{"name": "Bob", "address": "BOB@y.example"}],
        "ccRecipients": [],
        "bccRecipients": [{"name": "dan@y.example", "address": "dan@y.example"}],
    }


def test_a_mail_whose_header_names_everybody_takes_three_calls(world: EwsWorld) -> None:
    send(world)
    assert world.ews.operations == ["GetFolder", "CreateItem", "SendItem"]


def test_a_large_mail_is_not_given_to_a_server_that_has_not_let_us_in(world: EwsWorld) -> None:
    with pytest.raises(ConnectorError) as caught:
        send(world, password="wrong", raw=reply(text="x" * 100_000))
    assert caught.value.reason is Reason.LOGIN_REFUSED
    assert max(len(request.body) for request in world.ews.requests) < 10_000


def test_a_mail_too_large_for_a_request_is_not_offered(world: EwsWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ews_drafts, "MAX_EWS_MIME_BYTES", 1000)
    with pytest.raises(ConnectorError) as caught:
        send(world, raw=reply(text="x" * 1000))
    assert (caught.value.reason, caught.value.permanent) == (Reason.TOO_LARGE, True)
    assert "CreateItem" not in world.ews.operations


def test_a_mail_above_the_organizations_limit_is_refused_and_leaves_nothing_behind(world: EwsWorld) -> None:
    world.ews.max_message_bytes = 1000
    result = send(world, raw=reply(text="x" * 1000))
    assert {(str(one.state), one.reason) for one in result.recipients.values()} == {("failed", Reason.TOO_LARGE)}
    assert (drafts(world), world.ews.sent) == ([], [])


def test_a_shared_mailbox_is_sent_from_by_who_may_open_it_and_by_impersonation(world: EwsWorld) -> None:
    shared = "shared@fernhollow.example"
    world.ews.mailbox(shared)
    with pytest.raises(ConnectorError) as caught:
        send(world, user=shared)
    assert caught.value.reason is Reason.PERMISSION_MISSING
    world.ews.rights[world.user] = {world.user, shared}
    send(world, user=shared)
    world.ews.rights.clear()
    world.ews.impersonators.add(world.user)
    send(world, user=shared, impersonates=True)
    assert [sent.sender for sent in world.ews.sent] == [shared, shared]


def test_a_copy_of_another_sending_in_sent_items_proves_nothing(world: EwsWorld) -> None:
    marks = Marks()
    world.source().file_sent(reply())
    world.ews.next_at("SendItem", Fault.CUT)
    send(world, marks=marks)
    world.mailbox.items = [item for item in world.mailbox.items if not item.is_draft]
    assert world.sender().what_became_of(marks[0][1]) is Became.UNKNOWN


def test_an_id_too_long_to_be_kept_leaves_a_handle_that_sent_items_can_answer(
    world: EwsWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mailboxes.connectors import ews_sending

    monkeypatch.setattr(ews_sending, "MAX_HANDLE_CHARS", 40)
    marks = Marks()
    world.ews.next_at("SendItem", Fault.CUT_AFTER)
    send(world, marks=marks)
    assert len(marks[0][1]) <= 40
    assert world.sender().what_became_of(marks[0][1]) is Became.SENT


def test_a_missing_right_is_about_us_and_not_about_the_mail(world: EwsWorld) -> None:
    world.ews.next_at("SendItem", refused("SendItem", "ErrorAccessDenied"))
    with pytest.raises(ConnectorError) as caught:
        send(world)
    assert (caught.value.reason, caught.value.permanent) == (Reason.PERMISSION_MISSING, True)


def test_a_check_sends_nothing_and_says_what_is_wrong(world: EwsWorld) -> None:
    world.sender().check()
    with pytest.raises(ConnectorError) as caught:
        world.sender(user="nobody@fernhollow.example").check()
    assert caught.value.reason is Reason.MAILBOX_NOT_FOUND
    assert world.ews.sent == []
