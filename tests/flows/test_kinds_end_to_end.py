"""Mail comes in, becomes tickets and is answered, over each kind that a provider's fake stands for, whatever dies.

A worker dies once at one point of the way; others take over. In the end each mail is one ticket, marked as read on the
server, and the answer has left once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import pytest

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ConnectionKind, OutboxMessage, RawMessage, RemoteMessage, SecurityChoice
from mailboxes.services.reading.foreground import Busy
from mailboxes.services.setup.mailbox_inputs import ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.connectors.ews_worlds import ews_world
from tests.deaths import Death
from tests.factories.incoming import make_mail
from tests.factories.mailboxes import mailbox_input
from tests.fakes.ews import PASSWORD
from tests.fakes.graph_mailbox import FakeMailbox
from tests.mailboxes.ews import exchange_server
from tests.mailboxes.graph import microsoft_cloud
from tests.servers.certificates import CertificateAuthority
from ticketing.mail.values import Address
from ticketing.models import Message, MessageKind, Ticket
from ticketing.outbound.replies import Answer, queue_reply

pytestmark = [pytest.mark.django_db, pytest.mark.both]
USER = "support@fernhollow.example"
READING = [
    "poll.opened",
    "poll.sighted",
    "poll.listed",
    "poll.counted",
    "poll.fetched",
    "files.written",
    "poll.files_durable",
    "poll.in_store",
    "poll.after_store",
    "poll.before_acknowledge",
    "poll.after_acknowledge",
    "poll.acknowledged",
    "poll.before_success",
    "health.recorded",
]
PROCESSING = [
    "intake.claimed",
    "intake.parsed",
    "intake.files",
    "intake.written",
    "intake.numbered",
    "intake.committed",
]
SENDING = ["deliver.begun", "deliver.before_mark", "deliver.marked", "deliver.answered", "deliver.recorded"]
KINDS = (WorkKind.POLL, WorkKind.PROCESS, WorkKind.DELIVER, WorkKind.FILE_SENT)


@dataclass
class World:
    """A provider's fake with one mailbox, which is connected."""

    organization: Any
    box: FakeMailbox
    sent: Callable[[], list[tuple[str, ...]]]  # the recipients of each mail that has left


def graph(authority: CertificateAuthority, organization: Any, monkeypatch: Any, settings: Any) -> Iterator[World]:
    """Microsoft 365 by an app registration."""
    with microsoft_cloud(authority, monkeypatch=monkeypatch, settings=settings) as cloud:
        box = cloud.graph.mailbox(USER)
        with organization_scope(organization.id):
            create_mailbox(cloud.entered(USER, after_import="seen"))
        yield World(organization, box, lambda: [mail.recipients for mail in cloud.graph.sent])


def ews(authority: CertificateAuthority, organization: Any, monkeypatch: Any, settings: Any) -> Iterator[World]:
    """An Exchange server that mail leaves through as well."""
    del monkeypatch
    with exchange_server(authority, settings=settings) as server:
        ews_world(server, USER)
        incoming = ServerInput("localhost", server.port, SecurityChoice.TLS, USER, PASSWORD, kind=ConnectionKind.EWS)
        with organization_scope(organization.id):
            create_mailbox(mailbox_input(incoming=incoming, address=USER, sends_itself=True, after_import="seen"))
        yield World(organization, server.mailbox(USER), lambda: [mail.recipients for mail in server.sent])


@pytest.fixture(params=[graph, ews])
def world(
    request: pytest.FixtureRequest,
    certificate_authority: CertificateAuthority,
    fernhollow: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
) -> Iterator[World]:
    """One of the kinds."""
    settings.MEDIA_ROOT = tmp_path / "files"
    yield from request.param(certificate_authority, fernhollow, monkeypatch, settings)


def work(*, times: int = 5) -> None:
    """What is due is done, and what dead workers held; several times, so that nothing is left over."""
    for _ in range(times):
        WorkItem.objects.filter(kind__in=KINDS).update(leased_until=None, due_at=clock.now(), set_at=clock.now())
        for kind in KINDS:
            with suppress(Busy):
                drains.drain_now(kind)


def die_once_at(point: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever comes to this point first dies there; gives the list from which the point is then gone."""
    left = [point]

    def die(name: str) -> None:
        if name in left:
            left.remove(name)
            raise Death

    monkeypatch.setattr(faults, "point", die)
    return left


def work_whatever_dies(point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        left = die_once_at(point, patched)
        with suppress(Death):
            work(times=1)
        assert left == []
    work()


def answer(world: World, people: Any) -> None:
    """An agent answers the oldest ticket."""
    with organization_scope(world.organization.id):
        ticket = Ticket.objects.order_by("number").first()
        assert ticket is not None
        customer = [Address("Anna Berg", "anna@customer.test")]
        reply = Answer(html="<p>Pull the plug.</p>", to=customer, seen_position=ticket.last_position, undo_s=0)
        queue_reply(ticket, author=people.agent, answer=reply, answered=ticket.messages.get())


def assert_all_came_once(world: World, mails: list[bytes]) -> None:
    with organization_scope(world.organization.id):
        assert sorted(files.read(raw.storage_key) for raw in RawMessage.objects.all()) == sorted(mails)
        assert [row.outcome for row in RemoteMessage.objects.order_by("id")] == ["created"] * len(mails)
        assert Ticket.objects.count() == Message.objects.filter(kind=MessageKind.INBOUND).count() == len(mails)
    inbox = world.box.held(world.box.well_known["inbox"])
    assert [item.is_read for item in inbox] == [True] * len(mails)


def three_mails(world: World) -> list[bytes]:
    mails = [
        make_mail(subject=f"Mail {number}", to=USER, files=[(f"{number}.bin", b"%d" % number)]) for number in (1, 2, 3)
    ]
    for raw in mails:
        world.box.deliver(raw)
    return mails


@pytest.mark.req("F32", "F33")
@pytest.mark.parametrize("point", READING + PROCESSING)
def test_three_mails_become_three_tickets_whoever_dies_on_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    mails = three_mails(world)
    work_whatever_dies(point, monkeypatch)
    assert_all_came_once(world, mails)


@pytest.mark.req("F32", "F106")
@pytest.mark.parametrize("point", SENDING)
def test_the_answer_leaves_once_whoever_dies_on_the_way(
    world: World, people: Any, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    mails = three_mails(world)
    work()
    answer(world, people)
    work_whatever_dies(point, monkeypatch)
    assert world.sent() == [("anna@customer.test",)]
    with organization_scope(world.organization.id):
        assert OutboxMessage.objects.get().state == "sent"
    assert_all_came_once(world, mails)
