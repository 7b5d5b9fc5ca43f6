"""Mail handed over by a mail server: real SMTP and LMTP against the ports of `manage.py receive`, in this process."""

from __future__ import annotations

import asyncio
import smtplib
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connections

from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.listening import deliveries
from mailboxes.models import OutboxMessage, Outcome
from mailboxes.services.push import receiving
from mailboxes.services.push.push_addresses import renew_name
from mailboxes.services.reading import arrival_rate
from tests.factories.incoming import make_mail, process_due
from tests.factories.mailboxes import make_push_mailbox
from tests.mailboxes.push.conftest import Pushed
from ticketing.models import Ticket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]
MAX_BYTES = 200_000
THREADS = 2


class Ports:
    """The two servers, in a thread of their own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="receive")
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._servers = [self._open(is_lmtp) for is_lmtp in (False, True)]
        self.smtp, self.lmtp = [server.sockets[0].getsockname()[1] for server in self._servers]

    def close(self) -> None:
        """Nothing listens, and no thread holds a connection to the database."""
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        both_are_at_it = threading.Barrier(THREADS)
        for _ in range(THREADS):
            self._pool.submit(lambda: (both_are_at_it.wait(30), connections.close_all()))
        self._pool.shutdown()

    def _open(self, is_lmtp: bool) -> Any:
        made = partial(deliveries.protocol, self._pool, is_lmtp=is_lmtp, max_bytes=MAX_BYTES)
        coroutine = self._loop.create_server(made, "127.0.0.1", 0)
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def ports() -> Iterator[Ports]:
    opened = Ports()
    yield opened
    opened.close()


@pytest.fixture
def smtp(pushed: Pushed, ports: Ports) -> Iterator[smtplib.SMTP]:
    with smtplib.SMTP("127.0.0.1", ports.smtp, local_hostname="mta.example.test", timeout=60) as client:
        client.ehlo()
        yield client


@pytest.fixture
def lmtp(pushed: Pushed, ports: Ports) -> Iterator[smtplib.LMTP]:
    with smtplib.LMTP("127.0.0.1", ports.lmtp, local_hostname="mta.example.test", timeout=60) as client:
        client.ehlo()
        yield client


def address(pushed: Pushed) -> str:
    """Where mail is forwarded to."""
    return f"{pushed.mailbox.forwarding_name}@in.example.test"


def lmtp_answers(client: smtplib.LMTP, recipients: list[str], content: bytes) -> list[int]:
    """The code for each recipient that was accepted, in order."""
    client.mail("anna@customer.test")
    accepted = [recipient for recipient in recipients if client.rcpt(recipient)[0] == 250]
    assert client.docmd("DATA")[0] == 354
    client.send(content + b".\r\n")
    return [client.getreply()[0] for _ in accepted]


def test_a_forwarded_mail_becomes_a_ticket_with_its_return_path(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    content = make_mail(subject="Forwarded", text=".dots\r\n..stay\r\n")
    assert smtp.sendmail("anna@customer.test", [address(pushed).upper()], content) == {}
    [sighting] = pushed.sightings()
    assert files.read(sighting.raw.storage_key) == b"Return-Path: <anna@customer.test>\r\n" + content
    process_due()
    with organization_scope(pushed.mailbox.organization_id):
        assert Ticket.objects.get().subject == "Forwarded"


def test_a_tag_behind_the_name_leads_to_the_same_mailbox(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    name = pushed.mailbox.forwarding_name
    assert smtp.sendmail("anna@customer.test", [f"{name}+caf_=x@in.example.test"], make_mail()) == {}
    assert len(pushed.raws()) == 1


def test_the_null_sender_is_kept_so_that_a_bounce_is_told(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    smtp.sendmail("", [address(pushed)], make_mail(sender="MAILER-DAEMON@x.test", subject="Undelivered"))
    [raw] = pushed.raws()
    assert files.read(raw.storage_key).startswith(b"Return-Path: <>\r\n")


def test_the_same_mail_again_is_known_even_under_another_sender_and_by_the_other_way(
    pushed: Pushed, smtp: smtplib.SMTP
) -> None:
    content = make_mail()
    for sender in ("srs0=aa=anna@relay.test", "srs0=bb=anna@relay.test"):
        assert smtp.sendmail(sender, [address(pushed)], content) == {}
    assert pushed.post(content).status_code == 200
    assert len(pushed.sightings()) == len(pushed.raws()) == 1


def test_nothing_is_relayed_and_unknown_addresses_are_refused(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    smtp.mail("anna@customer.test")
    assert smtp.rcpt("ceo@other.example.test") == (550, deliveries.NO_RELAYING.encode()[4:])
    assert smtp.rcpt("never@in.example.test") == (550, deliveries.UNKNOWN.encode()[4:])
    assert smtp.rcpt(pushed.token + "@in.example.test")[0] == 550
    assert smtp.docmd("DATA")[0] == 503


def test_a_renewed_name_ends_the_old_one(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    old = address(pushed)
    with organization_scope(pushed.mailbox.organization_id):
        renew_name(pushed.mailbox)
    smtp.mail("anna@customer.test")
    assert smtp.rcpt(old)[0] == 550
    assert smtp.rcpt(address(pushed))[0] == 250


def test_size_is_announced_and_the_limit_of_the_mailbox_named(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    assert smtp.esmtp_features["size"] == str(MAX_BYTES)
    pushed.change(max_message_bytes=1000)
    smtp.mail("anna@customer.test", ["SIZE=1001"])
    refusal = (552, b"5.3.4 This mailbox takes mails of at most 1000 bytes")
    assert smtp.rcpt(address(pushed)) == refusal
    smtp.rset()
    smtp.mail("anna@customer.test")
    smtp.rcpt(address(pushed))
    assert smtp.data(make_mail(text="x" * 1000)) == refusal
    assert smtp.docmd("MAIL", f"FROM:<a@b.test> SIZE={MAX_BYTES + 1}")[0] == 552
    assert pushed.raws() == []


def test_recipients_with_other_limits_come_in_a_transaction_of_their_own(
    pushed: Pushed, fernhollow: Any, smtp: smtplib.SMTP
) -> None:
    small = Pushed(*make_push_mailbox(fernhollow, max_message_bytes=1000))
    smtp.mail("anna@customer.test")
    assert smtp.rcpt(address(pushed))[0] == 250
    assert smtp.rcpt(address(small)) == (452, deliveries.TOO_MANY.encode()[4:])


def test_each_recipient_has_a_delivery_of_its_own(
    pushed: Pushed, fernhollow: Any, otherco: Any, smtp: smtplib.SMTP
) -> None:
    others = [Pushed(*make_push_mailbox(organization)) for organization in (fernhollow, otherco)]
    assert smtp.sendmail("anna@customer.test", [address(box) for box in (pushed, *others)], make_mail()) == {}
    assert [len(box.raws()) for box in (pushed, *others)] == [1, 1, 1]


def test_over_lmtp_each_recipient_has_an_answer_of_its_own(pushed: Pushed, fernhollow: Any, lmtp: smtplib.LMTP) -> None:
    small = Pushed(*make_push_mailbox(fernhollow, max_message_bytes=1000))
    recipients = [address(pushed), "never@in.example.test", address(small)]
    assert lmtp_answers(lmtp, recipients, make_mail(text="x" * 1000)) == [250, 552]
    assert [len(box.raws()) for box in (pushed, small)] == [1, 0]


@pytest.mark.parametrize(
    ("spoil", "answer"),
    [
        (lambda: files.StorageDown(OSError(28, "No space left on device")), deliveries.NO_STORAGE),
        (lambda: OperationalError("server closed the connection"), deliveries.LATER),
        (lambda: ZeroDivisionError("secret words"), deliveries.LATER),
    ],
)
def test_what_cannot_be_stored_now_is_put_off_without_a_word_of_why(
    pushed: Pushed, smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch, spoil: Any, answer: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise spoil()

    content = make_mail()
    with monkeypatch.context() as broken:
        broken.setattr(receiving, "_keep", fail)
        smtp.mail("anna@customer.test")
        smtp.rcpt(address(pushed))
        code, words = smtp.data(content)
    assert f"{code} {words.decode()}" == answer
    assert smtp.sendmail("anna@customer.test", [address(pushed)], content) == {}
    assert len(pushed.raws()) == 1


def test_without_a_database_a_recipient_is_put_off(
    pushed: Pushed, smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(_address: str) -> None:
        raise OperationalError

    smtp.mail("anna@customer.test")
    monkeypatch.setattr(deliveries, "find_by_address", gone)
    assert smtp.rcpt(address(pushed)) == (451, deliveries.LATER.encode()[4:])


def test_one_recipient_that_fails_puts_the_mail_off_for_all_and_the_rest_is_not_doubled(
    pushed: Pushed, fernhollow: Any, smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Pushed(*make_push_mailbox(fernhollow))
    keep, content, recipients = receiving._keep, make_mail(), [address(pushed), address(other)]

    def fail_for_the_other(arrival: Any, target: Any) -> Any:
        if target.mailbox_id == other.mailbox.pk:
            raise files.StorageDown(OSError(28, "No space left on device"))
        return keep(arrival, target)

    with monkeypatch.context() as broken:
        broken.setattr(receiving, "_keep", fail_for_the_other)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            smtp.sendmail("anna@customer.test", recipients, content)
    assert refused.value.smtp_code == 451
    assert smtp.sendmail("anna@customer.test", recipients, content) == {}
    assert [len(box.raws()) for box in (pushed, other)] == [1, 1]


def test_more_than_a_minutes_share_is_put_off(
    pushed: Pushed, smtp: smtplib.SMTP, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrival_rate, "MOST_A_MINUTE", 0)
    smtp.mail("anna@customer.test")
    assert smtp.rcpt(address(pushed)) == (451, deliveries.TOO_OFTEN.encode()[4:])


def test_long_lines_eight_bits_and_a_missing_last_line_end_survive(pushed: Pushed, ports: Ports) -> None:
    body = "Grüße ".encode() * 40_000
    with socket.create_connection(("127.0.0.1", ports.smtp), timeout=60) as connection:
        answers = connection.makefile("rb")
        lines = ["EHLO x", "MAIL FROM:<a@b.test> BODY=8BITMIME", f"RCPT TO:<{address(pushed)}>", "DATA"]
        answers.readline()
        for line in lines:
            connection.sendall(line.encode() + b"\r\n")
            while answers.readline()[3:4] == b"-":
                pass
        sent = b"Subject: long\r\n\r\n" + body[:150_000] + b"\nbare\r\n"
        connection.sendall(sent + b".\r\n")
        assert answers.readline().startswith(b"250 ")
    [raw] = pushed.raws()
    assert files.read(raw.storage_key) == b"Return-Path: <a@b.test>\r\n" + sent


def test_a_peer_that_goes_in_the_middle_of_a_mail_leaves_nothing(pushed: Pushed, ports: Ports) -> None:
    with socket.create_connection(("127.0.0.1", ports.smtp), timeout=60) as connection:
        answers = connection.makefile("rb")
        for line in ("EHLO x", "MAIL FROM:<a@b.test>", f"RCPT TO:<{address(pushed)}>", "DATA"):
            connection.sendall(line.encode() + b"\r\n")
        while not answers.readline().startswith(b"354"):
            pass
        connection.sendall(make_mail())
    assert pushed.raws() == []


def test_a_forwarding_confirmation_is_a_ticket_and_nobody_answers_it(pushed: Pushed, smtp: smtplib.SMTP) -> None:
    confirmation = make_mail(
        subject="(#12345) Fernhollow Forwarding Confirmation - Receive Mail from support@fernhollow.test",
        sender="The Team <forwarding-noreply@google.com>",
        to=address(pushed),
        text="Confirmation code: 12345\r\nTo confirm open https://mail-settings.google.com/mail/vf-x\r\n",
        headers=[("Precedence", "bulk"), ("X-Auto-Response-Suppress", "All")],
    )
    smtp.sendmail("forwarding-noreply@google.com", [address(pushed)], confirmation)
    process_due()
    [sighting] = pushed.sightings()
    assert sighting.outcome == Outcome.CREATED
    with organization_scope(pushed.mailbox.organization_id):
        assert not OutboxMessage.objects.exists()
