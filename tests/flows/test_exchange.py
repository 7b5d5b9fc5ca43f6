"""A mailbox on an Exchange server, the whole way round: a mail in, a ticket, an answer out, and what answers it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import FilingState, OutboxMessage, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, process_due
from tests.mailboxes.ews import USER, EwsAccount, exchange_server
from tests.servers.certificates import CertificateAuthority
from ticketing.mail.values import Address
from ticketing.models import Ticket
from ticketing.outbound.replies import Answer, queue_reply

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ANNA = "anna@customer.test"


@pytest.fixture
def account(
    certificate_authority: CertificateAuthority, settings: Any, tmp_path: Any, fernhollow: Any
) -> Iterator[EwsAccount]:
    """A mailbox that is read and sent from."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with exchange_server(certificate_authority, settings=settings) as ews:
        made = EwsAccount(ews, fernhollow)
        made.connect(sends_itself=True)
        yield made


def answered(account: EwsAccount, people: Any) -> OutboxMessage:
    """The one ticket is answered, and the answer has left."""
    with organization_scope(account.organization.id):
        ticket = Ticket.objects.get()
        answer = Answer(
            html="<p>Pull the <b>plug</b>.</p>", to=[Address("Anna Berg", ANNA)], seen_position=ticket.last_position
        )
        message = queue_reply(ticket, author=people.agent, answer=answer, answered=ticket.messages.get())
        OutboxMessage.objects.update(send_after=message.created_at)  # the time for Undo is over
    WorkItem.objects.filter(kind=WorkKind.DELIVER).update(due_at=message.created_at)
    drains.drain_now(WorkKind.DELIVER)
    with organization_scope(account.organization.id):
        found: OutboxMessage = OutboxMessage.objects.get()
        return found


@pytest.mark.req("S4.10", "S5.74")
def test_a_mail_becomes_a_ticket_and_its_answer_lies_in_sent_items_under_our_id(
    account: EwsAccount, people: Any
) -> None:
    question = make_mail(message_id="question@customer.test", to=USER)
    account.box.deliver(question)
    account.poll()
    process_due()
    outbox = answered(account, people)
    assert (outbox.state, outbox.filing) == ("sent", FilingState.NONE)
    [copy] = account.box.held(account.box.well_known["sentitems"])
    assert copy.raw == files.read(outbox.storage_key)
    assert copy.internet_message_id == f"<{outbox.message_id}>"
    assert b"References: <question@customer.test>" in copy.raw
    assert b"X-Postroom-Ticket:" in copy.raw

    account.box.deliver(make_mail(message_id="thanks@customer.test", to=USER, answers=outbox.message_id))
    account.poll()
    process_due()
    with organization_scope(account.organization.id):
        assert list(RemoteMessage.objects.order_by("id").values_list("outcome", flat=True)) == [
            Outcome.CREATED,
            Outcome.ADDED,
        ]
        assert Ticket.objects.get().message_count == 3


def test_our_own_answer_that_comes_back_to_the_inbox_opens_nothing(account: EwsAccount, people: Any) -> None:
    account.box.deliver(make_mail(to=USER))
    account.poll()
    process_due()
    answered(account, people)
    [copy] = account.box.held(account.box.well_known["sentitems"])
    account.box.deliver(copy.raw)
    account.poll()
    process_due()
    with organization_scope(account.organization.id):
        assert Ticket.objects.count() == 1
