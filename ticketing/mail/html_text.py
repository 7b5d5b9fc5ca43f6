"""HTML read as plain text: paragraphs, lists, links and quotes stay recognisable. For mail both ways."""

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from helpdesk.lib.text import word_set
from ticketing.mail.html_guard import is_tangled, text_without_parser

_SKIPPED = frozenset({"script", "style", "head", "title", "noscript", "template", "object", "svg", "math", "select"})
_BLOCKS = word_set(
    """
    address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form h1
    h2 h3 h4 h5 h6 header hr html li main menu nav ol p pre section summary table tbody tfoot thead tr ul
    """
)
_SPACED = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table"})
_LISTS = frozenset({"ul", "ol"})
_CELLS = frozenset({"td", "th"})
_SPACES = re.compile(r"[ \t\n\r\f]+")
_MANY_BREAKS = re.compile(r"\n{3,}")
_MAX_DEPTH = 100  # three Python frames each; what lies deeper is written as bare text


@dataclass(slots=True)
class _Writer:
    """Lines as they are written; spaces collapse, blank lines are asked for and not repeated."""

    with_links: bool
    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    prefix: str = ""
    marker: str = ""  # "- " or "1. " before the next text
    wants_blank: bool = False
    ends_in_space: bool = True
    lists: int = 0  # open around the current place
    ends_in_picture: bool = False

    def write(self, text: str, *, is_picture: bool = False) -> None:
        """is_picture: the text stands for one, which is no part of the word before it or after it."""
        text = _SPACES.sub(" ", text)
        if self.ends_in_space:
            text = text.lstrip(" ")
        if not text:
            return
        if (is_picture or self.ends_in_picture) and text[0].isalnum() and "".join(self.line)[-1:].isalnum():
            text = f" {text}"
        self.ends_in_picture = is_picture
        if self.marker:
            self.line.append(self.marker)
            self.marker = ""
        self.line.append(text)
        self.ends_in_space = text.endswith(" ")

    def write_verbatim(self, text: str) -> None:
        first, *rest = text.split("\n")
        self.line.append(first)
        for line in rest:
            self.end_line(force=True)
            self.line.append(line)
        self.ends_in_space = False

    def end_line(self, *, force: bool = False) -> None:
        text = "".join(self.line).rstrip()
        self.line.clear()
        self.ends_in_space = True
        if not text and not force:
            return
        if self.wants_blank and self.lines and self.lines[-1] != self.prefix.rstrip():
            self.lines.append(self.prefix.rstrip())
        self.wants_blank = False
        self.lines.append(f"{self.prefix}{text}".rstrip())

    def ask_blank(self) -> None:
        self.end_line()
        self.wants_blank = True


def html_to_text(html: str, *, with_links: bool = True) -> str:
    """The readable text of a page or fragment, "" when it shows nothing.

    Quotes get "> " before each line, list items "- " or a number. with_links adds the target in angle brackets after a
    link whose text does not show it already. Tangled HTML (see html_guard) gives its bare words.
    """
    if is_tangled(html):
        return text_without_parser(html)
    tree = LexborHTMLParser(html)
    return node_to_text(tree.body or tree.root, with_links=with_links)


def node_to_text(node: LexborNode | None, *, with_links: bool = True) -> str:
    """The readable text of one node and what it holds."""
    if node is None:
        return ""
    writer = _Writer(with_links=with_links)
    _write_children(node, writer, 0)
    writer.end_line()
    lines = (line.replace("\xa0", " ").replace("\u200b", "").rstrip() for line in writer.lines)
    return _MANY_BREAKS.sub("\n\n", "\n".join(lines)).strip("\n")


def _write_children(node: LexborNode, writer: _Writer, depth: int) -> None:
    child = node.first_child
    number = 1
    while child is not None:
        tag = child.tag
        if tag == "-text":
            writer.write(child.text_content or "")
        elif tag == "li" and depth < _MAX_DEPTH:
            marker = f"{number}. " if node.tag == "ol" else "- "
            writer.wants_blank = writer.wants_blank and number == 1
            number += 1
            _write_item(child, writer, marker, depth)
        elif tag in _SKIPPED:
            pass
        elif depth < _MAX_DEPTH:
            _write_element(child, tag or "", writer, depth + 1)
        else:
            writer.write(child.text(deep=True))
        child = child.next


def _write_element(node: LexborNode, tag: str, writer: _Writer, depth: int) -> None:
    if tag == "br":
        writer.end_line(force=True)
    elif tag == "hr":
        writer.ask_blank()
        writer.write("-" * 10)
        writer.ask_blank()
    elif tag == "img":
        writer.write(node.attributes.get("alt") or "", is_picture=True)
    elif tag == "a":
        _write_link(node, writer, depth)
    elif tag == "pre":
        writer.ask_blank()
        writer.end_line()
        writer.write_verbatim(node.text(deep=True).strip("\n"))
        writer.ask_blank()
    elif tag == "blockquote":
        _write_quote(node, writer, depth)
    elif tag in _BLOCKS:
        _write_block(node, tag, writer, depth)
    else:
        _write_children(node, writer, depth)
        if tag in _CELLS:
            writer.write(" ")


def _write_block(node: LexborNode, tag: str, writer: _Writer, depth: int) -> None:
    is_list = tag in _LISTS
    is_spaced = tag in _SPACED and not (is_list and writer.lists)
    writer.lists += is_list
    writer.ask_blank() if is_spaced else writer.end_line()
    _write_children(node, writer, depth)
    writer.lists -= is_list
    writer.ask_blank() if is_spaced else writer.end_line()


def _write_item(node: LexborNode, writer: _Writer, marker: str, depth: int) -> None:
    writer.end_line()
    writer.marker = "  " * (writer.lists - 1) + marker
    _write_children(node, writer, depth + 1)
    writer.marker = ""
    writer.end_line()


def _write_quote(node: LexborNode, writer: _Writer, depth: int) -> None:
    writer.end_line()
    outer = writer.prefix
    writer.prefix = f"{outer[:40]}> "
    writer.wants_blank = False
    _write_children(node, writer, depth)
    writer.end_line()
    writer.prefix = outer
    writer.wants_blank = True


def _write_link(node: LexborNode, writer: _Writer, depth: int) -> None:
    target = (node.attributes.get("href") or "").strip()
    _write_children(node, writer, depth)
    if not writer.with_links or not target.lower().startswith(("http://", "https://")):
        return
    shown = node.text(deep=True).strip()
    if shown and shown.rstrip("/") not in (target, target.rstrip("/"), target.split("://", 1)[1].rstrip("/")):
        writer.write(f" <{target}>")
