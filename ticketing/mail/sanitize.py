"""Mail HTML made safe to show (and to send on): an allow-list, remote images held back, our own links for inline ones.

The page still shows it in a sandboxed frame with its own policy; this is the first wall, not the only one.
"""

import html as html_entities
import re
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass

import nh3

from helpdesk.lib.text import word_set
from ticketing.mail.html_guard import is_tangled, text_without_parser
from ticketing.mail.quote_html import QUOTE_CLASSES, QUOTE_IDS

ImageUrl = Callable[[str], str | None]

_HELD_BACK = "postroom-remote:"
_LINK_MARK = "postroom-link:"
_LINK_ATTRIBUTES = ' target="_blank" rel="noopener noreferrer nofollow"'
_REMOTE_ATTRIBUTE = "data-remote-src"
_TAGS = word_set(
    """
    a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del details
    dfn dir div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark menu
    nav ol p pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead time tr tt
    u ul var wbr
    """
)
_WITHOUT_CONTENT = word_set(
    """
    applet audio button canvas embed frame frameset head iframe math noembed noframes noscript object plaintext
    script select style svg template textarea title video xml
    """
)
_EVERYWHERE = frozenset(
    {"style", "class", "dir", "lang", "title", "align", "valign", "width", "height", "bgcolor", "id"}
)
_ATTRIBUTES: dict[str, frozenset[str]] = {
    "*": _EVERYWHERE,
    "a": frozenset({"href", "name"}),
    "img": frozenset({"src", "alt", "border", "hspace", "vspace"}),
    "blockquote": frozenset({"type"}),
    "font": frozenset({"color", "face", "size"}),
    "ol": frozenset({"start", "type"}),
    "ul": frozenset({"type"}),
    "li": frozenset({"value", "type"}),
    "table": frozenset({"border", "cellpadding", "cellspacing"}),
    "td": frozenset({"colspan", "rowspan", "nowrap"}),
    "th": frozenset({"colspan", "rowspan", "nowrap"}),
    "col": frozenset({"span"}),
    "colgroup": frozenset({"span"}),
    "hr": frozenset({"size", "noshade"}),
    "time": frozenset({"datetime"}),
}
# Nothing that moves content over other content or loads anything: no position, z-index, background image or content.
_STYLES = word_set(
    """
    background-color border border-bottom border-collapse border-color border-left border-left-color
    border-left-style border-left-width border-radius border-right border-spacing border-style border-top
    border-top-color border-top-style border-top-width border-width clear color direction display float font
    font-family font-size font-style font-variant font-weight height letter-spacing line-height list-style-type
    margin margin-bottom margin-left margin-right margin-top max-height max-width min-width mso-element
    overflow-wrap padding padding-bottom padding-left padding-right padding-top table-layout text-align
    text-decoration text-indent text-transform vertical-align white-space width word-break word-wrap
    """
)
_UNSAFE_STYLE = re.compile(r"url\s{0,9}\(|expression|image-set|\\|@import|javascript:|/\*", re.IGNORECASE)
_RASTER = re.compile(r"data:image/(?:png|jpe?g|gif|webp);base64,[A-Za-z0-9+/=\s]*\Z", re.IGNORECASE)
_MAX_DATA_URL = 300_000
_LINK = re.compile(r"(?:https?://|mailto:|tel:|sms:|#)", re.IGNORECASE)
_MAY_BE_UNSAFE = re.compile(r"[(\\@]|/\*")
_sources: ContextVar[Callable[[str], str | None]] = ContextVar("image_sources")


@dataclass(frozen=True, slots=True)
class SanitizedHtml:
    """HTML that may be stored and shown."""

    html: str
    remote_images: int  # held back; sanitize_html with remote_url brings them back
    is_plain: bool = False  # the HTML was too large or tangled: its words are shown as plain text instead


def sanitize_html(html: str, *, image_url: ImageUrl, remote_url: ImageUrl | None = None) -> SanitizedHtml:
    """Safe HTML with the same words and look.

    image_url: our address for an inline image, asked with the reference as the mail has it (`cid:…`, a file name or a
    location); None drops the image, or holds it back when it is a remote one.
    remote_url: None holds remote images back: their address moves to `data-remote-src`. A function gives the address
    to show instead (a proxy's); result of an earlier call may be given again, then held-back images come back.
    """
    if is_tangled(html):
        return SanitizedHtml(_as_plain(text_without_parser(html)), 0, is_plain=True)
    html = html.replace(f" {_REMOTE_ATTRIBUTE}=", " src=").replace(_HELD_BACK, "").replace(_LINK_MARK, "")
    token = _sources.set(lambda reference: _source(reference, image_url, remote_url))
    try:
        clean = _CLEANER.clean(html)
    finally:
        _sources.reset(token)
    # A raw quotation mark stands in no cleaned attribute value, so these two replacements only ever meet attributes.
    clean = clean.replace(f' href="{_LINK_MARK}', f'{_LINK_ATTRIBUTES} href="')
    held = f' src="{_HELD_BACK}'
    count = clean.count(held)
    return SanitizedHtml(clean.replace(held, f' {_REMOTE_ATTRIBUTE}="') if count else clean, count)


def _as_plain(text: str) -> str:
    return "<div>" + html_entities.escape(text).replace("\n", "<br>") + "</div>"


def _source(reference: str, image_url: ImageUrl, remote_url: ImageUrl | None) -> str | None:
    reference = reference.strip()
    lower = reference[:12].lower()
    if lower.startswith("data:"):
        return reference if len(reference) <= _MAX_DATA_URL and _RASTER.match(reference) else None
    ours = image_url(reference)
    if ours is not None:
        return ours
    if lower.startswith("//"):
        reference = f"https:{reference}"
    elif not lower.startswith(("http://", "https://")):
        return None
    return remote_url(reference) if remote_url else f"{_HELD_BACK}{reference}"


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "style":
        return _safe_style(value) if _MAY_BE_UNSAFE.search(value) else value
    if name == "src":
        return _sources.get()(value) if tag == "img" else None
    if name == "href":
        return f"{_LINK_MARK}{value}" if _LINK.match(value.strip()) else None
    if name == "class":
        return " ".join(word for word in value.split() if word in QUOTE_CLASSES) or None
    if name == "id":
        return value if value in QUOTE_IDS else None
    return value


def _safe_style(value: str) -> str:
    return ";".join(declaration for declaration in value.split(";") if not _UNSAFE_STYLE.search(declaration))


# Building a cleaner takes longer than cleaning a mail, so there is one; what differs between calls is in _sources.
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_WITHOUT_CONTENT),
    attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
    attribute_filter=_attribute,
    strip_comments=True,
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel", "sms", "cid", "data"},
    url_relative="pass_through",
    filter_style_properties=set(_STYLES),
)
