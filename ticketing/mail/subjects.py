"""The subject of an answer: one prefix, one tag, whatever came in. Pure; used by `outbound`."""

from __future__ import annotations

import re

from helpdesk.lib.text import clean_line
from ticketing.mail.message_ids import without_tags

MAX_SUBJECT_CHARS = 400
# Answers and forwards as mail programs mark them, with their counters: Re[2]:, AW:, SV:, Antw:, RIF:, 回复：
_PREFIX = re.compile(
    r"\s*(?:re|aw|antw|sv|vs|ref|rif|odp|ynt|res|回复|答复|fwd?|wg|tr|rv|enc|vb|doorst|转发)"
    r"(?:\s*[\[(]\d{1,3}[\])])?\s*[:：]\s*",
    re.IGNORECASE,
)
# Those too that are words or letters of their own, so that they are stripped from no subject.
_ANSWERED = re.compile(
    r"\s*(?:\[[^\[\]]{1,40}\]\s*){0,3}(?:re|aw|antw|antwort|sv|vs|ref|rif|r|i|odp|ynt|ilt|res|fwd?|wg|tr|rv|enc"
    r"|svar|antwoord|odpověď|odpoveď|odpowiedź|válasz|risposta|respuesta|resposta|réponse|ответ|відповідь"
    r"|vb|doorst|pd|vl|vá|továbbítva|fs|tl|trs|bls|atb|απ|πρθ|σχετ"
    r"|回复|答复|回覆|转发|轉寄|返信|転送|회신|전달|השב|הועבר|رد|إعادة توجيه)"
    r"(?:\s*[\[(]\d{1,3}[\])])?\s*[:：]",
    re.IGNORECASE,
)


def is_answer_or_forward(subject: str) -> bool:
    """True for a subject that a mail program marked as an answer's or a forward's."""
    return _ANSWERED.match(subject) is not None


def bare_subject(subject: str) -> str:
    """The subject without our tags and without the prefixes of answers and forwards."""
    bare = without_tags(clean_line(subject))
    while match := _PREFIX.match(bare):
        bare = bare[match.end() :]
    return bare.strip()


def limit_prefixes(subject: str, *, most: int) -> str:
    """The subject with at most so many prefixes of answers and forwards: the first, which are the latest."""
    line, rest, kept = clean_line(subject), clean_line(subject), ""
    count = 0
    while match := _PREFIX.match(rest):
        count += 1
        kept = f"{kept} {match[0].strip()}".strip() if count <= most else kept
        rest = rest[match.end() :]
    return line if count <= most else f"{kept} {rest.strip()}".strip()


def answer_subject(subject: str, *, tag: str) -> str:
    """`Re: subject tag`; nothing piles up however long the thread is."""
    return _assembled("Re:", subject, tag)


def forward_subject(subject: str, *, tag: str) -> str:
    """`Fwd: subject tag`."""
    return _assembled("Fwd:", subject, tag)


def own_subject(subject: str, *, tag: str) -> str:
    """`subject tag`, of words of our own; tag may be empty."""
    return _assembled("", subject, tag)


def _assembled(prefix: str, subject: str, tag: str) -> str:
    room = MAX_SUBJECT_CHARS - len(prefix) - len(tag) - 2
    return " ".join(part for part in (prefix, bare_subject(subject)[:room].strip(), tag) if part)
