"""Whatever the mail: every organization decides it, with words for the decision and values that every store takes."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailboxes.models import Outcome
from tests.fuzz.asking import NotClean, look_at
from tests.fuzz.mutation import OUR_MAILS, mutated, samples_in
from tests.fuzz.sharing import tried

MAILS = samples_in(OUR_MAILS)
BATCH = 20
NAMES = st.sampled_from(
    [
        "From", "Reply-To", "To", "Cc", "Subject", "Message-ID", "In-Reply-To", "References", "List-Id", "List-Post",
        "Auto-Submitted", "Precedence", "Return-Path", "X-Spam-Flag", "X-Spam-Status", "Authentication-Results",
        "X-Forefront-Antispam-Report", "Received-SPF", "Delivered-To", "X-Original-From", "Content-Language",
        "Content-Type", "Content-Transfer-Encoding", "X-Postroom-Test", "X-Failed-Recipients",
    ]
)  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(
        [
            "anna@customer.test", '"Anna" <anna@customer.test>, b@c.test', "<a@b.test>", "<>", "yes", "auto-replied",
            "mx.test; dmarc=fail", "multipart/report; report-type=delivery-status; boundary=b", "text/html", "base64",
            "Re: [#17] out of office", "SFV:SPM;SCL:9", "Yes, score=9.1", "bulk", "MAILER-DAEMON@x.test",
        ]
    ),
    st.text(max_size=60),
)  # fmt: skip
LINES = st.one_of(
    st.sampled_from(
        [
            "On 1 May Anna wrote:", "> out of office", "-----Original Message-----", "From: ben@c.test", "Subject: x",
            "--- Ticket details [en] ---", "Priority: high", "Tags: a, b", "Number: 1e400", "---", "-- ",
            "<div class=gmail_quote>", "<blockquote>",
            "--b", "begin 644 a", "Status: 5.1.1", "Final-Recipient: rfc822; a@b.test", "https://bücher.test/?a=1", "",
        ]
    ),
    st.text(max_size=80),
)  # fmt: skip


@pytest.mark.req("F21")
@pytest.mark.parametrize("first", range(0, 240, BATCH))
def test_broken_copies_of_mails_are_decided_in_every_organization(first: int) -> None:
    assert [tried(mutated(MAILS, seed=seed), look_at)[0] for seed in range(first, first + BATCH)] == [""] * BATCH


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(headers=st.lists(st.tuples(NAMES, VALUES), max_size=12), lines=st.lists(LINES, max_size=12))
def test_any_headers_and_lines_are_decided_in_every_organization(
    headers: list[tuple[str, str]], lines: list[str]
) -> None:
    raw = "\r\n".join([*(f"{name}: {value}" for name, value in headers), "", *lines]).encode()
    assert tried(raw, look_at)[0] == ""


@pytest.mark.parametrize("content", [b"", b"\x00" * 50, b"From: a@b.test\r\n\r\n" + b"a" * 300_000])
def test_what_is_hardly_a_mail_is_decided(content: bytes) -> None:
    decided = look_at(content)["decided"]
    assert look_at(content)["decided"] == decided
    assert (decided["nothing set"]["outcome"], decided["an answer"]["outcome"]) == (Outcome.CREATED, Outcome.ADDED)


@pytest.mark.req("F21")
def test_a_bounce_of_nothing_but_dashes_takes_nobody_long() -> None:
    raw = b"From: MAILER-DAEMON@x.test\r\nSubject: Undelivered mail\r\n\r\n550 " + b"-" * 80_000
    assert tried(raw, look_at)[0] == ""


def test_what_goes_wrong_with_a_mail_is_told_and_where() -> None:
    def fail(raw: bytes) -> None:
        raise NotClean("NUL")

    trouble, _took_s = tried(b"", fail)
    assert trouble.startswith("NotClean('NUL') at ")
    assert __file__ in trouble


def test_the_long_run_begins_without_any_setting() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"}
    command = [sys.executable, "-m", "tests.fuzz", "--mails", "2", "--processes", "1"]
    run = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert (run.returncode, "2 mails, 0 failed" in run.stdout) == (0, True), run.stdout + run.stderr
