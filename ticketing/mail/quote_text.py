"""Plain text split into what is new, what is quoted and the signature, for folding: no line is ever lost."""

from dataclasses import dataclass

from ticketing.mail.quote_words import (
    ANY_SEPARATOR,
    BEGIN_FORWARD,
    BRACKETED,
    CLOSING,
    DATE,
    DISCLAIMER,
    EVIDENCE,
    FROM,
    INVISIBLE,
    LABEL,
    LABEL_KINDS,
    MARK,
    MOBILE,
    MOBILE_DEVICES,
    MOBILE_START,
    NO_VERB,
    REPLY_ABOVE,
    RULE,
    SENT_FROM_MY,
    SEPARATOR,
    SIGNATURE,
    STARTER,
    TIME,
    VERB,
    YEAR,
)
from ticketing.mail.values import DEFAULT_LIMITS, Limits

_MAX_ATTRIBUTION_LINES = 5
_MAX_ATTRIBUTION_CHARS = 400
_MAX_LABEL_LINES = 8
_MAX_SIGNATURE_LINES = 8
_WITHOUT_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE.replace(" ", "")))


@dataclass(frozen=True, slots=True)
class TextSplit:
    """One text in three pieces; each piece is stripped of blank lines at its ends."""

    new: str
    quoted: str
    signature: str


def split_text(text: str, *, limits: Limits = DEFAULT_LIMITS) -> TextSplit:
    """What the sender wrote now, apart from the quoted mail and the signature.

    Looks at the first `limits.quote_lines` lines; what follows belongs to the piece that the last of them is in.
    Answers written between quoted lines stay in `new`, together with the lines they answer.
    """
    head = text[: limits.quote_chars]
    lines = head.split("\n", limits.quote_lines)
    if len(text) > len(head):
        lines[-1] += text[len(head) :]
    lines = _without_blank_ends(lines)
    cut = _first_cut(lines)
    return _split_at(lines, cut) if cut else _split_marks(lines)


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a quoted mail is introduced."""

    line: int
    quote: int  # the first line below the introduction
    is_attribution: bool = False  # "… wrote:", so that answers may stand between quoted lines
    is_forward: bool = False  # worth reading even when nothing is written above it


def _first_cut(lines: list[str]) -> _Cut | None:
    """The first line that introduces a quoted mail."""
    for number, line in enumerate(lines):
        bare = line.strip(INVISIBLE).lstrip("> \t")
        if not bare:
            continue
        if bare[0] in "-_=—–#~*" and (found := _at_rule(lines, number, bare)):
            return found
        if (colon := _colon(bare)) and _is_header_block(lines, number, bare[:colon]):
            return _Cut(number, number, is_forward=True)
        if bare[-1] in ":：>" or bare.endswith(("写道", "寫道", "wrote", "schrieb")):
            if BEGIN_FORWARD.match(bare):
                return _Cut(number, number, is_forward=True)
            if (start := _attribution_start(lines, number)) is not None:
                return _Cut(start, number + 1, is_attribution=True)
        if len(bare) < 80 and _is_cut_off_by_phone(lines, number, bare):
            return _Cut(number, number)
    return None


def _at_rule(lines: list[str], number: int, bare: str) -> _Cut | None:
    """A cut at a line that begins with dashes: a separator, "reply above", Zoho's "---- On … wrote ----"."""
    if len(bare) > 250:
        return None
    if _is_separator(lines, number):
        return _Cut(number, number, is_forward=True)
    if REPLY_ABOVE.search(bare) and MARK.search(bare):
        return _Cut(number, number)
    inner = bare.strip("-_=—–#~* ")
    if len(inner) > 12 and STARTER.match(inner) and VERB.search(inner) and EVIDENCE.search(inner):
        return _Cut(number, number + 1, is_attribution=True)
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
    """True where `From: … Sent: … To: …` of an inserted mail begins: two kinds of label close together."""
    if LABEL_KINDS.get(label.strip("*_ ").casefold()) not in (FROM, DATE):
        return False
    kinds: set[str] = set()
    misses = 0
    for line in lines[number : number + _MAX_LABEL_LINES]:
        kind = _label_kind(line)
        if kind is not None:
            kinds.add(kind)
        elif line.strip():
            misses += 1
        if misses > 2 or len(kinds) >= 3:
            break
    return len(kinds) >= 2 and (FROM in kinds or DATE in kinds)


def _attribution_start(lines: list[str], end: int) -> int | None:
    """The line where `On … wrote:` begins, if one ends in line `end`."""
    line = lines[end]
    if len(line) > _MAX_ATTRIBUTION_CHARS:
        return None
    if NO_VERB.match(line) or _names_time_and_address(line):
        return end
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
            best = start if best is None else best
        elif best is None and start == end and _quote_follows(lines, end) and len(part) < 80:
            best = start
    return best


def _names_time_and_address(line: str) -> bool:
    ends_in_colon = line.rstrip(INVISIBLE).endswith((":", "："))
    bare = line.translate(_WITHOUT_INVISIBLE) if ends_in_colon else ""
    return bool(bare and YEAR.search(bare) and TIME.search(bare) and BRACKETED.search(bare))


def _quote_follows(lines: list[str], number: int) -> bool:
    following = next((text.strip() for text in lines[number + 1 : number + 4] if text.strip()), "")
    return following.startswith((">", "|"))


def _split_marks(lines: list[str]) -> TextSplit:
    """Pieces of a text without an introduction: only a block of ">" lines at its end is quote."""
    body, signature = _without_signature(lines)
    new, quoted = _without_trailing_quote(body)
    return _result(new, quoted, signature)


def _split_at(lines: list[str], cut: _Cut) -> TextSplit:
    kept, after = lines[: cut.line], lines[cut.line :]
    if cut.is_attribution:
        block_end, pieces = _answers_below(lines[cut.quote :])
        if pieces == 1:
            answer = cut.quote + block_end
            split = _split_marks(_without_blank_ends([*_without_blank_ends(kept), "", *lines[answer:]]))
            return _result([split.new], [*lines[cut.line : answer], split.quoted], [split.signature])
        if pieces > 1:
            return _split_marks(lines)
    new, signature = _without_signature(_without_divider(kept))
    if cut.is_forward and not any(line.strip() for line in new):
        new, after = after, []
    return _result(new, after, signature)


def _answers_below(after: list[str]) -> tuple[int, int]:
    """Where the first block of ">" lines ends, and how many pieces of own text follow such lines."""
    first = next((number for number, line in enumerate(after[:6]) if line.lstrip().startswith(">")), None)
    if first is None or any(line.strip() for line in after[:first]):
        return 0, 0
    body, _ = _without_signature(after)
    block_end, pieces, in_quote = 0, 0, True
    for number in range(first, len(body)):
        line = body[number].strip()
        if line.startswith(">"):
            in_quote = True
        elif line and in_quote and not _is_wrapped_quote(body, number):
            in_quote = False
            pieces += 1
            block_end = block_end or number
    return block_end, pieces


def _is_wrapped_quote(lines: list[str], number: int) -> bool:
    # A quoted line that the sender's program broke: its end stands between quoted lines without a mark of its own.
    before = lines[number - 1].strip()
    after = lines[number + 1].strip() if number + 1 < len(lines) else ""
    return len(before) > 60 and before.startswith(">") and after.startswith(">") and len(lines[number]) < 40


def _without_trailing_quote(lines: list[str]) -> tuple[list[str], list[str]]:
    end = len(lines)
    while end and (not lines[end - 1].strip() or lines[end - 1].lstrip().startswith(">")):
        end -= 1
    if not end or not any(line.lstrip().startswith(">") for line in lines[end:]):
        return lines, []
    return lines[:end], lines[end:]


def _without_divider(lines: list[str]) -> list[str]:
    """The lines without the rule that Outlook draws above the quoted mail's header."""
    end = len(lines)
    while end and (not lines[end - 1].strip() or RULE.match(lines[end - 1].lstrip("> "))):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    for number, line in enumerate(lines):
        if line and len(line) <= 140 and _starts_signature(lines, number, line):
            return lines[:number], lines[number:]
    return lines, []


def _starts_signature(lines: list[str], number: int, line: str) -> bool:
    first = line[0]
    if first in "-—– \t" and SIGNATURE.match(line):
        return any(text.strip() for text in lines[:number])
    if first in "*_=-#~ " and RULE.match(line):
        rest = [text for text in lines[number + 1 : number + 20] if text.strip()]
        return bool(rest) and DISCLAIMER.search("\n".join(rest)[:2000]) is not None
    if len(line) <= 60 and CLOSING.match(line):
        return _ends_soon(lines, number)
    if _may_be_mobile(line) and MOBILE.match(line):
        return not any(
            text.strip() and not text.lstrip().startswith((">", "-", "_")) for text in lines[number + 1 : number + 6]
        )
    return False


def _may_be_mobile(line: str) -> bool:
    return MOBILE_START.match(line) is not None or any(device in line for device in MOBILE_DEVICES)


def _ends_soon(lines: list[str], number: int) -> bool:
    """True when own words stand above and only a name and a few short lines below."""
    if len(lines) - number > 3 * _MAX_SIGNATURE_LINES:
        return False
    below = [text for text in lines[number + 1 :] if text.strip()]
    is_block = len(below) <= _MAX_SIGNATURE_LINES and all(len(text) <= 80 for text in below)
    return is_block and bool(below) and any(text.strip() for text in lines[:number])


def _without_blank_ends(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def _result(new: list[str], quoted: list[str], signature: list[str]) -> TextSplit:
    return TextSplit(*("\n".join(piece).strip("\n").rstrip() for piece in (new, quoted, signature)))
