"""Where a quoted mail begins in a text: the first line that introduces one. Used by `quote_text.py`."""

from dataclasses import dataclass

from ticketing.mail.quote_words import (
    ANY_SEPARATOR,
    ANYBODYS_DATE,
    BEGIN_FORWARD,
    BETWEEN_ARROWS,
    BRACKETED,
    DATE,
    EVIDENCE,
    FRAMED,
    FROM,
    INVISIBLE,
    LABEL,
    LABEL_KINDS,
    MARK,
    MOBILE,
    NO_VERB,
    OTHER,
    REPLY_ABOVE,
    SENT_FROM_MY,
    SEPARATOR,
    STARTER,
    SUBJECT,
    TIME,
    TO,
    VERB,
    YEAR,
)

_MAX_ATTRIBUTION_LINES = 5
_MAX_ATTRIBUTION_CHARS = 400
_MAX_ATTRIBUTIONS = 1000  # looked at in a mail, each with the lines above it; then other signs alone count
_MAX_LABEL_LINES = 8
_WORDS_OF_PROSE = 3  # in small letters, before the verb
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE.replace(" ", "")))


@dataclass(frozen=True, slots=True)
class QuoteStart:
    """Where a quoted mail is introduced."""

    line: int
    quote: int  # the first line below the introduction
    is_attribution: bool = False  # "… wrote:", so that answers may stand between quoted lines
    is_forward: bool = False  # worth reading even when nothing is written above it


def find_quote_start(lines: list[str]) -> QuoteStart | None:
    """The first line that introduces a quoted mail, or None; lines may be thousands, each is looked at once."""
    left = _MAX_ATTRIBUTIONS
    for number, line in enumerate(lines):
        bare = line.strip(INVISIBLE).lstrip("> \t")
        if not bare:
            continue
        if bare[0] in "-_=—–#~*" and (found := _at_rule(lines, number, bare)):
            return found
        if (colon := _colon(bare)) and _is_header_block(lines, number, bare[:colon]):
            return QuoteStart(number, number, is_forward=True)
        if bare[-1] in ":：>" or bare.endswith(("写道", "寫道", "wrote", "schrieb")):
            if BEGIN_FORWARD.match(bare):
                return QuoteStart(number, number, is_forward=True)
            if line.startswith(">>> ") and BETWEEN_ARROWS.match(line) and EVIDENCE.search(line):
                return QuoteStart(number, number)
            left -= 1
            if left >= 0 and (start := _attribution_start(lines, number)) is not None:
                return QuoteStart(start, number + 1, is_attribution=True)
        if len(bare) < 80 and _is_cut_off_by_phone(lines, number, bare):
            return QuoteStart(number, number)
    return None


def _at_rule(lines: list[str], number: int, bare: str) -> QuoteStart | None:
    """A cut at a line that begins with dashes: a separator, "reply above", Zoho's "---- On … wrote ----"."""
    if len(bare) > 250:
        return None
    if _is_separator(lines, number):
        return QuoteStart(number, number, is_forward=True)
    if REPLY_ABOVE.search(bare) and MARK.search(bare):
        return QuoteStart(number, number)
    inner = bare.strip("-_=—–#~* ")
    if len(inner) > 12 and STARTER.match(inner) and VERB.search(inner) and EVIDENCE.search(inner):
        return QuoteStart(number, number + 1, is_attribution=True)
    if bare.startswith("---") and bare.endswith("---") and FRAMED.search(inner):
        return QuoteStart(number, number + 1, is_attribution=True)
    return None


def _is_cut_off_by_phone(lines: list[str], number: int, bare: str) -> bool:
    """True for "Sent from my …" with own text above: nobody writes on below it, so the rest is an unmarked quote."""
    if not SENT_FROM_MY.match(bare) or not MOBILE.match(bare):
        return False
    has_text = any(text.strip() for text in lines[:number])
    return has_text and any(text.strip() for text in lines[number + 1 :])


def _colon(bare: str) -> int:
    position = bare.find(":", 0, 30)
    return position if position > 0 else max(bare.find("：", 0, 30), 0)


def _is_separator(lines: list[str], number: int) -> bool:
    line = lines[number]
    if SEPARATOR.match(line):
        return True
    if not ANY_SEPARATOR.match(line):
        return False
    following = [text for text in lines[number + 1 : number + 5] if text.strip()][:1]
    return bool(following) and _label_kind(following[0]) is not None


def _label_kind(line: str) -> str | None:
    match = LABEL.match(line)
    return LABEL_KINDS.get(match[1].strip().casefold()) if match else None


def _is_header_block(lines: list[str], number: int, label: str) -> bool:
    """True where `From: … Sent: … To: …` of an inserted mail begins: two kinds of label close together.

    "From", "To" and "Date" are anybody's: what is more a mail's, a time or an address has to stand among them.
    """
    first = LABEL_KINDS.get(label.strip("*_ ").casefold())
    if first is None or first == OTHER:
        return False
    kinds: set[str] = set()
    misses = 0
    is_mail = False
    block = lines[number : number + _MAX_LABEL_LINES]
    for line in block:
        kind = _label_kind(line)
        if kind is not None:
            kinds.add(kind)
            is_mail = is_mail or kind == SUBJECT or (kind == DATE and not ANYBODYS_DATE.match(line))
        elif line.strip():
            misses += 1
        if misses > 2 or len(kinds) >= 3:
            break
    if first in (TO, SUBJECT) and not (FROM in kinds and len(kinds) >= 3):
        return False
    if len(kinds) < 2 or not (FROM in kinds or DATE in kinds):
        return False
    return is_mail or any(EVIDENCE.search(line[:400]) for line in block)


def _attribution_start(lines: list[str], end: int) -> int | None:
    """The line where `On … wrote:` begins, if one ends in line `end`."""
    line = lines[end]
    if len(line) > _MAX_ATTRIBUTION_CHARS:
        return None
    if NO_VERB.match(line) or _names_time_and_address(line):
        return end
    if end and lines[end - 1].endswith("<") and "<" not in line and NO_VERB.match(f"{lines[end - 1]}{line}"):
        return end - 1
    if line.rstrip().endswith(">") and not _quote_follows(lines, end):
        return None
    best: int | None = None
    joined = ""
    for start in range(end, max(end - _MAX_ATTRIBUTION_LINES, -1), -1):
        part = lines[start].strip(INVISIBLE)
        if not part and best is not None and not joined.startswith("<"):
            break
        if start < end and part.endswith((".", "!", "?")) and not STARTER.match(part):
            break
        joined = f"{part} {joined}".strip()
        if len(joined) > _MAX_ATTRIBUTION_CHARS:
            break
        if not VERB.search(joined):
            if start == end and not part.endswith((">", ":", "：")):
                return None
        elif EVIDENCE.search(joined):
            if STARTER.match(part):
                return start
            best = start if best is None and _may_name_sender(lines, end, joined) else best
        elif best is None and start == end and _quote_follows(lines, end) and len(part) < 80:
            best = start
    return best


def _may_name_sender(lines: list[str], end: int, joined: str) -> bool:
    """False for prose that ends in "… and wrote:" above words that nothing marks as quoted: names have capitals."""
    verb = VERB.search(joined)
    before = joined[: verb.start()].split() if verb is not None else []
    is_prose = sum(word.islower() for word in before) >= _WORDS_OF_PROSE
    return "@" in joined or not is_prose or _quote_follows(lines, end)


def _names_time_and_address(line: str) -> bool:
    ends_in_colon = line.rstrip(INVISIBLE).endswith((":", "："))
    bare = line.translate(_WITHOUT_INVISIBLE) if ends_in_colon else ""
    return bool(bare and YEAR.search(bare) and TIME.search(bare) and BRACKETED.search(bare))


def _quote_follows(lines: list[str], number: int) -> bool:
    following = next((text.strip() for text in lines[number + 1 : number + 4] if text.strip()), "")
    return following.startswith((">", "|"))
