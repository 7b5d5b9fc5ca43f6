"""The text of a part with other words; what mail programs wrote around a quoted mail stays, since bugs sit there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketing.trying.anonymous.words import Words

_LABELS = (
    "from|to|cc|bcc|sent|date|subject|reply-to|von|an|kopie|gesendet|datum|betreff|de|à|envoyé|objet|para|enviado|"
    "asunto|da|a|inviato|oggetto|van|aan|verzonden|onderwerp|till|skickat|ämne|til|sendt|emne|od|do|wysłano|temat|"
    "от|кому|отправлено|тема|发件人|发送时间|收件人|主题|差出人|送信日時|宛先|件名"
)
_RULES = (
    "original message|ursprüngliche nachricht|originalnachricht|forwarded message|weitergeleitete nachricht|"
    "message d'origine|message original|mensaje original|messaggio originale|oorspronkelijk bericht|"
    "begin forwarded message|mensagem original|original meddelelse|ursprungligt meddelande"
)
_WROTE = "wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev|escreveu|pisze|napisał|пишет|писал"
# A label at the beginning of a line, a line between two texts, the end of "… wrote:".
_OF_PROGRAMS = re.compile(
    rf"^[>| \t*]{{0,40}}(?:{_LABELS})[ \t]?\*?[:：]\*?|"
    rf"^[> \t]{{0,40}}[-_]{{2,40}}[ \t]?(?:{_RULES})[ \t]?[-_]{{2,40}}|"
    rf"\b(?:{_WROTE})[ \t\xa0]?:(?=[ \t\r]*$)|^-- \r?$",
    re.IGNORECASE | re.MULTILINE,
)
# Names of properties, and the values that are codes.
_OF_CALENDARS = re.compile(
    r"^(?:BEGIN|END|VERSION|METHOD|CALSCALE|DTSTART|DTEND|DTSTAMP|RRULE|STATUS|SEQUENCE|TZ[A-Z]{2,20})\b[^\r\n]*|"
    r"^[A-Z][A-Z-]{1,40}(?=[;:])",
    re.MULTILINE,
)


def anonymous_text(text: str, words: Words, *, codec: str, is_calendar: bool = False) -> str:
    """The text with other words."""
    kept = _OF_CALENDARS if is_calendar else _OF_PROGRAMS
    return "".join(_pieces(text, kept, words, codec))


def _pieces(text: str, kept: re.Pattern[str], words: Words, codec: str) -> Iterator[str]:
    last = 0
    for match in kept.finditer(text):
        yield words.text(text[last : match.start()], codec=codec)
        yield match[0]
        last = match.end()
    yield words.text(text[last:], codec=codec)
