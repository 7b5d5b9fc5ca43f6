"""Reading through Exchange Web Services: what only this kind has. What others do stands in the contract."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.base import AfterImport, RemoteItem
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.dated_reading import MB, fetched, listed, mail, refusal
from tests.connectors.ews_worlds import ENDPOINT, EwsWorld, busy, ews_world
from tests.fakes.ews import FakeEws
from tests.fakes.ews_soap import FAULT_STATUS, fault
from tests.fakes.https import Answer, Fault


@pytest.fixture
def world(ews: FakeEws) -> EwsWorld:
    """A user with an empty mailbox."""
    return ews_world(ews, "help@fernhollow.example")


# Listing.


@pytest.mark.req("F55")
def test_a_mail_that_was_moved_away_is_gone_and_comes_back_under_another_id(world: EwsWorld) -> None:
    item = world.mailbox.deliver(mail())
    with world.source().open() as session:
        [before] = listed(session)
        world.mailbox.move(item, world.mailbox.well_known["archive"])
        assert (listed(session), session.still_there([before.remote_id])) == ([], set())
        world.mailbox.move(item, world.mailbox.well_known["inbox"])
        [after] = listed(session)
        assert after.remote_id != before.remote_id
        assert session.still_there([before.remote_id, after.remote_id]) == {after.remote_id}


def test_ids_stay_when_a_mail_is_read(world: EwsWorld) -> None:
    world.deliver(mail())
    with world.source().open() as session:
        before = listed(session)
        world.read()
        assert listed(session) == before


def test_what_is_no_mail_says_what_it_is(world: EwsWorld) -> None:
    world.mailbox.deliver(mail(1))
    world.mailbox.deliver(mail(2), odata_type="eventMessage")
    world.mailbox.deliver(mail(3), message_class="IPM.SkypeTeams.Message")
    world.mailbox.deliver(mail(4), odata_type="contact")
    world.mailbox.deliver(mail(5), message_class="REPORT.IPM.Note.NDR")
    world.mailbox.deliver(mail(6), odata_type="event")
    with world.source().open() as session:
        assert [item.other_kind for item in listed(session)] == ["", "", "chat", "entry", "", "meeting"]


# Fetching.


def test_a_mail_that_exchange_cannot_give_as_mime_stops_no_other(world: EwsWorld) -> None:
    world.mailbox.deliver(mail(1), has_mime=False)
    world.mailbox.deliver(mail(2))
    first, second = fetched(world)
    assert first.error is not None
    assert (first.error.reason, first.error.permanent) == (Reason.MESSAGE_UNREADABLE, False)
    assert second.content == mail(2)


def test_a_mail_at_which_the_server_fails_stops_no_other_and_a_failing_server_is_no_mails_fault(
    world: EwsWorld,
) -> None:
    for number in (1, 2):
        world.mailbox.deliver(mail(number))
    with world.source().open() as session:
        items = listed(session)
        world.ews.next(ENDPOINT, Answer(status=502))
        first, second = session.fetch(items, max_bytes=MB)
        assert first.error is not None
        assert (first.error.reason, second.content) == (Reason.MESSAGE_UNREADABLE, mail(2))
        world.ews.next(ENDPOINT, Answer(status=502), Answer(status=502))
        with pytest.raises(ConnectorError) as caught:
            list(session.fetch(items, max_bytes=MB))
    assert (caught.value.reason, caught.value.permanent) == (Reason.SERVER_ERROR, False)


def test_a_mail_far_above_the_limit_is_given_up_while_it_is_read(world: EwsWorld) -> None:
    world.mailbox.deliver(mail(1, b"x" * 3 * MB))
    world.mailbox.deliver(mail(2))
    with world.source().open() as session:
        items = [RemoteItem(item.remote_id, None, None) for item in listed(session)]
        first, second = session.fetch(items, max_bytes=10_000)
    assert first.error is not None
    assert (first.error.reason, second.content) == (Reason.TOO_LARGE, mail(2))


def test_the_header_of_a_mail_that_was_never_on_its_way_comes_from_the_mail_itself(world: EwsWorld) -> None:
    world.mailbox.deliver(mail(), keeps_headers=False)
    with world.source().open() as session:
        [item] = listed(session)
        block = session.fetch_headers([item.remote_id])[item.remote_id]
    assert block == mail().split(b"hello")[0]


# After the import.


@pytest.mark.parametrize("action", [AfterImport.SEEN, AfterImport.DELETE])
def test_no_read_receipt_is_sent(world: EwsWorld, action: AfterImport) -> None:
    world.deliver(mail())
    with world.source().open(writable=True) as session:
        session.acknowledge([listed(session)[0].remote_id], action=action)
    assert b'SuppressReadReceipts="true"' in world.ews.requests[-1].body


def test_what_is_filed_as_sent_is_read_and_no_draft(world: EwsWorld) -> None:
    assert world.source().file_sent(mail()) == "Sent"
    [item] = world.mailbox.held(world.mailbox.well_known["sentitems"])
    assert (item.raw, item.is_read, item.is_draft) == (mail(), True, False)


def test_an_older_server_is_asked_in_its_own_version(world: EwsWorld) -> None:
    world.ews.version = "Exchange2010_SP2"
    item = world.mailbox.deliver(mail())
    with world.source().open(writable=True) as session:
        [listed_item] = listed(session)
        session.acknowledge([listed_item.remote_id], action=AfterImport.SEEN)
    assert item.is_read
    assert world.ews.operations.count("GetFolder") > 1  # the first version was refused
    assert b"SuppressReadReceipts" not in world.ews.requests[-1].body  # which Exchange 2010 does not know


# Refusals.


@pytest.mark.parametrize(
    ("answer", "reason", "is_permanent", "retry_after_s"),
    [
        (busy(17_000), Reason.THROTTLED, False, 17),
        (busy(), Reason.THROTTLED, False, None),
        (Answer(status=429, headers={"Retry-After": "9"}), Reason.THROTTLED, False, 9),
        (Answer(status=503, headers={"Retry-After": "9"}), Reason.SERVER_ERROR, False, 9),
        (Answer(status=500, content=b"<html>"), Reason.SERVER_ERROR, False, None),
        (Answer(status=403), Reason.LOGIN_DISABLED, True, None),
        (Answer(status=404), Reason.PROTOCOL, False, None),
        (Answer(status=302, headers={"Location": "https://elsewhere.example/"}), Reason.PROTOCOL, False, None),
        (Answer(content=b"<html><body>not this</body></html>"), Reason.PROTOCOL, False, None),
        (Answer(content=b""), Reason.PROTOCOL, False, None),
        (Answer(FAULT_STATUS, fault("ErrorAccessDenied", "no")), Reason.PERMISSION_MISSING, True, None),
        (Answer(FAULT_STATUS, fault("ErrorNonExistentMailbox", "no")), Reason.MAILBOX_NOT_FOUND, True, None),
        (Answer(FAULT_STATUS, fault("ErrorInternalServerError", "no")), Reason.SERVER_ERROR, False, None),
        (Answer(FAULT_STATUS, fault("ErrorMailboxMoveInProgress", "no")), Reason.SERVER_ERROR, False, None),
        (Answer(FAULT_STATUS, fault("ErrorOfNoTable", "no")), Reason.PROTOCOL, False, None),
    ],
)
@pytest.mark.req("F67")
def test_each_refusal_has_its_reason(
    world: EwsWorld, answer: Answer, reason: Reason, is_permanent: bool, retry_after_s: float | None
) -> None:
    world.ews.next(ENDPOINT, answer)
    error = refusal(world)
    assert (error.reason, error.permanent, error.retry_after_s) == (reason, is_permanent, retry_after_s)


def test_a_refusal_keeps_the_code_and_the_words_of_the_server(world: EwsWorld) -> None:
    world.ews.next(ENDPOINT, Answer(FAULT_STATUS, fault("ErrorAccessDenied", "Access is denied, ask Ann.")))
    assert refusal(world).detail == "ErrorAccessDenied: Access is denied, ask Ann."


def test_a_call_that_never_ends_is_given_up_in_time(world: EwsWorld) -> None:
    world.ews.next(ENDPOINT, Fault.HANG)
    error = refusal(world, timeouts=Timeouts(connect_s=5, read_s=0.3))
    assert (error.reason, error.permanent) == (Reason.TIMEOUT, False)


def test_nothing_is_asked_of_a_host_that_the_guard_refuses(world: EwsWorld) -> None:
    login = replace(world.config().login, guard=HostGuard(allowed_ports=frozenset({world.port})))
    assert refusal(world, login=login).reason is Reason.HOST_NOT_ALLOWED
    assert world.ews.requests == []


def test_whoever_asks_hears_when_the_certificate_of_the_server_ends(world: EwsWorld) -> None:
    ends: list[dt.datetime] = []
    login = replace(world.config().login, on_certificate=ends.append)
    with world.source(login=login).open() as session:
        listed(session)
    assert len(ends) == 1
    assert ends[0] > dt.datetime.now(dt.UTC)


def test_a_refusal_of_one_mail_is_told_apart_from_one_of_the_server(world: EwsWorld) -> None:
    world.deliver(mail())
    with world.source().open(writable=True) as session:
        [item] = listed(session)
        world.ews.next(ENDPOINT, busy(3000))
        with pytest.raises(ConnectorError) as caught:
            session.acknowledge([item.remote_id], action=AfterImport.SEEN)
    assert (caught.value.reason, caught.value.retry_after_s) == (Reason.THROTTLED, 3)
