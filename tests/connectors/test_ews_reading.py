"""Reading through Exchange Web Services: what only this kind has. What every source does stands in the contract."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from exchangelib.protocol import CachingProtocol

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.base import AfterImport, Fetched, RemoteItem, SourceSession
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.ews_worlds import ENDPOINT, EwsWorld, busy, ews_world
from tests.connectors.graph_worlds import FixedToken
from tests.fakes.ews import PASSWORD, TOKEN, FakeEws
from tests.fakes.ews_soap import FAULT_STATUS, fault
from tests.fakes.https import Answer, Fault

MB = 1024 * 1024
NINE = dt.datetime(2026, 11, 26, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def world(ews: FakeEws) -> EwsWorld:
    """A user with an empty mailbox."""
    return ews_world(ews, "help@fernhollow.example")


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


def listed(session: SourceSession, since: dt.datetime | None = None) -> list[RemoteItem]:
    return list(session.list_all(since=since))


def fetched(world: EwsWorld, *, max_bytes: int = MB, **changes: Any) -> list[Fetched]:
    with world.source(**changes).open() as session:
        return list(session.fetch(listed(session), max_bytes=max_bytes))


def refusal(world: EwsWorld, **changes: Any) -> ConnectorError:
    with pytest.raises(ConnectorError) as caught, world.source(**changes).open() as session:
        listed(session)
    return caught.value


def with_token(world: EwsWorld, token: FixedToken) -> dict[str, Any]:
    """What is changed in a config for an account that is proven by this token."""
    return {"login": replace(world.config().login, tokens=token, password="")}


# Listing.


@pytest.mark.req("S1.35")
def test_mails_of_one_second_and_pages_smaller_than_it_are_listed_once_each(world: EwsWorld) -> None:
    for number in range(1, 8):
        world.mailbox.deliver(mail(number), received_at=NINE)
    world.mailbox.deliver(mail(8), received_at=NINE + dt.timedelta(seconds=1))
    world.ews.page_size = 3
    with world.source().open() as session:
        items = listed(session, NINE)
    assert len({item.remote_id for item in items}) == len(items) == 8


@pytest.mark.req("S1.34")
def test_what_came_before_the_date_is_not_listed_and_what_came_at_it_is(world: EwsWorld) -> None:
    for number, seconds in ((1, -1), (2, 0), (3, 1)):
        world.mailbox.deliver(mail(number), received_at=NINE + dt.timedelta(seconds=seconds))
    with world.source().open() as session:
        dates = [item.received_at for item in listed(session, NINE)]
    assert dates == [NINE, NINE + dt.timedelta(seconds=1)]


def test_a_mail_that_is_moved_away_between_two_pages_hides_no_other(world: EwsWorld) -> None:
    for number in range(1, 10):
        world.mailbox.deliver(mail(number), received_at=NINE + dt.timedelta(seconds=number))
    world.ews.page_size = 3
    with world.source().open() as session:
        coming = session.list_all(since=NINE)
        first = [next(coming) for _ in range(3)]
        for item in world.mailbox.items[:2]:
            world.mailbox.move(item, world.mailbox.well_known["archive"])
        rest = list(coming)
    assert len({item.remote_id for item in [*first, *rest]}) == 9


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


# Folders.


@pytest.mark.parametrize("typed", ["Inbox", "INBOX", "inbox"])
def test_inbox_is_the_inbox_in_a_mailbox_of_another_language(world: EwsWorld, typed: str) -> None:
    world.deliver(mail())
    with world.source(folder=typed).open() as session:
        assert session.state.count == len(listed(session)) == 1


def test_a_folder_is_found_by_its_path_in_any_case_and_with_a_slash_in_its_name(world: EwsWorld) -> None:
    child = world.mailbox.make("INBOX/Support/child")
    child.name = "Open/Waiting"
    world.mailbox.deliver(mail()).folder = child
    with world.source(folder="inbox/SUPPORT/Open/Waiting").open() as session:
        assert len(listed(session)) == 1


def test_the_tree_names_every_folder_by_its_path(world: EwsWorld) -> None:
    world.mailbox.make("INBOX/Support/Urgent")
    for number in range(12):
        world.mailbox.make(f"Projects/P{number}")
    world.ews.page_size = 5
    folders = {folder.name: folder.special_use for folder in world.source().folders()}
    assert {"INBOX", "INBOX/Support", "INBOX/Support/Urgent", "Projects/P11"} <= set(folders)
    assert (folders["Sent"], folders["Gelöschte Elemente"]) == ("sent", "trash")


def test_a_folder_made_anew_under_its_name_is_another_epoch(world: EwsWorld) -> None:
    folder = world.mailbox.make("Orders")
    with world.source(folder="Orders").open() as session:
        before = session.state.epoch
    world.mailbox.remove(folder)
    world.mailbox.make("Orders")
    with world.source(folder="Orders").open() as session:
        assert session.state.epoch not in ("", before)


# After the import.


def test_deleting_moves_to_deleted_items_however_often_it_is_asked(world: EwsWorld) -> None:
    item = world.mailbox.deliver(mail())
    with world.source().open(writable=True) as session:
        remote_id = listed(session)[0].remote_id
        for _ in range(3):
            assert session.acknowledge([remote_id], action=AfterImport.DELETE) == {remote_id: None}
    assert item.folder is world.mailbox.well_known["deleteditems"]


def test_a_mail_that_a_person_took_out_of_the_folder_is_left_where_it_is(world: EwsWorld) -> None:
    item = world.mailbox.deliver(mail())
    elsewhere = world.mailbox.make("Mine")
    world.mailbox.make("Done")
    with world.source().open(writable=True) as session:
        remote_id = listed(session)[0].remote_id
        world.mailbox.move(item, elsewhere)
        assert session.acknowledge([remote_id], action=AfterImport.MOVE, folder="Done") == {remote_id: None}
    assert item.folder is elsewhere


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


# Signing in.


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
