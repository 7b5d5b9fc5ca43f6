"""Whatever the bytes are: a value comes out, clean enough for every store, and the same one every time."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ticketing.mail.inspection import inspect_mail
from ticketing.mail.parse import parse_mail
from ticketing.remark_words import remark_words

PIECES = st.sampled_from(
    [
        b"From: ", b"To: ", b"Subject: ", b"=?utf-8?q?", b"=?gb2312?B?", b"?=", b"\r\n", b"\n", b"\r", b" ", b"\x00",
        b'"', b"<", b">", b"(", b")", b"@", b",", b";", b":", b"Content-Type: multipart/mixed; boundary=b", b"--b",
        b"--b--", b"Content-Type: text/html; charset=utf-16", b"Content-Transfer-Encoding: base64", b"\xff\xfe",
        b"On x wrote:", b"> ", b"<div class=gmail_quote>", b"<blockquote type=cite>", b"begin 644 a",
        b"Content-Type: message/delivery-status", b"Content-Type: application/ms-tnef",
        b"\x78\x9f\x3e\x22\x01\x00", b"MAILER-DAEMON@x", b"postroom:", b"*0*=''%",
    ]
)  # fmt: skip
MAILISH = st.lists(st.one_of(PIECES, st.binary(max_size=12)), max_size=60).map(b"".join)
RELAXED = settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))


def is_clean(value: object) -> bool:
    text = json.dumps(value, ensure_ascii=False)
    return "\\u0000" not in text and text.encode("utf-8") is not None


@pytest.mark.req("F21")
@RELAXED
@given(raw=st.binary(max_size=400))
def test_any_bytes_give_a_clean_value(raw: bytes) -> None:
    seen = inspect_mail(parse_mail(raw), file="x", say=remark_words)
    assert seen["error"] is None
    assert is_clean(seen)


@RELAXED
@given(raw=MAILISH)
def test_any_pieces_of_mail_give_a_clean_value(raw: bytes) -> None:
    seen = inspect_mail(parse_mail(raw), file="x", say=remark_words)
    assert seen["error"] is None
    assert is_clean(seen)
