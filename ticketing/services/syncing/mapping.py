"""How the JSON of another system is read: where each thing stands (JSON pointers), and what its values mean here.

Plain functions from JSON to values; no database, no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from helpdesk.lib.text import clean_line, clean_text
from ticketing.models import MessageKind, Priority, Status
from ticketing.services.syncing.said_files import SaidFile, files_in
from ticketing.services.syncing.unreadable import Unreadable

# Where things stand in what another Postroom says; another system's form begins with these, too.
POSTROOM: dict[str, str] = {
    "ticket": "/data/ticket/number",
    "own_ticket": "/data/ticket/external_id",
    "at": "/timestamp",
    "changed": "/data/change/field",
    "changed_to": "/data/change/to",
    "subject": "/data/ticket/subject",
    "requester_address": "/data/ticket/contact/addresses/0",
    "requester_name": "/data/ticket/contact/name",
    "status": "/data/ticket/status",
    "priority": "/data/ticket/priority",
    "tags": "/data/ticket/tags",
    "tag_added": "/data/change/added",
    "tag_removed": "/data/change/removed",
    "message": "/data/message/id",
    "kind": "/data/message/kind",
    "sender_address": "/data/message/from_address",
    "sender_name": "/data/message/from_name",
    "text": "/data/message/text",
    "html": "/data/message/html",
    "files": "/data/message/attachments",
    "mail_id": "/data/message/message_id",
    "written_at": "/data/message/created_at",
}
REQUIRED = ("ticket",)
IGNORED = "-"  # what a value means that is to change nothing
_KINDS = {MessageKind.INBOUND: "customer", MessageKind.OUTBOUND: "agent", MessageKind.NOTE: "note"}
KINDS: dict[str, MessageKind] = {word: kind for kind, word in _KINDS.items()}
MAX_ID_CHARS = 200
MAX_TEXT_CHARS = 500_000
MAX_TAGS = 50
MAX_TAG_CHARS = 30


@dataclass(frozen=True)
class Person:
    """Somebody, as the other system names them."""

    address: str  # lower-cased; "" unknown
    name: str


@dataclass(frozen=True)
class SaidMessage:
    """A message of the other system."""

    external_id: str
    kind: MessageKind
    sender: Person
    text: str
    html: str
    mail_id: str  # its Message-ID, without brackets; "" for none
    written_at: datetime | None
    files: tuple[SaidFile, ...] = field(default=(), repr=False)
    left_there: tuple[str, ...] = ()  # names of files whose bytes do not stand in the call


@dataclass(frozen=True)
class Said:
    """What a call says, in our words. None: it says nothing of it."""

    ticket: str  # the id there
    own_number: int | None  # the id that we gave, if the call knows it
    at: datetime | None
    changed: str | None  # the one field it is about; "" for none; None: nobody can tell, all that stands there counts
    requester: Person
    subject: str | None = None
    status: Status | None = None
    priority: Priority | None = None
    tags: tuple[str, ...] | None = None
    tag_added: str | None = None
    tag_removed: str | None = None
    message: SaidMessage | None = field(default=None, repr=False)


def default_mapping() -> dict[str, Any]:
    """The mapping for another Postroom."""
    return {
        "pointers": dict(POSTROOM),
        "status": {value: value for value in Status.values},
        "priority": {value: value for value in Priority.values},
        "kinds": {"inbound": "customer", "outbound": "agent", "note": "note", "bounce": "customer"},
    }


def read(document: Any, mapping: Mapping[str, Any]) -> Said:
    """What the document says. Raises Unreadable with the place that is wrong."""
    reader = _Reader(document, mapping)
    ticket = reader.identifier("ticket")
    if not ticket:
        where = mapping["pointers"].get("ticket", "")
        sentence = _("The id of the ticket is missing: nothing stands at %(pointer)s.") % {"pointer": where}
        raise Unreadable(sentence, code="ticket_missing")
    return Said(
        ticket=ticket,
        own_number=reader.number("own_ticket"),
        at=reader.moment("at"),
        changed=reader.line("changed") or "" if reader.is_mapped("changed") else None,
        requester=reader.person("requester"),
        subject=reader.line("subject", max_chars=400),
        status=reader.status(),
        priority=reader.priority(),
        tags=reader.tags(),
        tag_added=reader.line("tag_added", max_chars=MAX_TAG_CHARS),
        tag_removed=reader.line("tag_removed", max_chars=MAX_TAG_CHARS),
        message=reader.message(),
    )


def at_pointer(document: Any, pointer: str) -> Any:
    """What stands there (RFC 6901), or None."""
    found = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(key)
        elif isinstance(found, list) and key.isascii() and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        else:
            return None
    return found


class _Reader:
    """The document under its mapping."""

    def __init__(self, document: Any, mapping: Mapping[str, Any]) -> None:
        self._document = document
        self._mapping = mapping
        self._pointers: Mapping[str, str] = mapping["pointers"]

    def is_mapped(self, name: str) -> bool:
        return bool(self._pointers.get(name))

    def raw(self, name: str) -> Any:
        return at_pointer(self._document, self._pointers[name]) if self.is_mapped(name) else None

    def value(self, name: str) -> Any:
        """Of a field: what it was changed to, if the call says so, else what stands on the ticket by now."""
        is_it = self.is_mapped("changed") and self.raw("changed") == name
        changed_to = self.raw("changed_to") if is_it else None
        return self.raw(name) if changed_to is None else changed_to

    def identifier(self, name: str) -> str:
        value = self.raw(name)
        is_plain = isinstance(value, str | int) and not isinstance(value, bool)
        return clean_line(str(value))[:MAX_ID_CHARS] if is_plain else ""

    def number(self, name: str) -> int | None:
        text = self.identifier(name)
        return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None

    def line(self, name: str, *, max_chars: int = 200) -> str | None:
        """On one line; None for what is missing, empty, or no text."""
        value = self.value(name)
        line = " ".join(clean_line(str(value)).split()) if isinstance(value, str | int) else ""
        return line[:max_chars] or None

    def text(self, name: str) -> str:
        value = self.raw(name)
        return clean_text(value)[:MAX_TEXT_CHARS] if isinstance(value, str) else ""

    def person(self, name: str) -> Person:
        address = (self.line(f"{name}_address", max_chars=320) or "").lower()
        return Person(address if "@" in address.strip("@") else "", self.line(f"{name}_name") or "")

    def moment(self, name: str) -> datetime | None:
        """Text as of ISO 8601, or seconds since 1970; without a zone it is UTC."""
        value = self.raw(name)
        try:
            if isinstance(value, int | float) and not isinstance(value, bool):
                return datetime.fromtimestamp(value, UTC)
            found = parse_datetime(value.strip()) if isinstance(value, str) else None
        except (ValueError, OverflowError, OSError):
            return None
        return found.replace(tzinfo=UTC) if found is not None and found.tzinfo is None else found

    def status(self) -> Status | None:
        ours = self._ours("status")
        return Status(ours) if ours else None

    def priority(self) -> Priority | None:
        ours = self._ours("priority")
        return Priority(ours) if ours else None

    def _ours(self, name: str) -> str:
        """The value here for the one there; "" for none, or for one that is to change nothing."""
        said = self.line(name)
        if said is None:
            return ""
        table = {str(theirs).lower(): ours for theirs, ours in self._mapping.get(name, {}).items()}
        ours = table.get(said.lower())
        if ours is None:
            sentence = _("Nobody has said what “%(value)s” at %(pointer)s means here. Add it to the table of values.")
            said_where = {"value": said[:80], "pointer": self._pointers[name]}
            raise Unreadable(sentence % said_where, code=f"{name}_unknown")
        return "" if ours == IGNORED else str(ours)

    def tags(self) -> tuple[str, ...] | None:
        """A list of texts, or of objects with a name, or words parted by commas."""
        value = self.raw("tags")
        if isinstance(value, str):
            value = value.split(",")
        if not isinstance(value, list):
            return None
        named = (each.get("name") if isinstance(each, dict) else each for each in value[:MAX_TAGS])
        words = (" ".join(clean_line(each).split())[:MAX_TAG_CHARS] for each in named if isinstance(each, str))
        return tuple(dict.fromkeys(filter(None, words)))

    def message(self) -> SaidMessage | None:
        """None if there is neither a text nor a file."""
        text, html = self.text("text"), self.text("html")
        files, left_there = files_in(self.raw("files"))
        if not text.strip() and not html.strip() and not files:
            return None
        return SaidMessage(
            external_id=self.identifier("message"),
            kind=self._kind(),
            sender=self.person("sender"),
            text=text,
            html=html,
            mail_id=(self.line("mail_id", max_chars=998) or "").strip("<>"),
            written_at=self.moment("written_at"),
            files=files,
            left_there=left_there,
        )

    def _kind(self) -> MessageKind:
        """Who wrote it; from a customer unless the table says otherwise."""
        value = self.raw("kind")
        said = str(value).lower() if isinstance(value, str | int) else ""
        table = {str(theirs).lower(): ours for theirs, ours in self._mapping.get("kinds", {}).items()}
        return KINDS.get(table.get(said, ""), MessageKind.INBOUND)
