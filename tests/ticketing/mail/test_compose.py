"""Composing: golden bytes, a round trip through the standard parser, and nothing that ends a header early."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticketing.mail.addresses import parse_addresses
from ticketing.mail.compose import Origin, OutgoingFile, OutgoingMail, compose, size_in_mail
from ticketing.mail.encoded_words import decode_words, unfold
from ticketing.mail.header_lines import Unsendable
from ticketing.mail.values import Address

GOLDEN = Path(__file__).parent / "golden"
TOKEN = "a" * 44
PLAIN = OutgoingMail(
    sender=Address("Fernhollow Support", "support@fernhollow.test"),
    to=(Address("Anna Berg", "anna@customer.test"),),
    subject="Re: Printer on fire [#12]",
    date=datetime(2026, 11, 21, 10, 30, 5, tzinfo=UTC),
    message_id=f"pr.{TOKEN}@fernhollow.test",
    text="Hello Anna,\n\nplease pull the plug.\n",
    origin=Origin(
        installation="desk.test",
        organization="5f0c2a4e-0000-4000-8000-000000000001",
        ticket="12",
        cause="agent",
        cause_id="7",
    ),
)
PIXEL = OutgoingFile(filename="bild.png", content_type="image/png", content=b"\x89PNG..", content_id="one@inline")
REPORT = OutgoingFile(filename="Übersicht Größe 2026.pdf", content_type="application/pdf", content=b"%PDF-1.4" * 20)
FULL = replace(
    PLAIN,
    cc=(Address("Ørsted, Bo", "bo@bücher.test"), Address("", "plain@customer.test")),
    reply_to=(Address("", f"support+pr.{TOKEN}@fernhollow.test"),),
    subject="Re: Brand im Drucker – schnell löschen bitte, bevor das ganze Haus abbrennt 🔥 [#12]",
    text="Grüße",
    html='<p>Grüße</p><img src="cid:one@inline" alt="">',
    in_reply_to="CAF=x@mail.customer.test",
    references=("first@customer.test", "CAF=x@mail.customer.test"),
    files=(PIXEL, REPORT),
    thread_token=TOKEN,
)


def parsed(mail: OutgoingMail) -> EmailMessage:
    return cast("EmailMessage", email.message_from_bytes(compose(mail), policy=email.policy.default))


@pytest.mark.parametrize(
    ("name", "mail"),
    [
        ("plain", PLAIN),
        ("full", FULL),
        ("automatic", replace(PLAIN, automatic="auto-replied", html="<p>Hello</p>")),
    ],
)
@pytest.mark.req("S5.82", "F82")
def test_the_bytes_are_those_on_file(name: str, mail: OutgoingMail) -> None:
    assert compose(mail).decode() == (GOLDEN / f"{name}.eml").read_bytes().decode()


def test_the_parts_stand_as_mail_programs_expect_them() -> None:
    assert [part.get_content_type() for part in parsed(FULL).walk()] == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
        "application/pdf",
    ]


def test_people_and_subject_come_back_as_they_went_in() -> None:
    message = parsed(FULL)
    assert message["Subject"] == FULL.subject
    assert str(message["From"]) == "Fernhollow Support <support@fernhollow.test>"
    cc = [(address.display_name, address.addr_spec) for address in message["Cc"].addresses]
    assert cc == [("Ørsted, Bo", "bo@xn--bcher-kva.test"), ("", "plain@customer.test")]


def test_files_come_back_as_they_went_in() -> None:
    message = parsed(FULL)
    (report,) = message.iter_attachments()
    assert (report.get_filename(), report.get_content()) == (REPORT.filename, REPORT.content)
    image = next(part for part in message.walk() if part.get_content_type() == "image/png")
    assert (image["Content-ID"], image.get_content_disposition()) == ("<one@inline>", "inline")


def test_texts_come_back_as_they_went_in() -> None:
    message = parsed(FULL)
    plain, html = message.get_body(("plain",)), message.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().split() == ["Grüße", f"[postroom:{TOKEN}]"]
    assert FULL.html in html.get_content()


@pytest.mark.req("F82", "S1.3")
def test_an_answer_names_what_it_answers() -> None:
    message = parsed(FULL)
    assert message["In-Reply-To"] == "<CAF=x@mail.customer.test>"
    assert message["References"] == "<first@customer.test> <CAF=x@mail.customer.test>"


@pytest.mark.req("F82")
def test_long_references_keep_the_first_and_the_last_and_stay_whole() -> None:
    ids = tuple(f"{number:03}.{'x' * 90}@customer.test" for number in range(100))
    found = parsed(replace(PLAIN, references=ids))["References"].split()
    assert found[0] == f"<{ids[0]}>"
    assert found[1:] == [f"<{message_id}>" for message_id in ids[-(len(found) - 1) :]]
    assert sum(map(len, found)) < 1700


@pytest.mark.parametrize("bad", ["", "a b@x", "<x@y>", "x\r\ny", "ü@x", "x" * 901])
def test_foreign_ids_that_are_none_are_left_out(bad: str) -> None:
    message = parsed(replace(PLAIN, references=(bad, "good@x.test"), in_reply_to=bad))
    assert message["References"] == "<good@x.test>"
    assert message["In-Reply-To"] is None


@pytest.mark.req("S5.82")
def test_the_headers_say_why_it_was_sent() -> None:
    message = parsed(PLAIN)
    assert message["X-Postroom-Cause"] == "agent; id=7"
    assert message["X-Postroom-Ticket"] == "12"
    assert message["X-Postroom-Organization"] == PLAIN.origin.organization


def test_a_person_is_no_automaton() -> None:
    message = parsed(PLAIN)
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == (None, None)


@pytest.mark.req("F83")
def test_automatic_mail_says_so() -> None:
    message = parsed(replace(PLAIN, automatic="auto-generated"))
    assert (message["Auto-Submitted"], message["X-Auto-Response-Suppress"]) == ("auto-generated", "All")


INJECTED = "x\r\nBcc: evil@x.test"


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": INJECTED},
        {"subject": "x\x00"},
        {"subject": "x\ny"},
        {"sender": Address(INJECTED, "a@b.test")},
        {"sender": Address("", "a@b.test\r\nX: y")},
        {"to": (Address("", "a@b.test>,<c@d.test"),)},
        {"to": (Address("", "nobody"),)},
        {"to": (Address("", "a b@c.test"),)},
        {"to": (Address("", "a@" + "b" * 300 + ".test"),)},
        {"to": (Address("", "a@\udc80.test"),)},
        {"message_id": "a@b>\r\nX: y"},
        {"origin": replace(PLAIN.origin, ticket="1\r\nX: y")},
        {"files": (replace(REPORT, filename="a\r\nb.pdf"),)},
        {"files": (replace(REPORT, content_type="a/b\r\nX: y"),)},
    ],
)
@pytest.mark.req("F72")
def test_a_value_cannot_begin_a_header_of_its_own(changes: dict[str, Any]) -> None:
    with pytest.raises(Unsendable):
        compose(replace(PLAIN, **changes))


@given(st.text(max_size=300))
def test_no_line_is_longer_than_mail_may_have(text: str) -> None:
    mail = replace(PLAIN, subject="".join(c for c in text if c.isprintable()), text=text * 20, html=f"<p>{text}</p>")
    raw = compose(mail)
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in raw.replace(b"\r\n", b"")
    assert b"\r" not in raw.replace(b"\r\n", b"")


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200))
def test_any_subject_survives(subject: str) -> None:
    lines = compose(replace(PLAIN, subject=subject)).split(b"Subject:", 1)[1].split(b"\r\nDate:", 1)[0].decode()
    assert decode_words(lines.replace("\r\n", "\n")).split() == decode_words(subject).split()


@pytest.mark.parametrize(
    "name", ["simple.txt", "mit Leerzeichen.pdf", 'quote".pdf', "日本語" * 30 + ".pdf", "50%.txt", "a/b"]
)
@pytest.mark.req("F93")
def test_any_file_name_survives(name: str) -> None:
    (part,) = parsed(replace(PLAIN, files=(replace(REPORT, filename=name),))).iter_attachments()
    assert part.get_filename() == name


@pytest.mark.parametrize(
    "name", ["Anna", "Berg, Anna", 'A "B" C', "back\\slash", "名前" * 20, "x" * 200, "=?utf-8?q?x?="]
)
def test_any_name_survives(name: str) -> None:
    person = Address(name, "anna@customer.test")
    line = compose(replace(PLAIN, to=(person,))).split(b"\r\nTo: ", 1)[1].split(b"\r\nSubject:", 1)[0].decode()
    assert parse_addresses(unfold(line.replace("\r\n", "\n")), limit=5) == ((person,), 1)


def test_local_parts_of_other_scripts_stay_for_servers_that_can() -> None:
    assert "To: <用户@customer.test>\r\n".encode() in compose(replace(PLAIN, to=(Address("", "用户@customer.test"),)))


def test_an_attached_mail_is_not_bent_into_an_illegal_part() -> None:
    eml = OutgoingFile(filename="mail.eml", content_type="message/rfc822", content="Subject: ü\r\n\r\nü".encode())
    (part,) = parsed(replace(PLAIN, files=(eml,))).iter_attachments()
    assert (part.get_content_type(), part.get_content()) == ("application/octet-stream", eml.content)


def test_scripts_that_quoting_would_treble_go_as_base64() -> None:
    mail = replace(PLAIN, text="お問い合わせありがとうございます。\n" * 30)
    assert b"Content-Transfer-Encoding: base64" in compose(mail)
    assert parsed(mail).get_content().split() == mail.text.split()


def test_an_image_of_a_mail_without_html_is_an_attachment() -> None:
    (part,) = parsed(replace(PLAIN, files=(PIXEL,))).iter_attachments()
    assert (part.get_content_type(), part.get_content()) == ("image/png", PIXEL.content)


@pytest.mark.parametrize("address", ['"john doe"@customer.test', "a..b.@customer.test", "x@[192.0.2.1]"])
def test_unusual_addresses_that_exist_are_written_as_they_are(address: str) -> None:
    assert f"To: <{address}>\r\n".encode() in compose(replace(PLAIN, to=(Address("", address),)))


def test_nul_and_lone_surrogates_do_not_reach_the_body() -> None:
    assert parsed(replace(PLAIN, text="a\x00b\ud800c\rd")).get_content().split() == ["abc", "d"]


def test_a_line_longer_than_mail_may_have_is_broken_and_comes_back_whole() -> None:
    mail = replace(PLAIN, text="x" * 5000)
    assert parsed(mail).get_content().strip() == mail.text


@pytest.mark.parametrize("size_bytes", [1, 2, 3, 56, 57, 58, 1000])
def test_how_much_of_a_mail_a_file_takes_is_known_without_reading_it(size_bytes: int) -> None:
    nothing, something = (
        compose(replace(PLAIN, files=(replace(PIXEL, content=content),))) for content in (b"", b"x" * size_bytes)
    )
    assert len(something) - len(nothing) == size_in_mail(size_bytes)
