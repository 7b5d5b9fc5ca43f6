"""Our own hidden mark ends the new text where a mail program nobody knows leaves no other sign."""

from datetime import UTC, datetime

import pytest

from tests.ticketing.mail.letters import html_mail, text_mail
from ticketing.mail.compose import Origin, OutgoingMail, compose
from ticketing.mail.message_ids import body_mark
from ticketing.mail.parse import parse_mail
from ticketing.mail.quote_html import split_html
from ticketing.mail.quote_text import split_text
from ticketing.mail.sanitize import sanitize_html
from ticketing.mail.values import Address

TOKEN = "a2" * 22
MARK = body_mark(TOKEN)


def sent() -> OutgoingMail:
    """A mail of ours, as a customer's mail program has it."""
    return OutgoingMail(
        sender=Address("Help", "help@acme.example"),
        to=(Address("Ann", "ann@customer.example"),),
        subject="Lamp",
        date=datetime(2026, 3, 2, tzinfo=UTC),
        message_id="m@acme.example",
        text="Which lamp?",
        html="<p>Which lamp?</p>",
        origin=Origin("i", "o", "1", "agent"),
        thread_token=TOKEN,
    )


def our_page() -> str:
    """What stands in the body of the HTML that we have sent."""
    page = parse_mail(compose(sent())).html or ""
    return page.partition("<body>")[2].partition("</body>")[0]


@pytest.mark.req("S5.49", "F98")
@pytest.mark.parametrize(
    ("text", "new"),
    [
        (f"The big one.\n\n> Which lamp?\n>\n> {MARK}\n", "The big one."),
        (f"The big one.\n\n12.3.2026 10:00 Help uD83D kuv sau:\n> Which lamp?\n> {MARK}", "The big one."),
        (f"The big one.\n\n| Which lamp?\n|\n| {MARK}\n", "The big one."),
        (f"The big one.\n\n\tWhich lamp?\n\n\t{MARK}\n", "The big one."),
        (f"The big one.\n\n: On Monday\n: Which lamp? {MARK}\n: more", "The big one."),
        (f"> Which lamp?\n> {MARK}\n\nThe big one.", "The big one."),
    ],
)
def test_text_set_off_around_our_mark_is_quoted(text: str, new: str) -> None:
    split = split_text(text)
    assert split.new == new
    assert [line for line in text.split("\n") if line.strip() and line not in split.quoted + split.new] == []
    assert MARK in split.quoted


@pytest.mark.parametrize(
    "text",
    [
        f"Which lamp?\n\n{MARK}\n\nThe big one.",  # where ours begins nothing shows, and an answer stands below
        f"| Which lamp?\n| {MARK}\n\nThe big one.",
        "The big one.\n\n| Which lamp?\n| [postroom:short]",
        f"My list\n- the lamp\n- the code {MARK}",
    ],
)
def test_text_that_may_be_the_answer_is_never_folded(text: str) -> None:
    assert split_text(text).new == text


HTML = [
    "<p>The big one.</p><blockquote>{page}</blockquote>",
    "<p>The big one.</p>{page}",
    "<div><p>The big one.</p><section>{page}</section></div>",
    "<p>The big one.</p><p>12.3. kuv sau:</p><blockquote><blockquote>{page}</blockquote></blockquote>",
]


@pytest.mark.req("S5.49", "F98")
@pytest.mark.parametrize("around", HTML)
def test_html_of_ours_before_our_mark_is_quoted(around: str) -> None:
    html = around.format(page=our_page())
    split = split_html(html)
    assert "Which lamp?" not in split.new
    assert "The big one." in split.new
    assert "Which lamp?" in split.quoted
    assert MARK in split.quoted
    mail = parse_mail(html_mail(html))
    assert (mail.reply_text, mail.body_tokens) == ("The big one.", (TOKEN,))
    assert "Which lamp?" in mail.quoted_text


@pytest.mark.req("S5.49")
@pytest.mark.parametrize("around", HTML[:2])
def test_what_the_thread_shows_is_folded_likewise(around: str) -> None:
    split = split_html(sanitize_html(around.format(page=our_page()), image_url=lambda _: None).html)
    assert "Which lamp?" not in split.new
    assert "Which lamp?" in split.quoted


@pytest.mark.parametrize(
    "around",
    [
        "{page}<p>The big one.</p>",
        "<blockquote>{page}</blockquote><p>The big one.</p>",
        "{page}",
        "<p>The big</p><p>one.</p><div style='display:none'>{mark}</div>",  # ours was deleted, the hidden mark stayed
    ],
)
def test_html_that_may_be_the_answer_is_never_folded(around: str) -> None:
    html = around.format(page=our_page(), mark=MARK)
    assert split_html(html).quoted == ""


@pytest.mark.req("S5.49")
def test_a_text_without_signs_is_read_by_the_html_beside_it() -> None:
    parts = (
        b'Content-Type: multipart/alternative; boundary="=_b"\r\n\r\n--=_b\r\nContent-Type: text/plain\r\n\r\n'
        + f"The big one.\n\nWhich lamp?\n\n{MARK}\r\n--=_b\r\nContent-Type: text/html\r\n\r\n".encode()
        + f"<p>The big one.</p>{our_page()}\r\n--=_b--\r\n".encode()
    )
    mail = parse_mail(text_mail(b"").rstrip(b"\r\n") + b"\r\n" + parts)
    assert mail.reply_text == "The big one."
    assert "Which lamp?" in mail.quoted_text
