"""Who a mail is from and for, as SMTP may be told, and the content as SMTP may carry it. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import idna

from mailboxes.connectors.base import RecipientResult, RecipientState
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.plain_header import plain_header

MAX_ADDRESS_BYTES = 254  # RFC 5321 section 4.5.3.1.3, without the brackets
FINAL_DOT = b".\r\n"

_UNSAFE = re.compile(r"[\x00-\x20\x7f-\xa0<>\u2028\u2029]")
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LINE_WITH_DOT = re.compile(rb"(?m)^\.")


@dataclass(frozen=True)
class Envelope:
    """What MAIL, RCPT and DATA are given."""

    mail_from: str
    recipients: Mapping[str, str]  # the caller's spelling to the server's
    refused: Mapping[str, RecipientResult]  # this server cannot be told of these
    content: bytes  # CRLF line ends, dots not stuffed
    options: tuple[str, ...]  # of MAIL


def envelope_for(
    content: bytes, *, mail_from: str, recipients: Sequence[str], offers: Callable[[str], str | None]
) -> Envelope:
    """The envelope for a server; `offers(extension)` gives the extension's parameters, None if it is not offered.

    Raises ConnectorError: BAD_ARGUMENT (an address with control characters, blanks or angle brackets, no recipient),
    SENDER_REFUSED (a sender this server cannot be told of), NO_INTERNATIONAL (a header that it cannot be given),
    TOO_LARGE (above the server's SIZE).
    """
    if not recipients:
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
    content = _with_crlf(content)
    international = offers("smtputf8") is not None
    sender = _spelled(mail_from, international=international) if mail_from else ""
    if sender is None:
        raise ConnectorError(Reason.SENDER_REFUSED, permanent=True)
    told = {recipient: _spelled(recipient, international=international) for recipient in recipients}
    spelled = {recipient: address for recipient, address in told.items() if address is not None}
    if not international:
        content = _with_plain_header(content)
    needs_utf8 = not (sender + "".join(spelled.values())).isascii() or not _header(content).isascii()
    return Envelope(
        mail_from=sender,
        recipients=spelled,
        refused={recipient: _CANNOT_BE_TOLD for recipient, address in told.items() if address is None},
        content=content,
        options=_options(content, offers=offers, needs_utf8=needs_utf8),
    )


_CANNOT_BE_TOLD = RecipientResult(state=RecipientState.FAILED, reason=Reason.NO_INTERNATIONAL)


def _spelled(address: str, *, international: bool) -> str | None:
    """The address with its domain in IDNA; None if its local part needs SMTPUTF8 and the server has none.

    Raises BAD_ARGUMENT for what could end the command or is no address.
    """
    local, at, domain = address.rpartition("@")
    if not (local and at and domain) or _UNSAFE.search(address):
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
        too_long = len(f"{local}@{ascii_domain}".encode()) > MAX_ADDRESS_BYTES
    except UnicodeError:
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True) from None
    if too_long:
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)
    if not local.isascii() and not international:
        return None
    return f"{local}@{ascii_domain}"


def _options(content: bytes, *, offers: Callable[[str], str | None], needs_utf8: bool) -> tuple[str, ...]:
    """SIZE, BODY and SMTPUTF8 where offered; the last two only where needed."""
    options = []
    limit = offers("size")
    if limit is not None:
        if limit.isascii() and limit.isdigit() and 0 < int(limit[:18]) < len(content):
            raise ConnectorError(Reason.TOO_LARGE, permanent=True, detail=f"SIZE {limit[:18]}")
        options.append(f"SIZE={len(content)}")
    if offers("8bitmime") is not None and not content.isascii():
        options.append("BODY=8BITMIME")
    if offers("smtputf8") is not None and needs_utf8:
        options.append("SMTPUTF8")
    return tuple(options)


def _with_crlf(content: bytes) -> bytes:
    """Every line ends in CRLF: a bare CR or LF could end the mail early at some servers (RFC 5321 section 2.3.8)."""
    pairs = content.count(b"\r\n")
    if content.count(b"\n") == pairs == content.count(b"\r"):
        return content
    return _BARE_LINE_END.sub(b"\r\n", content)


def _with_plain_header(content: bytes) -> bytes:
    header = _header(content)
    return content if header.isascii() else plain_header(header) + content[len(header) :]


def _header(content: bytes) -> bytes:
    return content.split(b"\r\n\r\n", 1)[0]


def stuffed(content: bytes) -> bytes:
    """The content as DATA carries it before FINAL_DOT: dots at line starts doubled, a line end at the end."""
    body = _LINE_WITH_DOT.sub(b"..", content)
    return body if body.endswith(b"\r\n") else body + b"\r\n"
