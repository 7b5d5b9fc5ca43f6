"""What every sender does, whatever its protocol. A kind joins by a row in `worlds`.

What only SMTP has, which asks for each recipient and is given the content after the mark, stands at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from tests.connectors.worlds import SENDER_WORLDS, SenderWorld, SmtpWorld, smtp_world
from tests.servers.fixtures import Proxies
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.servers

QUICK = Timeouts(connect_s=5, read_s=1)


@pytest.fixture(params=SENDER_WORLDS)
def outlet(request: pytest.FixtureRequest) -> SenderWorld:
    """A server to send through."""
    return SENDER_WORLDS[request.param](request)


@pytest.fixture
def smtp(smtp_server: SmtpServer) -> SmtpWorld:
    """A server that speaks SMTP."""
    return smtp_world(smtp_server)


def mail(number: int = 1, text: bytes = b"hello") -> bytes:
    return b"Message-ID: <m%d@x.example>\r\nSubject: number %d\r\n\r\n%s\r\n" % (number, number, text)


class Marks(list[list[str]]):
    """What `before_data` was told."""

    def __call__(self, accepted: Sequence[str], *, handle: str = "") -> None:
        self.append(list(accepted))


def states(
    world: SenderWorld, *, to: Sequence[str] = ("bob@y.example",), raw: bytes = b"", port: int | None = None
) -> list[str]:
    result = world.sender(port=port, timeouts=QUICK).send(
        raw or mail(), mail_from=world.address, recipients=to, before_data=Marks()
    )
    assert list(result.recipients) == list(to)
    return [str(recipient.state) for recipient in result.recipients.values()]


def test_a_mail_arrives_byte_for_byte_with_its_envelope(outlet: SenderWorld) -> None:
    raw = mail(1, b".\r\n..\r\n.start\r\n" + b"y" * 70_000)
    assert states(outlet, to=["bob@y.example", "cat@y.example"], raw=raw) == ["sent", "sent"]
    [received] = outlet.received()
    assert received.raw == raw
    assert (received.sender, received.recipients) == (outlet.address, ("bob@y.example", "cat@y.example"))


def test_nothing_is_sent_if_the_mark_cannot_be_set(outlet: SenderWorld) -> None:
    def fail(accepted: Sequence[str], *, handle: str = "") -> None:
        raise LookupError

    with pytest.raises(LookupError):
        outlet.sender().send(mail(), mail_from="a@x.example", recipients=["b@y.example"], before_data=fail)
    assert outlet.received() == []


@pytest.mark.req("F106")
@pytest.mark.parametrize("arrives", [False, True])
def test_a_lost_answer_is_unknown_whether_or_not_the_mail_arrived(outlet: SenderWorld, arrives: bool) -> None:
    outlet.lose_the_answer(arrives=arrives)
    assert states(outlet) == ["unknown"]
    assert len(outlet.received()) == arrives


def test_a_connection_lost_before_the_mark_is_an_error_that_may_pass(outlet: SenderWorld) -> None:
    outlet.lose_before_the_mark()
    marks = Marks()
    with pytest.raises(ConnectorError) as error:
        outlet.sender().send(mail(), mail_from="ann@x.example", recipients=["b@y.example"], before_data=marks)
    assert (error.value.permanent, marks, outlet.received()) == (False, [], [])


@pytest.mark.parametrize(("permanent", "state"), [(False, "retry"), (True, "failed")])
def test_a_refused_mail_is_refused_for_all(outlet: SenderWorld, permanent: bool, state: str) -> None:
    outlet.refuse(permanent=permanent)
    assert states(outlet, to=["bob@y.example", "cat@y.example"]) == [state, state]
    assert outlet.received() == []


def test_a_refused_sign_in_is_for_good_and_a_check_says_so(outlet: SenderWorld) -> None:
    outlet.sender().check()
    with pytest.raises(ConnectorError) as error:
        outlet.sender(password="wrong").check()
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)
    assert outlet.received() == []


@pytest.mark.parametrize("kind", ["cut", "stall", "garbage"])
@pytest.mark.parametrize("after_bytes", [0, 40, 1_000])
def test_a_broken_line_to_the_server_is_an_error_that_may_pass(
    outlet: SenderWorld, tcp_proxy: Proxies, kind: str, after_bytes: int
) -> None:
    proxy = tcp_proxy(outlet.port)
    proxy.fail(kind, after_bytes=after_bytes)  # type: ignore[arg-type]  # one of the literals
    with pytest.raises(ConnectorError) as error:
        states(outlet, port=proxy.port)
    assert not error.value.permanent
    assert outlet.received() == []


# SMTP alone.


def test_each_recipient_has_a_result_of_its_own(smtp: SmtpWorld) -> None:
    smtp.server.behave(recipient_answers={"bob@y.example": "450 4.2.1 later", "cat@y.example": "550 5.1.1 no"})
    assert states(smtp, to=["ann@y.example", "bob@y.example", "cat@y.example"]) == ["sent", "retry", "failed"]
    assert [received.recipients for received in smtp.received()] == [("ann@y.example",)]


@pytest.mark.req("S3.1")
@pytest.mark.parametrize("mechanisms", [("PLAIN",), ("LOGIN",), ("LOGIN", "PLAIN"), ("XOAUTH2", "LOGIN")])
def test_a_password_signs_in_by_whichever_way_the_server_offers(smtp: SmtpWorld, mechanisms: tuple[str, ...]) -> None:
    smtp.server.behave(auth_mechanisms=mechanisms)
    assert states(smtp) == ["sent"]
    with pytest.raises(ConnectorError) as error:
        smtp.sender(password="wrong").check()
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_REFUSED, True)


def test_a_server_that_takes_no_password_says_so(smtp: SmtpWorld) -> None:
    smtp.server.behave(auth_mechanisms=("XOAUTH2",))
    with pytest.raises(ConnectorError) as error:
        smtp.sender().check()
    assert (error.value.reason, error.value.permanent) == (Reason.LOGIN_DISABLED, True)


def test_a_connection_lost_after_the_answer_does_not_matter(smtp: SmtpWorld) -> None:
    smtp.server.behave(drop="after_answer")
    assert states(smtp) == ["sent"]


@pytest.mark.req("F27")
def test_a_mail_above_the_servers_limit_is_not_offered(smtp: SmtpWorld) -> None:
    smtp.server.behave(size_limit_bytes=10_000)
    with pytest.raises(ConnectorError) as error:
        states(smtp, raw=mail(1, b"x" * 10_000))
    assert (error.value.reason, error.value.permanent) == (Reason.TOO_LARGE, True)


@pytest.mark.req("F106")
@pytest.mark.parametrize("kind", ["cut", "stall", "garbage"])
def test_a_line_that_breaks_while_the_content_is_on_its_way_is_unknown(
    smtp: SmtpWorld, tcp_proxy: Proxies, kind: str
) -> None:
    proxy = tcp_proxy(smtp.port)
    proxy.fail(kind, after_bytes=60_000, direction="to_server")  # type: ignore[arg-type]  # one of the literals
    assert states(smtp, raw=mail(1, b"x" * 200_000), port=proxy.port) == ["unknown"]
    assert smtp.received() == []


@pytest.mark.parametrize("drop", ["connect", "mail", "rcpt"])
def test_a_connection_lost_at_any_step_before_the_mark_may_pass(smtp: SmtpWorld, drop: str) -> None:
    smtp.server.behave(drop=drop)
    marks = Marks()
    with pytest.raises(ConnectorError) as error:
        smtp.sender().send(mail(), mail_from="ann@x.example", recipients=["b@y.example"], before_data=marks)
    assert (error.value.permanent, marks, smtp.received()) == (False, [], [])
