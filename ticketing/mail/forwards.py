"""A mail that somebody passed on: who wrote it, by the attached mail, else by the headers above the text."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ticketing.mail.addresses import parse_addresses
from ticketing.mail.parse import parse_mail
from ticketing.mail.quote_words import DATE, FROM, LABEL, LABEL_KINDS, SUBJECT, TO
from ticketing.mail.values import Address, ParsedMail

_FORWARD = re.compile(r"\s*(?:fwd?|fw|wg|tr|rv|enc|vb|doorst|转发|i|pd|vl|vs|ilt|továbbítva)\s*[:：]", re.IGNORECASE)
_MARK = re.compile(
    r"forwarded message|forwarded by|weitergeleitete (?:nachricht|e-mail)|message transféré|mensaje reenviado"
    r"|messaggio inoltrato|doorgestuurd bericht|mensagem encaminhada|przekazana wiadomość",
    re.IGNORECASE,
)
# Outlook puts the family name first, with a comma, and the address in brackets of either kind.
_NAMED = re.compile(r"\s*(.{0,200}?)\s*[<\[(](?:mailto:)?([^<>\[\]()\s]+@[^<>\[\]()\s]+)[>\])]", re.IGNORECASE)
_MAX_LINES, _MAX_CHARS = 400, 20_000
_MAX_GAP = 2  # lines between two headers: a folded list of recipients
_MAIL_TYPE = "message/rfc822"


def forwarded_sender(mail: ParsedMail) -> Address | None:
    """Who wrote the mail that this one passes on; None where it passes on none, or does not say by whom.

    Passed on is what is attached as the only mail, and what stands below headers if subject or text call it forwarded.
    """
    attached = [file for file in mail.attachments if file.content_type == _MAIL_TYPE]
    if len(attached) == 1:
        head = attached[0].content.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
        return _whole(parse_mail(head + b"\n\n").from_)
    if attached or not (_FORWARD.match(mail.subject) or _MARK.search(mail.text[:_MAX_CHARS])):
        return None
    return _from_headers(mail.text[:_MAX_CHARS].splitlines()[:_MAX_LINES])


def _from_headers(lines: Iterable[str]) -> Address | None:
    """The sender that the first block of headers names."""
    found: dict[str, str] = {}
    gap = 0
    for line in lines:
        label = LABEL.match(line[:400])
        kind = LABEL_KINDS.get(label[1].strip().casefold()) if label else None
        if kind is None:
            gap += 1
            if gap > _MAX_GAP and found:
                if _is_block(found):
                    break
                found = {}
            continue
        gap = 0
        found.setdefault(kind, line[label.end() :].strip(" *_\t") if label else "")
    return _address(found[FROM]) if _is_block(found) else None


def _is_block(found: dict[str, str]) -> bool:
    return FROM in found and len({DATE, TO, SUBJECT} & found.keys()) >= 2


def _address(written: str) -> Address | None:
    named = _NAMED.match(written)
    if named is not None:
        return Address(named[1].strip("\"' "), named[2])
    addresses, _count = parse_addresses(written, limit=1)
    return _whole(addresses[0] if addresses else None)


def _whole(address: Address | None) -> Address | None:
    return address if address is not None and "@" in address.address.strip("@") else None
