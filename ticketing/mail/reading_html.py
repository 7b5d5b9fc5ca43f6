"""Mail bodies as the thread shows them: in our own type, with nothing of the sender's but words, links and images.

Takes what `sanitize` stored; the sender's own look is kept for the page that shows the original.
"""

import html as html_entities
import re

import nh3

from helpdesk.lib.text import word_set
from ticketing.mail.html_guard import is_tangled, text_without_parser
from ticketing.mail.kept_attributes import ImageUrl, images_by, kept_attribute

_TAGS = word_set(
    """
    a abbr b bdi bdo blockquote br caption cite code dd del dfn div dl dt em hr i img ins kbd li mark ol p pre q s samp
    small strong sub sup table tbody td tfoot th thead tr u ul var wbr
    """
)
_ATTRIBUTES = {
    "*": {"dir", "lang"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
# Headings of a mail are no headings of the page. Replaced before cleaning, so whatever comes of it is cleaned.
_HEADING = re.compile(r"<h[1-6]\b[^<>]*>", re.IGNORECASE)
_HEADING_END = re.compile(r"</h[1-6]\s*>", re.IGNORECASE)
_IMAGE = re.compile(r"(<img\b[^<>]*?)(/?>)", re.IGNORECASE)
_ADDRESS = re.compile(r"\bhttps?://[^\s<>\"'`]+|\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}", re.IGNORECASE)
_AFTER = ".,;:!?…»”’*_"


def in_our_type(html: str, *, image_url: ImageUrl) -> str:
    """The HTML without its look: no styles, sizes, colours, fonts, classes or ids; links open elsewhere.

    html: sanitised, images held back by `sanitize_html` included; those are asked for like all others.
    """
    if is_tangled(html):
        return text_in_our_type(text_without_parser(html))
    html = html.replace(" data-remote-src=", " src=")
    html = _HEADING_END.sub("</strong></p>", _HEADING.sub("<p><strong>", html))
    html = _IMAGE.sub(r'\1 alt=""\2', html)  # for those that have none: of two, a browser takes the first
    with images_by(image_url):
        return _CLEANER.clean(html).strip()


def text_in_our_type(text: str) -> str:
    """Plain text as paragraphs, with web and mail addresses as links."""
    paragraphs = (part for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip())
    return "".join(f"<p>{_linked(part).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def _linked(text: str) -> str:
    pieces: list[str] = []
    end = 0
    for match in _ADDRESS.finditer(text):
        address = _without_what_follows(match[0])
        pieces.append(html_entities.escape(text[end : match.start()]))
        target = address if address.lower().startswith("http") else f"mailto:{address}"
        pieces.append(f'<a href="{html_entities.escape(target)}"{_LINK_ATTRIBUTES}>{html_entities.escape(address)}</a>')
        end = match.start() + len(address)
    pieces.append(html_entities.escape(text[end:]))
    return "".join(pieces)


def _without_what_follows(address: str) -> str:
    address = address.rstrip(_AFTER)
    for opening, closing in ("()", "[]"):
        while address.endswith(closing) and address.count(closing) > address.count(opening):
            address = address[:-1].rstrip(_AFTER)
    return address


_LINK_ATTRIBUTES = ' target="_blank" rel="noopener noreferrer nofollow"'
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    attributes=_ATTRIBUTES,
    attribute_filter=kept_attribute,
    set_tag_attribute_values={"a": {"target": "_blank"}},
    strip_comments=True,
    link_rel="noopener noreferrer nofollow",
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="pass_through",
)
