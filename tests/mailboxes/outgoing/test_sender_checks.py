"""Test sends: by the mailbox's real way, known when they come back, and worth nothing once mail leaves another way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox, OutboxMessage, Outcome, OutgoingServer, SenderCheck
from mailboxes.queries.sender_checks import (
    ARRIVES_WITHIN,
    SenderState,
    sender_for,
    sender_states,
    sender_verified_at,
)
from mailboxes.services.sending.sender_checks import ask_sender_check
from mailboxes.services.setup.mailboxes import update_mailbox
from tests.factories.incoming import receive
from tests.factories.mailboxes import mailbox_input, make_mailbox
from tests.factories.outgoing import queue_mail
from ticketing.models import Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.28")]
OWN, ALIAS = "sales@fernhollow.test", "shop@fernhollow.test"
Deliver = Callable[[], int]


@pytest.fixture
def mailbox(fernhollow: Any, outgoing_server: OutgoingServer) -> Mailbox:
    data = mailbox_input(address=OWN, aliases=(ALIAS,))
    made = make_mailbox(fernhollow, address=OWN, aliases=(ALIAS,), incoming=data.incoming)
    Mailbox.objects.filter(pk=made.pk).update(outgoing=outgoing_server)
    return Mailbox.objects.select_related("outgoing", "connection").get(pk=made.pk)


def state(mailbox: Mailbox, address: str = OWN) -> SenderState:
    [found] = [each for each in sender_states(mailbox) if each.address == address]
    return found


def test_an_address_is_verified_once_its_test_mail_came_back(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    assert str(state(mailbox).words) == "No test mail was sent yet"
    check = ask_sender_check(mailbox, address=OWN, actor=people.admin)
    assert "on its way out" in str(state(mailbox).words)
    deliver_all()
    [mail] = smtp_server.received
    assert (mail.sender, mail.recipients) == (OWN, (OWN,))
    assert "has not arrived yet" in str(state(mailbox).words)
    [seen] = receive(mailbox, mail.raw)
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, "check_mail")
    assert state(mailbox).is_verified
    assert mailbox.outgoing is not None
    assert sender_verified_at(mailbox, mailbox.outgoing, address=OWN) == state(mailbox).at
    assert not Ticket.objects.exists()
    assert AuditEntry.objects.get(action="mailbox.sender_checked").changes == {"address": [None, OWN]}
    assert check.outbox is not None
    assert check.outbox.filing == "none"


def test_an_alias_is_tested_by_a_mail_from_it_to_the_mailbox(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=ALIAS.upper(), actor=people.admin)
    deliver_all()
    [mail] = smtp_server.received
    assert (mail.sender, mail.recipients) == (ALIAS, (OWN,))
    assert message_from_bytes(mail.raw)["From"] == ALIAS
    receive(mailbox, mail.raw)
    assert state(mailbox, ALIAS).is_verified
    assert not state(mailbox, OWN).is_verified


def test_a_server_that_writes_another_from_has_not_verified_it(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=ALIAS, actor=people.admin)
    deliver_all()
    rewritten = smtp_server.received[0].raw.replace(f"From: {ALIAS}".encode(), b"From: account@provider.example")
    [seen] = receive(mailbox, rewritten)
    assert seen.reason_code == "check_mail"
    assert not state(mailbox, ALIAS).is_verified
    assert "account@provider.example" in str(state(mailbox, ALIAS).words)
    assert not Ticket.objects.exists()


def test_a_server_that_writes_another_message_id_and_from_is_seen_through(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    check = ask_sender_check(mailbox, address=ALIAS, actor=people.admin)
    deliver_all()
    raw = smtp_server.received[0].raw.replace(check.message_id.encode(), b"0102018f@relay.provider.test")
    [seen] = receive(mailbox, raw.replace(f"From: {ALIAS}".encode(), b"From: account@provider.example"))
    assert seen.reason_code == "check_mail"
    assert "account@provider.example" in str(state(mailbox, ALIAS).words)


def test_what_the_server_refuses_is_said_in_its_words(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(recipient_answers={OWN: "550 5.7.60 not allowed to send as this sender"})
    ask_sender_check(mailbox, address=ALIAS, actor=people.admin)
    deliver_all()
    found = state(mailbox, ALIAS)
    assert "refused the test mail" in str(found.words)
    assert "not allowed to send as this sender" in found.server_words


@pytest.mark.req("F105")
def test_an_alias_that_the_server_refuses_later_is_verified_no_more(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=ALIAS, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    assert mailbox.outgoing is not None
    assert sender_for(mailbox, mailbox.outgoing, written_to=[ALIAS]) == ALIAS
    smtp_server.behave(end_answer="550 5.7.60 not allowed to send as this sender")
    refused = queue_mail(mailbox.outgoing, mailbox=mailbox)
    OutboxMessage.objects.filter(pk=refused.pk).update(mail_from=ALIAS)
    deliver_all()
    assert sender_for(mailbox, mailbox.outgoing, written_to=[ALIAS]) == OWN
    assert "not allowed to send as this sender" in state(mailbox, ALIAS).server_words


def test_one_that_does_not_come_back_is_said_after_a_while(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=OWN, actor=people.admin)
    deliver_all()
    with clock.held_at(clock.now() + ARRIVES_WITHIN + timedelta(seconds=1)):
        assert "but it has not arrived" in str(state(mailbox).words)


def test_another_outgoing_server_or_account_makes_it_unverified(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=OWN, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    assert mailbox.outgoing is not None
    OutgoingServer.objects.filter(pk=mailbox.outgoing.pk).update(username="another")
    mailbox.outgoing.refresh_from_db()
    assert "another way" in str(state(mailbox).words)
    assert sender_verified_at(mailbox, mailbox.outgoing, address=OWN) is None


def test_an_address_that_was_taken_away_and_came_back_is_unverified(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ask_sender_check(mailbox, address=ALIAS, actor=people.admin)
    without = mailbox_input(address=OWN, aliases=(), linked=mailbox.outgoing)
    update_mailbox(mailbox, without, actor=people.admin)
    assert not SenderCheck.objects.exists()


@pytest.mark.parametrize("address", ["stranger@fernhollow.test", "", "a\r\nBcc: b@x.example"])
def test_only_addresses_of_the_mailbox_are_tested(mailbox: Mailbox, people: Any, address: str) -> None:
    with pytest.raises(DomainError) as refused:
        ask_sender_check(mailbox, address=address, actor=people.admin)
    assert refused.value.code == "not_own"


def test_tests_do_not_follow_each_other_at_once(mailbox: Mailbox, people: Any) -> None:
    ask_sender_check(mailbox, address=OWN, actor=people.admin)
    with pytest.raises(DomainError) as refused:
        ask_sender_check(mailbox, address=OWN, actor=people.admin)
    assert refused.value.code == "too_soon"


def test_without_an_outgoing_server_nothing_can_be_tested(fernhollow: Any, in_fernhollow: Any, people: Any) -> None:
    mailbox = make_mailbox(fernhollow)
    with pytest.raises(DomainError) as refused:
        ask_sender_check(mailbox, address=mailbox.address, actor=people.admin)
    assert refused.value.code == "no_server"
    assert str(state(mailbox, mailbox.address).words) == "No outgoing server"
