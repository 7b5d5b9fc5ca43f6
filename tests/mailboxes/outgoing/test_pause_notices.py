"""Who hears that nothing leaves through an outgoing server, and that mail leaves again; and by which way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as operators_mail

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import BouncedAddress, Cause, Health, Mailbox, OutboxMessage, OutgoingServer
from mailboxes.services.liveness import notifying
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.sending.suppressing import add_suppressions
from tests.factories.outgoing import make_mailbox, make_outgoing_server, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]
ADMINS = ["adam@fernhollow.test", "olive@fernhollow.test"]
NOBODY = "smtp://127.0.0.1:1"


@pytest.fixture
def server(outgoing_server: Any, smtp_server: Any, people: Any) -> OutgoingServer:
    """It refuses our log-in."""
    smtp_server.behave(auth_answer="535 5.7.8 no such login", users={"ines": "right"})
    server = make_outgoing_server(smtp_server.port, username="ines", password="right")
    make_mailbox(server, name="Repairs")
    return server


@pytest.fixture
def paused(server: OutgoingServer, deliver_all: Callable[[], int]) -> OutgoingServer:
    queue_mail(server)
    queue_mail(server)
    deliver_all()
    server.refresh_from_db()
    return server


def notify() -> list[Any]:
    """What went out through the operator's server so far."""
    drains.drain_now(WorkKind.NOTIFY)
    return list(operators_mail.outbox)


def notices() -> list[OutboxMessage]:
    """What goes out through a mailbox."""
    return list(OutboxMessage.objects.filter(cause=Cause.NOTICE))


def test_admins_hear_once_that_nothing_leaves_and_why(paused: OutgoingServer, deliver_all: Callable[[], int]) -> None:
    WorkItem.objects.filter(kind=WorkKind.DELIVER).update(due_at=clock.now())
    deliver_all()
    (notice,) = notify()
    assert notice.bcc == ADMINS
    assert notice.subject == "Nothing leaves through 127.0.0.1"
    for words in (
        "refused the username or password",
        "535 5.7.8 no such login",
        "Repairs",
        "2 mails wait",
        "/o/fernhollow/outbox/",
    ):
        assert words in notice.body
    assert "right" not in notice.body.replace("right password", "")


def test_mailboxes_without_a_server_of_their_own_are_named_with_the_default(
    server: OutgoingServer, outgoing_server: Any, deliver_all: Callable[[], int]
) -> None:
    OutgoingServer.objects.filter(pk=server.pk).update(is_default=True)
    make_mailbox(name="Sales")
    make_mailbox(outgoing_server, name="Elsewhere")
    queue_mail(server)
    deliver_all()
    (notice,) = notify()
    assert "send through it: Repairs, Sales." in notice.body


def test_a_server_that_is_not_the_default_names_its_own_mailboxes_alone(paused: OutgoingServer) -> None:
    make_mailbox(name="Sales")
    (notice,) = notify()
    assert "send through it: Repairs." in notice.body


def test_admins_hear_once_that_mail_leaves_again(
    paused: OutgoingServer, smtp_server: Any, deliver_all: Callable[[], int]
) -> None:
    smtp_server.behave(auth_answer=None)
    resume_server(paused)
    assert len(notify()) == 1
    deliver_all()
    recovery = notify()[1]
    assert recovery.subject == "Mail leaves through 127.0.0.1 again"
    queue_mail(paused)
    deliver_all()
    assert len(notify()) == 2
    assert list(AuditEntry.objects.order_by("id").values_list("action", flat=True)) == [
        "outbox.server_paused",
        "outbox.server_recovered",
    ]


def test_a_pause_after_a_person_resumed_in_vain_is_told_again(
    paused: OutgoingServer, deliver_all: Callable[[], int]
) -> None:
    resume_server(paused)
    deliver_all()
    assert [notice.subject for notice in notify()] == ["Nothing leaves through 127.0.0.1"] * 2


def working_mailbox(server: OutgoingServer) -> Mailbox:
    return make_mailbox(server, address="sales@fernhollow.test", health=Health.REACHABLE)


def test_without_a_server_of_the_operator_the_notice_leaves_through_another_mailbox(
    paused: OutgoingServer, outgoing_server: Any, smtp_server: Any, deliver_all: Callable[[], int]
) -> None:
    working_mailbox(outgoing_server)
    smtp_server.behave(auth_answer=None, users=None)
    assert notify() == []
    deliver_all()
    (received,) = smtp_server.received
    assert (received.sender, sorted(received.recipients)) == ("sales@fernhollow.test", ADMINS)
    for line in (b"From: sales@fernhollow.test", b"Auto-Submitted: auto-generated", b"Nothing leaves through"):
        assert line in received.raw
    assert b"\r\nX-Postroom-Cause: notice; id=" in received.raw
    assert not WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()


@pytest.mark.parametrize("changes", [{"health": Health.UNREACHABLE}, {"is_enabled": False}])
def test_no_notice_leaves_through_what_does_not_work(
    paused: OutgoingServer, outgoing_server: Any, changes: dict[str, Any]
) -> None:
    Mailbox.objects.update(health=Health.REACHABLE)
    mailbox = working_mailbox(outgoing_server)
    Mailbox.objects.filter(pk=mailbox.pk).update(**changes)
    assert len(notify()) == 1
    assert notices() == []


def test_the_other_mailbox_is_the_last_way_while_the_operators_server_is_away(
    paused: OutgoingServer, outgoing_server: Any, settings: Any
) -> None:
    settings.EMAIL_URL = NOBODY
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    working_mailbox(outgoing_server)
    notify()
    assert notices() == []
    WorkItem.objects.filter(kind=WorkKind.NOTIFY).update(attempts=4, due_at=clock.now())
    notify()
    assert [notice.outgoing for notice in notices()] == [outgoing_server]
    assert not WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()


def leave_out(address: str, *, why: str, people: Any) -> None:
    if why == "suppressed":
        add_suppressions([address], note="", actor=people.owner)
    else:
        BouncedAddress.objects.create(address=address, bounced_at=clock.now())


@pytest.mark.req("F86")
@pytest.mark.parametrize("why", ["suppressed", "bounced"])
@pytest.mark.parametrize("email_url", ["", "smtp://operator.example"])
def test_who_gets_no_mail_is_left_out_of_the_notice_and_the_others_hear(
    paused: OutgoingServer, outgoing_server: Any, people: Any, settings: Any, email_url: str, why: str
) -> None:
    settings.EMAIL_URL = email_url
    working_mailbox(outgoing_server)
    leave_out("adam@fernhollow.test", why=why, people=people)
    by_operator = [address for notice in notify() for address in notice.bcc]
    by_mailbox = [row.address for notice in notices() for row in notice.recipients.all()]
    heard = ["olive@fernhollow.test"]
    assert (by_operator, by_mailbox) == ((heard, []) if email_url else ([], heard))
    told = AuditEntry.objects.get(action="outbox.notice_left_out")
    assert (told.target_label, told.changes) == ("127.0.0.1", {why: ["", "adam@fernhollow.test"]})
    assert not WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()


@pytest.mark.req("F86")
@pytest.mark.parametrize("email_url", ["", "smtp://operator.example"])
def test_a_notice_that_reaches_nobody_stands_in_the_configuration_log(
    paused: OutgoingServer, outgoing_server: Any, people: Any, settings: Any, signed_in: Any, email_url: str
) -> None:
    settings.EMAIL_URL = email_url
    working_mailbox(outgoing_server)
    add_suppressions(["fernhollow.test"], note="", actor=people.owner)
    assert (notify(), notices()) == ([], [])
    log = signed_in(people.admin).get("/o/fernhollow/settings/log/").content.decode()
    assert "could send nobody the notice about" in log
    assert "adam@fernhollow.test, olive@fernhollow.test" in log
    assert not WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()


def test_a_notice_that_cannot_be_queued_now_is_tried_again(
    paused: OutgoingServer, outgoing_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(mail: Any) -> None:
        raise DomainError("full", code="storage_down")

    working_mailbox(outgoing_server)
    monkeypatch.setattr(notifying, "queue", refuse)
    notify()
    assert WorkItem.objects.get(kind=WorkKind.NOTIFY).attempts == 1
