"""The quoted part of an HTML mail, by the marks that mail programs leave around it; raw or sanitised HTML."""

import re
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode

from helpdesk.lib.text import word_set
from ticketing.mail.html_guard import is_tangled
from ticketing.mail.message_ids import has_body_mark
from ticketing.mail.quote_marks import marked_quote

# Of Gmail, Thunderbird, Yahoo, Proton, Outlook, Zimbra, Tutanota, Zoho, Front, Missive, HEY, Mailspring, GMX, QQ …
QUOTE_CLASSES = word_set(
    """
    AppleOriginalContents OutlookMessageHeader WordSection1 airmail_ext_on edo-message-quote
    freebirdFormviewerViewResponse front-blockquote gmail_attr gmail_extra gmail_msg gmail_quote
    gmail_quote_container gmail_signature gmx_quote iosymail_quote mail_quote mailspring-quote mb_quote
    missive_quote moz-cite-prefix moz-forward-container moz-signature ms-outlook-mobile-signature proton_quote
    protonmail_quote protonmail_signature_block qt-quote quote skiff_quote tutanota_quote uqf yahoo-quoted-begin
    yahoo_quoted ymail_android_signature zmail_extra
    """
)
QUOTE_IDS = word_set(
    """
    MAC_OUTLOOK_ATTRIBUTION_HTML OLK_SRC_BODY_SECTION Signature appendonsend divRplyFwdMsg divtagdefaultwrapper
    isForwardContent mail-editor-reference-message-container mailContentContainer
    ms-outlook-mobile-body-separator-line oriMsgHtmlSeperator origbody reply-intro replySplit signature stopSpelling
    x_divRplyFwdMsg yahoo_quoted
    """
)
_HINTS = (
    "quote", "moz-cite-prefix", "moz-forward", "rplyfwdmsg", "appendonsend", "outlookmessageheader", "zmail_extra",
    "border-top", "gmail_extra", "reference-message", "olk_src", "stopspelling", "replysplit", "orimsghtmlseperator",
    "appleoriginalcontents", "mac_outlook", "<hr", "isforwardcontent", "separator-line",
)  # fmt: skip
_MAX_CANDIDATES = 100
_MARKERS = ", ".join(
    (
        "div.gmail_quote", "blockquote.gmail_quote", "div.gmail_quote_container", "div.moz-cite-prefix",
        "div.moz-forward-container", "div.yahoo_quoted", "div.protonmail_quote", "blockquote.protonmail_quote",
        "#divRplyFwdMsg", "#x_divRplyFwdMsg", "#appendonsend", "#mail-editor-reference-message-container",
        "#OLK_SRC_BODY_SECTION", "#MAC_OUTLOOK_ATTRIBUTION_HTML", ".OutlookMessageHeader", "blockquote[type=cite]",
        "blockquote.tutanota_quote", ".zmail_extra", "#stopSpelling", "#replySplit", "#oriMsgHtmlSeperator",
        ".AppleOriginalContents", "blockquote.front-blockquote", ".gmx_quote", "#isForwardContent",
        "div.mailspring-quote", ".iosymail_quote", "#yahoo_quoted", ".yahoo-quoted-begin",
        "#ms-outlook-mobile-body-separator-line",
        "div[style*='border-top']", "div[style*='BORDER-TOP']", "hr",
    )
)  # fmt: skip
_ALWAYS = re.compile(
    r"gmail_quote|moz-|yahoo|protonmail|divRplyFwdMsg|appendonsend|reference-message|OLK_SRC|"
    r"OutlookMessageHeader|tutanota|"
    r"zmail|stopSpelling|replySplit|oriMsg|AppleOriginal|MAC_OUTLOOK|front-|gmx_|isForward|mailspring|"
    r"iosymail|separator-line"
)
_HEADER_WORDS = re.compile(
    r"^\s*(?:-{2,}.{2,60}-{2,}\s*)?\*{0,2}(?:From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|Kimden|差出人|"
    r"发件人|寄件者|보낸 사람|Feladó|Από|Expéditeur|"
    r"Absender|Mittente|Remitente|Sent|Date|Gesendet|Datum|Envoyé|Original Message)\*{0,2}\s?[:：-]",
    re.IGNORECASE,
)
_ATTRIBUTION_END = re.compile(r"[:：]\s*$")


@dataclass(frozen=True, slots=True)
class HtmlSplit:
    """One HTML body in two pieces; quoted is "" when nothing is quoted. Both are fragments, as safe as the input."""

    new: str
    quoted: str


def split_html(html: str) -> HtmlSplit:
    """What the sender wrote now, and the quoted mail below it, for folding.

    Nothing is split when own words follow the quote (answers between the quoted lines), or when nothing else is there.
    """
    lower = html.lower()
    is_marked = has_body_mark(html)
    if not (is_marked or any(hint in lower for hint in _HINTS)) or is_tangled(html):
        return HtmlSplit(html, "")
    tree = LexborHTMLParser(html)
    body = tree.body
    start = _quote_start(body, is_marked=is_marked) if body else None
    if body is None or start is None or _is_answered(start):
        return HtmlSplit(html, "")
    path = _path(start, body)
    quoted_tree = LexborHTMLParser(html)
    _drop_from(start, body)
    new = _inner(body)
    if not _has_words(body):
        return HtmlSplit(html, "")
    if quoted_tree.body is None:
        return HtmlSplit(html, "")
    _drop_before(path, quoted_tree.body)
    return HtmlSplit(new, _inner(quoted_tree.body))


def _quote_start(body: LexborNode, *, is_marked: bool) -> LexborNode | None:
    """Of what mail programs leave and what our own mark shows, the first."""
    left = _left_by_programs(body)
    ours = marked_quote(body) if is_marked else None
    if ours is None or (left is not None and _path(left, body) <= _path(ours, body)):
        return left
    return _with_attribution(ours)


def _left_by_programs(body: LexborNode) -> LexborNode | None:
    candidates = body.css(_MARKERS)[:_MAX_CANDIDATES]
    candidates.sort(key=lambda node: _path(node, body))  # by place: css() lists one selector after the other
    for node in candidates:
        attributes = node.attributes
        mark = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
        if _ALWAYS.search(mark) or node.tag == "blockquote":
            return _with_attribution(node)
        if node.tag == "hr" and _HEADER_WORDS.match(_following_text(node)):
            return node
        if node.tag == "div" and _HEADER_WORDS.match((node.text(deep=True) or "")[:300]):
            return _widest(node)
    return None


def _following_text(node: LexborNode) -> str:
    words = ""
    for _ in range(10):
        if node.next is None or len(words) >= 20:
            break
        node = node.next
        words += node.text(deep=True).strip()[:200] if node.tag != "-text" else node.text_content or ""
    return words


def _with_attribution(node: LexborNode) -> LexborNode:
    """The quote from its introducing line on, when that line stands right before it."""
    before = node.prev
    passed = 0
    while before is not None and passed < 4:
        text = (before.text_content or "") if before.tag == "-text" else before.text(deep=True)
        if text.strip():
            is_line = len(text) < 300 and _ATTRIBUTION_END.search(text) is not None
            return before if is_line else node
        before, passed = before.prev, passed + 1
    return node


def _widest(node: LexborNode) -> LexborNode:
    """The outermost element that starts with this node: Outlook wraps the line above the header in a div of its own."""
    while node.parent is not None and node.parent.tag == "div" and not _has_words_before(node):
        node = node.parent
    return node


def _has_words_before(node: LexborNode) -> bool:
    before = node.prev
    for _ in range(_MAX_CANDIDATES):
        if before is None:
            return False
        text = (before.text_content or "") if before.tag == "-text" else before.text(deep=True)
        if text.strip():
            return True
        before = before.prev
    return True


def _is_answered(start: LexborNode) -> bool:
    """True when own words follow a closed quote; what follows an opened one (Outlook's line) is all quote."""
    quote: LexborNode | None = start
    while quote is not None and quote.tag != "blockquote" and "quote" not in (quote.attributes.get("class") or ""):
        quote = quote.next if quote.tag == "-text" or "moz-cite" in (quote.attributes.get("class") or "") else None
    node = quote
    while node is not None and node.tag != "body":
        following = node.next
        while following is not None:
            text = (following.text_content or "") if following.tag == "-text" else _own_words(following)
            if text.strip():
                return True
            following = following.next
        node = node.parent
    return False


def _own_words(node: LexborNode) -> str:
    mark = f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}".lower()
    if "signature" in mark or node.tag in ("style", "script", "blockquote"):
        return ""
    text: str = node.text(deep=True)
    return "" if text.strip().startswith(("-- ", "--\n", "____", "Sent from", "Get Outlook")) else text


def _path(node: LexborNode, top: LexborNode) -> list[int]:
    """Where the node stands below top: its place among its siblings, level by level."""
    path: list[int] = []
    current: LexborNode | None = node
    while current is not None and current.mem_id != top.mem_id:
        place = 0
        before = current.prev
        while before is not None:
            place, before = place + 1, before.prev
        path.append(place)
        current = current.parent
    return path[::-1]


def _drop_from(node: LexborNode, top: LexborNode) -> None:
    current: LexborNode | None = node
    while current is not None and current.mem_id != top.mem_id:
        while current.next is not None:
            current.next.decompose()
        current = current.parent
    node.decompose()


def _drop_before(path: list[int], top: LexborNode) -> None:
    current = top
    for place in path:
        for _ in range(place):
            if current.first_child is not None:
                current.first_child.decompose()
        if current.first_child is None:
            return
        current = current.first_child


def _inner(body: LexborNode) -> str:
    return (body.inner_html or "").strip()


def _has_words(body: LexborNode) -> bool:
    return bool(body.text(deep=True).strip()) or body.css_first("img") is not None
