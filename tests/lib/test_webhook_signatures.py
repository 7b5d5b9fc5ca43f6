"""Signatures of webhooks: the scheme's own examples, and whatever else must not pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from helpdesk.lib.webhook_signatures import headers, is_secret, is_signed, new_secret

SECRET = "whsec_plJ3nmyCDGBKInavdOK15jsl"
BODY = b'{"event_type":"ping","data":{"success":true}}'
AT = datetime.fromtimestamp(1731705121, UTC)
GIVEN = {
    "webhook-id": "msg_loFOjxBNrRLzqYUf",
    "webhook-timestamp": "1731705121",
    "webhook-signature": "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0=",
}


@pytest.mark.req("S3.6")
@pytest.mark.parametrize(
    ("secret", "event_id", "at", "body", "signature"),
    [
        (SECRET, "msg_loFOjxBNrRLzqYUf", 1731705121, BODY, GIVEN["webhook-signature"]),
        (
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            b'{"test": 2432232314}',
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        ),
    ],
)
def test_the_examples_of_the_scheme_come_out(secret: str, event_id: str, at: int, body: bytes, signature: str) -> None:
    made = headers(body, event_id=event_id, at=datetime.fromtimestamp(at, UTC), keys=[secret])
    assert made == {"webhook-id": event_id, "webhook-timestamp": str(at), "webhook-signature": signature}


@pytest.mark.parametrize("late_s", [-290, 0, 290])
def test_a_call_is_good_for_five_minutes(late_s: int) -> None:
    assert is_signed(BODY, GIVEN, keys=[SECRET], now=AT + timedelta(seconds=late_s))


@pytest.mark.parametrize(
    ("changed", "body", "late_s"),
    [
        ({}, BODY + b" ", 0),
        ({"webhook-id": "msg_other"}, BODY, 0),
        ({"webhook-id": ""}, BODY, 0),
        ({"webhook-timestamp": "1731705122"}, BODY, 0),
        ({"webhook-timestamp": "²"}, BODY, 0),
        ({"webhook-timestamp": ""}, BODY, 0),
        ({"webhook-signature": ""}, BODY, 0),
        ({"webhook-signature": "v1,ünknown"}, BODY, 0),
        ({"webhook-signature": GIVEN["webhook-signature"].replace("v1,", "v1a,")}, BODY, 0),
        ({}, BODY, 301),
        ({}, BODY, -301),
    ],
)
def test_what_is_not_signed_so_is_refused(changed: dict[str, str], body: bytes, late_s: int) -> None:
    assert not is_signed(body, GIVEN | changed, keys=[SECRET], now=AT + timedelta(seconds=late_s))


def test_with_two_secrets_either_is_taken_and_both_sign() -> None:
    other = new_secret()
    both = headers(BODY, event_id="msg_1", at=AT, keys=[other, SECRET])
    assert len(both["webhook-signature"].split(" ")) == 2
    assert is_signed(BODY, both, keys=[SECRET], now=AT)
    assert is_signed(BODY, GIVEN, keys=[other, SECRET], now=AT)
    assert not is_signed(BODY, GIVEN, keys=[other], now=AT)


@pytest.mark.parametrize("text", ["", "whsec_", "whsec_c2hvcnQ=", SECRET.removeprefix("whsec_"), "whsec_" + "*" * 32])
def test_a_secret_is_told_from_other_text(text: str) -> None:
    assert not is_secret(text)
    assert is_secret(SECRET)
    assert is_secret(new_secret())
