"""Who was not reached, read out of a bounce's free text: for servers that send no report (RFC 3464)."""

import re
from collections.abc import Iterable

_LETTERS = r"\u00c0-\u1fff\u2c00-\u2fff\u3040-\ufaff"  # of other alphabets, without quotes, dashes and full-width signs
_HAN = r"\u3040-\u9fff\uac00-\ud7a3"  # written without spaces: a word right before an address is no part of it
_SIGNS = r"\s<>\"'(),;:\[\]|\x00-\x1f\u00ab\u00bb\u2000-\u206f\u3000-\u303f\uff00-\uffef"
_LOCAL = rf"(?:[^{_SIGNS}{_HAN}]{{1,64}}|[{_HAN}]{{1,64}})"
_DOMAIN = rf"(?:[A-Za-z0-9_{_LETTERS}-]{{1,63}}\.){{0,8}}(?:[A-Za-z0-9-]{{1,63}}|[{_LETTERS}]{{2,63}})"
ADDRESS = re.compile(f"{_LOCAL}@{_DOMAIN}")
_PLACED = f"({_LOCAL}@{_DOMAIN})"
_COPY_BELOW = re.compile(
    r"below this line is a copy|copy of (?:the|your) (?:message|mail|original)|"
    r"original message (?:headers|follows|is)|returned message|"
    r"-{3}\s?(?:the |this is |your )?(?:header|original|returned|undelivered|unsent|message(?! log))|"
    r"message headers? follow|"
    r"^return-path:|message text follows|undelivered message|the attachment contains|^-{3,80}.{0,20}copia|"
    r"^received: from|"
    r"original message:|message header|unsent message",
    re.IGNORECASE | re.MULTILINE,
)
_STRONG = (
    re.compile(
        rf"^[\s*>\"'-]{{0,8}}<?{_PLACED}[\"'>]{{0,2}}"
        r"(?:<mailto:[^>]{1,300}>)?\s*(?:[:;]|\(|$|\.\.\.| -)"
    ),
    re.compile(
        r"(?:rcpt to|recipients?(?: address)?|user|mailbox|address|account|delivered? to|delivery to|send to|"
        r"to the following|"
        r"empfänger|destinataire|destinatario|destinatário|收件人|宛先|받는 사람|utente|usuario|usuário|"
        r"unknown|failed|reach|for|"
        r"^\s{0,8}to)(?!\w)\s{0,3}(?:is|was|:|：|<|')?\s{0,3}[:<'\"(]{0,3}\s?"
        rf"(?:smtp;|rfc822;)?{_PLACED}",
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


def recipients_in_text(text: str, *, never: frozenset[str], may_guess: bool = True) -> tuple[str, ...]:
    """The addresses that the text says were not reached, lower-cased, at most 20; empty when it names none.

    never: addresses that cannot be meant (the reporting server's own), lower-cased. may_guess: the only address of the
    text counts wherever it stands. A copy of the original mail below
    the report is not looked at.
    """
    lines = [line for line in above_copy(text).split("\n")[:_MAX_LINES] if "@" in line]
    for pattern in _STRONG:
        found = _unique(
            match[1] for line in lines if not _OTHER_PERSON.search(line[:400]) for match in pattern.finditer(line[:400])
        )
        if kept := tuple(item for item in found if item not in never):
            return kept
    if not may_guess:
        return ()
    loose = _unique(
        match[0] for line in lines if not _OTHER_PERSON.search(line[:400]) for match in ADDRESS.finditer(line[:400])
    )
    kept = tuple(item for item in loose if item not in never)
    return kept if len(kept) == 1 else ()


def above_copy(text: str) -> str:
    """The system's own words, without a copy of the original mail below them."""
    copy = _COPY_BELOW.search(text, 1)
    return text[: copy.start()] if copy else text


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    items = (item.lower().strip(".") for item in found)
    return tuple(dict.fromkeys(item for item in items if ADDRESS.fullmatch(item)))[:_MAX_RECIPIENTS]
