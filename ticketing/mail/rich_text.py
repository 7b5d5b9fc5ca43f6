"""What an agent wrote in the editor as HTML that may be stored and sent, and as plain text. Comes before `compose`."""

from __future__ import annotations

import html as html_entities
import re

import nh3

from helpdesk.lib.text import word_set
from ticketing.mail.html_guard import is_tangled, text_without_parser
from ticketing.mail.html_text import html_to_text
from ticketing.mail.kept_attributes import ImageUrl, images_by, kept_attribute

_TAGS = word_set(
    "a b blockquote br code del div em h1 h2 h3 h4 hr i img li ol p pre s span strong sub sup table tbody td th thead"
    " tr u ul"
)
_WITHOUT_CONTENT = word_set(
    "applet audio canvas embed frameset iframe math noembed noscript object script select style svg template"
    " textarea title video"
)
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "blockquote": {"type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_WITHOUT_SOURCE = re.compile(r"<img(?:\s+(?!src=)[a-z-]+=\"[^\"]*\")*\s*>")  # as nh3 writes it
_SHOWS_SOMETHING = re.compile(r"<(?:img|hr)\b", re.IGNORECASE)


def clean_rich_text(html: str, *, image: ImageUrl) -> str:
    """The HTML with nothing in it but text, simple marks, links and the images that `image` keeps."""
    if is_tangled(html):
        return f"<p>{html_entities.escape(text_without_parser(html))}</p>"
    with images_by(image):
        return _WITHOUT_SOURCE.sub("", _CLEANER.clean(html)).strip()


def plain_text(html: str) -> str:
    """The same as text: lists, links and quotes stay recognisable."""
    return html_to_text(html)


def is_blank(html: str) -> bool:
    """True if a reader would see nothing."""
    return not _SHOWS_SOMETHING.search(html) and not plain_text(html).strip()


def with_quote(html: str, *, introduction: str, quoted: str) -> str:
    """The HTML with another below it as a quote. introduction: plain text, such as who wrote when; both are clean."""
    line = html_entities.escape(introduction).replace("\n", "<br>")
    return f'{html}\n<p>{line}</p>\n<blockquote type="cite">{quoted}</blockquote>'


def from_text(text: str) -> str:
    """Plain text as HTML that reads the same."""
    paragraphs = re.split(r"\n\s*\n", text.strip())
    lines = (html_entities.escape(paragraph).replace("\n", "<br>") for paragraph in paragraphs)
    return "\n".join(f"<p>{line}</p>" for line in lines if line)


_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_WITHOUT_CONTENT),
    attributes=_ATTRIBUTES,
    attribute_filter=kept_attribute,
    strip_comments=True,
    link_rel=None,
    url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
    url_relative="pass_through",
)
