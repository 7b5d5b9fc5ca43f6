"""What a message and the facts of the policy say about how far a sender is who From says."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import ConnectionKind
from tests.factories.incoming import make_mail, receive
from ticketing.inbound.spam_trust import checker_of
from ticketing.mail.authentication import Checker
from ticketing.models import Message
from ticketing.trust_words import sender_badges, sender_facts

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F100", "F112")]

RESULTS = "Authentication-Results"
GMAIL = "imap.gmail.com"


@pytest.mark.parametrize(
    ("host", "headers", "badges", "said"),
    [
        (GMAIL, [(RESULTS, "mx.google.com; dmarc=pass")], [], "has proven"),
        (
            GMAIL,
            [(RESULTS, "mx.google.com; spf=softfail; dmarc=none")],
            ["Sender not proven"],
            "SPF softfail, DMARC none",
        ),
        (GMAIL, [], ["Sender not proven"], "could not prove"),
        (GMAIL, [(RESULTS, "mx.evil.test; dmarc=pass")], ["Sender not proven"], "could not prove"),
        ("imap.x.test", [(RESULTS, "mx.x.test; dmarc=pass")], [], ""),
        ("imap.x.test", [(RESULTS, "mx.x.test; dmarc=fail")], ["Sender forged?"], "does not come from"),
        ("imap.x.test", [("Reply-To", "pay@evil.test")], ["Answers go elsewhere"], "pay@evil.test"),
        ("imap.x.test", [("Reply-To", "help@shop.customer.test")], [], ""),
    ],
)
def test_a_message_carries_a_badge_where_its_sender_is_odd(
    support: Any, host: str, headers: Any, badges: list[str], said: str
) -> None:
    support.connection.host = host
    support.connection.save()
    receive(support, make_mail(), make_mail(headers=headers))
    first, second = Message.objects.order_by("id")
    assert [badge.text for badge in sender_badges(second)] == badges
    assert said in " ".join(sender_facts(second))
    assert "First contact" in [badge.text for badge in sender_badges(first)]


@pytest.mark.parametrize(
    ("kind", "host", "checker"),
    [
        (ConnectionKind.GRAPH, "", Checker.EXCHANGE_ONLINE),
        (ConnectionKind.EWS, "outlook.office365.com", Checker.EXCHANGE_ONLINE),
        (ConnectionKind.EWS, "mail.our.test", Checker.EXCHANGE),
        (ConnectionKind.IMAP, "outlook.office365.com", Checker.EXCHANGE_ONLINE),
        (ConnectionKind.IMAP, "imap.gmail.com", Checker.GOOGLE),
        (ConnectionKind.IMAP, "imap.gmail.com.evil.test", Checker.NOBODY),
        (ConnectionKind.PUSH, "", Checker.NOBODY),
    ],
)
def test_a_provider_is_believed_only_where_its_own_server_is_read(
    kind: ConnectionKind, host: str, checker: Checker
) -> None:
    assert checker_of(kind, host=host) is checker
