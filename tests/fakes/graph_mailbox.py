"""A mailbox of Exchange Online as Microsoft Graph shows it: folders, items, and what moving does to ids."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses
from itertools import count
from typing import Any

from helpdesk.lib import clock

# Well-known names work in every language of a mailbox (mailFolder resource); this one speaks German.
WELL_KNOWN = {
    "inbox": "Posteingang",
    "drafts": "Entwürfe",
    "sentitems": "Gesendete Elemente",
    "deleteditems": "Gelöschte Elemente",
    "junkemail": "Junk-E-Mail",
    "archive": "Archive",
}
_numbers = count(1)
# Auto-Submitted and Return-Path do not survive MIME (msgraph-sdk-dotnet issue 2209).
_LOST_IN_MIME = ("auto-submitted", "return-path")


@dataclass
class FakeFolder:
    """One folder; its id stays (outlook-immutable-id)."""

    name: str
    parent: FakeFolder | None = None
    id: str = field(default_factory=lambda: f"AAMkFolder{next(_numbers):06}-_=")

    @property
    def path(self) -> str:
        """By display names."""
        return f"{self.parent.path}/{self.name}" if self.parent else self.name


@dataclass
class FakeAttachment:
    """kind: file, item or reference."""

    name: str
    content: bytes = b""
    kind: str = "file"
    media_type: str = "application/octet-stream"
    is_inline: bool = False
    content_id: str = ""
    id: str = field(default_factory=lambda: f"AAMkAttachment{next(_numbers):06}=")

    def shown(self, *, is_whole: bool) -> dict[str, Any]:
        """As JSON; the bytes only where the one attachment was asked for."""
        value: dict[str, Any] = {
            "@odata.type": f"#microsoft.graph.{self.kind}Attachment",
            "id": self.id,
            "name": self.name,
            "contentType": self.media_type if self.kind == "file" else None,
            "size": len(self.content),
            "isInline": self.is_inline,
        }
        if is_whole and self.kind == "file":
            value |= {"contentId": self.content_id or None, "contentBytes": base64.b64encode(self.content).decode()}
        return value


@dataclass
class FakeItem:
    """One item of a folder: a mail, a meeting item or a chat."""

    raw: bytes
    folder: FakeFolder
    received_at: datetime
    is_read: bool = False
    is_draft: bool = False
    odata_type: str = ""  # told for what derives from message only
    message_class: str = "IPM.Note"
    has_mime: bool = True  # False: $value fails, as seen for large mails (docs issue 1808)
    keeps_headers: bool = True  # False: as in Sent Items (office-js issue 5413)
    attachments: list[FakeAttachment] = field(default_factory=list)
    recipients: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    internet_message_id: str = ""
    properties: dict[str, str] = field(default_factory=dict)  # of MAPI, by name
    immutable_id: str = field(default_factory=lambda: f"AAkALgAAAA{next(_numbers):08}-_AA=")
    moves: int = 0
    is_of_now: bool = False  # nobody said when it was received

    def __post_init__(self) -> None:
        header = message_from_bytes(self.raw)
        self.internet_message_id = self.internet_message_id or str(header.get("Message-ID", "")).strip()
        for place, name in (("toRecipients", "To"), ("ccRecipients", "Cc"), ("bccRecipients", "Bcc")):
            people = getaddresses([str(value) for value in header.get_all(name, [])])
            self.recipients.setdefault(place, [_recipient(*person) for person in people if person[1]])

    @property
    def mutable_id(self) -> str:
        """Without the header that asks for the immutable one: another after each move (outlook-immutable-id)."""
        return f"{self.immutable_id[:-1]}m{self.moves}="

    def addresses(self) -> list[str]:
        """Everybody it goes to."""
        return [one["emailAddress"]["address"] for place in self.recipients.values() for one in place]

    def sender_address(self) -> str:
        """Who wrote it."""
        return next(
            (address for _name, address in getaddresses([str(message_from_bytes(self.raw).get("From", ""))])), ""
        )

    def shown(self, *, is_immutable: bool) -> dict[str, Any]:
        """As JSON with every property that is modelled."""
        parsed = message_from_bytes(self.raw)
        value: dict[str, Any] = {
            "id": self.immutable_id if is_immutable else self.mutable_id,
            # Whole seconds in every documented example (message-get).
            "receivedDateTime": self.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "sentDateTime": self.received_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "parentFolderId": self.folder.id,
            "isRead": self.is_read,
            "isDraft": self.is_draft,
            "subject": str(parsed.get("Subject", "")),
            "internetMessageId": self.internet_message_id,
            "from": next((_recipient(*one) for one in getaddresses([str(parsed.get("From", ""))])), None),
            "hasAttachments": any(not attachment.is_inline for attachment in self.attachments),
            "body": _body(parsed),
            **self.recipients,
        }
        if self.keeps_headers and not self.is_draft:
            value["internetMessageHeaders"] = [
                {"name": name, "value": str(value).replace("\r\n", "")} for name, value in parsed.items()
            ]
        if self.odata_type:
            value["@odata.type"] = self.odata_type
        return value

    def extended(self, wanted: str) -> list[dict[str, str]]:
        """The extended properties that are asked for; ids come back with their zeros cut."""
        values = {
            "Integer 0x0E08": ("Integer 0xe08", str(len(self.raw))),
            "String 0x001A": ("String 0x1a", self.message_class),
        }
        return [{"id": shown, "value": value} for asked, (shown, value) in values.items() if asked in wanted]


class FakeMailbox:
    """The folders and items of one user."""

    def __init__(self, user: str) -> None:
        self.user = user
        self.well_known = {name: FakeFolder(shown) for name, shown in WELL_KNOWN.items()}
        self.folders = list(self.well_known.values())
        self.items: list[FakeItem] = []

    def folder(self, reference: str) -> FakeFolder | None:
        """By well-known name (in any case) or id (exactly)."""
        known = self.well_known.get(reference.lower())
        return known or next((folder for folder in self.folders if folder.id == reference), None)

    def make(self, path: str) -> FakeFolder:
        """The folder at the path, made with those above it where they are missing. INBOX is the inbox."""
        parent: FakeFolder | None = None
        for name in path.split("/"):
            if parent is None and name.upper() == "INBOX":
                parent = self.well_known["inbox"]
                continue
            parent = self._child(parent, name) or self._new(parent, name)
        assert parent is not None
        return parent

    def children(self, parent: FakeFolder | None) -> list[FakeFolder]:
        """The folders right below."""
        return [folder for folder in self.folders if folder.parent is parent]

    def make_anew(self, folder: FakeFolder) -> None:
        """The folder and what it holds have other ids, as after a backup was restored."""
        numbers = iter(range(1, 10_000))
        folder.id = f"{folder.id[:-1]}x="
        for item in self.held(folder):
            item.immutable_id = f"{item.immutable_id[:-1]}x{next(numbers)}="

    def remove(self, folder: FakeFolder) -> None:
        """The folder is gone with what it held."""
        self.folders.remove(folder)
        self.items = [item for item in self.items if item.folder is not folder]

    def deliver(
        self, raw: bytes, *, folder: str = "INBOX", received_at: datetime | None = None, **values: Any
    ) -> FakeItem:
        """The item lies in the folder."""
        is_of_now = received_at is None
        item = FakeItem(raw, self.make(folder), received_at or clock.now(), is_of_now=is_of_now, **values)
        self.items.append(item)
        return item

    def held(self, folder: FakeFolder) -> list[FakeItem]:
        """What the folder holds, by date, then by arrival."""
        return sorted((item for item in self.items if item.folder is folder), key=lambda item: item.received_at)

    def item(self, reference: str) -> FakeItem | None:
        """By its immutable id, or by the mutable one that it has now; ids are case-sensitive."""
        return next((item for item in self.items if reference in (item.immutable_id, item.mutable_id)), None)

    def move(self, item: FakeItem, folder: FakeFolder) -> None:
        """The item is in the other folder, with its old date."""
        item.folder = folder
        item.moves += 1

    def draft(self, raw: bytes) -> FakeItem:
        """A draft of MIME."""
        mime = message_from_bytes(raw)
        for name in _LOST_IN_MIME:
            del mime[name]
        kept = mime.as_bytes() if any(name in raw.lower() for name in (b"auto-submitted", b"return-path")) else raw
        item = FakeItem(kept, self.well_known["drafts"], clock.now(), is_draft=True, is_read=True)
        self.items.append(item)
        return item

    def _child(self, parent: FakeFolder | None, name: str) -> FakeFolder | None:
        return next((folder for folder in self.children(parent) if folder.name == name), None)

    def _new(self, parent: FakeFolder | None, name: str) -> FakeFolder:
        self.folders.append(FakeFolder(name, parent))
        return self.folders[-1]


def patched(item: FakeItem, changes: Mapping[str, Any]) -> str:
    """The item with the changes, or the code of why not: recipients and Message-ID of drafts only (message-update)."""
    if "isRead" in changes:
        item.is_read = bool(changes["isRead"])
    of_drafts = {"toRecipients", "ccRecipients", "bccRecipients", "internetMessageId"} & changes.keys()
    if of_drafts and not item.is_draft:
        return "ErrorInvalidPropertySet"
    for name in of_drafts - {"internetMessageId"}:
        item.recipients[name] = list(changes[name])
    item.internet_message_id = changes.get("internetMessageId", item.internet_message_id)
    return ""


def _recipient(name: str, address: str) -> dict[str, Any]:
    return {"emailAddress": {"name": name or address, "address": address}}


def _body(parsed: Message) -> dict[str, str]:
    parts: Iterable[Message] = parsed.walk()
    texts = {part.get_content_type(): part for part in parts if part.get_content_maintype() == "text"}
    part = texts.get("text/html") or texts.get("text/plain")
    payload = part.get_payload(decode=True) if part is not None else b""
    content = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
    return {"contentType": "html" if "text/html" in texts else "text", "content": content}
