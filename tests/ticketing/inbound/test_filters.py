"""Filters decide what comes in: ignored mail is recorded with its reason; an answer is told on its ticket."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from ticketing.inbound.filtering import Entry
from ticketing.log_words import steps_of
from ticketing.models import Contact, EntryKind, EventKind, FilterMode, Message, Status, Ticket, TicketEvent
from ticketing.reason_words import reason_words
from ticketing.services import filters
from ticketing.services.filter_copies import copy_to_all, undo_copy
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput
from ticketing.services.intake_retry import NotFiltered, decide_again

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def set_filter(
    mailbox: Mailbox | None, mode: FilterMode, *entries: tuple[EntryKind, str], version: int | None = None
) -> None:
    """The filter, entered by a person."""
    tidied = tuple(tidy_entry(kind, value) for kind, value in entries)
    filters.save_filter(mailbox, FilterInput(mode, tidied, version=version))


def came(mailbox: Mailbox, **mail: Any) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, make_mail(**mail))
    return seen


@pytest.mark.req("S4.37")
def test_without_a_filter_everybody_is_let_in(support: Any) -> None:
    assert came(support).outcome == Outcome.CREATED


@pytest.mark.req("S4.36", "S4.41", "S4.71")
@pytest.mark.parametrize("words", ["Auto Reply", "Out of Office", "Automatic Reply", "Do Not Reply"])
def test_words_to_ignore_keep_mail_out_and_the_log_names_them(support: Any, words: str) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, words))
    seen = came(support, text=f"This is an {words.upper()}; I am back on Monday.")
    assert (seen.outcome, seen.reason_code, Ticket.objects.count()) == (Outcome.IGNORED, "filtered", 0)
    assert f"“{words}” (in the body)" in reason_words(seen)
    assert "A filter ignores it" in [step.title for step in steps_of(seen)]
    assert came(support, text="Reply soon, from my office.").outcome == Outcome.CREATED


@pytest.mark.req("S5.67")
@pytest.mark.parametrize("entry", [(EntryKind.ADDRESS, "anna@customer.test"), (EntryKind.WORDS, "does not work")])
def test_of_what_is_discarded_there_is_neither_ticket_nor_contact(support: Any, entry: tuple[EntryKind, str]) -> None:
    set_filter(support, FilterMode.IGNORE, entry)
    assert came(support).outcome == Outcome.IGNORED
    assert [model.objects.count() for model in (Ticket, Message, Contact)] == [0, 0, 0]


@pytest.mark.req("S4.36")
def test_allowing_lets_in_only_what_is_named(support: Any) -> None:
    set_filter(support, FilterMode.ALLOW, (EntryKind.DOMAIN, "@Customer.test"), (EntryKind.ADDRESS, "ben@other.test"))
    assert came(support, sender="anna@customer.test").outcome == Outcome.CREATED
    assert came(support, sender="Ben <BEN@other.test>").outcome == Outcome.CREATED
    seen = came(support, sender="carl@other.test")
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, "not_allowed")
    assert "does not allow" in reason_words(seen)


def test_allowing_is_for_new_mail_alone(support: Any) -> None:
    came(support, message_id="first@x.test")
    set_filter(support, FilterMode.ALLOW, (EntryKind.DOMAIN, "nobody.test"))
    assert came(support, answers="first@x.test").outcome == Outcome.ADDED


def test_an_answer_that_is_ignored_stands_in_the_tickets_history(support: Any) -> None:
    came(support, message_id="first@x.test")
    ticket = Ticket.objects.get()
    Ticket.objects.update(status=Status.WAITING)
    set_filter(support, FilterMode.IGNORE, (EntryKind.ADDRESS, "noise@x.test"))
    to = "support@fernhollow.test, anna@customer.test"
    seen = came(support, answers="first@x.test", sender="noise@x.test", subject="Re: lamp", to=to)
    assert (seen.outcome, seen.ticket_id) == (Outcome.IGNORED, ticket.id)
    assert f"ticket #{ticket.number}" in reason_words(seen)
    event = TicketEvent.objects.get(kind=EventKind.MAIL_IGNORED)
    assert (event.ticket_id, event.data["sender"], event.data["raw"]) == (ticket.id, "noise@x.test", seen.raw_id)
    ticket.refresh_from_db()
    assert (ticket.status, ticket.last_position) == (Status.WAITING, event.position)
    assert Message.objects.count() == 1


def test_the_filter_of_all_mailboxes_comes_first(support: Any) -> None:
    set_filter(None, FilterMode.IGNORE, (EntryKind.ADDRESS, "anna@customer.test"))
    set_filter(support, FilterMode.ALLOW, (EntryKind.DOMAIN, "customer.test"))
    assert "all mailboxes" in reason_words(came(support, sender="anna@customer.test"))
    other = make_mailbox(address="sales@fernhollow.test")
    assert came(other, sender="anna@customer.test").outcome == Outcome.IGNORED
    assert came(other, sender="ben@elsewhere.test").outcome == Outcome.CREATED
    assert came(support, sender="ben@elsewhere.test").outcome == Outcome.IGNORED


def test_a_change_is_heeded_at_once_and_undone_as_well(support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"))
    assert came(support).outcome == Outcome.IGNORED
    set_filter(support, FilterMode.EVERYTHING, (EntryKind.WORDS, "lamp"))
    assert came(support).outcome == Outcome.CREATED
    assert filters.stored(support).entries == (Entry(EntryKind.WORDS, "lamp"),)


@pytest.mark.req("S5.70")
def test_a_filter_is_given_to_all_mailboxes_and_that_is_undone_where_nobody_changed_it_since(support: Any) -> None:
    sales, repairs = (make_mailbox(address=f"{name}@fernhollow.test") for name in ("sales", "repairs"))
    set_filter(sales, FilterMode.IGNORE, (EntryKind.WORDS, "rebate"))
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"))
    copy = copy_to_all(support)
    assert copy is not None
    assert [came(other).outcome for other in (sales, repairs)] == [Outcome.IGNORED] * 2
    assert copy_to_all(support) is None
    set_filter(repairs, FilterMode.IGNORE, (EntryKind.WORDS, "screw"))
    undone = undo_copy(copy)
    assert (undone.restored, undone.kept) == (1, 1)
    assert filters.stored(sales).entries == (Entry(EntryKind.WORDS, "rebate"),)
    assert filters.stored(repairs).entries == (Entry(EntryKind.WORDS, "screw"),)
    assert came(sales).outcome == Outcome.CREATED
    with pytest.raises(DomainError, match="already"):
        undo_copy(copy)


def test_an_entry_written_twice_is_one(support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "Straße"), (EntryKind.WORDS, "STRASSE"))
    assert [entry.value for entry in filters.stored(support).entries] == ["Straße"]


def test_a_form_that_is_older_than_the_filter_is_refused(support: Any) -> None:
    seen = filters.stored(support)
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"))
    with pytest.raises(ChangedMeanwhile):
        set_filter(support, FilterMode.EVERYTHING, version=seen.version)
    assert filters.stored(support).mode is FilterMode.IGNORE


def test_what_a_filter_kept_out_is_decided_anew_when_asked_for(people: Any, support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"))
    seen = came(support)
    decide_again(seen.raw, actor=people.admin)
    process_due()
    seen.refresh_from_db()
    assert seen.outcome == Outcome.IGNORED
    set_filter(support, FilterMode.EVERYTHING)
    decide_again(seen.raw, actor=people.admin)
    with pytest.raises(NotFiltered):
        decide_again(seen.raw, actor=people.admin)
    process_due()
    seen.refresh_from_db()
    assert (seen.outcome, Ticket.objects.count()) == (Outcome.CREATED, 1)
    with pytest.raises(NotFiltered):
        decide_again(seen.raw, actor=people.admin)


def test_words_in_the_quote_of_an_answer_are_not_its_own(support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "do not reply"))
    quoting = "Thank you, it works.\n\nOn Monday, Support <support@fernhollow.test> wrote:\n> Please do not reply.\n"
    assert came(support, text=quoting).outcome == Outcome.CREATED
    assert came(support, text="Please do not reply.\n").outcome == Outcome.IGNORED


def test_settings_are_read_once_for_many_mails(support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, *((EntryKind.ADDRESS, f"a{n}@noise.test") for n in range(50)))
    receive(support, make_mail())
    with CaptureQueriesContext(connection) as asked:
        receive(support, *(make_mail() for _ in range(3)))
    assert not [query for query in asked.captured_queries if "ticketing_mailfilter" in query["sql"]]
    assert not [query for query in asked.captured_queries if "ticketing_filterentry" in query["sql"]]


def test_nothing_of_another_organization_is_filtered(support: Any, otherco: Any) -> None:
    set_filter(None, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"))
    with organization_scope(otherco.id):
        elsewhere = make_mailbox(address="support@elsewhere.test")
        assert came(elsewhere).outcome == Outcome.CREATED
    assert came(support).outcome == Outcome.IGNORED


@pytest.mark.req("S4.61")
def test_the_audit_trail_tells_what_was_added_and_taken_away(support: Any) -> None:
    set_filter(support, FilterMode.IGNORE, (EntryKind.WORDS, "lamp"), (EntryKind.ADDRESS, "a@b.test"))
    set_filter(support, FilterMode.IGNORE, (EntryKind.ADDRESS, "a@b.test"), (EntryKind.DOMAIN, "c.test"))
    entry = AuditEntry.objects.filter(action="filter.changed").latest("id")
    assert entry.changes == {"filter_domain": ["", "c.test"], "filter_words": ["lamp", ""]}
    set_filter(support, FilterMode.IGNORE, (EntryKind.ADDRESS, "a@b.test"), (EntryKind.DOMAIN, "c.test"))
    assert AuditEntry.objects.filter(action="filter.changed").latest("id") == entry


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (EntryKind.ADDRESS, " <Anna@Customer.TEST> ", "anna@customer.test"),
        (EntryKind.DOMAIN, "@Customer.test.", "customer.test"),
        (EntryKind.SUBDOMAINS, "*.customer.test", "customer.test"),
        (EntryKind.HEADER, "X-Mailer:  Shop  Robot", "Shop Robot"),
        (EntryKind.HEADER, "List-Id:", ""),
        (EntryKind.DOMAIN, "bücher.example", "bücher.example"),
        (EntryKind.WORDS, "  Out\tof  OFFICE ", "Out of OFFICE"),
    ],
)
def test_entries_are_tidied(kind: EntryKind, value: str, kept: str) -> None:
    assert tidy_entry(kind, value).value == kept


@pytest.mark.parametrize(
    ("kind", "value", "code"),
    [
        (EntryKind.ADDRESS, "customer.test", "no_address"),
        (EntryKind.ADDRESS, "a b@customer.test", "no_address"),
        (EntryKind.DOMAIN, "anna@customer.test", "no_domain"),
        (EntryKind.DOMAIN, "localhost", "no_domain"),
        (EntryKind.DOMAIN, "-a.example", "no_domain"),
        (EntryKind.WORDS, " ** ", "no_words"),
        (EntryKind.HEADER, "X-Mailer", "no_header"),
        (EntryKind.HEADER, "X Mailer: robot", "no_header"),
        (EntryKind.WORDS, "x" * 400, "too_long"),
    ],
)
def test_what_is_no_entry_is_said(kind: EntryKind, value: str, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        tidy_entry(kind, value)
    assert refused.value.code == code


def test_allowing_nothing_at_all_is_refused(support: Any) -> None:
    with pytest.raises(DomainError, match="Say what may come in"):
        set_filter(support, FilterMode.ALLOW)
