"""Mail that comes back marks the address, whoever has it, until mail comes from there or an admin says so."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import BouncedAddress, Mailbox, OutboxMessage, OutboxRecipient, Outcome, Silence
from mailboxes.services.sending.bouncing import Report, mark_bounced, refuse_bounced, trust_again
from tests.factories.incoming import make_mail, receive, receive_head, receive_rest
from tests.ticketing.answering.answering import answer_due, switch_on
from tests.ticketing.inbound.test_policy import make_bounce
from tests.ticketing.inbound.test_reports import complaint
from tests.ticketing.mail.test_returned import bounce
from ticketing.answer_words import why_not
from ticketing.answering.refusals import NoAnswer
from ticketing.models import AnswerState, AutomaticAnswer, ContactAddress, Ticket
from ticketing.queries.answers import answers_to
from ticketing.reason_words import reason_words

pytestmark = pytest.mark.django_db
FAILED = ("Authentication-Results", "mx.fernhollow.test; dmarc=fail header.from=customer.test")


@pytest.fixture
def told(support: Any) -> Any:
    """Anna was told that nobody works on mail to the mailbox; no ticket and no contact knows of her."""
    Mailbox.objects.update(answers_only=True)
    switch_on(acknowledges=True, tells_not_worked=True)
    support.refresh_from_db()
    answered_to(support, make_mail())
    return OutboxMessage.objects.get()


def answered_to(mailbox: Mailbox, mail: bytes, **options: Any) -> AutomaticAnswer:
    """What became of the answer to this mail."""
    [seen] = receive(mailbox, mail, **options)
    answer_due()
    [answer] = answers_to(seen.raw_id)
    return answer


@pytest.mark.both
@pytest.mark.req("F84", "S2.9")
def test_a_bounce_of_an_answer_that_has_no_ticket_marks_the_address_of_nobodys_contact(support: Any, told: Any) -> None:
    [seen] = receive(support, make_bounce(told.message_id))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.BOUNCE, "bounce_of_sending", None)
    assert told.subject in reason_words(seen)
    assert "anna@customer.test" in reason_words(seen)
    assert not ContactAddress.objects.exists()
    assert not Ticket.objects.exists()
    marked = BouncedAddress.objects.get()
    assert (marked.address, marked.detail, marked.outbox, marked.report_id) == (
        "anna@customer.test",
        "5.1.1",
        told,
        seen.raw_id,
    )
    reached = OutboxRecipient.objects.get()
    assert (reached.bounced_at, reached.bounce_detail) == (marked.bounced_at, "5.1.1")
    assert answered_to(support, make_mail()).reason_code == NoAnswer.BOUNCED


@pytest.mark.req("F84")
def test_one_whose_message_id_a_relay_replaced_is_known_by_our_copy_of_it(support: Any, told: Any) -> None:
    sent = files.read(told.storage_key).decode()
    line = f"\r\nMessage-ID: <{told.message_id}>"
    assert f"\r\nX-Postroom-{line.strip()}" in sent
    [seen] = receive(support, bounce(sent.replace(line, "\r\nMessage-ID: <other@relay.test>")))
    assert (seen.reason_code, BouncedAddress.objects.get().outbox) == ("bounce_of_sending", told)
    assert "it is known by our mark" in reason_words(seen)


def test_a_delay_of_it_marks_nothing(support: Any, told: Any) -> None:
    [seen] = receive(support, make_bounce(told.message_id, action="delayed"))
    assert seen.reason_code == "delay_of_sending"
    assert "is delayed" in reason_words(seen)
    assert not BouncedAddress.objects.exists()


@pytest.mark.req("F112")
@pytest.mark.parametrize(
    ("forged", "code"),
    [
        ({"recipient": "ben@elsewhere.test"}, "bounce_of_sending"),
        ({"original_id": "x@fernhollow.test"}, "foreign_bounce"),
    ],
)
def test_a_report_of_a_mail_or_a_recipient_that_is_not_ours_changes_nothing(
    support: Any, told: Any, forged: dict[str, str], code: str
) -> None:
    [seen] = receive(support, make_bounce(**{"original_id": told.message_id} | forged))
    assert (seen.outcome, seen.reason_code) == (Outcome.BOUNCE, code)
    assert reason_words(seen)
    assert not BouncedAddress.objects.exists()
    assert not OutboxRecipient.objects.exclude(bounced_at=None).exists()


@pytest.mark.req("F25")
def test_one_too_large_to_be_fetched_at_once_marks_the_address_when_it_is_whole(support: Any, told: Any) -> None:
    Mailbox.objects.update(answers_only=False)
    mail = make_bounce(told.message_id)
    whole = receive_rest(receive_head(support, mail), mail)
    assert whole.reason_code == "completed"
    assert "could not be delivered to anna@customer.test" in reason_words(whole)
    assert BouncedAddress.objects.get().address == "anna@customer.test"


@pytest.mark.both
@pytest.mark.req("F84")
@pytest.mark.parametrize(
    ("mail", "later", "is_reached"),
    [
        ({}, timedelta(minutes=1), True),
        ({}, -timedelta(minutes=1), False),
        ({"headers": [FAILED]}, timedelta(minutes=1), False),
        ({"headers": [("Auto-Submitted", "auto-generated")]}, timedelta(minutes=1), False),
        ({"sender": "anna+other@customer.test"}, timedelta(minutes=1), False),
    ],
    ids=["a later one", "an earlier one", "one that may be forged", "a program's", "another address's"],
)
def test_a_person_s_later_mail_from_the_address_shows_that_it_is_reached_again(
    support: Any, told: Any, mail: dict[str, Any], later: timedelta, is_reached: bool
) -> None:
    Mailbox.objects.update(answers_only=False, trusts_dmarc=False)
    at = clock.now() - timedelta(hours=1)
    mark_bounced(["Anna@customer.test"], Report(raw_id=AutomaticAnswer.objects.get().raw_id, at=at))
    [seen] = receive(support, make_mail(**mail), received_at=at + later)
    assert BouncedAddress.objects.exists() is not is_reached
    assert ("gets automatic answers again" in reason_words(seen)) is is_reached
    answer_due()
    states = [answer.state for answer in answers_to(seen.raw_id)]
    assert (AnswerState.QUEUED in states) is (is_reached or "sender" in mail)


@pytest.mark.req("F84")
def test_mail_from_an_address_that_was_refused_as_unknown_shows_that_it_is_reached(support: Any, told: Any) -> None:
    mark_bounced(["anna@customer.test"], Report(at=clock.now() - timedelta(hours=1), cause=Silence.REFUSED))
    receive(support, make_mail(headers=[("Auto-Submitted", "auto-generated")]))
    assert BouncedAddress.objects.exists()
    Mailbox.objects.update(answers_only=False)
    answered_to(support, make_mail())
    assert not BouncedAddress.objects.exists()


def test_a_bounce_of_a_mail_that_a_ticket_tells_of_shows_in_the_outbox_too(support: Any) -> None:
    switch_on()
    answered_to(support, make_mail())
    outbox = OutboxMessage.objects.get()
    [seen] = receive(support, make_bounce(outbox.message_id))
    assert seen.reason_code == "bounce_of_ours"
    assert BouncedAddress.objects.get().outbox == outbox
    assert OutboxRecipient.objects.get().bounced_at is not None
    assert (
        answered_to(support, make_mail(), received_at=clock.now() - timedelta(hours=1)).reason_code == NoAnswer.BOUNCED
    )


def test_nothing_else_that_is_automatic_goes_there_either(support: Any, told: Any) -> None:
    receive(support, make_bounce(told.message_id))
    with pytest.raises(DomainError) as refused:
        refuse_bounced("ANNA@customer.test")
    assert refused.value.code == "bounced"
    refuse_bounced("ben@customer.test")


def test_a_complaint_about_a_mail_that_no_ticket_tells_of_marks_the_address_but_came_not_back(
    support: Any, told: Any
) -> None:
    [seen] = receive(support, complaint(told.message_id, named=""))
    marked = BouncedAddress.objects.get()
    assert (marked.address, marked.cause, marked.outbox) == ("anna@customer.test", Silence.COMPLAINT, told)
    assert "Nothing automatic goes to anna@customer.test any more" in reason_words(seen)
    assert OutboxRecipient.objects.get().bounced_at is None
    answer = answered_to(support, make_mail())
    assert answer.reason_code == NoAnswer.BOUNCED
    assert "called mail of yours spam" in why_not(answer.reason_code, answer.reason_data)


def test_an_admin_reads_why_and_lets_it_be_answered_again(
    support: Any, told: Any, signed_in: Any, people: Any, fernhollow: Any
) -> None:
    [seen] = receive(support, make_bounce(told.message_id))
    admin, here = signed_in(people.admin), "/o/fernhollow/outbox/"
    page = admin.get(f"{here}suppressions/bounced/?q=anna").content.decode()
    assert told.subject in page
    assert f"/inbound-log/of-message/{seen.raw_id}/entry/" in page
    assert "anna@customer.test" not in admin.get(f"{here}suppressions/bounced/?q=ben").content.decode()
    assert "Came back" in admin.get(f"{here}?show=bounced").content.decode().partition("<tbody>")[2]
    marked = BouncedAddress.objects.get()
    assert admin.post(f"{here}suppressions/bounced/{marked.pk}/clearing/").status_code == 302
    with organization_scope(fernhollow.id):
        assert not BouncedAddress.objects.exists()
        assert AuditEntry.objects.filter(action="suppression.bounce_cleared", target_label=marked.address).count() == 1
        assert answered_to(support, make_mail()).state == AnswerState.QUEUED
        with pytest.raises(DomainError):
            trust_again(marked.pk, actor=people.admin)
