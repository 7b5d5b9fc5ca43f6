"""New text, quote and signature: nothing is lost, in text and in HTML. Most traits are in `tests/mail/reply_*.eml`."""

from dataclasses import replace

import pytest

from tests.ticketing.mail.introductions import INTRODUCTIONS
from ticketing.mail.quote_html import split_html
from ticketing.mail.quote_text import split_text
from ticketing.mail.quoting import split_body
from ticketing.mail.values import DEFAULT_LIMITS

ATTRIBUTION = "On Mon, 2 Mar 2026 at 10:00, Help <help@acme.example> wrote:"


@pytest.mark.req("F98")
@pytest.mark.parametrize(
    "text",
    [
        f"New\n\n{ATTRIBUTION}\n> old 1\n> old 2\n\n-- \nAnn",
        f"New\n\n{ATTRIBUTION}\n> q1\na1\n> q2\na2\n> q3",
        "New\n\n-----Original Message-----\nFrom: x\nold",
        "> leading\n\nnew\n\n> trailing",
        "Sent from my phone",
    ],
)
def test_no_line_is_lost(text: str) -> None:
    split = split_text(text)
    kept = "\n".join((split.new, split.quoted, split.signature))
    assert [line for line in text.split("\n") if line.strip() and line not in kept] == []


@pytest.mark.parametrize(
    "text",
    [
        "On Monday I wrote to you about this: nothing came.",
        "To: be or not to be\nthat is the question",
        "Price list:\nlamp: 20\nshade: 5",
        "Dear all,\n\nplease note:\n\n1. one\n2. two",
        "Regards to your team for the quick help with this and that, it was really nice of them.",
        "-- --help prints the options\nand works",
        "Date: 3 March works for me",
        "I said:\nno",
        "Log:\n2026-03-02 10:00 started by ann@customer.example:\nfailed",
        "-- original message -- is all I see.\nWhere is the rest?",
        "Please change these:\nFrom: Berlin\nTo: Hamburg\nDate: 12 June\n\nThanks",
        "Subject: printers\nTo: be replaced",
        "The technician came on 2 March 2026 at 10:00 and wrote:\nNo fault found.\nBut it is broken.",
        "Hello,\n\nthe technician came on 2 March 2026 at 10:00 and wrote:\nNo fault.",
        "On 2 March 2026 at 10:00 Bob <bob@far.example> wrote:\nNo fault found.",
    ],
)
def test_own_words_are_no_quote(text: str) -> None:
    split = split_text(text)
    assert (split.new, split.quoted, split.signature) == (text, "", "")


@pytest.mark.parametrize(
    ("text", "new"),
    [
        ("ok\n\nOn 2 Mar 2026\nHelp\n<help@acme.example>\nwrote:\n\n> old", "ok"),
        ("ok\n\n2026-03-02 10:00 GMT+01:00 Help <help@acme.example>:\n> old", "ok"),
        ("ok\n\nQuoting Help <help@acme.example>:\n\n> old", "ok"),
        ("ok\n\nHelp wrote:\n> old", "ok"),
        ("On Mon, 2 Mar 2026 10:00:00 +0100\nAcme Help <help@acme.example> wrote:\n\n> old\n\nok", "ok"),
        ("ok\n\n>>> Acme Help <help@acme.example> 3/2/2026 10:00 AM >>>\nHello,\n\nold", "ok"),
        ("ok. On 2 Mar 2026 at 10:00 Help <help@acme.example> wrote:\n> old", "ok."),
        ("Hi\nok--- On 2 Mar 2026 at 10:00 Help wrote:\n> old", "Hi\nok"),
        ("ok\n\n---- Acme Help wrote ----\n\nold", "ok"),
        ("ok\n\nMar 2, 2026, 10:00 by help@acme.example:\n\nold", "ok"),
        (
            "ok\n\n> Subject: x\n> From: help@acme.example\n> To: ann@far.example\n> Date: Mon, 2 Mar 2026\n>\n> old",
            "ok",
        ),
        ("ok\n\n2026-03-02 10:00 GMT+01:00 Help <\nhelp@acme.example>:\n\nold", "ok"),
        (">>> 3 bytes >>>\nis what it prints", ">>> 3 bytes >>>\nis what it prints"),
        ("ok\n\n> Message du 02/03/26 10:00\n> De : Help\n> A : Ann\n> Objet : x\n>\n> old", "ok"),
        ("ok\n\nОт: Help\nИзпратено: 2 март 2026 г. 10:00\nДо: Ann\nОтносно: x\n\nold", "ok"),
        ("ok\n\n---- On Mon, 02 Mar 2026 10:00:00 +0100 help@acme.example wrote ----\n\nold", "ok"),
        ("ok\n\n----- Forwarded by Bob on 02/03/2026 -----\n\nold", "ok"),
        ("ok\n\n------- Missatge original -------\nDe: Help\nold", "ok"),
        ("ok\n\nBegin forwarded message:\n\nFrom: x\nold", "ok"),
        ("ok\n\nSent from my phone\n\nold words of mine without a mark", "ok"),
        (
            "ok\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\nFrom: a\nSent: b\nold",
            "ok",
        ),
        ("ok\n> trailing", "ok"),
        (
            f"{ATTRIBUTION}\n> a long quoted line of more than sixty characters that was broken by\nthe program\n> end",
            "",
        ),
        (f"first\n\n{ATTRIBUTION}\n> old\n\nsecond\n\n> rest\n\n-- \nAnn", "first\n\nsecond"),
    ],
)
def test_quotes_of_many_programs_are_found(text: str, new: str) -> None:
    assert split_text(text).new == new


@pytest.mark.parametrize("old", ["> old\n> words", "old\nwords"])
@pytest.mark.parametrize("line", INTRODUCTIONS)
def test_introductions_in_many_languages_end_the_new_text(line: str, old: str) -> None:
    split = split_text(f"My reply.\n\n{line}\n{old}")
    assert split.new == "My reply."
    assert split.quoted.endswith(old)


def test_beyond_the_limits_text_stays_with_the_last_piece() -> None:
    limits = replace(DEFAULT_LIMITS, quote_lines=5, quote_chars=200)
    split = split_text(f"new\n\n{ATTRIBUTION}\n" + "> old\n" * 100 + "end", limits=limits)
    assert split.new == "new"
    assert split.quoted.endswith("end")


def test_nothing_gives_nothing() -> None:
    assert split_text("\n \n").new == ""


@pytest.mark.parametrize(
    ("html", "new", "quoted"),
    [
        ("<p>new</p>", "<p>new</p>", ""),
        ("<p>new</p><hr>not a header", "<p>new</p><hr>not a header", ""),
        ("<p>new</p><hr><b>From:</b> Help<br>old", "<p>new</p>", "<hr><b>From:</b> Help<br>old"),
        (
            "<p>new</p>On 2 March Help wrote:<blockquote>old</blockquote>",
            "<p>new</p>",
            "On 2 March Help wrote:<blockquote>old</blockquote>",
        ),
        ("<p>new</p>some words<blockquote>old</blockquote>", "<p>new</p>some words", "<blockquote>old</blockquote>"),
        ("<blockquote>only quote</blockquote>", "<blockquote>only quote</blockquote>", ""),
        (
            '<p>new</p><div style="border-top:1px solid">ad</div>',
            '<p>new</p><div style="border-top:1px solid">ad</div>',
            "",
        ),
    ],
)
def test_html_splits_at_the_mark(html: str, new: str, quoted: str) -> None:
    marked = html.replace("<blockquote>", '<blockquote type="cite">')
    split = split_html(marked)
    assert (split.new, split.quoted) == (
        new.replace("<blockquote>", '<blockquote type="cite">'),
        quoted.replace("<blockquote>", '<blockquote type="cite">'),
    )


@pytest.mark.req("F98")
def test_html_with_answers_between_the_quotes_is_left_whole() -> None:
    html = '<p>hi</p><blockquote type="cite">q1</blockquote><p>a1</p><blockquote type="cite">q2</blockquote>'
    assert split_html(html).quoted == ""


def test_html_signature_below_the_quote_is_no_answer() -> None:
    html = '<p>hi</p><blockquote type="cite">q1</blockquote><div class="moz-signature">-- <br>Ann</div>'
    assert split_html(html).new == "<p>hi</p>"


def test_marks_of_the_html_help_when_the_text_has_none() -> None:
    html = '<div>new</div><div class="gmail_quote">Zulu skribis<br>old</div>'
    split = split_body("new\n\nZulu skribis\nold", html)
    assert (split.new, split.quoted) == ("new", "Zulu skribis\nold")


def test_tangled_html_is_not_split() -> None:
    html = "<div class=gmail_quote>" * 2000
    assert split_html(html).new == html


@pytest.mark.req("F98")
@pytest.mark.parametrize(
    "line",
    [
        "Sent from my iPhone",
        "Sent from Yahoo Mail for Android",
        "Sent via Superhuman",
        "Sent with Proton Mail <https://proton.me> secure email.",
        "Yahoo Mail: Search, Organize, Conquer",
        "Get Outlook for iOS<https://aka.ms/x>",
        "Holen Sie sich Outlook für iOS",
        "Outlook für Android beziehen",
        "Téléchargez Outlook pour Android",
        "Obtener Outlook para iOS",
        "Scarica Outlook per Android",
        "Pobierz aplikację Outlook dla systemu iOS",
        "Hämta Outlook för iOS",
        "iOS için Outlook uygulamasını edinin",
        "Скачать Outlook для iOS",
        "iOS용 Outlook 다운로드",
        "Az iPhone-omról küldve",
        "Odoslané z iPhonu",
        "Poslano s mog iPhone uređaja",
        "Надіслано з iPhone",
        "從我的iPhone傳送",
        "ส่งจาก iPhone ของฉัน",
        "مرسل من هاتف iPhone الخاص بي",
    ],
)
def test_the_line_of_a_phones_mail_program_is_no_text(line: str) -> None:
    split = split_text(f"It still fails.\n\n{line}")
    assert (split.new, split.signature) == ("It still fails.", line)


@pytest.mark.parametrize(
    "line",
    [
        "Sent from the factory on Monday, not arrived",
        "Outlook for iOS crashes",
        "Get Outlook for my mother, she has a Windows machine. Please",
        "Poslano v ponedeljek, z iPhone nič ne vidim in prosim za pomoč pri tem",
        "从我的账户扣款两次",
    ],
)
def test_own_words_that_begin_like_such_a_line_stay(line: str) -> None:
    assert split_text(f"Hello,\n\n{line}").new == f"Hello,\n\n{line}"
