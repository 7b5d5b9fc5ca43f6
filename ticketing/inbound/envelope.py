"""One delivery as the policy sees it: the parsed mail, the mailbox it came to, and what follows from the two."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from helpdesk.lib.text import clean_line
from helpdesk.spam_daemon.values import Heard
from mailboxes.models import ExistingMail
from mailboxes.services.reading.headers import head_sha256
from ticketing.inbound.filtering import Filtered, looked_at
from ticketing.inbound.mapping.rules import KEEP_ALL, FileRule
from ticketing.inbound.spam_trust import BELIEVES_ALL, SpamSwitches
from ticketing.mail.authentication import Checker
from ticketing.mail.inline_images import inline_finder
from ticketing.mail.sanitize import SanitizedHtml, sanitize_html
from ticketing.mail.thread_index import Conversation, read_conversation
from ticketing.mail.values import Address, ParsedMail

MAX_RECIPIENTS = 200  # rows kept of one mail; the rest is counted in its remarks
MAX_ADDRESS_CHARS = 320
DELIVERY_HEADERS = frozenset({"delivered-to", "x-original-to", "envelope-to", "x-envelope-to"})


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the ledger knows about one stored mail."""

    raw_id: int
    storage_key: str
    sha256: str
    mailbox_id: int
    default_charset: str
    existing_mail: str  # ExistingMail of the mailbox
    limit_bytes: int  # of the mailbox
    team_id: int | None  # of the mailbox, for new tickets
    answers_only: bool  # of the mailbox: it opens no tickets
    size_bytes: int  # as the server claimed, else as stored
    is_header_only: bool
    is_history: bool
    received_at: datetime  # the server's date, at most now
    completes_id: int | None = None  # the stored mail that is this one's headers, which were fetched first
    wished_by_id: int | None = None  # the member who asked for the whole of it
    assignee_id: int | None = None  # of the mailbox, for new tickets; None also for one who cannot work on tickets
    unfit_assignee: str = ""  # the name of the one whom the mailbox names and who cannot
    retired_category: str = ""  # the path of the mailbox's category, where it is retired
    retired_company: str = ""  # the name of the mailbox's company, where it is retired
    lost_team: str = ""  # the name of the mailbox's team that was deleted
    category_id: int | None = None  # of the mailbox, for new tickets; None also for a retired one
    company_id: int | None = None  # the same; None also where no companies are served
    serves_companies: bool = False  # the organization
    is_switched_off: bool = False  # email to ticket, and who writes is told
    priority: str = "normal"  # of the mailbox, for new tickets
    spam: SpamSwitches = BELIEVES_ALL  # of the mailbox
    asks_spam_daemon: bool = True  # the mailbox, where the operator runs one
    skips: tuple[str, ...] = ()  # names of steps that a member has ordered to leave out
    joins_id: int | None = None  # the ticket that a member has ordered to put it into
    ordered_by: str = ""  # the name of that member
    checker: Checker = Checker.NOBODY  # who checks the senders of its mail
    holds_sent: bool = False  # the mailbox: what people of ours sent lies there
    is_tried: bool = False  # in a dry run: whatever its date, it is as if it came now


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address of the mail's own headers."""

    header: str  # to, cc, reply_to
    name: str
    address: str  # lower-cased


class RequesterSource(StrEnum):
    """Where a requester who is not the sender was found."""

    REPLY_TO = "reply_to"
    LIST = "list"  # which put itself into From
    FORWARDED = "forwarded"  # by an agent


@dataclass(frozen=True, slots=True)
class Requester:
    """Who asks, where that is somebody else than From says."""

    how: RequesterSource
    name: str
    address: str  # lower-cased


@dataclass(frozen=True, slots=True)
class Envelope:
    """A delivery with its mail, and what follows from both."""

    delivery: Delivery
    mail: ParsedMail
    html: SanitizedHtml  # of the mail, as it may be stored; empty when it has none
    sender: str  # lower-cased; "" when From is missing or no address
    sender_name: str
    recipients: tuple[Recipient, ...]
    addressed_to: tuple[str, ...]  # lower-cased: To, Cc and what servers noted on the way
    answers: tuple[str, ...]  # In-Reply-To, what a report is about, then References from the newest to the oldest
    head_sha256: str  # of the header block, for mail without a Message-ID; "" otherwise
    filtered: Filtered  # the mail as filters look at it
    requester: Requester | None = None  # by the mailbox's mapping; None: the sender
    keeping: FileRule = KEEP_ALL  # of the mapping
    heard: Heard | None = None  # of the operator's spam daemon; None: it was not asked
    is_indexed: bool = True  # False: the index for search failed on it, and is left out
    conversation: Conversation | None = None  # by its Thread-Index; None also for what no person wrote

    @property
    def people(self) -> frozenset[str]:
        """Everybody named: sender and recipients."""
        named = frozenset(recipient.address for recipient in self.recipients)
        return named | {self.sender} if self.sender else named

    @property
    def asked_by(self) -> tuple[str, str]:
        """Name and address (lower-cased, "" when there is none) of who asks."""
        if self.requester is not None:
            return self.requester.name, self.requester.address
        return self.sender_name, self.sender

    @property
    def from_address(self) -> str:
        """The sender as the message keeps it: what stands in From where that is no address."""
        written = clean_line(self.mail.from_.address) if self.mail.from_ else ""
        return (self.sender or written)[:MAX_ADDRESS_CHARS]

    @property
    def subject(self) -> str:
        """The subject as the message keeps it."""
        return clean_line(self.mail.subject)[:998]

    @property
    def opens_closed(self) -> bool:
        """True for history that is imported as closed tickets."""
        return self.delivery.is_history and self.delivery.existing_mail != ExistingMail.OPEN


def make_envelope(delivery: Delivery, *, mail: ParsedMail, original: bytes) -> Envelope:
    """The envelope of this mail as delivered. original: its bytes."""
    recipients = tuple(_recipients(mail))
    noted = [value for name, value in mail.headers if name.lower() in DELIVERY_HEADERS]
    sender = plain_address(mail.from_)
    return Envelope(
        delivery=delivery,
        mail=mail,
        html=_sanitized(mail),
        sender=sender,
        sender_name=clean_line(mail.from_.name)[:200] if mail.from_ else "",
        recipients=recipients,
        addressed_to=tuple(
            dict.fromkeys([r.address for r in recipients if r.header != "reply_to"] + [v.lower() for v in noted])
        ),
        answers=tuple(dict.fromkeys((*mail.in_reply_to, *mail.reported, *reversed(mail.references)))),
        head_sha256="" if mail.message_id else head_sha256(original),
        filtered=looked_at(mail, sender=sender),
        conversation=_conversation(mail),
    )


def plain_address(address: Address | None) -> str:
    """The address lower-cased, or "" when it cannot be one."""
    if address is None:
        return ""
    text = clean_line(address.address).lower()
    local, at, domain = text.rpartition("@")
    is_one = bool(at and local and domain) and " " not in text and len(text) <= MAX_ADDRESS_CHARS
    return text if is_one and local not in {'""', "<>"} else ""


def _conversation(mail: ParsedMail) -> Conversation | None:
    """Programs write what they were given as a template, its Thread-Index included."""
    if mail.automation.is_auto:
        return None
    return read_conversation(mail.header("thread-index"), subject=mail.subject)


def _recipients(mail: ParsedMail) -> list[Recipient]:
    found: dict[tuple[str, str], Recipient] = {}
    for header, addresses in (("to", mail.to), ("cc", mail.cc), ("reply_to", mail.reply_to)):
        for address in addresses[:MAX_RECIPIENTS]:
            plain = plain_address(address)
            if plain:
                found.setdefault((header, plain), Recipient(header, clean_line(address.name)[:200], plain))
    return list(found.values())[:MAX_RECIPIENTS]


def _sanitized(mail: ParsedMail) -> SanitizedHtml:
    """The mail's HTML, images inside the mail named `cid:…` by what their attachment row knows."""
    if not mail.html:
        return SanitizedHtml("", 0)

    find = inline_finder(mail.attachments)

    def image(reference: str) -> str | None:
        found = find(reference)
        return f"cid:{found.content_id or found.filename}" if found else None

    return sanitize_html(mail.html, image_url=image)
