"""What the editor hands in becomes HTML that may be stored and sent."""

from __future__ import annotations

import pytest

from ticketing.mail.rich_text import clean_rich_text, from_text, is_blank, plain_text, with_quote


def clean(html: str) -> str:
    return clean_rich_text(html, image=lambda source: source if source.startswith("cid:") else None)


@pytest.mark.parametrize(
    "html",
    [
        "<p>Hello <b>bold</b> <i>it</i> <u>u</u> <s>gone</s></p>",
        "<ul><li>one</li><li>two</li></ul>",
        '<ol start="3"><li>three</li></ol>',
        '<p><a href="https://desk.test/?a=1&amp;b=2">link</a></p>',
        '<img src="cid:one@inline" alt="a picture" width="40">',
        '<blockquote type="cite"><p dir="rtl">שלום</p></blockquote>',
        "<pre><code>a &lt; b</code></pre>",
    ],
)
def test_what_the_editor_makes_stays(html: str) -> None:
    assert clean(html) == html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<script>alert(1)</script><p>a</p>", "<p>a</p>"),
        ('<p onclick="x()" style="position:fixed" class="x" id="y">a</p>', "<p>a</p>"),
        ('<a href="javascript:alert(1)">a</a>', "<a>a</a>"),
        ('<a href="/o/fernhollow/">a</a>', "<a>a</a>"),
        ('<p>a<img alt="b > c" src="/o/fernhollow/x.png" onerror="x()"></p>', "<p>a</p>"),
        ('<p>a<img src="data:text/html;base64,PHA+"></p>', "<p>a</p>"),
        ('<img alt="a > b" src="cid:x">', '<img alt="a &gt; b" src="cid:x">'),
        ("<svg><image href=x></svg><math><mi>a</mi></math>", ""),
        ("<!-- comment --><p>a", "<p>a</p>"),
        ("<form action=x><input name=a><p>b</p></form>", "<p>b</p>"),
    ],
)
@pytest.mark.req("F111")
def test_whatever_else_goes(html: str, kept: str) -> None:
    assert clean(html) == kept


def test_html_that_would_stall_a_parser_becomes_plain_words() -> None:
    assert "words" in clean("<b>" * 3000 + "words")


def test_the_text_keeps_lists_links_and_quotes() -> None:
    html = '<p>Hello</p><ul><li>one</li></ul><p><a href="https://x.test/a">here</a></p>'
    text = plain_text(with_quote(html, introduction="Anna wrote:", quoted="<p>Help</p>"))
    lines = [line for line in text.splitlines() if line.strip("> ")]
    assert lines == ["Hello", "- one", "here <https://x.test/a>", "Anna wrote:", "> Help"]


def test_an_introduction_is_text_and_not_html() -> None:
    assert "&lt;anna@x.test&gt;" in with_quote("", introduction="<anna@x.test>", quoted="")


@pytest.mark.parametrize(("html", "blank"), [("", True), ("<p> <br></p>", True), ("<p>a</p>", False), ("<img>", False)])
def test_it_is_known_whether_a_reader_would_see_anything(html: str, blank: bool) -> None:
    assert is_blank(html) == blank


def test_plain_text_becomes_html_that_reads_the_same() -> None:
    assert from_text("a <b>\nc\n\n\nd") == "<p>a &lt;b&gt;<br>c</p>\n<p>d</p>"
