"""Where is my mail? Each cause trips its line, and a near miss does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import (
    Connection,
    ConnectionKind,
    ExistingMail,
    Health,
    HealthSpan,
    Mailbox,
    Outcome,
    RemoteMessage,
)
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.forms.whereabouts import MissedMailForm
from ticketing.models import Breaker, EntryKind, FilterMode, FloodScope, Openers, Updaters
from ticketing.queries import whereabouts
from ticketing.services.contacts import add_contact
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.policy_version import policy_changed
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db]
WHERE = "/o/fernhollow/inbound-log/where-is-my-mail/"
HTMX = {"HX-Request": "true"}
ANNA = "anna@customer.test"
Trip = Callable[[Mailbox], object]


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


def make_healthy(name: str) -> Mailbox:
    """A mailbox that was connected a month ago and looked at just now."""
    box = make_mailbox(name=name, address=f"{name.lower()}@fernhollow.test")
    long_ago, moment = clock.now() - timedelta(days=30), clock.now()
    change(box, health=Health.REACHABLE, health_since=long_ago, connected_at=long_ago)
    WorkItem.objects.create(
        kind=WorkKind.POLL,
        organization_id=box.organization_id,
        row_id=box.pk,
        due_at=moment + timedelta(seconds=60),
        set_at=moment,
        succeeded_at=moment,
    )
    return box


def change(box: Mailbox, **values: Any) -> None:
    Mailbox.objects.filter(pk=box.pk).update(**values)


def filtering(box: Mailbox | None, mode: FilterMode, kind: EntryKind, value: str) -> None:
    save_filter(box, FilterInput(mode, [tidy_entry(kind, value)]))


@pytest.fixture
def repairs(in_fernhollow: Any) -> Mailbox:
    return make_healthy("Repairs")


@pytest.fixture
def agent(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def an_hour_ago() -> datetime:
    return clock.now() - timedelta(hours=1)


def page_of(client: Client, q: str = ANNA, at: datetime | None = None, **more: object) -> str:
    query = {"q": q, "at": at.strftime("%Y-%m-%dT%H:%M") if at else "", **more}
    answer = client.get(WHERE, query, headers=HTMX)
    assert answer.status_code == 200
    return answer.content.decode()


def lines_of(page: str) -> dict[str, str]:
    return {code: state for state, code in re.findall(r'data-state="(\w+)" data-line="(\w+)"', page)}


def answer_of(page: str) -> str:
    [code] = re.findall(r'data-answer="(\w*)"', page)
    return str(code)


def switch_off(box: Mailbox) -> None:
    Organization.objects.filter(pk=box.organization_id).update(takes_mail=False)


def looked_at(box: Mailbox, ago: timedelta) -> None:
    WorkItem.objects.filter(kind=WorkKind.POLL, row_id=box.pk).update(succeeded_at=clock.now() - ago)


def receive_twice(box: Mailbox) -> None:
    """A copy of a mail that came longer ago than what is looked at."""
    mail = make_mail(message_id="twice@customer.test")
    receive(box, mail, mail)
    first = RemoteMessage.objects.order_by("id")[0]
    long_ago = clock.now() - timedelta(days=5)
    RemoteMessage.objects.filter(pk=first.pk).update(received_at=long_ago, seen_at=long_ago)


def stop(sender: str, scope: FloodScope = FloodScope.SENDER) -> None:
    """Loop protection has stopped the mail of this sender."""
    moment = clock.now()
    until = moment + timedelta(hours=1)
    Breaker.objects.create(scope=scope, key=sender, count=60, window_minutes=60, tripped_at=moment, until=until)
    policy_changed()


CAUSES: dict[str, tuple[Trip, Trip]] = {  # by line: what trips it, and what nearly does
    "switch": (switch_off, lambda box: None),
    "paused": (
        lambda box: change(box, is_enabled=False),
        lambda box: change(make_healthy("Gone"), deleted_at=clock.now()),
    ),
    "away": (
        lambda box: change(box, health=Health.UNREACHABLE, error_reason="login_refused", failures_in_row=3),
        lambda box: change(make_healthy("Draft"), is_draft=True, health=Health.UNREACHABLE, error_reason="timeout"),
    ),
    "filter": (
        lambda box: filtering(box, FilterMode.IGNORE, EntryKind.ADDRESS, ANNA),
        lambda box: filtering(box, FilterMode.IGNORE, EntryKind.ADDRESS, "joanna@customer.test"),
    ),
    "answers_only": (lambda box: change(box, answers_only=True), lambda box: None),
    "may_open": (
        lambda box: save_writers(None, WriterInput(openers=Openers.NOBODY)),
        lambda box: save_writers(None, WriterInput(openers=Openers.LISTED, domains=("customer.test",))),
    ),
    "stopped": (lambda box: stop(ANNA), lambda box: stop("joanna@customer.test")),
    "delay": (lambda box: looked_at(box, timedelta(hours=2)), lambda box: looked_at(box, timedelta(minutes=5))),
    "log": (
        lambda box: RemoteMessage.objects.filter(pk__in=[row.pk for row in receive(box, make_mail())]).update(
            outcome=Outcome.SPAM
        ),
        lambda box: receive(box, make_mail()),
    ),
    "duplicate": (receive_twice, lambda box: receive(box, *[make_mail(message_id="twice@customer.test")] * 2)),
    "start": (
        lambda box: change(box, start_at=clock.now() - timedelta(minutes=30)),
        lambda box: change(box, start_at=clock.now() - timedelta(hours=3)),
    ),
}


@pytest.mark.req("S4.64", "S4.51", "S4.52", "S4.53")
@pytest.mark.parametrize("code", CAUSES)
def test_each_cause_trips_its_line_and_a_near_miss_does_not(repairs: Mailbox, agent: Client, code: str) -> None:
    trip, near_miss = CAUSES[code]
    near_miss(repairs)
    page = page_of(agent, at=an_hour_ago())
    assert lines_of(page)[code] in ("ok", "warn")
    assert answer_of(page) in ("", "log")
    RemoteMessage.objects.all().delete()
    trip(repairs)
    page = page_of(agent, at=an_hour_ago())
    assert lines_of(page)[code] == "fail"
    assert answer_of(page) == ("log" if code == "duplicate" else code)


@pytest.mark.req("S4.64")
@pytest.mark.parametrize(
    ("asked", "is_known", "state"),
    [(ANNA, False, "fail"), (ANNA, True, "ok"), ("Broken kettle", True, "warn")],
)
def test_while_strangers_are_stopped_it_counts_whether_the_sender_is_known(
    repairs: Mailbox, agent: Client, asked: str, is_known: bool, state: str
) -> None:
    stop("*", FloodScope.STRANGERS)
    if is_known:
        add_contact(ANNA, name="", at=clock.now())
    page = page_of(agent, asked, at=an_hour_ago())
    assert lines_of(page)["stopped"] == state
    assert ("Loop protection stops no such mail" in page) == (state == "ok")
    if state != "ok":
        Breaker.objects.update(until=clock.now() - timedelta(minutes=1))
        policy_changed()
        assert lines_of(page_of(agent, asked, at=an_hour_ago()))["stopped"] == "ok"


@pytest.mark.req("S4.52")
@pytest.mark.parametrize(("tells", "words"), [(False, "Mail waits on its servers"), (True, "its sender is told")])
def test_the_switch_says_what_becomes_of_mail_meanwhile(
    repairs: Mailbox, agent: Client, tells: bool, words: str
) -> None:
    Organization.objects.update(takes_mail=False, tells_while_off=tells)
    assert words in page_of(agent, at=an_hour_ago())


@pytest.mark.req("S4.64")
def test_the_list_is_in_order_and_where_nothing_is_certain_says_so(repairs: Mailbox, agent: Client) -> None:
    page = page_of(agent, at=an_hour_ago())
    assert list(lines_of(page)) == [
        *("switch", "paused", "away", "outages", "filter", "automatic", "answers_only", "may_open", "may_add"),
        *("stopped", "delay", "log", "duplicate", "start", "moved", "junk", "elsewhere"),
    ]
    assert "Nothing is certain" in page
    assert {code for code, state in lines_of(page).items() if state == "warn"} == {
        "log",
        "automatic",
        "junk",
        "elsewhere",
    }
    for words in ("last look Today", "every 1 minute", "repairs@fernhollow.test: only the folder INBOX is read"):
        assert words in page


def test_who_may_write_leads_to_where_it_is_set_and_is_certain_only_if_nobody_may(
    repairs: Mailbox, admin: Client
) -> None:
    save_writers(repairs, WriterInput(openers=Openers.LISTED, domains=("elsewhere.test",), updaters=Updaters.PEOPLE))
    page = page_of(admin, at=an_hour_ago())
    lines = lines_of(page)
    assert (lines["may_open"], lines["may_add"], answer_of(page)) == ("warn", "warn", "")
    assert f'href="/o/fernhollow/who-may-write/{repairs.pk}/"' in page


@pytest.mark.parametrize("trip", [CAUSES["paused"][0], CAUSES["away"][0], CAUSES["answers_only"][0]])
def test_what_holds_for_one_of_several_mailboxes_is_possible_until_that_one_is_named(
    repairs: Mailbox, agent: Client, trip: Trip
) -> None:
    other = make_healthy("Orders")
    trip(repairs)
    page = page_of(agent, at=an_hour_ago())
    assert answer_of(page) == ""
    assert "If it was sent there: Repairs." in page
    assert answer_of(page_of(agent, at=an_hour_ago(), mailbox=repairs.pk)) != ""
    assert answer_of(page_of(agent, at=an_hour_ago(), mailbox=other.pk)) == ""


def test_a_message_in_a_ticket_answers_though_a_mailbox_is_paused_now(repairs: Mailbox, agent: Client) -> None:
    receive(repairs, make_mail(subject="Broken lamp"))
    change(repairs, is_enabled=False)
    page = page_of(agent)
    assert answer_of(page) == "log"
    assert 'href="/o/fernhollow/tickets/1' in page
    assert "Broken lamp" in page


@pytest.mark.parametrize(
    ("mode", "kind", "value", "state"),
    [
        (FilterMode.ALLOW, EntryKind.DOMAIN, "elsewhere.test", "fail"),
        (FilterMode.ALLOW, EntryKind.DOMAIN, "customer.test", "ok"),
        (FilterMode.ALLOW, EntryKind.WORDS, "order", "warn"),
        (FilterMode.IGNORE, EntryKind.WORDS, "out of office", "warn"),
    ],
)
def test_a_filter_is_a_cause_only_if_the_sender_alone_decides(
    repairs: Mailbox, agent: Client, mode: FilterMode, kind: EntryKind, value: str, state: str
) -> None:
    filtering(None, mode, kind, value)
    assert lines_of(page_of(agent))["filter"] == state


def test_the_entry_that_decides_is_linked_for_who_may_change_it(repairs: Mailbox, admin: Client, people: Any) -> None:
    filtering(None, FilterMode.IGNORE, EntryKind.DOMAIN, "customer.test")
    link = "/o/fernhollow/filters/all/?kind=domain&amp;value=customer.test"
    assert link in page_of(admin)
    admin.force_login(people.agent.user)
    page = page_of(admin)
    assert "customer.test" in page
    assert "/filters/" not in page


def test_mail_of_another_day_is_not_taken_for_the_missing_one(repairs: Mailbox, agent: Client) -> None:
    [entry] = receive(repairs, make_mail(subject="Of last week"))
    RemoteMessage.objects.filter(pk=entry.pk).update(received_at=clock.now() - timedelta(days=7))
    assert "Of last week" not in page_of(agent, at=an_hour_ago())
    assert "Of last week" in page_of(agent)
    assert "Of last week" in page_of(agent, at=clock.now() - timedelta(days=7, hours=3))


def test_more_messages_than_are_shown_are_said(
    repairs: Mailbox, agent: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whereabouts, "SHOWN", 1)
    receive(repairs, make_mail(subject="First"), make_mail(subject="Second"))
    page = page_of(agent)
    assert "More than 1 messages match" in page
    assert "First" not in page


def test_imported_existing_mail_has_no_start_and_brought_mail_no_delay(repairs: Mailbox, agent: Client) -> None:
    Connection.objects.filter(pk=repairs.connection_id).update(kind=ConnectionKind.PUSH)
    change(repairs, existing_mail=ExistingMail.OPEN)
    lines = lines_of(page_of(agent, at=an_hour_ago()))
    assert (lines["start"], lines["delay"]) == ("ok", "ok")


@pytest.mark.parametrize(
    ("typed", "text", "sender", "subject"),
    [
        ("Anna@Customer.test", "Anna@Customer.test", ANNA, ""),
        ("Anna Berg <anna@customer.test>", ANNA, ANNA, ""),
        ("<a1@mail.test>", "a1@mail.test", "", ""),
        ("broken lamp", "broken lamp", "", "broken lamp"),
        ("Re: <urgent>", "Re: <urgent>", "", "Re: <urgent>"),
        ("@customer.test", "@customer.test", "", ""),
    ],
)
def test_what_was_entered_is_known_by_its_form(typed: str, text: str, sender: str, subject: str) -> None:
    form = MissedMailForm({"q": typed}, mailboxes=[])
    assert form.is_valid()
    asked = form.question()
    assert (asked.text, asked.sender, asked.subject) == (text, sender, subject)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"q": "  "}, "Enter who sent it"),
        ({"q": "x" * 201}, "at most 200 characters"),
        ({"q": "a\x00b"}, "Null characters"),
        ({"q": ANNA, "at": "soon"}, "Enter a date and a time"),
        ({"q": ANNA, "at": "9999-12-31T23:59"}, "not come yet"),
        ({"q": ANNA, "at": "0001-01-01T00:00"}, "Enter a later year"),
        ({"q": ANNA, "mailbox": "nonsense"}, "Select a valid choice"),
    ],
)
def test_odd_input_is_refused_with_words(repairs: Mailbox, agent: Client, query: dict[str, str], words: str) -> None:
    answer = agent.get(WHERE, query)
    assert answer.status_code == 422
    assert words in answer.content.decode()


def test_the_page_works_whole_and_as_a_part(repairs: Mailbox, agent: Client) -> None:
    whole = agent.get(WHERE, {"q": "<script>x"}).content.decode()
    assert "<html" in whole
    assert "<script>x" not in whole
    assert "data-answer" in whole
    assert "<html" not in page_of(agent)
    assert "data-answer" not in agent.get(WHERE).content.decode()


def test_without_a_mailbox_the_page_says_so(in_fernhollow: Any, agent: Client) -> None:
    assert "No mailbox is connected" in agent.get(WHERE, {"q": ANNA}).content.decode()


def test_the_log_and_the_mailboxes_lead_to_it(repairs: Mailbox, admin: Client) -> None:
    assert WHERE in admin.get("/o/fernhollow/mailboxes/").content.decode()
    assert f"{WHERE}?q=anna%40customer.test" in admin.get("/o/fernhollow/inbound-log/", {"q": ANNA}).content.decode()


def test_nothing_of_another_organization_is_seen(repairs: Mailbox, otherco: Any, agent: Client) -> None:
    with organization_scope(otherco.id):
        other = make_healthy("Elsewhere")
        receive(other, make_mail(subject="Secret lamp"))
        filtering(None, FilterMode.IGNORE, EntryKind.ADDRESS, ANNA)
    page = page_of(agent)
    assert "Secret lamp" not in page
    assert "Elsewhere" not in page
    assert lines_of(page)["filter"] == "ok"
    assert agent.get(WHERE, {"q": ANNA, "mailbox": other.pk}).status_code == 422


def test_the_number_of_queries_is_that_of_one_mailbox_and_one_mail(repairs: Mailbox, agent: Client) -> None:
    receive(repairs, make_mail())
    address = f"{WHERE}?q={ANNA}"
    before = queries_of(agent, address)
    for number in range(3):
        receive(make_healthy(f"Box{number}"), make_mail(subject=f"Mail {number}"))
    assert queries_of(agent, address) == before


def test_past_outages_are_told_with_when_they_were(repairs: Mailbox, agent: Client) -> None:
    moment = clock.now()
    for days, state in ((2, "unreachable"), (40, "paused")):
        begun, ended = moment - timedelta(days=days), moment - timedelta(days=days, hours=-1)
        HealthSpan.objects.create(mailbox=repairs, state=state, from_at=begun, until_at=ended)
    lately = agent.get(WHERE, {"q": "nobody@nowhere.test"}).content.decode()
    assert "Unreachable from" in lately
    assert "Paused from" not in lately
    then = (moment - timedelta(days=40)).strftime("%Y-%m-%dT%H:%M")
    page = agent.get(WHERE, {"q": "nobody@nowhere.test", "at": then}).content.decode()
    assert "Paused from" in page
    assert "Out-of-office notes" in page
