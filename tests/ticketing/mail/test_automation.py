"""What a mail is and whether anything may answer it: bounces, answers of machines, lists; and what they are not."""

import pytest

from tests.ticketing.mail.letters import mixed_mail, text_mail
from ticketing.mail.bounce_text import recipients_in_text
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import AutoKind

DAEMON = b"From: MAILER-DAEMON@mx.example\r\nTo: help@acme.example\r\nSubject: Undeliverable: s\r\n"


@pytest.mark.req("F83", "F89")
@pytest.mark.parametrize(
    ("header", "kind"),
    [
        (b"Auto-Submitted: auto-notified", AutoKind.GENERATED),
        (b"Auto-Submitted: auto-forwarded", None),
        (b"X-Autorespond: away", AutoKind.AUTO_REPLY),
        (b"X-Autoreply: no", None),
        (b"X-Precedence: bulk", AutoKind.LIST),
        (b"Mailing-List: x", AutoKind.LIST),
        (b"Delivered-To: autoresponder@x.example", AutoKind.AUTO_REPLY),
        (b"X-FC-MachineGenerated: true", AutoKind.GENERATED),
        (b"X-Amazon-Mail-Relay-Type: notification", AutoKind.GENERATED),
        (b"X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", AutoKind.AUTO_REPLY),
        (b"X-Mailer: Some return receipt thing", AutoKind.READ_RECEIPT),
        (b"X-Auto-Response-Suppress: OOF", None),
    ],
)
def test_headers_tell_what_a_mail_is(header: bytes, kind: AutoKind | None) -> None:
    automation = parse_mail(text_mail(b"x", headers=header + b"\r\n")).automation
    assert automation.kind is kind
    assert automation.is_auto is (kind not in (None, AutoKind.LIST))


def test_an_out_of_office_subject_with_the_header_is_a_vacation() -> None:
    raw = text_mail(b"x", headers=b"Auto-Submitted: auto-generated\r\n").replace(
        b"Subject: s", b"Subject: Out of office: s"
    )
    assert parse_mail(raw).automation.kind is AutoKind.VACATION


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ((b"", b""), ""),
        ((b"ann@", b"no-reply@"), "robot address no-reply@customer.example"),
        ((b"Ann Lee <ann@customer.example>", b"nobody"), "no sender"),
        ((b"Subject: s", b"Return-Path: <>\r\nSubject: s"), "empty Return-Path"),
        ((b"Subject: s", b"X-Auto-Response-Suppress: DR, AutoReply\r\nSubject: s"), "X-Auto-Response-Suppress"),
        ((b"Subject: s", b"X-Loop: x\r\nSubject: s"), "X-Loop"),
        ((b"Subject: s", b"List-Id: x\r\nSubject: s"), "list (List-Id)"),
    ],
)
def test_what_forbids_an_automatic_answer(change: tuple[bytes, bytes], reason: str) -> None:
    automation = parse_mail(text_mail(b"x").replace(*change, 1)).automation
    assert (automation.may_answer, automation.no_answer_because) == (not reason, reason)


@pytest.mark.parametrize(
    ("text", "recipients", "permanent"),
    [
        ("The following address failed:\n\n  bad@x.example\n\n550 no such user", ("bad@x.example",), True),
        ("Your message to <bad@x.example> could not be delivered: mailbox full", ("bad@x.example",), True),
        ("Delivery to bad@x.example is delayed, 4.4.1, will be retried", ("bad@x.example",), False),
        ("Something failed: 550 5.7.1 rejected", (), True),
        ("Recipient address: a@x.example\nRecipient address: b@x.example\n5.1.1", ("a@x.example", "b@x.example"), True),
        ("Final-Recipient: rfc822; c@x.example\nAction: failed\nStatus: 5.0.0\n", ("c@x.example",), True),
    ],
)
def test_bounces_in_free_text(text: str, recipients: tuple[str, ...], permanent: bool) -> None:
    bounce = parse_mail(DAEMON + b"\r\n" + text.encode()).bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent) == (recipients, permanent)


@pytest.mark.req("F88")
@pytest.mark.parametrize(
    "raw",
    [
        b"Return-Path: <>\r\n" + text_mail(b"My order 550 5.1.1 does not exist."),
        text_mail(b"I got: user unknown, 550 5.1.1 for bob@x.example"),
        text_mail(b"away", headers=b"Return-Path: <>\r\nAuto-Submitted: auto-replied\r\n"),
        DAEMON.replace(b"Undeliverable: s", b"Weekly report") + b"\r\nAll is well.",
    ],
)
def test_near_misses_are_no_bounce(raw: bytes) -> None:
    assert parse_mail(raw).bounce is None


def test_report_without_recipients_takes_them_from_the_text_or_the_original() -> None:
    status = b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n"
    original = b"Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <o@acme.example>\r\nTo: <Bad@x.example>\r\n"
    words = b"Content-Type: text/plain\r\n\r\nNot delivered."
    bounce = parse_mail(mixed_mail(words, status, original, kind=b"report")).bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.original_message_id) == (("bad@x.example",), "o@acme.example")
    empty = parse_mail(mixed_mail(words, status, b"Content-Type: message/rfc822\r\n\r\nX: y", kind=b"report")).bounce
    assert empty is not None
    assert (empty.recipients, empty.original_message_id) == ((), None)


def test_report_without_action_counts_by_its_status() -> None:
    status = b"Content-Type: message/delivery-status\r\n\r\nFinal-Recipient: rfc822; a@x.example\r\nStatus: 4.2.2\r\n"
    bounce = parse_mail(mixed_mail(status, kind=b"report")).bounce
    assert bounce is not None
    assert (bounce.recipients, bounce.permanent, bounce.status) == (("a@x.example",), False, "4.2.2")


def test_a_report_of_thousands_keeps_the_first() -> None:
    group = b"Final-Recipient: rfc822; u%d@x.example\r\nAction: failed\r\n\r\n"
    groups = b"".join(group % number for number in range(1000))
    bounce = parse_mail(mixed_mail(b"Content-Type: message/delivery-status\r\n\r\n" + groups, kind=b"report")).bounce
    assert bounce is not None
    assert len(bounce.recipients) == 200


def test_addresses_of_helpers_are_not_taken_for_recipients() -> None:
    text = "Please contact admin@x.example\nReply to boss@x.example\nbad@x.example: unknown\n"
    assert recipients_in_text(text, never=frozenset()) == ("bad@x.example",)
    assert recipients_in_text("we saw a@x.example and b@x.example there", never=frozenset()) == ()
    assert recipients_in_text("we saw c@x.example there", never=frozenset({"c@x.example"})) == ()


@pytest.mark.parametrize(
    ("header", "signals"),
    [
        (b"X-Spam-Score: 4.5 (++++)", {"spam_score": 4.5}),
        (b"X-Spam-Score: high", {"spam_score_text": "high"}),
        (b"X-Spam-Status: No, hits=-1.2", {"spam_flag": False, "spam_score": -1.2}),
        (b"X-MS-Exchange-Organization-SCL: -1", {"exchange_scl": "-1"}),
        (b"X-MS-Exchange-Organization-SCL: x", {}),
        (b"X-SES-Spam-Verdict: FAIL", {"ses_verdict": "fail"}),
    ],
)
def test_spam_signals_are_collected(header: bytes, signals: dict[str, object]) -> None:
    assert parse_mail(text_mail(b"x", headers=header + b"\r\n")).spam == signals
