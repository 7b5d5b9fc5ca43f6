"""Which refusals say that there is no such address, and whom an answer to the content is about."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.errors import Reason
from mailboxes.connectors.smtp_errors import Reply, says_unknown
from tests.connectors.scripted import ScriptedSmtp
from tests.connectors.smtp_scripts import Sent

UNKNOWN = b"550 5.1.1 User unknown\r\n"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (550, "5.1.1 <anna@y.example>: Recipient address rejected: User unknown in virtual mailbox table"),
        (550, "5.1.1 The email account that you tried to reach does not exist.\n5.1.1 See https://y.example/policy"),
        (550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
        (553, "5.1.3 The recipient address is not a valid address"),
        (550, "#5.1.0 Address rejected."),
        (550, "sorry, no mailbox here by that name. (#5.1.1)"),
        (550, "5.2.1 The email account that you tried to reach is inactive"),
        (554, "5.1.2 Bad destination system"),
        (550, "<sender@y.example>: User unknown"),
        (550, "No such user here"),
        (550, "Unrouteable address"),
    ],
)
def test_a_refusal_says_that_there_is_no_such_address(code: int, words: str) -> None:
    assert says_unknown(Reply(code, words))


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (450, "4.1.1 User unknown, try again"),
        (550, "4.1.1 User unknown"),
        (250, "5.1.1 User unknown"),
        (550, "5.7.1 Message rejected by policy: no such user may write here"),
        (554, "5.7.1 <anna@y.example>: Relay access denied"),
        (552, "5.2.2 Mailbox full"),
        (552, "5.3.4 Message too large"),
        (550, "5.1.7 Bad sender's mailbox address syntax"),
        (550, "5.1.8 Domain of sender address does not exist"),
        (550, "5.1.0 <me@x.example>: Sender address rejected: User unknown in virtual mailbox table"),
        (550, "5.1.1 Mail from 192.0.2.7 blocked by our reputation service"),
        (550, "5.4.1 Recipient address rejected: Access denied"),
        (550, "Connection from 5.1.1.7 refused"),
        (550, "Requested action not taken: mailbox unavailable"),
        (550, "Invalid recipient limit reached"),
        (550, "Sender verify failed: no such user"),
        (554, "No such user here"),
        (550, "no"),
    ],
)
def test_a_refusal_for_another_reason_does_not(code: int, words: str) -> None:
    assert not says_unknown(Reply(code, words))


@pytest.mark.parametrize(
    ("answers", "to", "expected"),
    [
        ({"RCPT TO:<bob@y.example>": UNKNOWN}, ["bob@y.example", "cat@y.example"], [Reason.RECIPIENT_UNKNOWN, None]),
        ({"END": UNKNOWN}, ["bob@y.example"], [Reason.RECIPIENT_UNKNOWN]),
        ({"END": UNKNOWN}, ["bob@y.example", "cat@y.example"], [None, None]),
    ],
    ids=["at RCPT", "of the content, to one", "of the content, to two"],
)
def test_it_is_known_of_the_recipient_whom_the_answer_is_about(
    serve_smtp: Callable[..., ScriptedSmtp], answers: dict[str, bytes], to: list[str], expected: list[Reason | None]
) -> None:
    sent = Sent(serve_smtp(answers), to=to)
    assert sent.result is not None
    assert [sent.result.recipients[address].reason for address in to] == expected
