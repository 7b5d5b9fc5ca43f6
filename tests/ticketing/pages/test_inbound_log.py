"""The inbound log: what it shows of every message, to whom, and what may be done there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import IgnoredRange, Outcome, RawMessage, RawState, RemoteMessage
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, receive, store
from tests.factories.outgoing import make_mailbox
from ticketing.inbound.decisions import Reason
from ticketing.models import AnswerState, AutomaticAnswer, Ticket
from ticketing.queries import log_page
from ticketing.queries.inbound_log import LogFilter, log_rows
from ticketing.queries.log_filter import log_filter
from ticketing.queries.log_page import searched_since

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LOG = "/o/fernhollow/inbound-log/"
HTMX = {"HX-Request": "true"}
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


@pytest.fixture
def received(support: Any) -> RemoteMessage:
    """A mail that opened a ticket."""
    entry, *_ = receive(support, make_mail(subject="Broken lamp", headers=[("X-Postroom-Cause", "rule")]))
    return entry


@pytest.fixture
def quarantined(support: Any) -> RemoteMessage:
    """A mail whose processing was given up."""
    raw = store(support, make_mail(subject="Fwd: photos"))
    WorkItem.objects.filter(kind=WorkKind.PROCESS, row_id=raw.id).delete()
    RawMessage.objects.filter(id=raw.id).update(state=RawState.QUARANTINED, error="boom")
    rows = RemoteMessage.objects.filter(raw=raw)
    rows.update(
        outcome=Outcome.FAILED,
        reason_code=Reason.QUARANTINED,
        reason_data={"tries": 3, "error": "boom"},
        decided_at=clock.now(),
        subject="Fwd: photos",
    )
    return rows.get()


@pytest.fixture
def agent(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


@pytest.mark.req("S4.51", "S5.73")
def test_the_log_says_of_each_message_what_became_of_it_and_why(received: RemoteMessage, agent: Client) -> None:
    page = agent.get(LOG).content.decode()
    number = Ticket.objects.get().number
    for words in ("Broken lamp", "anna@customer.test", "Repairs", "Created", "nothing in it leads to a ticket"):
        assert words in page
    assert f'href="/o/fernhollow/tickets/{number}/"' in page


@pytest.mark.req("S5.82")
def test_the_details_tell_the_steps_and_where_the_message_lies(received: RemoteMessage, agent: Client) -> None:
    page = agent.get(f"{LOG}{received.pk}/").content.decode()
    for words in ("Fetched from INBOX", "Not seen before", "Opens a ticket", received.remote_id, "UIDVALIDITY 1"):
        assert words in page
    assert "X-Postroom-Cause: rule" in page
    assert "nothing is decided by them" in page


@pytest.mark.parametrize(
    ("reason", "data", "link"),
    [
        ("suppressed", {"address": "anna@customer.test"}, "/o/fernhollow/outbox/suppressions/"),
        ("by_rule", {"rule": "Quiet", "rule_id": 7}, "/o/fernhollow/rules/7/"),
    ],
)
def test_a_withheld_answer_leads_an_admin_to_what_decided(
    received: RemoteMessage, admin: Client, reason: str, data: dict[str, Any], link: str
) -> None:
    AutomaticAnswer.objects.create(
        raw_id=received.raw_id,
        cause="acknowledgement",
        state=AnswerState.WITHHELD,
        reason_code=reason,
        reason_data=data,
        wished_at=clock.now(),
    )
    assert f'href="{link}"' in admin.get(f"{LOG}{received.pk}/").content.decode()


def test_htmx_gets_the_list_or_the_details_alone(received: RemoteMessage, agent: Client) -> None:
    part = agent.get(LOG, headers=HTMX).content.decode()
    assert "Broken lamp" in part
    assert "<html" not in part
    assert 'hx-swap-oob="true"' in part
    details = agent.get(f"{LOG}{received.pk}/", headers=HTMX).content.decode()
    assert details.lstrip().startswith("<aside")
    assert "What happened" in details


def test_each_filter_leaves_what_matches(received: RemoteMessage, support: Any, agent: Client) -> None:
    receive(support, make_mail(subject="Second", sender="bob@other.test", message_id="unique-id@other.test"))
    other = make_mailbox(address="orders@fernhollow.test", name="Orders")
    for query, expected in (
        ("?outcome=created", 2),
        ("?outcome=spam", 0),
        ("?outcome=nonsense", 2),
        ("?q=BOB@other", 1),
        ("?q=lamp", 1),
        ("?q=unique-id", 1),
        ("?q=%00lamp", 1),
        (f"?mailbox={support.pk}", 2),
        (f"?mailbox={other.pk}", 0),
        ("?mailbox=" + "9" * 400, 2),
        ("?mailbox=x&cursor=nonsense", 2),
    ):
        assert agent.get(LOG + query, headers=HTMX).content.decode().count("data-row ") == expected, query


def test_a_whole_address_or_message_id_is_found_however_old_and_days_bound_what_is_shown(
    received: RemoteMessage, support: Any, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(support, make_mail(subject="Newest", sender="bob@other.test"))
    monkeypatch.setattr(log_page, "SEARCHED", 1)
    today = clock.now().date().isoformat()
    for query, expected in (
        ("?q=Anna@customer.test", 1),
        (f"?q=<{received.message_id.upper()}>", 1),
        ("?q=anna@customer", 0),
        (f"?from={today}", 2),
        (f"?to={today}", 2),
        ("?from=2099-01-01", 0),
        ("?to=1999-12-31", 0),
        ("?from=never", 2),
        ("?like=x", 0),
    ):
        assert agent.get(LOG + query, headers=HTMX).content.decode().count("data-row ") == expected, query


@pytest.mark.req("S4.51")
@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("from=2026-11-03&from_time=08:30", 1),
        ("from=2026-11-03&from_time=08:31", 0),
        ("to=2026-11-03&to_time=08:30", 1),
        ("to=2026-11-03&to_time=08:29", 0),
        ("from=2026-11-03&from_time=08:00&to=2026-11-03&to_time=09:00", 1),
        ("from=2026-11-03&from_time=late", 1),
        ("from_time=08:30", 0),  # today
        ("to_time=23:59", 1),
    ],
)
def test_hours_and_minutes_bound_what_is_shown_in_the_viewers_zone(
    received: RemoteMessage, people: Any, agent: Client, query: str, expected: int
) -> None:
    people.agent.user.timezone = "Asia/Tokyo"
    people.agent.user.save()
    RemoteMessage.objects.update(seen_at=datetime(2026, 11, 2, 23, 30, 20, tzinfo=UTC))
    page = agent.get(f"{LOG}?{query}", headers=HTMX).content.decode()
    assert page.count("data-row ") == expected


@pytest.mark.req("F20")
def test_a_mailbox_is_compared_with_its_server(received: RemoteMessage, support: Any, agent: Client) -> None:
    address = f"{LOG}?mailbox={support.pk}"
    assert "on the server" not in agent.get(address).content.decode()
    support.__class__.objects.filter(pk=support.pk).update(reconciled_at=clock.now(), reconciled_count=214, epoch="1")
    page = agent.get(address).content.decode()
    assert "214 messages in INBOX on the server, and none was missing here. In this log: 1." in page


def test_a_search_without_a_match_offers_to_clear_it(received: RemoteMessage, agent: Client) -> None:
    assert "Clear filters" in agent.get(f"{LOG}?q=nothing-like-it").content.decode()


def test_a_rare_outcome_is_looked_for_in_the_newest_messages_only(
    received: RemoteMessage, support: Any, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive(support, make_mail(subject="Newest"))
    monkeypatch.setattr(log_page, "SEARCHED", 1)
    found = agent.get(f"{LOG}?q=e", headers=HTMX).content.decode()
    assert "Newest" in found
    assert "Broken lamp" not in found
    assert "Looked through the newest" in found
    assert "Broken lamp" in agent.get(LOG).content.decode()


@pytest.mark.req("F110")
def test_what_failed_alike_is_looked_for_among_the_failed_and_the_bound_by_one_index(
    quarantined: RemoteMessage, in_fernhollow: Any
) -> None:
    wanted = log_filter({"like": str(quarantined.pk)})
    assert (wanted.outcome, wanted.code) == (Outcome.FAILED, quarantined.reason_code)
    assert list(log_rows(wanted)) == [quarantined]
    with CaptureQueriesContext(connection) as asked:
        searched_since(LogFilter(outcome=Outcome.CREATED))
    [query] = asked.captured_queries
    assert "resighting" not in query["sql"]  # a column that the index lacks: the whole log would be sorted


def test_ignored_history_is_one_line_where_it_was_left(received: RemoteMessage, support: Any, agent: Client) -> None:
    IgnoredRange.objects.create(
        mailbox=support, source_generation=1, folder="INBOX", epoch="1", upto_id=9, count=1284, created_at=clock.now()
    )
    assert "1284 messages that were there already" in agent.get(LOG).content.decode().replace(",", "")
    assert "that were there already" in agent.get(f"{LOG}?outcome=ignored").content.decode()
    assert "that were there already" not in agent.get(f"{LOG}?outcome=created").content.decode()


def test_a_range_stands_on_one_page_only(support: Any, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(support, *[make_mail(subject=f"Mail {number}") for number in range(4)])
    rows = list(RemoteMessage.objects.order_by("id"))
    IgnoredRange.objects.create(
        mailbox=support, source_generation=1, folder="INBOX", epoch="1", upto_id=9, count=7, created_at=rows[0].seen_at
    )
    monkeypatch.setattr("helpdesk.web.pagination.paginate.__kwdefaults__", {"cursor": "", "page_size": 2})
    first = agent.get(LOG)
    second = agent.get(f"{LOG}?cursor={first.context['page'].next}")
    assert ["there already" in page.content.decode() for page in (first, second)] == [False, True]


def test_a_message_seen_again_is_told_with_the_first(received: RemoteMessage, support: Any, agent: Client) -> None:
    RemoteMessage.objects.create(
        mailbox=support,
        source_generation=1,
        folder="INBOX",
        epoch="2",
        remote_id="7007",
        seen_at=clock.now(),
        resighting_of=received,
        raw=received.raw,
    )
    assert agent.get(LOG, headers=HTMX).content.decode().count("data-row ") == 1
    page = agent.get(f"{LOG}{received.pk}/").content.decode()
    assert "Seen again" in page
    assert "7007" in page


def test_what_senders_write_is_shown_as_text(support: Any, admin: Client) -> None:
    mail = make_mail(subject=XSS, text=f"</pre>{XSS}", headers=[("X-Postroom-Cause", XSS)])
    entry = receive(support, mail)[0]
    RemoteMessage.objects.filter(pk=entry.pk).update(reason_code="fetch_failed", reason_data={"said": XSS}, folder=XSS)
    support.__class__.objects.filter(pk=support.pk).update(name=XSS)
    for address in (LOG, f"{LOG}{entry.pk}/", f"{LOG}{entry.pk}/source/"):
        page = admin.get(address).content.decode()
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_the_source_is_shown_as_text_with_its_header_names(received: RemoteMessage, agent: Client) -> None:
    page = agent.get(f"{LOG}{received.pk}/source/").content.decode()
    assert "<b>Subject:</b> Broken lamp" in page
    assert "<html" in page
    part = agent.get(f"{LOG}{received.pk}/source/", headers=HTMX).content.decode()
    assert "<html" not in part
    assert "The lamp does not work." in part


def test_controls_and_direction_marks_in_the_source_are_visible(support: Any, agent: Client) -> None:
    content = b"Subject: a\x00b\r\n\r\n\x1b[31m \xff " + "\u202egpj.exe".encode()
    raw = store(support, content)
    entry = RemoteMessage.objects.get(raw=raw)
    page = agent.get(f"{LOG}{entry.pk}/source/").content.decode()
    for shown in ("a\\x00b", "\\x1b[31m", "\\xff", "\\u202egpj.exe"):
        assert shown in page
    assert not set("\x00\x1b\u202e") & set(page)


@pytest.mark.parametrize(
    "body", [b"A" * (400 * 1024), b"\r\n" * 300_000, b"x\r\n" * 6_000], ids=["one line", "empty lines", "many lines"]
)
def test_a_long_source_is_cut_and_says_so(support: Any, agent: Client, body: bytes) -> None:
    entry = RemoteMessage.objects.get(raw=store(support, b"Subject: long\r\n\r\n" + body))
    page = agent.get(f"{LOG}{entry.pk}/source/", headers=HTMX)
    assert "at most 256 KB" in page.content.decode()
    assert len(page.content) < 1024 * 1024


def test_the_download_is_the_bytes_and_no_browser_runs_them(received: RemoteMessage, agent: Client) -> None:
    response = agent.get(f"{LOG}{received.pk}/message.eml")
    content = response.getvalue()
    assert b"Subject: Broken lamp" in content
    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Disposition"] == f'attachment; filename="message-{received.pk}.eml"'
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"].startswith("sandbox")


def test_a_source_that_is_not_kept_any_more_is_said(received: RemoteMessage, agent: Client) -> None:
    RawMessage.objects.update(storage_key="")
    assert "not kept any more" in agent.get(f"{LOG}{received.pk}/source/").content.decode()
    assert agent.get(f"{LOG}{received.pk}/message.eml").status_code == 404
    RawMessage.objects.update(storage_key="raw/1/gone")
    assert "not kept any more" in agent.get(f"{LOG}{received.pk}/source/").content.decode()
    assert agent.get(f"{LOG}{received.pk}/message.eml").status_code == 404


@pytest.mark.req("S4.51")
def test_an_admin_retries_a_mail_in_quarantine(quarantined: RemoteMessage, admin: Client, people: Any) -> None:
    assert "Retry" in admin.get(f"{LOG}{quarantined.pk}/").content.decode()
    response = admin.post(f"{LOG}{quarantined.pk}/retry/")
    assert response.headers["Location"] == f"{LOG}{quarantined.pk}/"
    quarantined.refresh_from_db()
    assert quarantined.outcome == Outcome.PENDING
    assert WorkItem.objects.filter(kind=WorkKind.PROCESS, row_id=RawMessage.objects.get().pk).exists()
    entry = AuditEntry.objects.get(action="mail.retried")
    assert entry.actor == people.admin


def test_retrying_twice_says_that_it_is_done(quarantined: RemoteMessage, admin: Client) -> None:
    admin.post(f"{LOG}{quarantined.pk}/retry/")
    page = admin.post(f"{LOG}{quarantined.pk}/retry/", follow=True).content.decode()
    assert "not in quarantine any more" in page


def test_a_message_that_was_never_fetched_is_fetched_again(support: Any, admin: Client) -> None:
    entry = RemoteMessage.objects.create(
        mailbox=support,
        source_generation=1,
        folder="INBOX",
        epoch="1",
        remote_id="5",
        seen_at=clock.now(),
        outcome=Outcome.FAILED,
        reason_code="fetch_failed",
    )
    page = admin.get(f"{LOG}{entry.pk}/").content.decode()
    assert "not fetched" in page
    assert "Raw source" not in page
    admin.post(f"{LOG}{entry.pk}/retry/")
    entry.refresh_from_db()
    assert entry.outcome == Outcome.PENDING


def test_an_agent_is_offered_no_retry(quarantined: RemoteMessage, agent: Client) -> None:
    assert 'data-key="Y"' not in agent.get(f"{LOG}{quarantined.pk}/").content.decode()


@pytest.mark.parametrize("address", ["", "{0}/", "{0}/source/", "{0}/message.eml"])
def test_members_with_the_capability_see_the_log_and_nobody_else(
    received: RemoteMessage, people: Any, client: Client, address: str
) -> None:
    codes = []
    for person in (people.viewer, people.agent, people.admin, people.stranger):
        client.force_login(person.user)
        response = client.get(LOG + address.format(received.pk))
        response.getvalue()
        codes.append(response.status_code)
    assert codes == [403, 200, 200, 404]


def test_another_organization_has_other_messages(received: RemoteMessage, people: Any, client: Client) -> None:
    client.force_login(people.stranger.user)
    for address in ("", "source/", "message.eml"):
        assert client.get(f"/o/otherco/inbound-log/{received.pk}/{address}").status_code == 404
    assert client.post(f"/o/otherco/inbound-log/{received.pk}/retry/").status_code == 404
    assert "Broken lamp" not in client.get("/o/otherco/inbound-log/").content.decode()


def test_pages_take_no_post_and_the_retry_no_get(received: RemoteMessage, admin: Client) -> None:
    for address in (LOG, f"{LOG}{received.pk}/", f"{LOG}{received.pk}/source/", f"{LOG}{received.pk}/message.eml"):
        assert admin.post(address).status_code == 405
    assert admin.get(f"{LOG}{received.pk}/retry/").status_code == 405


@pytest.mark.parametrize("entry_id", [0, 10**18, 10**30])
def test_an_unknown_message_is_not_found(people: Any, agent: Client, entry_id: int) -> None:
    assert agent.get(f"{LOG}{entry_id}/").status_code == 404


def test_a_longer_log_costs_no_more_queries(support: Any, agent: Client, fernhollow: Any) -> None:
    receive(support, make_mail())
    few = queries_of(agent, LOG)
    with organization_scope(fernhollow.id):
        receive(support, *[make_mail(subject=f"Mail {number}") for number in range(12)])
    assert queries_of(agent, LOG) == few


def test_a_message_leads_to_its_source(received: RemoteMessage, agent: Client) -> None:
    answer = agent.get(f"/o/fernhollow/inbound-log/of-message/{received.raw_id}/")
    assert answer.headers["Location"].endswith(f"/inbound-log/{received.pk}/source/")


@pytest.mark.req("S4.53", "S4.51")
def test_a_search_in_vain_says_where_the_mail_can_be(people: Any, client: Client, support: Any) -> None:
    client.force_login(people.agent.user)
    support.health = "reachable"
    support.save()
    calm = client.get(LOG, {"q": "nobody@nowhere.test"}).content.decode()
    assert [code in calm for code in ("switched_off", "paused", "away")] == [False] * 3
    assert all(f'data-place="{code}"' in calm for code in ("delay", "folder", "start", "address"))
    make_mailbox(name="Sales", is_enabled=False)
    make_mailbox(name="Billing", health="unreachable")
    people.agent.organization.takes_mail = False
    people.agent.organization.save()
    page = client.get(LOG, {"q": "nobody@nowhere.test"}).content.decode()
    for words in ("Email to ticket is off", "waits on the server: Sales.", "at the moment: Billing."):
        assert words in page
    assert "data-place" not in client.get(LOG, {"outcome": "spam"}).content.decode()


@pytest.mark.req("S4.53")
def test_what_was_kept_from_becoming_a_ticket_is_found_by_its_sender_with_the_reason(
    people: Any, client: Client, received: RemoteMessage
) -> None:
    RemoteMessage.objects.filter(pk=received.pk).update(
        outcome=Outcome.IGNORED, reason_code=Reason.ANSWERS_ONLY, reason_data={}, ticket_id=None
    )
    client.force_login(people.agent.user)
    page = client.get(LOG, {"q": received.sender}).content.decode()
    assert "Setting of the mailbox: take answers only" in page
    assert "data-place" not in page
