"""The one interface of all connectors: sources give mail, senders take it.

A session is one connection held by one poller; it is closed by leaving its `with` block. Every method raises
ConnectorError and nothing else. Remote ids are opaque strings, unique inside (folder, epoch); what narrows a listing
depends on the kind: numbers, dates, or nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeGuard

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import JunkFound, JunkQuery


@dataclass(frozen=True)
class FolderInfo:
    """A folder an account has."""

    name: str  # decoded, as the server spells it
    delimiter: str
    special_use: str = ""  # lower-cased without backslash: sent, junk, trash, drafts, archive, all; or ""
    selectable: bool = True


@dataclass(frozen=True)
class FolderState:
    """What a folder said of itself when it was opened."""

    epoch: str  # UIDVALIDITY; "" when the server gives none or 0
    fingerprint: str  # such as UIDNEXT:count:HIGHESTMODSEQ; equal means: nothing came or went; "" when it cannot tell
    highest_id: int | None  # UIDNEXT - 1, None when unknown
    count: int  # messages in the folder


@dataclass(frozen=True)
class RemoteItem:
    """One message as the listing shows it, before any download."""

    remote_id: str
    size_bytes: int | None  # as the server claims; not to be trusted, None when unknown
    received_at: datetime | None  # INTERNALDATE, aware
    other_kind: str = ""  # what it is where it is no mail (chat, contact): it has a verdict, and is never fetched


@dataclass(frozen=True)
class Fetched:
    """The whole message, or why this one could not be had; one bad message never stops another."""

    remote_id: str
    content: bytes | None  # RFC 5322 bytes, CRLF kept; None when error is set
    error: ConnectorError | None = None


class AfterImport(StrEnum):
    """What is done on the server once our copy is committed."""

    LEAVE = "leave"
    SEEN = "seen"
    MOVE = "move"
    DELETE = "delete"


class Order(StrEnum):
    """What the ids of a folder tell of their order, and so what narrows its listing."""

    NUMBERS = "numbers"  # ascending numbers: a cursor (IMAP)
    DATES = "dates"  # names; the received date is the watermark (Graph, EWS)
    NONE = "none"  # names, neither ordered nor dated: every listing is whole (POP3)


@dataclass(frozen=True)
class Traits:
    """What a kind of source can do; forms offer nothing else."""

    order: Order
    after_import: frozenset[AfterImport]
    has_folders: bool  # others have one place for mail, called INBOX here
    has_sent: bool  # `file_sent` and `find_in_sent` have a folder to work on
    has_junk: bool = False  # `find_in_junk` has a folder to look into
    is_polled: bool = True  # False: mail is brought here, and there is no server to ask for it
    has_idle: bool = False  # tells of new mail at once on a connection held open
    has_notifications: bool = False  # tells of new mail by calling an address of ours
    files_sent: bool = True  # False: `file_sent` can put nothing there, what the provider sent is there by itself
    session_s: float | None = None  # a session keeps other programs out: how long one should last at most


class SourceSession(Protocol):
    """One open folder of one account."""

    state: FolderState
    order: Order

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        """Every item received at or after `since` (all when None), oldest first, in bounded windows.

        Where the order is NONE everything is listed, whatever `since` says, without dates.
        """
        ...

    def count_since(self, since: datetime) -> int | None:
        """How many messages were received at or after `since`, without listing them; None where none tells its date."""
        ...

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of these the folder holds now."""
        ...

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        """Each item's bytes in the given order, without marking anything; batches stay small in memory.

        Items the server lists above `max_bytes` are not downloaded; reading stops at `max_bytes` whatever it
        claimed: both give error TOO_LARGE.
        """
        ...

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        """The header block of each message that is still there, at most 256 kB each."""
        ...

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        """The action is done for each id, or the error says why not; doing it again is harmless.

        `folder` is the target of MOVE. DELETE expunges exactly these ids or leaves them marked; never a plain EXPUNGE.
        """
        ...


class NumberedSession(SourceSession, Protocol):
    """A folder whose ids are ascending numbers: its order is NUMBERS."""

    def list_new(self, *, cursor: int, rescan: int) -> Iterator[RemoteItem]:
        """Items with an id above `cursor - rescan`, ascending. Flags play no part."""
        ...

    def list_ids(self) -> Iterator[int]:
        """The ids of everything in the folder, ascending; no sizes, one cheap command a window."""
        ...


def is_numbered(session: SourceSession) -> TypeGuard[NumberedSession]:
    """True if the ids of this folder are ascending numbers."""
    return session.order is Order.NUMBERS


class Source(Protocol):
    """A place mail comes from."""

    def open(self, *, writable: bool = False) -> AbstractContextManager[SourceSession]:
        """A session on the configured folder; read-only unless `writable`."""
        ...

    def folders(self) -> Sequence[FolderInfo]:
        """The folders of the account."""
        ...

    def file_sent(self, content: bytes) -> str:
        """The message is in the Sent folder (found by special use, then by name), once; gives the folder's name."""
        ...

    def find_in_sent(self, message_id: str, *, folder: str = "") -> bool:
        """True if a message with this Message-ID (without brackets) is in `folder`, else Sent. False proves nothing."""
        ...

    def find_in_junk(self, query: JunkQuery) -> JunkFound:
        """The sender's mails in the folder where the provider puts spam. Nothing is marked, moved or taken for read.

        Raises ConnectorError: FOLDER_NOT_FOUND, where the account has none or the kind shows none; BAD_ARGUMENT.
        """
        ...


class RecipientState(StrEnum):
    """What became of one recipient in one attempt."""

    SENT = "sent"
    RETRY = "retry"  # 4xx
    FAILED = "failed"  # 5xx
    UNKNOWN = "unknown"  # died after the mark


@dataclass(frozen=True)
class RecipientResult:
    """One recipient's answer."""

    state: RecipientState
    code: int = 0  # SMTP reply code, 0 when none
    detail: str = ""  # the server's words, capped
    reason: Reason | None = None  # what is known besides the server's answer, or what that says of the address


@dataclass(frozen=True)
class SendResult:
    """What one attempt did; every recipient of the attempt is named."""

    recipients: Mapping[str, RecipientResult]
    message_id: str = ""  # the id the provider says it used, when it differs


class Mark(Protocol):
    """What a sender calls right before a mail leaves; it may raise to stop, and then nothing is sent."""

    def __call__(self, accepted: Sequence[str], *, handle: str = "") -> None:
        """It is committed that the mail may go out to these. handle: what `what_became_of` is asked with."""
        ...


class Became(StrEnum):
    """What became of a mail that was prepared at the provider and may have been sent."""

    SENT = "sent"
    UNSENT = "unsent"  # it is still there as it was prepared
    UNKNOWN = "unknown"


class Sender(Protocol):
    """A place mail leaves through."""

    def send(
        self,
        content: bytes,
        *,
        mail_from: str,
        recipients: Sequence[str],
        before_data: Mark,
        earlier: str | None = None,
    ) -> SendResult:
        """The mail was offered for these recipients once.

        `before_data(accepted)` is called once, right before the content is committed to the server, with the
        recipients still in play; it may raise to stop (nothing is sent then). A ConnectorError means that nothing was
        sent: always before the mark, and after it only where the server said no to us. A lost answer gives UNKNOWN
        for those recipients, never an exception. SIZE is compared before DATA: TOO_LARGE, permanent.

        earlier: the handle of the last attempt's mark, "" if that had none; None on a first attempt. A sender whose
        handles name mails prepared at the provider takes that one up, so that it goes out once; if it has gone
        already, everybody is SENT and there is no mark.
        """
        ...

    def what_became_of(self, handle: str) -> Became:
        """What became of the mail that this handle was given for. UNKNOWN where handles mean nothing.

        Raises ConnectorError.
        """
        ...

    def check(self) -> None:
        """The server accepts the log-in; nothing is sent."""
        ...
