"""Who was not reached, read out of a bounce's free text: for servers that send no report (RFC 3464)."""

import re
from collections.abc import Iterable

_ADDRESS = re.compile(r"[^\s<>\"'(),;:\[\]]{1,64}@[A-Za-z0-9\u0080-\uffff.-]{1,190}[A-Za-z0-9\u0080-\uffff]")
_COPY_BELOW = re.compile(
    r"below this line is a copy|copy of (?:the|your) (?:message|mail|original)|"
    r"original message (?:headers|follows|is)|returned message|"
    r"-{3}\s?(?:the |this is |your )?(?:header|original|returned|undelivered|unsent|message)|"
    r"message headers? follow|"
    r"^return-path:|message text follows|undelivered message|the attachment contains|^-{3,80}.{0,20}copia|"
    r"^received: from|"
    r"original message:|message header|unsent message",
    re.IGNORECASE | re.MULTILINE,
)
_STRONG = (
    re.compile(
        r"^[\s*>-]{0,8}<?([^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]]{1,200})>?"
        r"(?:<mailto:[^>]{1,300}>)?\s*(?:[:;]|\(|$|\.\.\.| -)"
    ),
    re.compile(
        r"(?:rcpt to|recipients?(?: address)?|user|mailbox|address|account|delivered? to|delivery to|send to|"
        r"to the following|"
        r"empfänger|destinataire|destinatario|收件人|宛先|unknown|failed|reach|for|^\s{0,8}to)\b\s{0,3}(?:is|"
        r"was|:|<|')?\s{0,3}[:<'\"(]{0,3}\s?"
        r"(?:smtp;|rfc822;)?([^\s<>\"'(),;:\[\]]{1,64}@[^\s<>\"'(),;:\[\]]{1,200})",
        re.IGNORECASE,
    ),
)
_OTHER_PERSON = re.compile(
    r"reply to|contact|question|mail from|^\s{0,8}from\b|sender|message-?id|\bif you\b|please|"
    r"postmaster@|administrator|help ?desk|"
    r"reporting|via\b|^\s{0,8}(?:cc|subject|date)\s?:|hostmaster@|mailer-daemon@|abuse@",
    re.IGNORECASE,
)
_MAX_LINES = 200
_MAX_RECIPIENTS = 20


def recipients_in_text(text: str, *, never: frozenset[str]) -> tuple[str, ...]:
    """The addresses that the text says were not reached, lower-cased, at most 20; empty when it names none.

    never: addresses that cannot be meant (the reporting server's own), lower-cased. A copy of the original mail below
    the report is not looked at.
    """
    copy = _COPY_BELOW.search(text, 1)
    lines = [line for line in (text[: copy.start()] if copy else text).split("\n")[:_MAX_LINES] if "@" in line]
    for pattern in _STRONG:
        found = _unique(
            match[1] for line in lines if not _OTHER_PERSON.search(line[:400]) for match in pattern.finditer(line[:400])
        )
        if kept := tuple(item for item in found if item not in never):
            return kept
    loose = _unique(
        match[0] for line in lines if not _OTHER_PERSON.search(line[:400]) for match in _ADDRESS.finditer(line[:400])
    )
    kept = tuple(item for item in loose if item not in never)
    return kept if len(kept) == 1 else ()


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    items = (item.lower().strip(".") for item in found)
    return tuple(dict.fromkeys(item for item in items if _ADDRESS.fullmatch(item)))[:_MAX_RECIPIENTS]
