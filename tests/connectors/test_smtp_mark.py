"""The mark lies right before DATA; after it, nothing is called sent that is not known to be."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from mailboxes.connectors.base import RecipientState
from mailboxes.connectors.errors import Reason
from mailboxes.connectors.smtp import SmtpSender
from tests.connectors.configs import smtp
from tests.connectors.scripted import Act, Answer, ScriptedSmtp
from tests.connectors.smtp_scripts import MAIL, Sent


@pytest.mark.req("F106")
def test_the_mark_is_set_once_between_the_last_recipient_and_data(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp(
        {"RCPT TO:<cat@y.example>": b"550 5.1.1 no\r\n", "RCPT TO:<dan@y.example>": b"450 4.2.1 later\r\n"}
    )
    sent = Sent(server, to=["bob@y.example", "cat@y.example", "dan@y.example", "eve@y.example"])
    assert sent.marks == [["bob@y.example", "eve@y.example"]]
    assert sent.commands_at_mark[-1] == "RCPT TO:<eve@y.example>"
    assert sent.states == ["sent", "failed", "retry", "sent"]


def test_if_every_recipient_is_refused_there_is_no_mark_and_no_data(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp({"RCPT": b"550 5.1.1 no\r\n"})
    sent = Sent(server, to=["bob@y.example", "cat@y.example"])
    assert (sent.marks, sent.states) == ([], ["failed", "failed"])
    assert not server.sent("DATA")


def test_a_mark_that_cannot_be_set_stops_the_mail(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp()

    def fail(accepted: Sequence[str]) -> None:
        raise LookupError("the claim is gone")

    with pytest.raises(LookupError):
        SmtpSender(smtp(server.port)).send(MAIL, mail_from="a@x.example", recipients=["b@y.example"], before_data=fail)
    assert not server.sent("DATA")
    assert server.commands[-1] == "QUIT"


@pytest.mark.req("F106")
@pytest.mark.parametrize("step", ["DATA", "END"])
@pytest.mark.parametrize(
    "fault", [Act.CLOSE, Act.HANG, b"garbage\r\n", b"\xff\xff\xff ok\r\n", b"250 ", b"199 what\r\n", b"9" * 9000]
)
def test_no_clear_answer_after_the_mark_is_unknown_and_never_an_error(
    serve_smtp: Callable[..., ScriptedSmtp], step: str, fault: Answer
) -> None:
    sent = Sent(serve_smtp({step: fault}), to=["bob@y.example", "cat@y.example"])
    assert sent.states == ["unknown", "unknown"]
    assert len(sent.marks) == 1


@pytest.mark.parametrize("answer", [b"250 ok\r\n", b"220 ok\r\n", b"334 go on\r\n"])
def test_a_yes_before_the_content_was_sent_is_not_taken_for_one_to_the_content(
    serve_smtp: Callable[..., ScriptedSmtp], answer: bytes
) -> None:
    assert Sent(serve_smtp({"DATA": answer})).states == ["unknown"]


def test_an_answer_that_comes_before_the_content_is_not_taken_for_one_to_it(
    serve_smtp: Callable[..., ScriptedSmtp],
) -> None:
    server = serve_smtp({"DATA": b"354 go\r\n250 ok\r\n", "END": b"554 5.6.0 no\r\n"})
    assert Sent(server).states == ["unknown"]


def test_an_answer_too_many_to_one_recipient_is_not_taken_for_the_next_ones(
    serve_smtp: Callable[..., ScriptedSmtp],
) -> None:
    server = serve_smtp({"RCPT TO:<bob@y.example>": b"550 no\r\n250 ok\r\n"})
    assert Sent(server, to=["bob@y.example", "cat@y.example"]).failure == (Reason.PROTOCOL, False)


def test_a_server_that_says_it_is_going_while_nobody_asks_is_believed(serve_smtp: Callable[..., ScriptedSmtp]) -> None:
    server = serve_smtp({"MAIL": b"250 ok\r\n421 4.3.2 going down\r\n"})
    assert Sent(server).failure == (Reason.TOO_MANY_CONNECTIONS, False)


@pytest.mark.parametrize("step", ["DATA", "END"])
@pytest.mark.parametrize(
    ("answer", "state", "code"),
    [
        (b"452 4.3.1 full\r\n", "retry", 452),
        (b"421 4.3.0 down\r\n", "retry", 421),
        (b"554 5.6.0 no\r\n", "failed", 554),
    ],
)
def test_a_refusal_after_the_mark_is_the_answer_for_all_who_were_accepted(
    serve_smtp: Callable[..., ScriptedSmtp], step: str, answer: bytes, state: str, code: int
) -> None:
    sent = Sent(serve_smtp({step: answer}), to=["bob@y.example", "cat@y.example"])
    assert sent.states == [state, state]
    assert sent.result is not None
    assert sent.result.recipients["bob@y.example"].code == code


@pytest.mark.parametrize("fault", [Act.CLOSE, Act.HANG, b"500 what\r\n", b"garbage\r\n"])
def test_trouble_at_goodbye_changes_nothing(serve_smtp: Callable[..., ScriptedSmtp], fault: Answer) -> None:
    assert Sent(serve_smtp({"QUIT": fault})).states == [str(RecipientState.SENT)]
