"""The header of a mail as a server without SMTPUTF8 may be given it: ASCII alone (RFC 6531 section 3.2). Pure.

Of a mail of ours only local parts of other scripts are not. An address that cannot be written becomes a group without
members, its name and itself as encoded words (RFC 6857 section 3.1.8): who reads it sees whom the mail went to.
"""

from __future__ import annotations

import re
from email.errors import HeaderParseError
from email.header import Header, decode_header, make_header
from email.utils import formataddr, getaddresses

from mailboxes.connectors.errors import ConnectorError, Reason

_REWRITTEN = frozenset({"to", "cc", "reply-to"})
_FOLD = re.compile(r"\r\n(?=[ \t])")
_BETWEEN = ",\r\n "
_ENCODED_CHARS = 60


def plain_header(header: bytes) -> bytes:
    """The header in ASCII; what was ASCII is as it was.

    header: its lines, each with CRLF between, without the blank line. Raises ConnectorError NO_INTERNATIONAL if the
    mail cannot be told without other letters: its From has them, or a field that names no recipients.
    """
    fields = re.split(rb"\r\n(?![ \t])", header)
    return b"\r\n".join(field if field.isascii() else _plain_field(field) for field in fields)


def _plain_field(field: bytes) -> bytes:
    name, _, value = field.decode("utf-8", "replace").partition(":")
    if name.lower() not in _REWRITTEN:
        raise ConnectorError(Reason.NO_INTERNATIONAL, permanent=True)
    people = getaddresses([_FOLD.sub("", value)])
    pieces = [formataddr(person) if person[1].isascii() else _group(*person) for person in people]
    return f"{name}: {_BETWEEN.join(pieces)}".encode("ascii")


def _group(name: str, address: str) -> str:
    shown = f"{_decoded(name)} {address}".strip()
    words = Header(shown, "utf-8", maxlinelen=_ENCODED_CHARS).encode(linesep="\r\n")
    return f"{words} :;"


def _decoded(name: str) -> str:
    try:
        return str(make_header(decode_header(name)))
    except (HeaderParseError, LookupError, UnicodeError):
        return name
