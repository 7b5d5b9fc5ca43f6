"""Which mail a read receipt or a complaint reports on."""

from __future__ import annotations

import pytest

from tests.ticketing.mail.reports import report_on
from ticketing.mail.parse import parse_mail
from ticketing.mail.values import Told

RECEIPT, COMPLAINT = "disposition-notification", "feedback-report"
ABOUT = "ours@fernhollow.test"


@pytest.mark.parametrize(
    ("kind", "parts", "found"),
    [
        (RECEIPT, {"message/disposition-notification": f"Original-Message-ID: <{ABOUT}>"}, (ABOUT,)),
        (
            RECEIPT,
            {"message/disposition-notification": f"Disposition: x\r\nOriginal-Message-ID:\r\n <{ABOUT}>"},
            (ABOUT,),
        ),
        (RECEIPT, {"message/disposition-notification": "Disposition: manual-action/MDN-sent; displayed"}, ()),
        (RECEIPT, {"text/rfc822-headers": f"Subject: x\r\nMessage-ID: <{ABOUT}>"}, (ABOUT,)),
        (
            COMPLAINT,
            {"message/feedback-report": "Feedback-Type: abuse", "message/rfc822": f"Message-ID: <{ABOUT}>"},
            (ABOUT,),
        ),
        (
            COMPLAINT,
            {"message/rfc822": f"Message-ID: <other@relay.test>\r\nX-Postroom-Message-ID: <{ABOUT}>"},
            (ABOUT,),
        ),
        (COMPLAINT, {"message/feedback-report": "Feedback-Type: abuse"}, ()),
        ("delivery-status", {"message/rfc822": f"Message-ID: <{ABOUT}>"}, ()),  # a bounce says that elsewhere
    ],
)
def test_the_mail_that_a_report_is_about(kind: str, parts: dict[str, str], found: tuple[str, ...]) -> None:
    assert parse_mail(report_on(kind, parts)).reported == found


def test_a_mail_with_such_a_file_is_no_report() -> None:
    mail = report_on(RECEIPT, {"message/disposition-notification": f"Original-Message-ID: <{ABOUT}>"})
    assert parse_mail(mail.replace(b"multipart/report", b"multipart/mixed")).reported == ()


@pytest.mark.parametrize(
    ("kind", "said", "told", "complainants"),
    [
        (RECEIPT, "Disposition: manual-action/MDN-sent-manually; displayed", Told.READ, ()),
        (RECEIPT, "Disposition: automatic-action/MDN-sent-automatically; Deleted/error", Told.DELETED, ()),
        (RECEIPT, "Disposition: automatic-action/MDN-sent-automatically; processed", None, ()),
        (RECEIPT, "Original-Message-ID: <x@y.test>", None, ()),
        (COMPLAINT, "Feedback-Type: abuse", Told.COMPLAINT, ()),
        (
            COMPLAINT,
            "Feedback-Type: opt-out\r\nOriginal-Rcpt-To: <Anna@customer.test>\r\nOriginal-Rcpt-To: x",
            Told.COMPLAINT,
            ("anna@customer.test",),
        ),
        (COMPLAINT, "Feedback-Type: not-spam", None, ()),
        (COMPLAINT, "Feedback-Type: auth-failure", None, ()),
    ],
)
def test_what_a_report_says_of_the_mail(kind: str, said: str, told: Told | None, complainants: tuple[str, ...]) -> None:
    mail = parse_mail(report_on(kind, {f"message/{kind}": said}))
    assert (mail.told, mail.complainants) == (told, complainants)
