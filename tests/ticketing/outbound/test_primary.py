"""An answer leaves from the primary mailbox where the ticket's own cannot answer, and the page says so."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import Mailbox, OutboxMessage
from mailboxes.services.sending.primary import make_primary
from tests.factories.outgoing import make_mailbox
from tests.ticketing.outbound.answers import Reply, sent
from ticketing.models import DraftMode, Ticket
from ticketing.queries.composer import composer_of

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S4.27")]


@pytest.fixture
def primary(desk: Any) -> Any:
    mailbox = make_mailbox(desk.server, address="hello@fernhollow.test")
    make_primary(mailbox, actor=desk.admin)
    return mailbox


def test_while_its_own_mailbox_works_a_ticket_is_answered_from_it(desk: Any, reply: Reply, primary: Any) -> None:
    assert sent(reply())["From"].addresses[0].addr_spec == "support@fernhollow.test"


@pytest.mark.parametrize("state", [{"is_enabled": False}, {"health": "unreachable"}])
def test_the_primary_answers_for_a_mailbox_that_cannot(
    desk: Any, reply: Reply, primary: Any, state: dict[str, Any]
) -> None:
    Mailbox.objects.filter(id=desk.mailbox.id).update(**state)
    desk.ticket.mailbox.refresh_from_db()
    mail = sent(reply())
    outbox = OutboxMessage.objects.get()
    assert mail["From"].addresses[0].addr_spec == outbox.mail_from == "hello@fernhollow.test"
    assert outbox.mailbox == primary
    assert mail["Message-ID"].endswith("@fernhollow.test>")
    composer = composer_of(desk.ticket, author=desk.agent, mode=DraftMode.REPLY)
    assert (composer.sender, composer.stands_in) == ("hello@fernhollow.test", True)


def test_a_ticket_without_a_mailbox_is_answered_from_the_primary(desk: Any, reply: Reply, primary: Any) -> None:
    Ticket.objects.filter(id=desk.ticket.id).update(mailbox=None)
    desk.ticket.refresh_from_db()
    assert sent(reply())["From"].addresses[0].addr_spec == "hello@fernhollow.test"
