"""The mail of a connection test, coming back: no ticket whatever a provider made of it, and nothing else is hidden."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome
from mailboxes.services.sending.check_mail import MARK_LASTS, check_mail
from tests.factories.incoming import receive
from ticketing.reason_words import reason_words

pytestmark = [pytest.mark.django_db, pytest.mark.both]

REWRITTEN = (rb"<pr-check\.[^>]+>", b"<0102018f.eu@relay.provider.test>")
NO_HEADER = (rb"X-Postroom-Check: [^\r]+\r\n", b"")
NO_MARK = (rb"\[postroom-check:[^\]]+\]", b"")
NO_SUBJECT = (rb"Subject: [^\r]+(\r\n [^\r]+)*\r\n", b"Subject: Test\r\n")
NO_TEXT = (rb"\r\n\r\n.*", b"\r\n\r\nReplaced on the way.\r\n")
OTHER_SENDER = (rb"From: new@", b"From: eve@")


def changed(mail: bytes, *changes: tuple[bytes, bytes]) -> bytes:
    """The mail as a provider or somebody else made it."""
    for pattern, new in changes:
        mail, count = re.subn(pattern, new, mail, flags=re.DOTALL)
        assert count
    return mail


def test_the_mail_of_a_connection_test_is_ignored(support: Any) -> None:
    (seen,) = receive(support, check_mail("new@fernhollow.test"))
    assert (seen.outcome, seen.reason_code, seen.ticket_id) == (Outcome.IGNORED, "check_mail", None)
    assert "A test mail of this mailbox, from new@fernhollow.test" in reason_words(seen)


@pytest.mark.parametrize(
    "lost",
    [[], [NO_MARK], [NO_HEADER, NO_SUBJECT], [NO_HEADER, NO_TEXT]],
    ids=["everywhere", "header", "text", "subject"],
)
def test_the_mail_of_a_connection_test_is_known_where_the_provider_wrote_another_message_id(
    support: Any, lost: list[tuple[bytes, bytes]]
) -> None:
    (seen,) = receive(support, changed(check_mail("new@fernhollow.test"), REWRITTEN, *lost))
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, "check_mail")


@pytest.mark.parametrize(
    "changes",
    [
        [OTHER_SENDER],
        [(rb"<pr-check\.", b"<pr-check.0"), NO_HEADER, NO_MARK],
        [REWRITTEN, NO_HEADER, NO_MARK],
        [REWRITTEN, OTHER_SENDER],
        [REWRITTEN, (rb"(Check: |check:)[0-9a-f]{4}", rb"\g<1>0000")],
        [REWRITTEN, (rb"(\.)[0-9a-f]{8}(\.)", rb"\g<1>ffffffff\g<2>")],
        [REWRITTEN, NO_HEADER, (rb"Subject:", b"In-Reply-To: <test@fernhollow.test>\r\nSubject:")],
    ],
)
def test_what_only_looks_like_the_mail_of_a_connection_test_is_not_ignored(
    support: Any, changes: list[tuple[bytes, bytes]]
) -> None:
    (seen,) = receive(support, changed(check_mail("new@fernhollow.test"), *changes))
    assert seen.reason_code != "check_mail"


def test_the_second_mark_of_a_connection_test_hides_nothing_after_a_day(support: Any) -> None:
    with clock.held_at(clock.now() - MARK_LASTS - timedelta(seconds=1)):
        mail = changed(check_mail("new@fernhollow.test"), REWRITTEN)
    (seen,) = receive(support, mail)
    assert seen.outcome == Outcome.CREATED


def test_the_mail_of_another_organizations_test_is_not_known_here(support: Any, otherco: Any) -> None:
    with organization_scope(otherco.id):
        foreign = check_mail("new@fernhollow.test")
    (seen,) = receive(support, foreign)
    assert seen.outcome == Outcome.CREATED
