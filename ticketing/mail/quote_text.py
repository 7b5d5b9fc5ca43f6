"""Plain text split into what is new, what is quoted and the signature, for folding: no line is ever lost."""

from dataclasses import dataclass, replace

from ticketing.mail.message_ids import has_body_mark
from ticketing.mail.quote_marks import find_marked_quote
from ticketing.mail.quote_starts import QuoteStart, find_quote_start
from ticketing.mail.quote_words import (
    ABOVE_HEADERS,
    CLOSING,
    DISCLAIMER,
    GET_OUTLOOK,
    INNER_STARTER,
    MOBILE,
    MOBILE_DEVICES,
    MOBILE_START,
    RULE,
    SIGNATURE,
    STARTER,
    VERB,
)
from ticketing.mail.values import DEFAULT_LIMITS, Limits

_MAX_SIGNATURE_LINES = 8
_MAX_LINE = 1000


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
    cut = find_quote_start(lines)
    if has_body_mark(head):
        marked = find_marked_quote(lines)
        cut = marked if marked and (cut is None or marked.line < cut.line) else cut
    return _split_at(lines, cut) if cut else _split_marks(lines)


def _split_marks(lines: list[str]) -> TextSplit:
    """Pieces of a text without an introduction: only a block of ">" lines at its end is quote."""
    body, signature = _without_signature(lines)
    new, quoted = _without_trailing_quote(body)
    return _result(new, quoted, signature)


def _split_at(lines: list[str], cut: QuoteStart) -> TextSplit:
    if cut.is_attribution:
        lines, cut = _without_words_before(lines, cut)
    kept, after = lines[: cut.line], lines[cut.line :]
    if cut.is_attribution:
        block_end, pieces = _answers_below(lines[cut.quote :])
        if pieces == 1:
            answer = cut.quote + block_end
            split = _split_marks(_without_blank_ends([*_without_blank_ends(kept), "", *lines[answer:]]))
            return _result([split.new], [*lines[cut.line : answer], split.quoted], [split.signature])
        if pieces > 1 or not (_has_words(kept) or _is_marked(lines[cut.quote :])):
            return _split_marks(lines)
    new, signature = _without_signature(_without_divider(kept))
    if cut.is_forward and not _has_words(new):
        new, after = after, []
    return _result(new, after, signature)


def _without_words_before(lines: list[str], cut: QuoteStart) -> tuple[list[str], QuoteStart]:
    """The lines with own words that begin the introduction's line on one of their own."""
    line = lines[cut.line]
    if len(line) > _MAX_LINE or STARTER.match(line):
        return lines, cut
    start = next((found for found in INNER_STARTER.finditer(line) if VERB.search(line, found.end())), None)
    if start is None:
        return lines, cut
    halves = [line[: start.start()], line[start.end() :]]
    lines = [*lines[: cut.line], *halves, *lines[cut.line + 1 :]]
    return lines, replace(cut, line=cut.line + 1, quote=cut.quote + 1)


def _has_words(lines: list[str]) -> bool:
    return any(line.strip() for line in lines)


def _is_marked(lines: list[str]) -> bool:
    """True where something marks lines as quoted; else they may be own ones, below prose that ends in "wrote:"."""
    return any(line.lstrip().startswith((">", "|")) for line in lines)


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
    """The lines without the rule, or the line of a date, that stands above the quoted mail's header."""
    end = len(lines)
    while end and _is_divider(lines[end - 1].lstrip("> ")):
        end -= 1
    return lines[:end]


def _is_divider(line: str) -> bool:
    return not line.strip() or RULE.match(line) is not None or ABOVE_HEADERS.match(line) is not None


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
    if _names_program(line):
        return not any(
            text.strip() and not text.lstrip().startswith((">", "-", "_")) for text in lines[number + 1 : number + 6]
        )
    return False


def _names_program(line: str) -> bool:
    """True for the line that a phone's mail program writes below, with what it was sent or where to get the same."""
    if "Outlook" in line and GET_OUTLOOK.match(line):
        return True
    may_be = MOBILE_START.match(line) is not None or any(device in line for device in MOBILE_DEVICES)
    return may_be and MOBILE.match(line) is not None


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
