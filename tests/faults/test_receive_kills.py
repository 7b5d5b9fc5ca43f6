"""`manage.py receive` dies before its answer: the mail server sends again, and each recipient has the mail once."""

from __future__ import annotations

import json
import os
import signal
import smtplib
from collections.abc import Sequence

import pytest

from tests.factories.incoming import make_mail
from tests.faults.bringing import Brought, make_brought
from tests.faults.harness import MAIL_DOMAIN, Installation, Running
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.servers, pytest.mark.both]
SENDER = "anna@customer.test"
POINTS = ["receive.files_durable:kill", "receive.in_store:kill", "receive.committed:kill"]


def start(installation: Installation, *, fault: str = "") -> tuple[Running, dict[str, int]]:
    """A running `receive`, and its ports."""
    running = installation.start("receive", "--smtp", 0, "--lmtp", 0, fault=fault)
    output = running.base.with_suffix(".out")
    wait_until(lambda: output.exists() and output.read_text().endswith("\n"), what="the ports")
    return running, json.loads(output.read_text())


def hand_over(port: int, boxes: Sequence[Brought], content: bytes) -> None:
    """A mail server has sent the mail to these mailboxes in one transaction. Raises smtplib.SMTPException."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="mta.example.test", timeout=60) as client:
        assert client.sendmail(SENDER, [f"{box.name}@{MAIL_DOMAIN}" for box in boxes], content) == {}


def end(running: Running) -> None:
    """It was asked to stop, and did so in order."""
    os.kill(running.pid, signal.SIGTERM)
    ended = running.wait()
    assert (ended.code, ended.errors) == (0, "")


@pytest.mark.parametrize("fault", POINTS)
def test_a_mail_that_was_not_answered_is_there_once_after_the_next_try(installation: Installation, fault: str) -> None:
    box, content = make_brought(installation), make_mail()
    killed, ports = start(installation, fault=fault)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        hand_over(ports["smtp"], [box], content)
    assert killed.wait().was_killed
    again, ports = start(installation)
    for _ in range(2):
        hand_over(ports["smtp"], [box], content)
    end(again)
    box.assert_there_once(f"Return-Path: <{SENDER}>\r\n".encode() + content)


@pytest.mark.parametrize("point", ["receive.committed:kill", "receive.in_store:kill:2"])
def test_of_two_recipients_none_is_left_out_and_none_has_it_twice(installation: Installation, point: str) -> None:
    boxes, content = [make_brought(installation), make_brought(installation)], make_mail()
    killed, ports = start(installation, fault=point)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        hand_over(ports["smtp"], boxes, content)
    assert killed.wait().was_killed
    assert [len(box.sighting_ids()) for box in boxes] == [1, 0]
    again, ports = start(installation)
    hand_over(ports["smtp"], boxes, content)
    end(again)
    for box in boxes:
        box.assert_there_once(f"Return-Path: <{SENDER}>\r\n".encode() + content)


def test_a_mail_over_lmtp_that_was_not_answered_is_there_once(installation: Installation) -> None:
    box, content = make_brought(installation), make_mail()
    killed, ports = start(installation, fault="receive.committed:kill")
    recipient = f"{box.name}@{MAIL_DOMAIN}"
    with smtplib.LMTP("127.0.0.1", ports["lmtp"], timeout=60) as client, pytest.raises(smtplib.SMTPServerDisconnected):
        client.sendmail(SENDER, [recipient], content)
    assert killed.wait().was_killed
    again, ports = start(installation)
    with smtplib.LMTP("127.0.0.1", ports["lmtp"], timeout=60) as client:
        client.sendmail(SENDER, [recipient], content)
    end(again)
    box.assert_there_once(f"Return-Path: <{SENDER}>\r\n".encode() + content)
