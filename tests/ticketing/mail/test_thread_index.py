"""Outlook's Thread-Index is read for what stays the same from mail to mail, and for nothing more."""

from __future__ import annotations

import base64

import pytest

from ticketing.mail.thread_index import read_conversation

START = bytes([1]) + bytes.fromhex("dc50e664f5") + bytes(range(1, 17))
ANSWER = START + b"\x80\x00\x12\x34\x50"


def written(content: bytes) -> str:
    return base64.b64encode(content).decode()


@pytest.mark.req("F76")
@pytest.mark.parametrize(
    ("value", "subject", "is_answer"),
    [
        (written(START), "Broken lamp", False),
        (written(ANSWER), "RE: Broken  LAMP [#12]", True),
        (written(ANSWER * 1 + b"\x00" * 50), "AW: Broken lamp", True),
        (f" {written(ANSWER)[:20]}\r\n {written(ANSWER)[20:]} ", "Fwd: Broken lamp", True),
    ],
)
def test_mails_of_one_conversation_have_one_key(value: str, subject: str, is_answer: bool) -> None:
    first = read_conversation(written(START), subject="Broken lamp")
    found = read_conversation(value, subject=subject)
    assert first is not None
    assert found is not None
    assert (found.key, found.is_answer) == (first.key, is_answer)
    assert value.strip().startswith(found.written[:20])


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (written(ANSWER), "Broken chair"),
        (written(bytes([1]) + bytes(5) + ANSWER[6:]), "Broken lamp"),
        (written(START[:-1] + b"\x99"), "Broken lamp"),
    ],
)
def test_another_start_or_another_subject_is_another_conversation(value: str, subject: str) -> None:
    first = read_conversation(written(START), subject="Broken lamp")
    found = read_conversation(value, subject=subject)
    assert first is not None
    assert found is not None
    assert found.key != first.key


@pytest.mark.parametrize(
    ("value", "subject"),
    [
        (None, "Broken lamp"),
        ("", "Broken lamp"),
        ("no base64 at all!", "Broken lamp"),
        ("ÄÖÜ", "Broken lamp"),
        (written(START[:21]), "Broken lamp"),
        (written(bytes(27)), "Broken lamp"),
        (written(ANSWER) * 200, "Broken lamp"),
        (written(ANSWER), "Re: "),
    ],
)
def test_what_names_no_conversation_counts_for_none(value: str | None, subject: str) -> None:
    assert read_conversation(value, subject=subject) is None
