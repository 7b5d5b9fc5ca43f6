"""How the parts of a mail become its texts."""

from tests.ticketing.mail.letters import HEAD, budget, file_part, html_mail, mixed_mail, text_mail
from ticketing.mail.budget import MAX_NOTES
from ticketing.mail.html_text import html_to_text
from ticketing.mail.inline_images import inline_finder
from ticketing.mail.parse import parse_mail
from ticketing.mail.remarks import RemarkCode, remark


def test_html_reads_as_text() -> None:
    html = (
        "<h1>T</h1><p>a <br>b</p><blockquote>q<blockquote>r</blockquote></blockquote><pre>x\n  y</pre><hr>"
        "<ol><li>one<ul><li>in</li></ul></li><li>two</li></ol><table><tr><td>1</td><td>2</td></tr></table>"
        "<img alt='logo'><a href='https://x.example'>x.example</a><a href='mailto:a@b'>me</a>"
    )
    text = html_to_text(html)
    assert text == (
        "T\n\na\nb\n> q\n> > r\n\nx\n  y\n\n----------\n\n1. one\n  - in\n2. two\n\n1 2\n\nlogo x.exampleme"
    )
    assert html_to_text("<a href='https://x.example/y'>z</a>", with_links=False) == "z"
    assert html_to_text("") == ""


def test_deep_html_reads_as_bare_words() -> None:
    assert html_to_text("<div>" * 300 + "words" + "</div>" * 300) == "words"
    assert html_to_text("<div>" * 3000 + "words") == "words"


def test_inline_images_are_found_by_what_the_html_says() -> None:
    part = file_part(b"GIF89a", headers=b"Content-Type: image/gif; name=Logo.GIF\r\nContent-ID: <a%20b@x>\r\n")
    html = b"Content-Type: text/html\r\n\r\n<img src='cid:logo.gif'>"
    mail = parse_mail(mixed_mail(html, part, kind=b"related"))
    assert mail.attachments[0].inline
    find = inline_finder(mail.attachments)
    assert find("CID:a%20b@x") is None
    assert find("./logo.gif") is mail.attachments[0]
    assert not parse_mail(mixed_mail(b"Content-Type: text/html\r\n\r\n<p>", part)).attachments[0].inline


def test_notes_do_not_repeat_and_end_somewhere() -> None:
    mine = budget()
    for number in range(MAX_NOTES * 2):
        mine.defect(remark(RemarkCode.CHARSET_GUESSED, taken=f"d{number}"))
        mine.note_cut(remark(RemarkCode.TOO_MANY_PARTS, left_out=number))
        mine.defect(remark(RemarkCode.CHARSET_GUESSED, taken="d0"))
    assert (len(mine.defects), len(mine.cut)) == (MAX_NOTES, MAX_NOTES)


def test_html_declared_as_nothing_and_enriched_text_are_read() -> None:
    assert parse_mail(html_mail("<p>a</p>")).text == "a"
    rich = b"Content-Type: text/enriched\r\n"
    assert parse_mail(text_mail(b"<bold>a</bold> <<b", headers=rich)).text == "a <b"


def test_pieces_of_text_and_html_are_read_in_order() -> None:
    mail = parse_mail(mixed_mail(b"\r\nfirst & only", b"Content-Type: text/html\r\n\r\n<p>second</p>"))
    assert mail.text == "first & only\n\nsecond"
    assert mail.html == "<div>first &amp; only</div>\n<p>second</p>"


def test_a_named_text_is_the_body_when_there_is_no_other() -> None:
    alone = parse_mail(text_mail(b"words", headers=b"Content-Type: text/plain; name=message.txt\r\n"))
    assert (alone.text, alone.attachments) == ("words", ())
    named = parse_mail(mixed_mail(file_part(b"words", headers=b"Content-Type: text/plain; name=message.txt\r\n")))
    assert (named.text, [item.filename for item in named.attachments]) == ("words", ["message.txt"])


def test_stray_lines_between_headers_are_skipped() -> None:
    mail = parse_mail(b"Subject: s\r\nsome rubbish here\r\nX-Other-Field: v\r\n\r\nbody")
    assert (mail.text, mail.header("x-other-field")) == ("body", "v")


def test_head_alone_is_a_mail() -> None:
    assert parse_mail(HEAD).text == ""
