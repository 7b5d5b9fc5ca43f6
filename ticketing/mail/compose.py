"""An outgoing mail as RFC 5322 bytes, from `outbound.replies` for the outbox; the same input gives the same bytes.

mixed ─ alternative ─ text                      without files no mixed, without inline images no related,
      │             └ related ─ html, images    without HTML the text alone
      └ files
"""

from __future__ import annotations

import base64
import hashlib
import quopri
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from html import escape

from helpdesk.lib.text import clean_text
from ticketing.mail.header_lines import (
    address_line,
    folded,
    ids_line,
    is_sendable_id,
    parameter_line,
    text_line,
    trimmed_references,
)
from ticketing.mail.message_ids import ID_COPY, body_mark
from ticketing.mail.values import Address

MAX_LINE_BYTES = 990
_BYTES_OF_LINE = 57  # that a line of base64 holds
_HIDDEN = "display:none;mso-hide:all;font-size:1px;line-height:1px;max-height:0;overflow:hidden;color:transparent"
_FAINT = "color:#777;font-size:12px;margin:0 0 12px"
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Arial,sans-serif;font-size:15px;line-height:1.5"


@dataclass(frozen=True)
class OutgoingFile:
    """A file that goes along; with a content id it is an image that the HTML shows."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)
    content_id: str = ""  # without angle brackets


@dataclass(frozen=True)
class Origin:
    """Why and from where a mail was sent. Shown in the log, never obeyed in incoming mail."""

    installation: str
    organization: str  # public id
    ticket: str  # number; "" when there is none
    cause: str  # agent, rule, acknowledgement or notice
    cause_id: str = ""


@dataclass(frozen=True)
class OutgoingMail:
    """Everything a mail is made of. Bcc is not here: it stands in no header."""

    sender: Address
    to: tuple[Address, ...]
    subject: str  # as it is to stand, tag included
    date: datetime  # aware
    message_id: str  # without angle brackets, as all ids
    text: str
    origin: Origin
    html: str = ""  # a fragment, sanitised; images of `files` as cid: links
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()  # oldest first
    files: tuple[OutgoingFile, ...] = ()
    automatic: str = ""  # auto-replied or auto-generated (RFC 3834 section 5); "": a person wrote it
    thread_token: str = ""  # stands hidden in the body
    first_line: str = ""  # above everything else


def compose(mail: OutgoingMail) -> bytes:
    """The mail with CRLF line ends, ASCII but for local parts of other scripts.

    Raises Unsendable for control characters in any header value, or an address that is none.
    """
    return b"".join(_header(mail)) + b"MIME-Version: 1.0\r\n" + _body(mail)


def size_in_mail(size_bytes: int) -> int:
    """How much of a composed mail a file of this size takes, without the headers of its part."""
    return (size_bytes + 2) // 3 * 4 + (size_bytes + _BYTES_OF_LINE - 1) // _BYTES_OF_LINE * len("\r\n")


def _header(mail: OutgoingMail) -> list[bytes]:
    lines = [address_line("From", [mail.sender])]
    for name, addresses in (("To", mail.to), ("Cc", mail.cc), ("Reply-To", mail.reply_to)):
        if addresses:
            lines.append(address_line(name, addresses))
    lines += [
        text_line("Subject", mail.subject),
        folded("Date", format_datetime(mail.date).split(" ")),
        ids_line("Message-ID", [mail.message_id]),
    ]
    if is_sendable_id(mail.in_reply_to):
        lines.append(ids_line("In-Reply-To", [mail.in_reply_to]))
    if references := trimmed_references(mail.references):
        lines.append(ids_line("References", references))
    return lines + _origin_lines(mail)


def _origin_lines(mail: OutgoingMail) -> list[bytes]:
    origin = mail.origin
    cause = f"{origin.cause}; id={origin.cause_id}" if origin.cause_id else origin.cause
    lines = [
        ids_line(ID_COPY, [mail.message_id]),
        text_line("X-Postroom-Installation", origin.installation),
        text_line("X-Postroom-Organization", origin.organization),
        text_line("X-Postroom-Cause", cause),
    ]
    if origin.ticket:
        lines.append(text_line("X-Postroom-Ticket", origin.ticket))
    if mail.automatic:
        lines += [text_line("Auto-Submitted", mail.automatic), b"X-Auto-Response-Suppress: All\r\n"]
        lines.append(b"Precedence: bulk\r\n")  # responders older than Auto-Submitted go by it
    return lines


def _body(mail: OutgoingMail) -> bytes:
    """The Content-Type header of the whole, a blank line, and the parts."""
    mark = body_mark(mail.thread_token) if mail.thread_token else ""
    text = f"{mail.first_line}\n\n{mail.text}" if mail.first_line else mail.text
    text = f"{text.rstrip()}\n\n{mark}" if mark else text
    parts = _text_part("plain", text)
    if mail.html:
        images = [_file_part(file) for file in mail.files if file.content_id]
        html = _text_part("html", _page(mail.html, mark=mark, first_line=mail.first_line))
        shown = _multipart("related", [html, *images], mail=mail) if images else html
        parts = _multipart("alternative", [parts, shown], mail=mail)
    attached = [_file_part(file) for file in mail.files if not (file.content_id and mail.html)]
    return _multipart("mixed", [parts, *attached], mail=mail) if attached else parts


def _page(fragment: str, *, mark: str, first_line: str) -> str:
    first = f'<p style="{_FAINT}">{escape(first_line)}</p>\n' if first_line else ""
    hidden = f'<div style="{_HIDDEN}" aria-hidden="true">{mark}</div>\n' if mark else ""
    return (
        '<!DOCTYPE html>\n<html>\n<head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head>\n'
        f'<body>\n<div dir="auto" style="{_FONT}">\n{first}{fragment}\n</div>\n{hidden}</body>\n</html>\n'
    )


def _multipart(kind: str, parts: Sequence[bytes], *, mail: OutgoingMail) -> bytes:
    # "=_" stands in neither quoted-printable nor base64, and no header line begins with it.
    boundary = "=_" + hashlib.sha256(f"{kind} {mail.message_id}".encode()).hexdigest()[:32]
    head = folded("Content-Type", [f"multipart/{kind};", f'boundary="{boundary}"'])
    between = f"\r\n--{boundary}\r\n".encode()
    return head + b"".join(between + part for part in parts) + f"\r\n--{boundary}--\r\n".encode()


def _text_part(kind: str, text: str) -> bytes:
    lines = clean_text(text).replace("\r\n", "\n").replace("\r", "\n")
    raw = lines.rstrip("\n").encode() + b"\n"
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: ".encode()
    if raw.isascii() and all(len(line) <= MAX_LINE_BYTES for line in raw.split(b"\n")):
        return head + b"7bit\r\n\r\n" + raw.replace(b"\n", b"\r\n")
    quoted = quopri.encodestring(raw)
    if len(quoted) > len(raw) * 4 // 3 + 80:
        return head + b"base64\r\n\r\n" + _base64_lines(raw.replace(b"\n", b"\r\n"))
    return head + b"quoted-printable\r\n\r\n" + quoted.replace(b"\n", b"\r\n")


def _file_part(file: OutgoingFile) -> bytes:
    # RFC 2046 section 5.2.1 allows no base64 for message/rfc822, and forwarded bytes must not change.
    content_type = file.content_type if "/" in file.content_type else "application/octet-stream"
    if content_type.startswith(("message/", "multipart/")):
        content_type = "application/octet-stream"
    disposition = "inline" if file.content_id else "attachment"
    lines = [
        parameter_line("Content-Type", content_type, parameters=[]),
        b"Content-Transfer-Encoding: base64\r\n",
        parameter_line("Content-Disposition", disposition, parameters=[("filename", file.filename)]),
    ]
    if file.content_id:
        lines.append(ids_line("Content-ID", [file.content_id]))
    return b"".join(lines) + b"\r\n" + _base64_lines(file.content)


def _base64_lines(content: bytes) -> bytes:
    return base64.encodebytes(content).replace(b"\n", b"\r\n")
