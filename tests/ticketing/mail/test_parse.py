"""parse_mail as a whole: limits, the clock, what a mail brings beside its words."""

import itertools
from dataclasses import replace

import pytest

from tests.ticketing.mail.letters import HEAD, file_part, html_mail, mixed_mail, text_mail
from ticketing.mail.parse import parse_mail
from ticketing.mail.remarks import RemarkCode, remark
from ticketing.mail.sanitize import sanitize_html
from ticketing.mail.values import DEFAULT_LIMITS, Address, ParsedMail

TEXT = b"Content-Type: text/plain\r\n\r\n"


@pytest.mark.req("F2")
def test_a_thousand_levels_end_at_the_limit() -> None:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(1000))
    mail = parse_mail(HEAD + opening + TEXT + b"deep")
    assert mail.error is None
    assert mail.cut == (remark(RemarkCode.NESTED_TOO_DEEP, levels=20),)
    assert [item.filename for item in mail.attachments] == ["nested-parts.eml"]


@pytest.mark.req("F2", "F25")
def test_ten_thousand_parts_are_cut_and_said() -> None:
    mail = parse_mail(mixed_mail(*[TEXT + b"hi"] * 10_000))
    assert RemarkCode.TOO_MANY_PARTS in {found.code for found in mail.cut}
    assert mail.text.count("hi") == 500


def test_two_hundred_thousand_recipients_keep_the_first_thousand_and_the_subject_after_them() -> None:
    crowd = b",\r\n ".join(b"u%d@customer.example" % number for number in range(200_000))
    mail = parse_mail(b"From: a@customer.example\r\nTo: " + crowd + b"\r\nSubject: after\r\n\r\nbody")
    assert (len(mail.to), mail.to[0].address, mail.subject) == (1000, "u0@customer.example", "after")
    assert mail.recipient_count > 1000
    assert RemarkCode.TOO_MANY_ADDRESSES in {found.code for found in mail.cut}


def test_headers_beyond_the_limit_are_left_out() -> None:
    mail = parse_mail(b"".join(b"X-H%d: v\r\n" % number for number in range(2000)) + b"\r\nbody")
    assert len(mail.headers) == 500
    assert mail.cut == (remark(RemarkCode.TOO_MANY_HEADERS, left_out=1500, total=2000),)


def test_rubbish_instead_of_a_header_becomes_the_body() -> None:
    mail = parse_mail(b"X" * 400_000)
    assert mail.text.startswith("XXX")
    assert mail.subject == ""


def test_decoded_bytes_beyond_the_limit_are_left_out() -> None:
    mail = parse_mail(mixed_mail(file_part(b"x" * 4000)), limits=replace(DEFAULT_LIMITS, decoded_bytes=1000))
    assert mail.attachments[0].size_bytes == 1000
    assert mail.cut == (remark(RemarkCode.UNPACKS_TOO_LARGE, limit_bytes=1000),)


def test_a_long_body_is_cut_and_said() -> None:
    mail = parse_mail(text_mail(b"a" * 3000), limits=replace(DEFAULT_LIMITS, text_chars=1000))
    assert len(mail.text) == 1000
    assert mail.cut == (remark(RemarkCode.BODY_TOO_LONG, chars=3000, limit=1000),)


def test_a_long_file_name_keeps_its_ending() -> None:
    mail = parse_mail(mixed_mail(file_part(b"x", headers=b"Content-Type: image/png; name=" + b"a" * 900 + b".pdf\r\n")))
    name = mail.attachments[0].filename
    assert (len(name), name[-4:]) == (150, ".pdf")
    assert mail.cut == (remark(RemarkCode.FILE_NAME_TOO_LONG),)


def test_reading_stops_when_the_time_is_used_up() -> None:
    ticks = itertools.count(step=5.0)
    mail = parse_mail(mixed_mail(*[file_part(b"x")] * 50), monotonic=lambda: next(ticks))
    assert len(mail.attachments) < 50
    assert remark(RemarkCode.OUT_OF_TIME, seconds=20) in mail.cut


def test_a_mistake_of_ours_is_a_value_too() -> None:
    ticks = iter([0.0])

    def clock() -> float:
        for tick in ticks:
            return tick
        raise ValueError("the clock broke")

    mail = parse_mail(mixed_mail(file_part(b"x")), monotonic=clock)
    assert mail.error == "ValueError: the clock broke"
    assert remark(RemarkCode.PARSER_FAILED) in mail.defects


def test_default_charset_of_the_mailbox_is_tried_for_undeclared_bytes() -> None:
    raw = text_mail("zażółć gęślą jaźń".encode("iso-8859-2"))
    assert parse_mail(raw, default_charset="iso-8859-2").text == "zażółć gęślą jaźń"
    assert parse_mail(raw, default_charset="no-such-charset").error is None


@pytest.mark.req("S5.49")
def test_our_tokens_are_found_in_text_html_and_quote() -> None:
    token, other = "A" * 22, "b" * 30
    body = f"Thanks\r\n\r\nOn Mon, 2 Mar 2026 Help wrote:\r\n> hello [postroom:{token}]\r\n"
    assert parse_mail(text_mail(body.encode())).body_tokens == (token,)
    assert parse_mail(html_mail(f"<p>x</p><span style='display:none'>[postroom:{other}]</span>")).body_tokens == (
        other,
    )


def test_ticket_numbers_of_the_subject_are_listed() -> None:
    mail = parse_mail(b"Subject: Re: =?utf-8?q?[=23123]?= and [#7]\r\n\r\n")
    assert mail.subject_numbers == (123, 7)


@pytest.mark.req("F102")
def test_google_groups_author_is_kept_beside_the_rewritten_from() -> None:
    mail = parse_mail(text_mail(b"x", headers=b"X-Original-From: Bob <bob@other.example>\r\n"))
    assert mail.original_from == Address("Bob", "bob@other.example")


def test_header_looks_up_by_any_case_and_keeps_order() -> None:
    mail = parse_mail(b"X-A: 1\r\nx-a: 2\r\nSubject: =?utf-8?q?=C3=A4?=\r\n\r\n")
    assert mail.headers == (("X-A", "1"), ("x-a", "2"), ("Subject", "ä"))
    assert (mail.header("x-A"), mail.header("missing")) == ("1", None)


def test_calendar_method_is_recognised() -> None:
    calendar = b"BEGIN:VCALENDAR\r\nMETHOD:cancel\r\nEND:VCALENDAR"
    part = b"Content-Type: text/calendar\r\n\r\n" + calendar
    assert parse_mail(mixed_mail(TEXT + b"x", part)).calendar_method == "CANCEL"


def test_lone_surrogates_never_come_out() -> None:
    mail = parse_mail(text_mail(b"+2AA-", headers=b"Content-Type: text/plain; charset=utf-7\r\n"))
    assert mail.text.encode("utf-8") is not None


def test_an_empty_value_describes_nothing() -> None:
    assert ParsedMail().automation.may_answer is False


SPACES = b" " * 200_000


@pytest.mark.req("F2", "F10")
@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: a" + SPACES + b"b\r\n c\r\n\r\n",
        b"From: " + b'"' * 100_000 + b"\r\n\r\n",
        b"From: " + b"=?a?q?b" * 20_000 + b"\r\n\r\n",
        b"From: " + b"<(" * 50_000 + b"\r\n\r\n",
        text_mail(b"x", headers=b"Content-Type: text/plain; " + b"a" * 200_000 + b"\r\n"),
        text_mail(b"x", headers=b"Content-Type: text/plain; a" + SPACES + b"\r\n"),
        text_mail((b"--a" + SPACES + b"\n") * 5, headers=b"Content-Type: multipart/mixed; boundary=q\r\n"),
        text_mail(b"On wrote:\n" * 50_000),
        text_mail(b"Regards\n*****\n" * 50_000),
        text_mail(b"From:" + SPACES + b"\nwrote" + SPACES + b":\n"),
        text_mail(b"begin 644 a\n" * 20_000),
        html_mail("&nbsp;" * 150_000 + "x"),
        html_mail("<p style='" + "(" * 200_000 + "'>x"),
        html_mail("<" * 300_000),
        html_mail("<hr>" * 900),
        mixed_mail(b"Content-Type: text/html\r\n\r\n<img src=" + SPACES + b">", file_part(b"x")),
        b"From: MAILER-DAEMON@x\r\nSubject: failure notice\r\n\r\n" + b"a@" * 200_000,
        bytes(range(256)) * 2000,
    ],
)
def test_hostile_mails_cost_no_more_than_their_length(raw: bytes) -> None:
    mail = parse_mail(raw)
    assert mail.error is None
    assert sanitize_html(mail.html or "", image_url=lambda _: None).html is not None


@pytest.mark.req("F42")
def test_a_message_id_without_brackets_is_kept() -> None:
    assert parse_mail(b"Message-ID: strange id\r\n\r\n").message_id == "strange id"
    assert parse_mail(b"Message-ID: a@b\r\n\r\n").message_id == "a@b"
