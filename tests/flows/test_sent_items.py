"""The sent mail of an account, from the switch on its mailbox's page to the ticket."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import delete_mailbox
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Message, MessageKind

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F76")]


def switch(client: Client, mailbox: Mailbox, wanted: str) -> str:
    """The page that the switch leads to."""
    address = f"/o/fernhollow/mailboxes/{mailbox.pk}/sent-items/switch/"
    return client.post(address, {"wanted": wanted}, follow=True).content.decode()


@pytest.mark.servers
def test_what_is_sent_from_the_account_stands_on_the_ticket(account: Any, people: Any, client: Client) -> None:
    mailbox = account.connect()
    account.server.deliver(account.user, make_mail(message_id="first@customer.test"))
    account.poll()
    process_due()
    client.force_login(people.admin.user)
    shown = switch(client, mailbox, "on")
    assert "Stop reading sent mail" in shown
    answer = make_mail(sender=mailbox.address, to="anna@customer.test", answers="first@customer.test")
    account.server.deliver(account.user, answer, folder="Sent")
    with organization_scope(account.organization.id):
        reader = Mailbox.objects.get(holds_sent=True)
        assert (reader.folder, reader.connection, reader.answers_only) == ("Sent", mailbox.connection, True)
    poll_now(reader.pk, is_processed=False, wait_s=5)
    process_due()
    with organization_scope(account.organization.id):
        assert list(Message.objects.order_by("id").values_list("kind", flat=True)) == [
            MessageKind.INBOUND,
            MessageKind.OUTBOUND,
        ]
    assert len(account.server.folder_messages(account.user, "Sent")) == 1


@pytest.fixture
def both(fernhollow: Any) -> Any:
    """A mailbox, and what reads its sent mail."""
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox(address="support@fernhollow.test")
        reader = make_mailbox(
            address=mailbox.address, connection=mailbox.connection, folder="Sent", holds_sent=True, name="Sent mail"
        )
    return mailbox, reader


def test_it_is_switched_off_and_told_in_the_log(both: Any, people: Any, client: Client, fernhollow: Any) -> None:
    mailbox, reader = both
    client.force_login(people.admin.user)
    assert "Also read sent mail" in switch(client, mailbox, "off")
    with organization_scope(fernhollow.id):
        reader.refresh_from_db()
        assert reader.deleted_at is not None
        assert AuditEntry.objects.get(action="mailbox.deleted").target_id == str(reader.pk)


def test_it_goes_with_its_mailbox(both: Any, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        delete_mailbox(both[0])
        assert not Mailbox.objects.filter(deleted_at=None).exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"kind": "pop3"}, "show no folder of sent mail"), ({"host": "imap.invalid"}, "Also read sent mail")],
)
def test_what_cannot_be_read_says_why(
    people: Any, client: Client, fernhollow: Any, fields: dict[str, Any], words: str
) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
        type(mailbox.connection).objects.update(**fields)
    client.force_login(people.admin.user)
    shown = switch(client, mailbox, "on")
    assert words in shown
    assert 'data-tone="bad"' in shown
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.filter(holds_sent=True).exists()


def test_its_answer_says_on_the_ticket_where_it_is_from(
    both: Any, people: Any, client: Client, fernhollow: Any
) -> None:
    mailbox, reader = both
    with organization_scope(fernhollow.id):
        receive(mailbox, make_mail(message_id="first@customer.test"))
        receive(reader, make_mail(sender=mailbox.address, to="anna@customer.test", answers="first@customer.test"))
    client.force_login(people.agent.user)
    page = client.get("/o/fernhollow/tickets/1/").content.decode()
    assert [words for words in ("From a mail program", "It answers a message of the ticket") if words not in page] == []
