"""The quote that our own hidden mark stands in, where no mail program has said so. Used by `quote_text`, `quote_html`.

The mark is the last line of the mails that we send, so that the quote begins above it: with the lines that are set off
like the mark's own, with the blockquote around it, or with the element of ours that stands right before it.

Anybody can write a mark, and none is verified here: who forges one folds nothing but words of the same mail. Where own
words may stand below, or nothing shows where ours begin, nothing is folded.
"""

import re

from selectolax.lexbor import LexborNode

from ticketing.mail.message_ids import has_body_mark
from ticketing.mail.quote_starts import QuoteStart
from ticketing.mail.quote_words import EVIDENCE, INVISIBLE

_MAX_ATTRIBUTION = 300
_MAX_STEPS = 100
_BEFORE_WORDS = re.compile(r"[^\w\[]{1,40}?(?=[\w\[])")
_LIST_SIGNS = "-*•–—"
_OUR_FONT = "system-ui"  # of the element that `compose` writes before the mark


def find_marked_quote(lines: list[str]) -> QuoteStart | None:
    """Where the quoted lines around our first mark begin, or None; only lines that are set off count (>, |, a tab)."""
    number = next((at for at, line in enumerate(lines) if has_body_mark(line)), None)
    set_off = _set_off(lines[number]) if number is not None else ""
    if number is None or not set_off:
        return None
    start = number
    for at in range(number - 1, -1, -1):
        if lines[at].strip() and not _is_set_off(lines[at], set_off):
            break
        start = at if lines[at].strip() else start
    is_answered = any(line.strip() and not _is_set_off(line, set_off) for line in lines[number + 1 :])
    if is_answered and set_off != ">":
        return None
    return QuoteStart(_with_attribution(lines, start), start, is_attribution=True)


def _set_off(line: str) -> str:
    """What the mark's line is set off with: the sign at its beginning, or blanks alone."""
    found = _BEFORE_WORDS.match(line)
    before = found[0] if found else ""
    sign = before.strip()[:1]
    if sign and sign in _LIST_SIGNS:
        return ""
    return sign or before


def _is_set_off(line: str, set_off: str) -> bool:
    return line.startswith(set_off) if set_off.isspace() else line.lstrip().startswith(set_off)


def _with_attribution(lines: list[str], start: int) -> int:
    above = next((at for at in range(start - 1, max(start - 3, -1), -1) if lines[at].strip()), None)
    if above is None:
        return start
    line = lines[above].strip(INVISIBLE)
    names = len(line) <= _MAX_ATTRIBUTION and line.endswith((":", "：")) and EVIDENCE.search(line)
    return above if names else start


def marked_quote(body: LexborNode) -> LexborNode | None:
    """The element that the quote around our first mark begins with, or None."""
    mark = next((node for node in body.traverse(include_text=True) if _holds_mark(node)), None)
    if mark is None or mark.parent is None:
        return None
    return _outermost_blockquote(mark) or _our_text_before(mark.parent)


def _holds_mark(node: LexborNode) -> bool:
    return node.tag == "-text" and has_body_mark(node.text_content or "")


def _outermost_blockquote(node: LexborNode) -> LexborNode | None:
    found, current = None, node.parent
    while current is not None and current.tag != "body":
        found = current if current.tag == "blockquote" else found
        current = current.parent
    return found


def _our_text_before(element: LexborNode) -> LexborNode | None:
    """Our text is followed by the mark, and by nothing else. Own words there may be an answer below the quote."""
    before = element.prev
    for _ in range(_MAX_STEPS):
        if before is None or _words(before):
            break
        before = before.prev
    is_ours = before is not None and before.tag == "div" and _OUR_FONT in (before.attributes.get("style") or "")
    return before if is_ours and not _is_followed(element) else None


def _is_followed(node: LexborNode) -> bool:
    current: LexborNode | None = node
    while current is not None and current.tag != "body":
        following = current.next
        while following is not None:
            if _words(following):
                return True
            following = following.next
        current = current.parent
    return False


def _words(node: LexborNode) -> str:
    text: str = (node.text_content or "") if node.tag == "-text" else node.text(deep=True)
    return text.strip()
