"""What is known to end, from rows alone: secrets, sign-ins, certificates, services that providers switch off."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from mailboxes.deadline_words import NAMES, end_sentence, to_do
from mailboxes.deadlines import SMTP_PASSWORD_ENDS, Deadline, DeadlineKind, deadlines_of, ended_like_in_testing
from mailboxes.models import Connection, Mailbox, OAuthGrant, OutgoingServer

TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
SUNDAY = NOON + timedelta(days=7)


def ends(mailbox: Mailbox, *, server: OutgoingServer | None = None) -> list[tuple[str, date]]:
    return [(str(end.kind), end.ends_on) for end in deadlines_of(mailbox, server=server, today=TODAY)]


def connection(**values: Any) -> Connection:
    """One that is stored nowhere, as if loaded with its grant: it has none."""
    made = Connection(**values)
    made._state.fields_cache["grant"] = None
    return made


def box(**values: Any) -> Mailbox:
    return Mailbox(connection=connection(**{"kind": "imap", "host": "imap.example.test"} | values))


@pytest.mark.parametrize(
    ("grant", "expected"),
    [
        ({"provider": "microsoft", "flow": "user"}, [("sign_in", date(2026, 5, 30))]),
        ({"provider": "microsoft", "flow": "app"}, []),
        ({"provider": "google", "flow": "user"}, [("sign_in", date(2026, 8, 28))]),
        ({"provider": "google", "flow": "user", "sign_in_ends_at": SUNDAY}, [("testing", SUNDAY.date())]),
        ({"provider": "google", "flow": "user", "sign_in_ends_at": SUNDAY, "state": "dead"}, []),
        ({"provider": "google", "flow": "user", "refresh_lifetime_days": 7}, [("sign_in", date(2026, 3, 8))]),
        ({"provider": "other", "flow": "user", "refresh_lifetime_days": 60}, [("sign_in", date(2026, 4, 30))]),
        ({"provider": "microsoft", "flow": "user", "state": "dead"}, []),
    ],
)
def test_a_sign_in_ends_when_its_refresh_token_was_idle_for_as_long_as_is_known(
    grant: dict[str, Any], expected: list[tuple[str, date]]
) -> None:
    mailbox = box()
    mailbox.connection.grant = OAuthGrant(**{"state": "alive", "refreshed_at": NOON} | grant)
    assert ends(mailbox) == expected


@pytest.mark.parametrize(
    ("kind", "host", "today", "expected"),
    [
        ("ews", "outlook.office365.com", TODAY, [date(2026, 10, 1)]),
        ("ews", "outlook.office365.com", date(2026, 10, 2), [date(2027, 4, 1)]),
        ("ews", "mail.fernhollow.test", TODAY, []),
        ("imap", "outlook.office365.com", TODAY, []),
    ],
)
def test_exchange_online_ends_ews_in_two_steps_and_a_server_of_ones_own_does_not(
    kind: str, host: str, today: date, expected: list[date]
) -> None:
    found = deadlines_of(box(kind=kind, host=host), server=None, today=today)
    assert [end.ends_on for end in found] == expected


def test_sending_with_a_password_through_microsoft_ends_and_with_a_sign_in_does_not() -> None:
    mailbox = box()
    server = OutgoingServer(host="smtp.office365.com", username="help")
    assert ends(mailbox, server=server) == [("smtp_password", SMTP_PASSWORD_ENDS)]
    assert ends(mailbox, server=OutgoingServer(host="smtp.example.test", username="help")) == []
    assert ends(mailbox, server=OutgoingServer(host="smtp.office365.com")) == []
    signed_in = connection(username="help")
    signed_in.grant = OAuthGrant(provider="microsoft", flow="user")
    assert ends(mailbox, server=OutgoingServer(host="smtp.office365.com", login_of=signed_in)) == []
    later = deadlines_of(mailbox, server=server, today=date(2027, 1, 1))
    assert later == []


@pytest.mark.parametrize(("left", "step"), [(31, None), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1), (-9, 1)])
def test_the_step_is_the_last_warning_that_is_due(left: int, step: int | None) -> None:
    end = Deadline(DeadlineKind.SECRET, Connection().pk, TODAY + timedelta(days=left))
    assert end.step(TODAY) == step


@pytest.mark.req("F58")
def test_certificates_of_every_server_of_a_mailbox_end_each_by_itself() -> None:
    mailbox = box(certificate_ends_at=NOON)
    mailbox.connection.grant = OAuthGrant(
        provider="other", flow="user", state="alive", certificate_ends_at=NOON + timedelta(days=1)
    )
    server = OutgoingServer(host="smtp.example.test", certificate_ends_at=NOON + timedelta(days=2))
    assert ends(mailbox, server=server) == [
        ("certificate", TODAY),
        ("provider_cert", TODAY + timedelta(days=1)),
        ("sending_cert", TODAY + timedelta(days=2)),
    ]


@pytest.mark.parametrize("kind", list(DeadlineKind))
def test_every_end_is_told_before_and_after_with_what_to_do(kind: DeadlineKind) -> None:
    before, after = end_sentence(kind, SUNDAY.date(), today=TODAY), end_sentence(kind, TODAY, today=SUNDAY.date())
    assert ("8 March 2026" in before, "1 March 2026" in after, before != after) == (True, True, True)
    assert NAMES[kind]
    assert to_do(kind)


@pytest.mark.parametrize(
    ("days", "provider", "is_likely"),
    [(6.9, "google", False), (7.1, "google", True), (9, "google", False), (7.1, "microsoft", False)],
)
def test_a_sign_in_that_ended_after_seven_days_looks_like_one_of_an_app_in_testing(
    days: float, provider: str, is_likely: bool
) -> None:
    grant = OAuthGrant(
        provider=provider, state="dead", signed_in_at=NOON, outage_notified_at=NOON + timedelta(days=days)
    )
    assert ended_like_in_testing(grant) is is_likely
