"""Mail HTML made safe."""

import pytest

from ticketing.mail.html_guard import is_tangled
from ticketing.mail.sanitize import sanitize_html


def nothing(_: str) -> None:
    return None


def safe(html: str) -> str:
    return sanitize_html(html, image_url=nothing).html


@pytest.mark.req("F111")
@pytest.mark.parametrize(
    ("html", "clean"),
    [
        ("<script>x()</script>a", "a"),
        ("<style>p{color:red}</style>a", "a"),
        ("<p onclick='x()'>a</p>", "<p>a</p>"),
        ("<a href='javascript:x()'>a</a>", "<a>a</a>"),
        ("<a href='/relative'>a</a>", "<a>a</a>"),
        (
            "<a title='<a \" x' href='https://x.example?a&b'>a</a>",
            '<a title="&lt;a &quot; x" target="_blank" rel="noopener noreferrer nofollow" href="https://x.example?a&amp;b">a</a>',
        ),
        ("<iframe src='http://x.example'></iframe>a", "a"),
        ("<svg><script>x()</script></svg>a", "a"),
        ("<math><mtext></mtext></math>a", "a"),
        ("<form action='http://x.example'><input name=a>b</form>", "b"),
        ("<base href='http://x.example'><meta http-equiv=refresh content=0>a", "a"),
        ("<div style='position:fixed;color:red;z-index:9'>a</div>", '<div style="color:red">a</div>'),
        ("<div style='background:url(http://x.example/a)'>a</div>", '<div style="">a</div>'),
        ("<div style='color:red;width:expression(x)'>a</div>", '<div style="color:red">a</div>'),
        ("<div class='mine gmail_quote' id='app'>a</div>", '<div class="gmail_quote">a</div>'),
        ("<div id='divRplyFwdMsg' class='mine'>a</div>", '<div id="divRplyFwdMsg">a</div>'),
        ("<img src='data:image/svg+xml;base64,AAAA'>", "<img>"),
        ("<img src='data:image/png;base64,AAAA'>", '<img src="data:image/png;base64,AAAA">'),
        ("<img src='cid:unknown'>", "<img>"),
        ("<video src='http://x.example'></video>a", "a"),
        ("<!-- comment --><b>a", "<b>a</b>"),
        ("<noscript><p title='</noscript><img src=x onerror=x()>'>", "<img>'&gt;"),
    ],
)
def test_only_the_harmless_stays(html: str, clean: str) -> None:
    assert safe(html) == clean


def test_inline_images_get_our_address() -> None:
    seen: list[str] = []
    result = sanitize_html(
        '<img src="cid:a@b"><img src="logo.png">', image_url=lambda ref: seen.append(ref) or "/files/1"
    )
    assert result.html == '<img src="/files/1"><img src="/files/1">'
    assert (seen, result.remote_images) == (["cid:a@b", "logo.png"], 0)


def test_remote_images_are_held_back_and_can_come_back() -> None:
    held = sanitize_html('<img src="//t.example/a?x=1&y=2" alt="a"><img src="http://t.example/b">', image_url=nothing)
    assert held.remote_images == 2
    assert ' src="' not in held.html
    assert 'data-remote-src="https://t.example/a?x=1&amp;y=2"' in held.html
    again = sanitize_html(held.html, image_url=nothing)
    assert (again.html, again.remote_images) == (held.html, 2)
    shown = sanitize_html(held.html, image_url=nothing, remote_url=lambda address: f"/proxy?{address}")
    assert 'src="/proxy?https://t.example/a?x=1&amp;y=2"' in shown.html
    assert shown.remote_images == 0


def test_sanitising_twice_changes_nothing() -> None:
    once = safe('<table><tr><td style="color: red"><a href="https://x.example">a &amp; b</a><br></td></tr></table>')
    assert safe(once) == once


@pytest.mark.req("F10")
@pytest.mark.parametrize(
    "html",
    [
        "<div>" * 50_000 + "words",
        "".join(f"<font color={n}>" for n in range(900)) + "<p>words</p>" * 5000,
        "<p>words</p>" + " " * 2_000_001,
        "<p>words</p><p " + " ".join(f"a{n}=1" for n in range(3000)) + ">",
        "<p>words</p><p a='>' " + " ".join(f"a{n}='<'" for n in range(3000)),
        '<p>words</p><p a="<" ' + " ".join(f"a{n}" for n in range(3000)) + ">",
    ],
)
def test_tangled_html_is_shown_as_its_words(html: str) -> None:
    assert is_tangled(html)
    result = sanitize_html(html, image_url=nothing)
    assert result.is_plain
    assert "words" in result.html
    assert "<p>" not in result.html


@pytest.mark.parametrize(
    "html",
    [
        "<table><tr><td><b>x</b></td></tr></table>" * 5000,
        "<pre title='it'>" + "it's a long log " * 50_000 + "</pre>",
        '<img alt="a b" src="data:image/png;base64,' + "Ab/+" * 70_000 + '">',
    ],
)
def test_a_long_but_orderly_page_is_not_tangled(html: str) -> None:
    assert not is_tangled(html)
