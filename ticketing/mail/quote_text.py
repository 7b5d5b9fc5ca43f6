"""Plain text split into what is new, what is quoted and the signature, for folding: no line is ever lost."""

from dataclasses import dataclass

from ticketing.mail.quote_words import (
    ANY_SEPARATOR,
    BEGIN_FORWARD,
    DATE,
    DISCLAIMER,
    EVIDENCE,
    FROM,
    LABEL,
    LABEL_KINDS,
    MOBILE,
    MOBILE_START,
    NO_VERB,
    REPLY_ABOVE,
    RULE,
    SEPARATOR,
    SIGNATURE,
    STARTER,
    VERB,
)
from ticketing.mail.values import DEFAULT_LIMITS, Limits

_MAX_ATTRIBUTION_LINES = 5
_MAX_ATTRIBUTION_CHARS = 400
_MAX_LABEL_LINES = 8


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
    cut = _first_cut(lines)
    if cut is None:
        return _split_marks(lines, len(lines), has_attribution=False)
    return _split_marks(lines, cut.line, has_attribution=cut.is_attribution, is_forward=cut.is_forward)


@dataclass(frozen=True, slots=True)
class _Cut:
    line: int  # the first line of the quote
    is_attribution: bool = False
    is_forward: bool = False


def _first_cut(lines: list[str]) -> _Cut | None:
    """The first line that introduces a quoted mail."""
    for number, line in enumerate(lines):
        stripped = line.strip()
        if not stripped:
            continue
        bare = stripped.lstrip("> \t")
        if not bare:
            continue
        first, last = bare[0], bare[-1]
        if first in "-_=—–" and len(bare) > 6 and _is_separator(lines, number):
            return _Cut(number, is_forward=True)
        if first in "-=#~_*—–" and len(bare) < 170 and REPLY_ABOVE.match(bare):
            return _Cut(number)
        if (colon := _colon(bare)) and _is_header_block(lines, number, bare[:colon]):
            return _Cut(number, is_forward=True)
        if last in ":：" or bare.endswith(("写道", "寫道", ">", "wrote", "schrieb")):
            if BEGIN_FORWARD.match(bare):
                return _Cut(number, is_forward=True)
            if (start := _attribution_start(lines, number)) is not None:
                return _Cut(start, is_attribution=True)
    return None


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
    if NO_VERB.match(line):
        return end
    if line.rstrip().endswith(">") and not _quote_follows(lines, end):
        return None
    best: int | None = None
    joined = ""
    for start in range(end, max(end - _MAX_ATTRIBUTION_LINES, -1), -1):
        part = lines[start].strip()
        joined = f"{part} {joined}".rstrip()
        if len(joined) > _MAX_ATTRIBUTION_CHARS or (not part and best is not None):
            break
        if start < end and part.endswith((".", "!", "?")) and not STARTER.match(part):
            break
        if not VERB.search(joined):
            if start == end and not part.endswith((">", ":", "：")):
                return None
            continue
        if EVIDENCE.search(joined):
            if STARTER.match(lines[start]):
                return start
            best = start if best is None else best
        elif best is None and start == end and _quote_follows(lines, end) and len(part) < 80:
            best = start
    return best


def _quote_follows(lines: list[str], number: int) -> bool:
    following = next((text.strip() for text in lines[number + 1 : number + 4] if text.strip()), "")
    return following.startswith((">", "|"))


def _split_marks(lines: list[str], cut: int, *, has_attribution: bool, is_forward: bool = False) -> TextSplit:
    """Pieces before and after the cut, looking at the lines that begin with ">" on both sides of it."""
    before, after = lines[:cut], lines[cut:]
    kept, trailing_quote = _without_trailing_quote(before) if not after else (before, [])
    if after and has_attribution:
        block_end, answers = _answers_below(after)
        if answers == "one":
            new, signature = _without_signature(kept + [""] + after[block_end:])
            return _result(new, after[:block_end], signature)
        if answers == "many":
            kept, trailing_quote = _without_trailing_quote(lines)
            after = []
    new, signature = _without_signature(_without_divider(kept, bool(after)))
    if is_forward and not any(line.strip() for line in new):
        new, after = after, []
    return _result(new, trailing_quote + after, signature)


def _answers_below(after: list[str]) -> tuple[int, str]:
    """Where the first quoted block ends, and whether "none", "one" or "many" pieces of own text follow quoted lines."""
    first = next((number for number, line in enumerate(after[:8]) if line.lstrip().startswith(">")), None)
    if first is None:
        return 0, "none"
    body, _ = _without_signature(after)
    block_end, pieces, in_quote = 0, 0, True
    for number in range(first, len(body)):
        line = body[number].strip()
        if line.startswith(">"):
            in_quote = True
        elif line and in_quote:
            if _is_wrapped_quote(body, number):
                continue
            in_quote = False
            pieces += 1
            block_end = block_end or number
    if pieces == 0:
        return 0, "none"
    return block_end, "one" if pieces == 1 else "many"


def _is_wrapped_quote(lines: list[str], number: int) -> bool:
    # A quoted line that the sender's program broke: its end stands between quoted lines without a mark of its own.
    before = lines[number - 1].strip()
    after = lines[number + 1].strip() if number + 1 < len(lines) else ""
    return len(before) > 60 and before.startswith(">") and after.startswith(">") and len(lines[number]) < 40


def _without_trailing_quote(lines: list[str]) -> tuple[list[str], list[str]]:
    body, signature = _without_signature(lines)
    end = len(body)
    while end and (not body[end - 1].strip() or body[end - 1].lstrip().startswith(">")):
        end -= 1
    if not any(line.lstrip().startswith(">") for line in body[end:]):
        return lines, []
    return body[:end] + signature, body[end:]


def _without_divider(lines: list[str], is_cut: bool) -> list[str]:
    """The lines without the rule that Outlook draws above the quoted mail's header."""
    end = len(lines)
    while is_cut and end and (not lines[end - 1].strip() or RULE.match(lines[end - 1].lstrip("> "))):
        end -= 1
    return lines[:end]


def _without_signature(lines: list[str]) -> tuple[list[str], list[str]]:
    for number, line in enumerate(lines):
        if _starts_signature(lines, number, line):
            return lines[:number], lines[number:]
    return lines, []


def _starts_signature(lines: list[str], number: int, line: str) -> bool:
    if not line or len(line) > 140:
        return False
    if line[0] in "-—– \t" and SIGNATURE.match(line):
        return any(text.strip() for text in lines[:number])
    if MOBILE_START.match(line) and MOBILE.match(line):
        return not any(
            text.strip() and not text.lstrip().startswith((">", "-", "_")) for text in lines[number + 1 : number + 6]
        )
    if RULE.match(line):
        rest = [text for text in lines[number + 1 :] if text.strip()]
        return bool(rest) and bool(DISCLAIMER.search("\n".join(rest[:12])))
    return False


def _result(new: list[str], quoted: list[str], signature: list[str]) -> TextSplit:
    return TextSplit(*("\n".join(piece).strip("\n").rstrip() for piece in (new, quoted, signature)))
