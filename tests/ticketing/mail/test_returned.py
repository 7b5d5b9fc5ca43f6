"""What the copy that a bounce returns still carries of ours, wherever it stands."""

from __future__ import annotations

import base64

import pytest

from ticketing.mail.parse import parse_mail
from ticketing.mail.values import Returned

ONE, TWO, THREE = ("a" * 44, "b" * 44, "c" * 44)
HEADERS = (
    "Message-ID: <0100018f-1@email.amazonses.com>\r\nFrom: support@fernhollow.test\r\nTo: anna@customer.test\r\n"
    "Subject: Re: lamp\r\nMIME-Version: 1.0\r\n"
)


def bounce(copy: str, *, kind: str = "message/rfc822") -> bytes:
    """A report that returns this copy; kind "": written out below its words, as old servers do."""
    head = "From: MAILER-DAEMON@relay.test\r\nTo: support@fernhollow.test\r\nSubject: Undelivered Mail\r\n"
    words = "550 5.1.1 <anna@customer.test>: user unknown\r\n"
    if not kind:
        below = "--- Below this line is a copy of the message."
        return f"{head}\r\nCould not be delivered:\r\n{words}\r\n{below}\r\n\r\n{copy}".encode()
    return (
        f'{head}MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        f"--b\r\nContent-Type: text/plain\r\n\r\n{words}"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; relay.test\r\n\r\n"
        "Final-Recipient: rfc822; anna@customer.test\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
        f"--b\r\nContent-Type: {kind}\r\n\r\n{copy}\r\n--b--\r\n"
    ).encode()


def returned(raw: bytes) -> Returned:
    found = parse_mail(raw).bounce
    assert found is not None
    assert found.recipients == ("anna@customer.test",)
    return found.returned


def in_base64(text: str) -> str:
    return (
        "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(text.encode()).decode()
    )


@pytest.mark.req("F84")
@pytest.mark.parametrize(
    ("copy", "kind", "expected"),
    [
        (f"Reply-To: x <support+pr.{ONE}@f.test>\r\n\r\nHello", "message/rfc822", Returned(tokens=(ONE,))),
        (f"Return-Path: <support+pr.{ONE}@f.test>\r\n\r\nHello", "text/rfc822-headers", Returned(tokens=(ONE,))),
        (
            f"X-Postroom-Message-ID:\r\n <pr.{ONE}@f.test>\r\n\r\nHello",
            "message/rfc822",
            Returned(ids=(f"pr.{ONE}@f.test",), tokens=(ONE,)),
        ),
        (in_base64(f"Hi <div>[postroom:{ONE}]</div>"), "message/rfc822", Returned(tokens=(ONE,))),
        (f"\r\nHi\r\n\r\n> [postroom:{TWO}]\r\n\r\n[postroom:{ONE}]", "message/rfc822", Returned(tokens=(ONE, TWO))),
        (
            f"In-Reply-To: <x@y.test>\r\nReferences: <pr.{ONE}@f.test>\r\n <pr.{TWO}@f.test> <x@y.test>\r\n\r\nHello",
            "message/rfc822",
            Returned(thread_tokens=(TWO, ONE)),
        ),
        (
            f"Reply-To: <s+pr.{ONE}@f.test>\r\nX-Postroom-Message-ID: <pr.{TWO}@f.test>\r\n"
            f"References: <a@b.test>\r\n\t<pr.{THREE}@f.test>\r\n\r\nHello",
            "",
            Returned(ids=(f"pr.{TWO}@f.test",), tokens=(ONE, TWO), thread_tokens=(THREE,)),
        ),
        ("\r\nHello", "message/rfc822", Returned()),
        (f"Reply-To: <pr.{ONE}@f.test>\r\n\r\n[postroom:{ONE[1:]}]", "message/rfc822", Returned()),
        (f"X-Ticket: <pr.{ONE}@f.test>\r\n\r\nHello", "message/rfc822", Returned()),
    ],
    ids=[
        "reply address",
        "return path",
        "copied id",
        "mark in base64",
        "mark below a quoted one",
        "references",
        "written out",
        "nothing",
        "no plus address, no whole mark",
        "another header",
    ],
)
def test_what_is_left_of_ours_is_read_off_the_copy(copy: str, kind: str, expected: Returned) -> None:
    assert returned(bounce(HEADERS + copy, kind=kind)) == expected


def test_a_broken_copy_is_no_fault_of_the_report() -> None:
    broken = HEADERS + "Content-Type: multipart/mixed; boundary=none\r\n\r\n" + "x" * 100
    assert parse_mail(bounce(broken)).defects == parse_mail(bounce(HEADERS + "\r\nHello")).defects
