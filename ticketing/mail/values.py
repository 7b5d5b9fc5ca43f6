"""What the parser gives to threading, policy, the pages and the inspect command: frozen values, nothing lazy."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ticketing.mail.remarks import FileNote, Remark


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of one mail is read; what lies beyond is named in `ParsedMail.cut`."""

    depth: int = 20  # multiparts inside each other
    parts: int = 500
    headers: int = 500
    header_bytes: int = 256 * 1024  # of one part's header block, and a quarter of it for one header
    addresses: int = 1000  # in one header; the first ones are kept, the rest counted
    decoded_bytes: int = 120 * 1024 * 1024  # all attachments and bodies together
    text_chars: int = 1_000_000  # of each body
    quote_chars: int = 256 * 1024  # looked at when quotes are split
    quote_lines: int = 5000
    filename_chars: int = 150
    tokens: int = 50
    references: int = 200  # ids kept from References, the newest ones
    time_s: float = 20.0


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of an address header."""

    name: str  # "" when there is none
    address: str  # as written, without angle brackets; may lack an @ when the sender wrote nonsense


@dataclass(frozen=True, slots=True)
class Attachment:
    """One file of a mail, decoded."""

    filename: str  # safe to show, never empty; invented when the mail names none
    content_type: str  # what the bytes look like, else what the mail and the name say; lower-cased
    declared_type: str  # the mail's own word for it, "" when there is none
    size_bytes: int
    inline: bool  # the HTML body shows it; else it is listed under the message
    content_id: str | None  # without angle brackets
    content_location: str | None
    content: bytes = field(repr=False)
    sha256: str  # hex, of content
    note: FileNote | None = None


class AutoKind(StrEnum):
    """What an automatic mail is."""

    AUTO_REPLY = "auto-reply"
    VACATION = "vacation"
    GENERATED = "generated"
    LIST = "list"
    BOUNCE = "bounce"
    READ_RECEIPT = "read-receipt"
    FEEDBACK = "feedback"


@dataclass(frozen=True, slots=True)
class Automation:
    """Two judgements: what the mail is, and whether anything automatic may answer it."""

    is_auto: bool  # no person wrote it to us: answers, notices, bounces; list mail alone is not
    kind: AutoKind | None
    signal: str  # the header or trait that decided, "" when none
    may_answer: bool
    no_answer_because: str  # "" when may_answer


@dataclass(frozen=True, slots=True)
class Returned:
    """What the copy that a report returns may still carry of ours; anybody can write it, and nothing is verified."""

    ids: tuple[str, ...] = ()  # of X-Postroom-Message-ID, without angle brackets
    tokens: tuple[str, ...] = ()  # of that very mail: its reply address, those ids, the mark in its body
    thread_tokens: tuple[str, ...] = ()  # of the mails that it answered, the nearest first


@dataclass(frozen=True, slots=True)
class Bounce:
    """A mail of ours that was not (or not yet) delivered."""

    recipients: tuple[str, ...]  # lower-cased, in the report's order; empty when none can be found
    permanent: bool
    original_message_id: str | None  # without angle brackets
    diagnostic: str  # the failing server's words, one line
    status: str  # RFC 3463 code such as 5.1.1, "" when none
    returned: Returned = Returned()


class Told(StrEnum):
    """What became of a mail, as a read receipt or a complaint says."""

    READ = "read"
    DELETED = "deleted"  # without being read
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """Everything Postroom knows about one mail from its bytes alone."""

    subject: str = ""
    from_: Address | None = None
    from_all: tuple[Address, ...] = ()
    sender: Address | None = None
    original_from: Address | None = None  # X-Original-From of Google Groups, which rewrites From
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    recipient_count: int = 0  # To and Cc, also those beyond the limit
    date: datetime | None = None  # aware UTC, the sender's claim; None when absent or invalid
    message_id: str | None = None  # ids are without angle brackets
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  # oldest first, as in the header
    reported: tuple[str, ...] = ()  # of the mail that a read receipt or a complaint is about
    told: Told | None = None  # what such a report says of it, where it says one of these
    complainants: tuple[str, ...] = ()  # whom a complaint names as who got the mail, lower-cased
    text: str = ""
    html: str | None = None  # as sent, unsanitised
    reply_text: str = ""
    quoted_text: str = ""
    signature: str = ""
    attachments: tuple[Attachment, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()  # in order, unfolded and decoded
    automation: Automation = Automation(
        is_auto=False, kind=None, signal="", may_answer=False, no_answer_because="empty"
    )
    bounce: Bounce | None = None
    spam: dict[str, str | float | bool] = field(default_factory=dict)
    body_tokens: tuple[str, ...] = ()  # of our own `postroom:` marks, anywhere in the bodies
    subject_numbers: tuple[int, ...] = ()  # of [#123] in the subject
    calendar_method: str | None = None  # REQUEST, REPLY, CANCEL of an invitation, upper-cased
    defects: tuple[Remark, ...] = ()
    cut: tuple[Remark, ...] = ()
    error: str | None = None  # why nothing but the file could be read

    @property
    def written(self) -> str:
        """What its sender wrote: without what is quoted, unless nothing else is there."""
        own = f"{self.reply_text}\n{self.signature}" if self.quoted_text else self.text
        return own if own.strip() else self.text

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case, or None."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)
