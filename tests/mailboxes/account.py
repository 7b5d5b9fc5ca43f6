"""An account on a real mail server, and the mailbox that reads it."""

from __future__ import annotations

from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.ledger_words import ledger_words
from mailboxes.models import ConnectionKind, Mailbox, RawMessage, RemoteMessage, SecurityChoice
from mailboxes.services.reading.foreground import PollCounts, poll_now
from mailboxes.services.setup.connecting import note_existing
from mailboxes.services.setup.mailbox_inputs import MailboxInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.factories.mailboxes import PASSWORD, mailbox_input, make_mailbox
from tests.fakes.source import FakeSource
from tests.servers.dovecot import Dovecot


class Polled:
    """A mailbox and its ledger."""

    organization: Organization
    mailbox_id: int = 0

    def poll(self) -> PollCounts:
        """One poll in the foreground. What went wrong stands in the report of a test that fails."""
        counts = poll_now(self.mailbox_id, is_processed=False, wait_s=5)
        if counts.errors:
            print(f"Mailbox {self.mailbox_id} was polled with {counts.errors}: {self.mailbox().error_detail}")
        return counts

    def mailbox(self) -> Mailbox:
        """The mailbox as it is now."""
        with organization_scope(self.organization.id):
            return Mailbox.objects.select_related("connection", "organization").get(id=self.mailbox_id)

    def sightings(self) -> list[RemoteMessage]:
        """The ledger of the mailbox, oldest first, with the bytes."""
        with organization_scope(self.organization.id):
            return list(RemoteMessage.objects.select_related("raw").filter(mailbox_id=self.mailbox_id).order_by("id"))

    def outcomes(self) -> list[tuple[str, str]]:
        """Number and outcome of each sighting, in the order they were seen."""
        return [(sighting.remote_id, sighting.outcome) for sighting in self.sightings()]

    def raw_count(self) -> int:
        """How many messages are stored."""
        with organization_scope(self.organization.id):
            return RawMessage.objects.filter(mailbox_id=self.mailbox_id).count()


class FakeAccount(Polled):
    """A mailbox that reads from a source the test spoils."""

    def __init__(self, source: FakeSource, organization: Organization) -> None:
        self.source = source
        self.organization = organization

    def connect(self, *, is_looked_at: bool = True, **values: Any) -> Mailbox:
        """The mailbox is added, as the command does it."""
        mailbox = make_mailbox(self.organization, **values)
        self.mailbox_id = mailbox.id
        if is_looked_at:
            note_existing(mailbox)
        return mailbox

    def set(self, **values: Any) -> None:
        """These columns of the mailbox have these values."""
        with organization_scope(self.organization.id):
            Mailbox.objects.filter(id=self.mailbox_id).update(**values)


class Account(Polled):
    """One user of the server; the mailbox appears with `connect`."""

    def __init__(
        self, server: Dovecot, organization: Organization, *, user: str, kind: ConnectionKind = ConnectionKind.IMAP
    ) -> None:
        self.kind = kind
        self.server = server
        self.organization = organization
        self.user = user
        server.add_user(user, PASSWORD)

    def entered(self, *, port: int = 0, username: str = "", **values: Any) -> MailboxInput:
        """What a person enters for this account. port: of a proxy before the server."""
        incoming = ServerInput(
            host="localhost",
            port=port or (self.server.pop3s_port if self.kind is ConnectionKind.POP3 else self.server.imaps_port),
            security=SecurityChoice.TLS,
            username=username or self.user,
            password=PASSWORD,
            kind=self.kind,
        )
        return mailbox_input(incoming=incoming, address=f"{self.user}@example.test", **values)

    def connect(self, *, is_looked_at: bool = True, **values: Any) -> Mailbox:
        """The mailbox is added, as the command does it."""
        with organization_scope(self.organization.id):
            mailbox = create_mailbox(self.entered(**values))
        self.mailbox_id = mailbox.id
        if is_looked_at:
            note_existing(mailbox)
        return mailbox

    def deliver(self, *numbers: int, body: str = "", folder: str = "INBOX") -> None:
        """A mail of each number has arrived."""
        for number in numbers:
            self.server.deliver(self.user, mail(number, body=body), folder=folder)


def mail(number: int, *, body: str = "") -> bytes:
    """A plain mail, told by its number."""
    text = body or f"This is mail {number}."
    return (
        f"From: Anna <anna@example.org>\r\nTo: help@example.test\r\nSubject: Mail {number}\r\n"
        f"Message-ID: <mail-{number}@example.org>\r\n\r\n{text}\r\n"
    ).encode()


def words(sighting: Any) -> str:
    """The ledger's reason for a sighting as a sentence."""
    return ledger_words(sighting.reason_code, sighting.reason_data)
