"""The pages of filters: what is entered, tried, saved, brought in, taken out and given to all mailboxes."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.spam_daemon.values import Daemon, Kind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RemoteMessage
from tests.accounts.counting import queries_of
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from ticketing.inbound.filtering import Entry
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import (
    EntryKind,
    FilterCopy,
    FilterMode,
    MailFilter,
    Message,
    NeededProof,
    Openers,
    Ticket,
    Updaters,
)
from ticketing.models.rules import Act, AppliesTo, Compare, Look
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter, stored
from ticketing.services.rules.saving import RuleInput, create_rule
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db]
FILTERS = "/o/fernhollow/filters/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def files_of_this_test(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def ignoring(mailbox: Any, *entries: tuple[EntryKind, str]) -> None:
    save_filter(mailbox, FilterInput(FilterMode.IGNORE, [tidy_entry(kind, value) for kind, value in entries]))


@pytest.mark.req("S4.36", "S4.38", "S4.39", "S4.40")
def test_a_filter_is_saved_with_entries_of_every_kind(support: Any, admin: Client, people: Any) -> None:
    address = f"{FILTERS}{support.pk}/"
    entered = {
        "mode": "ignore",
        "version": "0",
        "address": ["a@b.test", "c@d.test, E@f.test"],
        "domain": "parcels.example",
        "subdomains": "*.news.example",
        "words": ["Auto Reply", '"Hello, friend"'],
        "header": "X-Mailer: Robot, the first\nList-Id:",
    }
    assert admin.post(address, entered).status_code == 302
    assert {(entry.kind, entry.value, entry.header) for entry in stored(support).entries} == {
        ("address", "a@b.test", ""),
        ("address", "c@d.test", ""),
        ("address", "e@f.test", ""),
        ("domain", "parcels.example", ""),
        ("subdomains", "news.example", ""),
        ("words", "Auto Reply", ""),
        ("words", "Hello, friend", ""),
        ("header", "Robot, the first", "x-mailer"),
        ("header", "", "list-id"),
    }
    assert AuditEntry.objects.get(action="filter.changed").actor == people.admin
    page = admin.get(address).content.decode()
    assert "&quot;Hello, friend&quot;" in page
    assert "x-mailer: Robot, the first\nlist-id:" in page
    assert admin.post(address, entered).status_code == 422, "the form is older than what was saved"
    assert "Ignore" in admin.get(FILTERS).content.decode()
    assert "changed the filter of" in admin.get("/o/fernhollow/settings/log/?area=filter").content.decode()


@pytest.mark.req("S4.36")
@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"mode": "ignore", "address": "customer.test"}, "is no e-mail address"),
        ({"mode": "ignore", "domain": "a@b.test"}, "is no domain"),
        ({"mode": "ignore", "header": "no colon"}, "begins with no header"),
        ({"mode": "allow"}, "Say what may come in"),
    ],
)
def test_what_is_no_entry_is_said_and_nothing_is_saved(
    support: Any, admin: Client, entered: dict[str, str], words: str
) -> None:
    answer = admin.post(f"{FILTERS}{support.pk}/", {"version": "0", **entered})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert stored(support).version == 0


def test_the_page_costs_the_same_with_many_entries_and_shows_them_as_lines(support: Any, admin: Client) -> None:
    address = f"{FILTERS}{support.pk}/"
    ignoring(support, (EntryKind.ADDRESS, "a@b.test"))
    few = queries_of(admin, address)
    ignoring(support, *((EntryKind.ADDRESS, f"a{n}@b.test") for n in range(3000)))
    assert queries_of(admin, address) == few
    page = admin.get(address).content.decode()
    assert "a0@b.test\na1@b.test\n" in page
    lists = queries_of(admin, FILTERS)
    make_mailbox(address="sales@fernhollow.test")
    assert queries_of(admin, FILTERS) == lists


@pytest.mark.req("S4.41", "S4.71")
def test_suggested_words_are_added_by_one_click_and_say_how_often_they_came(support: Any, admin: Client) -> None:
    receive(support, make_mail(text="We run out of office chairs."), make_mail(text="do not\nreply"), make_mail())
    counted = admin.get(f"{FILTERS}{support.pk}/suggestions/", headers=HTMX).content.decode()
    assert 'id="count-out-of-office" hx-swap-oob="true">1<' in counted
    assert 'id="count-auto-reply" hx-swap-oob="true">0<' in counted
    assert "last 3 messages" in counted
    added = admin.post(
        f"{FILTERS}{support.pk}/draft/",
        {"mode": "everything", "version": "0", "words": "lamp", "add": "Out of Office"},
        headers=HTMX,
    ).content.decode()
    assert 'value="Out of Office"' in added
    assert 'value="ignore" checked' in added
    assert 'name="words" value="lamp"' in added
    assert stored(support).version == 0


def test_an_entry_is_taken_out_of_the_form_without_script(support: Any, admin: Client) -> None:
    entered = {"mode": "ignore", "version": "0", "words": ["lamp", "screw"], "without": "words lamp"}
    page = admin.post(f"{FILTERS}{support.pk}/draft/", entered).content.decode()
    assert 'name="words" value="screw"' in page
    assert 'name="words" value="lamp"' not in page


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"mode": "ignore", "words": "hiss", "subject": "A hiss"}, "It ignores “hiss” (in the subject)."),
        ({"mode": "ignore", "words": "hiss", "subject": "A kiss"}, "Past the filters"),
        ({"mode": "allow", "domain": "b.test", "sender": "a@c.test"}, "allows new mail of others only"),
        (
            {"mode": "allow", "domain": "b.test", "sender": "a@c.test", "is_answer": "on"},
            "It decides about new mail only",
        ),
        ({"mode": "allow", "domain": "b.test", "sender": "a@b.test"}, "It allows the domain b.test."),
        ({"subject": "A lamp"}, "Filter of all mailboxes"),
    ],
)
def test_what_would_become_of_a_mail_is_told_before_anything_is_saved(
    support: Any, admin: Client, data: dict[str, str], words: str
) -> None:
    ignoring(None, (EntryKind.WORDS, "lamp"))
    answer = admin.post(f"{FILTERS}{support.pk}/trial/", {"version": "0", **data}, headers=HTMX).content.decode()
    assert words in answer
    assert not MailFilter.objects.filter(mailbox=support).exists()


def test_what_else_is_set_is_told_too(support: Any, admin: Client) -> None:
    """Rules, who may write, and what decides before any filter: of new mail and of an answer."""
    when = Group(parts=(Condition(Look.SUBJECT, Compare.CONTAINS, ("kiss",)),))
    create_rule(RuleInput("Kisses", when, (Action(Act.PRIORITY, "high"),), applies_to=AppliesTo.BOTH))

    def tried(**data: str) -> str:
        url = f"{FILTERS}{support.pk}/trial/"
        return str(admin.post(url, {"version": "0", "sender": "a@b.test", **data}, headers=HTMX).content.decode())

    assert "Kisses" in (said := tried(subject="A kiss"))
    assert "As mail to Repairs" in said
    assert "Kisses" not in tried(subject="A lamp")
    assert "Kisses" not in tried(subject="A kiss", mode="ignore", words="kiss")
    receive(support, make_mail(message_id="first@customer.test"))
    before = (Ticket.objects.count(), RemoteMessage.objects.count(), Message.objects.count())
    assert "Kisses" in tried(subject="A kiss", is_answer="on")
    save_writers(None, WriterInput(openers=Openers.NOBODY, updaters=Updaters.PEOPLE, proof=NeededProof.WHERE_TOLD))
    assert ["Held" in tried(subject="A kiss", **more) for more in ({}, {"is_answer": "on"})] == [True, True]
    assert "Held" not in tried(sender="anna@customer.test", is_answer="on")
    assert (Ticket.objects.count(), RemoteMessage.objects.count(), Message.objects.count()) == before


@pytest.mark.parametrize("daemon", [None, Daemon(Kind.SPAMASSASSIN, "127.0.0.1", 9)])
def test_a_trial_says_that_the_spam_daemon_is_not_asked_where_there_is_one(
    support: Any, admin: Client, settings: Any, daemon: Daemon | None
) -> None:
    settings.SPAM_DAEMON = daemon
    answer = admin.post(f"{FILTERS}{support.pk}/trial/", {"version": "0", "sender": "a@b.test"}, headers=HTMX)
    assert ("spam filter is not asked here" in answer.content.decode()) is (daemon is not None)


def test_a_real_message_is_tried_as_it_came(support: Any, admin: Client) -> None:
    [seen] = receive(support, make_mail(headers=[("X-Mailer", "Shop Robot 2")]))
    data = {"mode": "ignore", "version": "0", "header": "X-Mailer: shop robot", "message": str(seen.pk)}
    assert "the header x-mailer" in admin.post(f"{FILTERS}{support.pk}/trial/", data).content.decode()
    other = make_mailbox(address="sales@fernhollow.test")
    assert "the header x-mailer" not in admin.post(f"{FILTERS}{other.pk}/trial/", data).content.decode()


def sent(admin: Client, mailbox: Any, content: bytes, **data: str) -> Any:
    """The answer to a file that is brought in."""
    return admin.post(f"{FILTERS}{mailbox.pk}/import/", {"file": SimpleUploadedFile("list.csv", content), **data})


def test_a_list_goes_out_and_comes_in_again_unchanged(support: Any, admin: Client) -> None:
    entries = [
        (EntryKind.ADDRESS, "a@b.test"),
        (EntryKind.SUBDOMAINS, "news.example"),
        (EntryKind.WORDS, '=cmd, "quoted" and \'more'),
        (EntryKind.WORDS, "-50% off"),
        (EntryKind.HEADER, "X-Mailer: robot; the first"),
    ]
    ignoring(support, *entries)
    before = stored(support).entries
    written = admin.get(f"{FILTERS}{support.pk}/entries.csv").content
    assert b"'=cmd" in written
    other = make_mailbox(address="sales@fernhollow.test")
    assert sent(admin, other, written).status_code == 302
    assert stored(other).entries == before


@pytest.mark.parametrize(
    ("content", "entries"),
    [
        (
            "# ours\na@b.test\r\n\r\n*.news.example\n@shop.example\nOut of office\n",
            {"a@b.test", "news.example", "shop.example", "Out of office"},
        ),
        ("Kind;Header;Value\nwords;;Grüße\n", {"Grüße"}),
    ],
)
@pytest.mark.parametrize("charset", ["utf-8", "cp1252", "utf-16"])
def test_text_and_csv_of_many_programs_are_read(
    support: Any, admin: Client, content: str, entries: set[str], charset: str
) -> None:
    ignoring(support, (EntryKind.ADDRESS, "old@b.test"))
    assert sent(admin, support, content.encode(charset)).status_code == 302
    assert {entry.value for entry in stored(support).entries} == {"old@b.test", *entries}
    assert sent(admin, support, content.encode(charset), how="replace").status_code == 302
    assert {entry.value for entry in stored(support).entries} == entries


def test_of_a_list_with_wrong_lines_nothing_is_taken_and_each_is_named(support: Any, admin: Client) -> None:
    answer = sent(admin, support, b"kind,header,value\nwords,,fine\nplanet,,mars\ndomain,,a@b.test\nheader,,x\n")
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "3 lines are wrong, so nothing was imported" in page
    assert "Line 3:</b> “planet” is no kind of entry" in page
    assert "Line 4:</b> “a@b.test” is no domain" in page
    assert stored(support).entries == ()
    assert "Choose a file" in admin.post(f"{FILTERS}{support.pk}/import/").content.decode()


@pytest.mark.req("S5.70")
def test_a_filter_is_given_to_all_after_seeing_what_changes_and_taken_back(support: Any, admin: Client) -> None:
    sales = make_mailbox(address="sales@fernhollow.test", name="Sales")
    ignoring(support, (EntryKind.WORDS, "lamp"))
    page = admin.get(f"{FILTERS}{support.pk}/copying/").content.decode()
    assert "Sales" in page
    assert "Apply to 1 mailbox" in page
    admin.post(f"{FILTERS}{support.pk}/copying/")
    assert stored(sales).entries == (Entry(EntryKind.WORDS, "lamp"),)
    assert "This filter was given to 1 other mailbox" in admin.get(f"{FILTERS}{support.pk}/").content.decode()
    admin.post(f"{FILTERS}copies/{FilterCopy.objects.get().pk}/undoing/")
    assert stored(sales).mode is FilterMode.EVERYTHING
    assert "was given to" not in admin.get(f"{FILTERS}{support.pk}/").content.decode()


@pytest.mark.req("S4.36", "S4.51", "S4.53")
def test_the_log_leads_to_the_entry_that_decided_and_retries_the_mail(support: Any, admin: Client, people: Any) -> None:
    ignoring(support, (EntryKind.WORDS, "lamp"))
    [seen] = receive(support, make_mail())
    log = f"/o/fernhollow/inbound-log/{seen.pk}/"
    page = admin.get(log).content.decode()
    link = f"{FILTERS}{support.pk}/?kind=words&amp;value=lamp&amp;header="
    assert link in page
    assert "The entry that decided is marked below" in admin.get(link.replace("&amp;", "&")).content.decode()
    ignoring(support)
    assert "not in this filter any more" in admin.get(link.replace("&amp;", "&")).content.decode()
    assert admin.post(f"{log}retry/").status_code == 302
    process_due()
    seen.refresh_from_db()
    assert seen.outcome == Outcome.CREATED
    admin.force_login(people.agent.user)
    assert "Open the filter" not in admin.get(log).content.decode()


def test_an_ignored_answer_is_a_quiet_line_on_the_ticket_that_leads_to_the_log(support: Any, admin: Client) -> None:
    [first] = receive(support, make_mail(message_id="first@x.test", sender="noise@x.test"))
    ignoring(support, (EntryKind.ADDRESS, "noise@x.test"))
    [seen] = receive(support, make_mail(answers="first@x.test", sender="noise@x.test", subject="Re: <b>lamp"))
    number = seen.reason_data["ticket"]
    page = admin.get(f"/o/fernhollow/tickets/{number}/").content.decode()
    assert "left out an answer because of a filter" in page
    assert "Re: &lt;b&gt;lamp" in page
    answer = admin.get(f"/o/fernhollow/inbound-log/of-message/{seen.raw_id}/entry/")
    assert answer["Location"] == f"/o/fernhollow/inbound-log/{seen.pk}/"
    assert first.ticket_id == seen.ticket_id


@pytest.mark.parametrize("page", ["", "import/", "entries.csv", "suggestions/"])
@pytest.mark.parametrize("whose", ["other", "nonsense", "9999999999999999999"])
def test_filters_of_other_organizations_and_of_nothing_are_not_there(
    otherco: Any, admin: Client, page: str, whose: str
) -> None:
    with organization_scope(otherco.id):
        other = make_mailbox(address="support@elsewhere.test")
    assert admin.get(f"{FILTERS}{other.pk if whose == 'other' else whose}/{page}").status_code == 404
