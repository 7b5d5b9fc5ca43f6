"""A mail made anonymous for a bug report: built as before, and no word of its people is left."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.factories.incoming import make_mail
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import ParsedMail
from ticketing.trying.anonymous.mails import anonymise

KEY = b"a key for these tests"
MAILS = sorted((Path(__file__).parents[2] / "mail").glob("*.eml"))
# What mail programs and servers wrote, which stays, and how we call files without a name.
PROGRAMS = frozenset(
    """
    from sent date subject wrote message original forwarded https schrieb betreff gesendet nachricht ursprüngliche objet
    envoyé écrit scritto escribió escreveu temat wysłano begin asunto enviado oggetto inviato verzonden onderwerp
    发送时间 发件人 收件人 attachment delivery status invitation
    """.split()
)
# Known by their words alone, or by files that are empty now.
BY_WORDS = frozenset(
    {
        "auto_out_of_office_by_subject.eml",
        "bounce_exchange_text.eml",
        "bounce_qmail_text.eml",
        "inline_image_by_location.eml",
        "multipart_semicolon_missing.eml",
        "tnef_damaged.eml",
        "tnef_winmail_dat.eml",
        "uuencode_in_text.eml",
    }
)


def said(mail: ParsedMail) -> set[str]:
    """Words of people: in text, subject, names, addresses and file names."""
    people = [f"{each.name} {each.address}" for each in (*mail.from_all, *mail.to, *mail.cc, *mail.reply_to)]
    names = [file.filename.rpartition(".")[0] for file in mail.attachments]
    return {word.lower() for word in re.findall(r"[^\W\d_]{4,}", " ".join([mail.subject, mail.text, *people, *names]))}


def built(mail: ParsedMail) -> tuple[object, ...]:
    """How it is made, as the parser sees it."""
    return (
        [name for name, _ in mail.headers],
        [(file.declared_type, file.inline) for file in mail.attachments],
        [each.code for each in mail.defects],
        (bool(mail.quoted_text), mail.html is None, mail.automation.kind, mail.bounce is None),
    )


def pairs() -> list[tuple[str, ParsedMail, ParsedMail]]:
    """Each sample with its copy."""
    read = [(path.name, path.read_bytes()) for path in MAILS]
    return [(name, parse_mail(content), parse_mail(anonymise(content, key=KEY))) for name, content in read]


def test_copies_are_built_as_the_mails_and_no_word_of_anybody_is_left() -> None:
    found = pairs()
    assert len(found) > 100
    assert [name for name, before, after in found if name not in BY_WORDS and built(after) != built(before)] == []
    left = {name: (said(before) & said(after)) - PROGRAMS for name, before, after in found}
    assert {name: words for name, words in left.items() if words} == {}


def test_the_same_word_becomes_the_same_one_everywhere_and_another_key_gives_others() -> None:
    mail = make_mail(subject="Re: Lamp of Anna", text="Anna writes: the LAMP hums.\n", message_id="lamp@customer.test")
    after = parse_mail(anonymise(mail, key=KEY))
    lamp, _of, anna = after.subject.removeprefix("Re: ").split()
    assert after.from_ is not None
    assert after.from_.name.split()[0] == anna
    assert after.from_.address.startswith(f"{anna.lower()}@")
    assert (anna in after.text, lamp.upper() in after.text) == (True, True)
    assert after.message_id == f"{lamp.lower()}@{after.from_.address.partition('@')[2]}"
    assert anonymise(mail, key=b"another") != anonymise(mail, key=KEY)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"no mail at all \xff\xfe",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" * 300,
        b"Subject: =?utf-8?B?====?= =?x?Q?=ZZ?=\r\nContent-Type: text/html; charset=x\r\n\r\n<!-- <a b=c &#99999999; <",
        b"Content-Transfer-Encoding: base64\r\nContent-Type: text/plain; charset=utf-7\r\n\r\n+++=\xe4\r\n",
        b"Content-Disposition: attachment; filename*0*=utf-8''a%ZZ%E4; filename*1=\"b\r\n\r\n",
    ],
)
def test_whatever_bytes_there_are_a_copy_comes_out(content: bytes) -> None:
    assert isinstance(anonymise(content, key=KEY), bytes)


def test_files_have_other_content_of_the_same_size() -> None:
    mail = make_mail(files=[("Anna Berg.pdf", b"%PDF-1.4 the diary of Anna")])
    [before], [after] = parse_mail(mail).attachments, parse_mail(anonymise(mail, key=KEY)).attachments
    assert (after.size_bytes, after.filename[-4:]) == (before.size_bytes, ".pdf")
    assert b"Anna" not in after.content
    assert "Anna" not in after.filename


def test_what_programs_wrote_for_programs_stays_and_addresses_in_styles_do_not() -> None:
    html = (
        "<style>p { background: url(https://anna.test/a.png) }</style><p class='gmail_quote' style='color: red'>Hi</p>"
    )
    received = "from mail.customer.test by mx.fernhollow.test for <anna@x.test>; Mon, 01 Jan 2024 10:00:00 +0000"
    content = (
        f"Received: {received}\r\nAuthentication-Results: mx; dmarc=fail header.from=customer.test\r\n"
        f"Auto-Submitted: auto-replied\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}"
    )
    after = anonymise(content.encode(), key=KEY).decode()
    kept = (
        "Mon, 01 Jan 2024 10:00:00 +0000",
        "dmarc=fail",
        ": auto-replied",
        "class='gmail_quote'",
        "color: red",
        "url(",
    )
    assert [each for each in kept if each not in after] == []
    assert [each for each in ("anna", "customer", "fernhollow") if each in after] == []
