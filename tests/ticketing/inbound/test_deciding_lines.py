"""The lines of a source that decided are marked, as the reason tells."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.models import ThreadReason
from ticketing.queries.deciding_lines import deciding
from ticketing.views.raw_source import source_lines

SOURCE = b"""From: Anna <anna@x.test>
Subject: Out of office
References: <one@x.test>
 <two@x.test>
Auto-Submitted: auto-replied
Content-Type: multipart/report
X-Spam-Flag: YES
Message-ID: <m@x.test>

I am out of office.
Two lines.
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
    (Reason.LOOP_STOPPED, {"scope": "mailbox"}, []),
    (Reason.NEW_MAIL, {}, []),
    (Reason.FILTERED, {}, []),
    ("of_a_later_version", {}, []),
]


@pytest.mark.parametrize(("code", "data", "marked"), CASES)
def test_the_lines_that_decided_are_marked_and_no_others(code: str, data: dict[str, Any], marked: list[str]) -> None:
    marks = deciding(RemoteMessage(reason_code=code, reason_data=data))
    assert [line.name or line.text for line in source_lines(SOURCE, marks=marks) if line.is_marked] == marked
