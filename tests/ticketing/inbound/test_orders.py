"""What people decide about single mails is obeyed by intake, once, and the log says who decided."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock, faults
from helpdesk.tenancy.models import WorkItem
from mailboxes.models import Outcome, RemoteMessage
from tests.factories.held import hold, ignore_domain
from tests.factories.incoming import make_mail, process_due, receive
from ticketing.log_words import steps_of
from ticketing.models import Contact, ContactAddress, MailOrder, Message, Openers, Refused, Status, ThreadReason, Ticket
from ticketing.reason_words import reason_words
from ticketing.services import accepting
from ticketing.services.accepting import accept_sender
from ticketing.services.contacts import add_contact
from ticketing.services.intake_retry import decide_again
from ticketing.services.mail_orders import NotKeptOut, can_join, can_release, discard, join, release
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db, pytest.mark.both]


def again(entry: RemoteMessage) -> RemoteMessage:
    """What the log has of it once everything due is done."""
    process_due()
    found: RemoteMessage = RemoteMessage.objects.select_related("mailbox", "raw").get(pk=entry.pk)
    return found


def die(point: str) -> None:
    """The worker dies with everything about a mail written and nothing committed."""
    if point == "intake.written":
        raise SystemExit


@pytest.mark.req("F52")
def test_a_held_mail_is_let_in_without_the_step_that_held_it(support: Any, people: Any) -> None:
    entry = hold(support, subject="Returns label")
    release(entry, actor=people.admin)
    seen = again(entry)
    assert (seen.outcome, Ticket.objects.get().subject) == (Outcome.CREATED, "Returns label")
    assert "Adam Admin let it in" in reason_words(seen)
    assert "ignore_filtered" not in seen.trace
    assert any("Left out" in step.text for step in steps_of(seen))
    assert AuditEntry.objects.get(action="mail.released").actor == people.admin
    assert Contact.objects.count() == 1


def test_what_is_let_in_may_be_an_answer(support: Any, people: Any) -> None:
    receive(support, make_mail(message_id="first@x.test"))
    release(hold(support, answers="first@x.test", to="anna@customer.test"), actor=people.admin)
    process_due()
    assert [Ticket.objects.count(), Message.objects.count()] == [1, 2]


def test_of_two_who_let_it_in_the_second_is_told(support: Any, people: Any) -> None:
    entry = hold(support)
    release(entry, actor=people.admin)
    for refused in (release, discard):
        with pytest.raises(NotKeptOut):
            refused(entry, actor=people.owner)
    again(entry)
    assert Ticket.objects.count() == 1


def test_the_next_mail_of_the_sender_is_kept_out_all_the_same(support: Any, people: Any) -> None:
    release(hold(support), actor=people.admin)
    process_due()
    [later] = receive(support, make_mail(sender="sanna@held.test"))
    assert later.outcome == Outcome.IGNORED


def test_an_order_outlives_a_worker_that_dies_and_holds_until_somebody_asks_the_settings_anew(
    support: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = hold(support)
    save_writers(None, WriterInput(openers=Openers.NOBODY, opening_refused=Refused.HOLD))
    release(entry, actor=people.admin)
    with monkeypatch.context() as dying:
        dying.setattr(faults, "point", die)
        with pytest.raises(SystemExit):
            process_due()
    WorkItem.objects.update(due_at=clock.now(), leased_until=None)
    seen = again(entry)
    assert (seen.outcome, seen.reason_code, MailOrder.objects.get().skips) == (
        Outcome.HELD,
        "may_not_open",
        ["ignore_filtered"],
    )
    release(seen, actor=people.admin)
    assert MailOrder.objects.get().skips == ["check_opener", "ignore_filtered"]
    assert again(entry).outcome == Outcome.CREATED


def test_retry_asks_every_step_again_whatever_was_ordered_before(support: Any, people: Any) -> None:
    entry = hold(support)
    save_writers(None, WriterInput(openers=Openers.NOBODY, opening_refused=Refused.HOLD))
    release(entry, actor=people.admin)
    seen = again(entry)
    assert seen.reason_code == "may_not_open"
    decide_again(seen.raw, actor=people.admin)
    seen = again(entry)
    assert (seen.outcome, seen.reason_code, "released" in seen.reason_data) == (Outcome.IGNORED, "filtered", False)
    assert not MailOrder.objects.exists()


def test_of_two_who_accept_a_sender_at_once_both_have_the_one_contact(
    support: Any, people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry, look = hold(support), accepting._known
    there = add_contact(entry.sender, name="", at=clock.now())
    seen = iter([None])  # the first look came before it was there
    monkeypatch.setattr(accepting, "_known", lambda address: next(seen, look(address)))
    assert accept_sender(entry, actor=people.admin) == there
    assert not AuditEntry.objects.filter(action="mail.sender_accepted").exists()


def test_a_discarded_mail_stays_in_the_log_and_can_still_be_let_in(support: Any, people: Any) -> None:
    entry = hold(support)
    discard(entry, actor=people.admin)
    seen = again(entry)
    assert (seen.outcome, seen.reason_code, Ticket.objects.count()) == (Outcome.IGNORED, "discarded", 0)
    assert "Adam Admin discarded it" in reason_words(seen)
    assert can_release(seen)
    release(seen, actor=people.admin)
    assert again(entry).outcome == Outcome.CREATED


def test_a_mail_of_the_log_goes_into_the_ticket_that_a_person_names(support: Any, people: Any) -> None:
    receive(support, make_mail())
    ticket = Ticket.objects.get()
    ignore_domain(support, "noise.test")
    [ignored] = receive(support, make_mail(sender="bot@noise.test", files=[("a.pdf", b"a")]))
    Ticket.objects.update(status=Status.WAITING)
    ContactAddress.objects.create(contact=ticket.requester, address="bot@noise.test", created_at=clock.now())
    join(ignored, ticket=ticket, actor=people.agent)
    seen = again(ignored)
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.ADDED, "joined", ticket.pk)
    assert f"Ines Duarte put it into ticket #{ticket.number}" in reason_words(seen)
    message = Message.objects.latest("id")
    assert (message.thread_reason, message.attachments.count()) == (ThreadReason.JOINED, 1)
    assert message.is_external is False  # another address of somebody on the ticket
    ticket.refresh_from_db()
    assert (ticket.status, ticket.message_count) == (Status.OPEN, 2)


def test_a_mail_whose_source_is_gone_or_that_is_a_test_is_not_offered(support: Any) -> None:
    entry = hold(support)
    assert [can_release(entry), can_join(entry)] == [True, True]
    entry.raw.storage_key = ""
    assert [can_release(entry), can_join(entry)] == [False, False]
    [created] = receive(support, make_mail())
    assert not can_release(created)
    assert MailOrder.objects.count() == 0
