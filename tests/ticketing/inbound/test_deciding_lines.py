"""The lines of a source that decided are marked, as the reason tells."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.models import ThreadReason
from ticketing.queries.deciding_lines import REASONS_WITH_LINE, WITHOUT_LINE, deciding
from ticketing.views.raw_source import decoded_lines, source_lines

SOURCE = b"""From: Anna <anna@x.test>
Subject: Out of office
References: <one@x.test>
 <two@x.test>
Auto-Submitted: auto-replied
Content-Type: multipart/report
X-Spam-Flag: YES
Message-ID: <m@x.test>
Thread-Index: AdxQ5mT1

I am out of office.
Two lines.
Ours [postroom:x].
"""
WORDS = {"kind": "words", "value": "out of*", "header": "", "of_all": False}
CASES: list[tuple[str, dict[str, Any], list[str]]] = [
    (Reason.FILTERED, {"kind": "domain", "value": "x.test", "header": "", "place": "sender"}, ["From"]),
    (Reason.FILTERED, WORDS | {"place": "subject"}, ["Subject"]),
    (Reason.FILTERED, WORDS | {"place": "body"}, ["I am out of office."]),
    (Reason.FILTERED, {"kind": "header", "value": "", "header": "x-spam-flag", "place": "header"}, ["X-Spam-Flag"]),
    (Reason.NOT_ALLOWED, {"of_all": True}, ["From"]),
    (Reason.AUTO_REPLY, {"signal": "Auto-Submitted: auto-replied"}, ["Auto-Submitted"]),
    (Reason.FEEDBACK_REPORT, {"signal": "report-type=feedback-report"}, ["Content-Type"]),
    (Reason.SPAM_HEADER, {"signal": "spamassassin", "line": "X-Spam-Flag: YES"}, ["X-Spam-Flag"]),
    (Reason.ANSWER, {"sign": ThreadReason.REFERENCE, "detail": "<two@x.test>"}, [" <two@x.test>"]),
    (Reason.ANSWER, {"sign": ThreadReason.TOKEN, "detail": ""}, ["References", " <two@x.test>"]),
    (Reason.DUPLICATE, {"ticket": 7}, ["Message-ID"]),
    (Reason.COPY, {"ticket": 7, "mailbox": "Sales"}, ["Message-ID"]),
    (Reason.LOOP_STOPPED, {"scope": "pair"}, ["From"]),
    (Reason.LOOP_STOPPED, {"scope": "equal"}, ["From", "Subject"]),
    (Reason.FOLLOWS_CLOSED, {"sign": ThreadReason.SUBJECT_NUMBER, "detail": ""}, ["Subject"]),
    (Reason.ANSWER, {"sign": ThreadReason.BODY_TOKEN, "detail": "[postroom:x]"}, ["Ours [postroom:x]."]),
    (Reason.ANSWER, {"sign": ThreadReason.CONVERSATION, "detail": "AdxQ5mT1"}, ["Thread-Index"]),
    (Reason.CHECK_MAIL, {}, ["Message-ID"]),
    (Reason.VACATION, {"signal": "Subject"}, ["Subject"]),
    (Reason.NEW_MAIL, {"not_followed": [{"trouble": "field", "line": "Two lines."}]}, ["Two lines."]),
    (Reason.LOOP_STOPPED, {"scope": "mailbox"}, []),
    (Reason.NEW_MAIL, {}, []),
    (Reason.FILTERED, {}, []),
    ("of_a_later_version", {}, []),
]


@pytest.mark.parametrize(("code", "data", "marked"), CASES)
def test_the_lines_that_decided_are_marked_and_no_others(code: str, data: dict[str, Any], marked: list[str]) -> None:
    marks = deciding(RemoteMessage(reason_code=code, reason_data=data))
    assert [line.name or line.text for line in source_lines(SOURCE, marks=marks) if line.is_marked] == marked


def test_every_reason_has_its_lines_or_is_known_to_have_none() -> None:
    assert {str(reason) for reason in Reason} == REASONS_WITH_LINE | WITHOUT_LINE
    assert not REASONS_WITH_LINE & WITHOUT_LINE


@pytest.mark.parametrize(
    ("hit", "marked"),
    [
        ({"look": "subject", "found": "office"}, ["Subject"]),
        ({"look": "body", "found": "two lines"}, ["Two lines."]),
        ({"look": "header", "found": "yes", "header": "X-Spam-Flag"}, ["X-Spam-Flag"]),
        ({"look": "domain", "found": "x.test"}, ["From"]),
        ({"look": "subject", "found": "office", "not": True}, []),
        ({"look": "size", "found": "12"}, []),
    ],
)
def test_the_lines_by_which_a_rule_matched_are_marked(hit: dict[str, Any], marked: list[str]) -> None:
    row = RemoteMessage(reason_code=Reason.NEW_MAIL, trace=["open_ticket", {"rule": 1, "hits": [hit]}])
    assert [line.name or line.text for line in source_lines(SOURCE, marks=deciding(row)) if line.is_marked] == marked


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Transfer-Encoding: base64\n\nSSBhbSBvdXQgb2Ygb2ZmaWNlLgo=\n",
        b"Content-Transfer-Encoding: quoted-printable\n\nI am out=\n of office.\n",
        b"\nI am out\nof office.\n",
    ],
)
def test_a_phrase_that_no_line_of_the_source_shows_is_told_decoded(body: bytes) -> None:
    marks = deciding(RemoteMessage(reason_code=Reason.FILTERED, reason_data=WORDS | {"place": "body"}))
    content = b"From: a@x.test\nSubject: Hi\nContent-Type: text/plain\n" + body
    lines = source_lines(content, marks=marks)
    assert decoded_lines(content, lines, marks=marks) == ["I am out of office."]
    assert decoded_lines(SOURCE, source_lines(SOURCE, marks=marks), marks=marks) == []


def test_a_word_that_an_encoded_subject_hides_is_found() -> None:
    marks = deciding(RemoteMessage(reason_code=Reason.SPAM_WORDS, reason_data={"words": ["münze"]}))
    source = b"Subject: =?utf-8?q?Die_M=C3=BCnze?=\nX-Other: M\xc3\xbcnze\n\n"
    assert [line.name for line in source_lines(source, marks=marks) if line.is_marked] == ["Subject"]
