"""Read receipts and complaints about mail of ours: told at the mail, and who called it spam gets nothing automatic."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import BouncedAddress, OutboxRecipient, Outcome, RemoteMessage, Silence
from mailboxes.services.sending.bouncing import Report, mark_bounced, refuse_bounced
from tests.factories.incoming import make_mail, receive
from tests.ticketing.inbound.test_threading import our_id, write_reply
from tests.ticketing.mail.reports import report_on
from ticketing.inbound.automatic import Rule
from ticketing.models import (
    AutomaticClass,
    ContactAddress,
    Message,
    MessageKind,
    MessageRecipient,
    NewMail,
    OnTicket,
    ThreadReason,
    Ticket,
    TicketEvent,
)
from ticketing.queries.thread import MessageEntry, history_of, thread_of
from ticketing.reason_words import reason_words
from ticketing.services.automatic_mail import AutomaticInput, automatic_rules, set_automatic_rules

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S2.8")]

ANNA = "anna@customer.test"
FORGED = our_id("pr." + "b" * 44)


def receipt(about: str, disposition: str = "displayed") -> bytes:
    """What a mail program says of the mail."""
    said = f"Original-Message-ID: <{about}>\r\nDisposition: manual-action/MDN-sent-manually; {disposition}"
    return report_on("disposition-notification", {"message/disposition-notification": said})


def complaint(about: str, *, named: str = ANNA, kind: str = "abuse") -> bytes:
    """What a provider says of it."""
    said = f"Feedback-Type: {kind}" + (f"\r\nOriginal-Rcpt-To: <{named}>" if named else "")
    parts = {"message/feedback-report": said, "message/rfc822": f"Message-ID: <{about}>"}
    return report_on("feedback-report", parts, sender="fbl@provider.test")


def came(mailbox: Any, content: bytes) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, content)
    return seen


@pytest.fixture
def answered(support: Any) -> Message:
    """Our answer to anna, on ticket #1."""
    receive(support, make_mail(message_id="first@customer.test"))
    write_reply(Ticket.objects.get())
    sent: Message = Message.objects.get(kind=MessageKind.OUTBOUND)
    return sent


def told_at(message: Message) -> list[tuple[str, str]]:
    """What the page of the ticket says at the message."""
    entries = thread_of(message.ticket).entries
    [entry] = [each for each in entries if isinstance(each, MessageEntry) and each.message == message]
    return [(event.data["told"], event.data["by"]) for event in entry.reports]


@pytest.mark.parametrize(("disposition", "told"), [("displayed", "read"), ("deleted", "deleted")])
def test_a_receipt_is_told_at_the_mail_it_is_about_once(
    support: Any, answered: Message, disposition: str, told: str
) -> None:
    first, again = (came(support, receipt(answered.message_id, disposition)) for _ in range(2))
    assert (first.outcome, first.ticket_id, again.outcome) == (Outcome.IGNORED, answered.ticket_id, Outcome.IGNORED)
    assert told_at(answered) == [(told, ANNA)]
    assert ("shows it." in reason_words(first), "shows it already" in reason_words(again)) == (True, True)
    assert not BouncedAddress.objects.exists()


@pytest.mark.parametrize("how", [ThreadReason.JOINED, ThreadReason.SPLIT_OFF])
def test_what_is_told_of_a_mail_follows_it_into_another_ticket(support: Any, answered: Message, how: str) -> None:
    came(support, receipt(answered.message_id))
    other = Ticket.objects.get(id=came(support, make_mail(sender="ben@elsewhere.test")).ticket_id)
    Message.objects.filter(pk=answered.pk).update(ticket=other, thread_reason=how)
    answered.refresh_from_db()
    assert told_at(answered) == [("read", ANNA)]
    came(support, complaint(answered.message_id))
    answered.refresh_from_db()
    assert told_at(answered) == [("read", ANNA), ("complaint", ANNA)]
    assert came(support, receipt(answered.message_id)).reason_data["is_known"] is True


@pytest.mark.parametrize("content", [receipt(FORGED), complaint(FORGED)])
@pytest.mark.req("F112")
def test_a_report_that_matches_nothing_of_ours_changes_nothing(support: Any, answered: Message, content: bytes) -> None:
    before = TicketEvent.objects.count()
    assert came(support, content).ticket_id is None
    assert (TicketEvent.objects.count(), BouncedAddress.objects.count()) == (before, 0)


@pytest.mark.parametrize(
    ("named", "others", "marked"),
    [
        (ANNA, [], [ANNA]),
        ("", [], [ANNA]),
        ("", ["ben@customer.test"], []),
        ("eve@evil.test", [], []),
    ],
    ids=["named", "the only one", "one of two", "somebody else"],
)
def test_who_called_a_mail_of_ours_spam_gets_nothing_automatic(
    support: Any, answered: Message, named: str, others: list[str], marked: list[str]
) -> None:
    for address in others:
        MessageRecipient.objects.create(message=answered, header="cc", address=address)
    seen = came(support, complaint(answered.message_id, named=named))
    assert told_at(answered) == [("complaint", ", ".join(marked))]
    assert list(BouncedAddress.objects.values_list("address", "cause")) == [(each, "complaint") for each in marked]
    assert ("Nothing automatic goes to" in reason_words(seen)) is bool(marked)
    assert not OutboxRecipient.objects.exclude(bounced_at=None).exists()


def test_the_same_complaint_again_does_not_undo_what_an_admin_lifted(support: Any, answered: Message) -> None:
    came(support, complaint(answered.message_id))
    BouncedAddress.objects.all().delete()
    came(support, complaint(answered.message_id))
    assert (len(told_at(answered)), BouncedAddress.objects.count()) == (1, 0)


def test_kept_as_a_note_a_complaint_stops_automatic_mail_all_the_same(support: Any, answered: Message) -> None:
    now = automatic_rules()
    rules = dict(now.rules) | {AutomaticClass.FEEDBACK: Rule(NewMail.TICKET, OnTicket.NOTE)}
    set_automatic_rules(AutomaticInput(rules, now.version))
    seen = came(support, complaint(answered.message_id))
    assert (seen.outcome, BouncedAddress.objects.get().address) == (Outcome.ADDED, ANNA)
    assert "Nothing automatic goes to" in reason_words(seen)


def test_a_complaint_outlasts_a_bounce_and_new_mail_of_the_person(support: Any, answered: Message) -> None:
    seen = came(support, complaint(answered.message_id))
    mark_bounced([ANNA], Report(raw_id=seen.raw_id, at=clock.now()))
    came(support, make_mail(message_id="later@customer.test"))
    assert BouncedAddress.objects.get().cause == Silence.COMPLAINT
    with pytest.raises(DomainError, match="spam"):
        refuse_bounced(ANNA)


def test_reports_cost_the_page_of_the_ticket_no_query(support: Any, answered: Message) -> None:
    history = history_of(answered.ticket)
    with CaptureQueriesContext(connection) as before:
        thread_of(answered.ticket, history=history)
    came(support, receipt(answered.message_id))
    history = history_of(answered.ticket)
    with CaptureQueriesContext(connection) as after:
        thread_of(answered.ticket, history=history)
    assert len(after) == len(before)


def test_ticket_and_list_say_so_and_an_admin_lifts_it(
    support: Any, answered: Message, signed_in: Any, people: Any, fernhollow: Any
) -> None:
    came(support, receipt(answered.message_id))
    came(support, complaint(answered.message_id))
    contact = ContactAddress.objects.get(address=ANNA).contact_id
    marked, admin = BouncedAddress.objects.get(), signed_in(people.admin)
    page = admin.get("/o/fernhollow/tickets/1/").content.decode()
    own = page.partition(f'id="message-{answered.pk}"')[2].partition("</article>")[0]
    assert ("Read by" in own, "Called spam by" in own, ANNA in own) == (True, True, True)
    assert "has a receipt: a mail of ours was read by" in page
    here = "/o/fernhollow/outbox/suppressions/bounced/"
    assert "Called mail of yours spam" in admin.get(here).content.decode()
    assert "Called mail of yours spam" in admin.get(f"/o/fernhollow/contacts/{contact}/").content.decode()
    assert admin.post(f"{here}{marked.pk}/clearing/").status_code == 302
    with organization_scope(fernhollow.id):
        assert not BouncedAddress.objects.exists()
