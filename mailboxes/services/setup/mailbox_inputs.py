"""A mailbox and its servers as a person or a script enters them: from forms and commands to `setup.mailboxes`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from helpdesk.accounts.models import Category, Company, Membership, Team
from mailboxes.models import (
    AfterImportChoice,
    ConnectionKind,
    ExistingMail,
    OutgoingServer,
    Proxy,
    SecurityChoice,
    TicketPriority,
)
from mailboxes.models.mailbox import MAX_MESSAGE_BYTES


@dataclass(frozen=True)
class ServerInput:
    """A server and the account on it, as a person enters them."""

    host: str
    port: int
    security: SecurityChoice
    username: str
    password: str = field(default="", repr=False)  # empty on a change: the stored one stays, if it still applies
    kind: ConnectionKind = ConnectionKind.IMAP
    impersonates: bool = False  # EWS: the account acts as whoever owns the mailbox


NO_SERVER = ServerInput(host="", port=0, security=SecurityChoice.TLS, username="", kind=ConnectionKind.PUSH)


@dataclass(frozen=True)
class RegistrationInput:
    """An app registered at Microsoft that acts by its own right, as a person enters it."""

    tenant: str  # directory id or a domain of it
    client_id: str
    client_secret: str = field(default="", repr=False)  # empty on a change: the stored one stays, if it still applies
    secret_ends_on: date | None = None  # as Entra shows it
    cloud: str = "global"  # models.Cloud
    sends: bool = True  # mail leaves through the mailbox, too


@dataclass(frozen=True)
class OutgoingInput:
    """The server mail leaves through. `account` None: user name and password are those of the incoming server."""

    host: str
    port: int
    security: SecurityChoice
    account: tuple[str, str] | None = field(default=None, repr=False)  # user name, password


@dataclass(frozen=True)
class MailboxInput:
    """A mailbox as a person enters it."""

    name: str
    address: str
    incoming: ServerInput
    outgoing: OutgoingInput | None = None  # None: `linked`, else the organization's default, unless it sends itself
    linked: OutgoingServer | None = None  # one that stands by itself
    app: RegistrationInput | None = None  # set: `incoming` is where it reads (registrations.place_of_app)
    sends_itself: bool = False  # mail leaves through the mailbox that is read, by the right of whoever signed in
    remote_user: str = ""  # whose mail is read, where that is not the address
    folder: str = "INBOX"
    aliases: tuple[str, ...] = ()
    from_name: str = ""
    team: Team | None = None
    assignee: Membership | None = None  # of new tickets
    category: Category | None = None  # of new tickets
    company: Company | None = None  # of new tickets
    ticket_priority: TicketPriority = TicketPriority.NORMAL
    poll_interval_s: int | None = None
    start_at: datetime | None = None
    existing_mail: ExistingMail = ExistingMail.IGNORE
    after_import: AfterImportChoice = AfterImportChoice.LEAVE
    after_import_folder: str = ""
    after_import_days: int = 0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    default_charset: str = ""
    answers_only: bool = False
    has_plus_addresses: bool = False
    has_subject_token: bool = False
    is_real_time: bool = False
    proxy: Proxy | None = None  # the way to both servers; None: directly
    is_enabled: bool = True
    is_draft: bool = False  # True: nothing of it is read, taken or sent before it is finished
