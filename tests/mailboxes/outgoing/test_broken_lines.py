"""A line to the server that breaks: before the mark it is tried again, after it unknown."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.outgoing import make_outgoing_server, queue_mail
from tests.mailboxes.outgoing.mails import ANNA, Deliver, States

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LINE = b"x" * 76 + b"\r\n"


@pytest.mark.parametrize(
    ("kind", "after_bytes", "state"),
    [("cut", 30, "retry"), ("cut", 400_000, "unknown"), ("stall", 30, "retry"), ("stall", 400_000, "unknown")],
)
@pytest.mark.req("F106")
def test_a_network_that_breaks_has_its_outcome(
    kind: Any,
    after_bytes: int,
    state: str,
    smtp_server: Any,
    outgoing_server: Any,
    tcp_proxy: Any,
    deliver_all: Deliver,
    states: States,
    settings: Any,
) -> None:
    proxy = tcp_proxy(smtp_server.port)
    settings.MAIL_ALLOWED_PORTS = frozenset({proxy.port})
    settings.MAIL_READ_TIMEOUT_S = 0.5
    proxy.fail(kind, after_bytes=after_bytes, direction="to_server")
    outbox = queue_mail(make_outgoing_server(proxy.port), content=b"Subject: big\r\n\r\n" + LINE * 13_000)
    deliver_all()
    assert (states(outbox), smtp_server.received) == ({ANNA: state}, [])


def test_garbage_instead_of_an_answer_is_tried_again(
    smtp_server: Any, outgoing_server: Any, tcp_proxy: Any, deliver_all: Deliver, states: States, settings: Any
) -> None:
    proxy = tcp_proxy(smtp_server.port)
    settings.MAIL_ALLOWED_PORTS = frozenset({proxy.port})
    proxy.fail("garbage", after_bytes=0, direction="to_client")
    outbox = queue_mail(make_outgoing_server(proxy.port))
    deliver_all()
    assert (states(outbox), smtp_server.received) == ({ANNA: "retry"}, [])
