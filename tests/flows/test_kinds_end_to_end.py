"""Mail comes in, becomes tickets and is answered, over each kind of mailbox, whatever dies.

A worker dies once at one point of the way; others take over. In the end each mail is one ticket and is on the server
as the mailbox's settings want it, and the answer has left once, or nobody can tell and it has not left twice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, suppress
from typing import Any
from uuid import uuid4

import pytest

from helpdesk.lib import clock, faults, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage, RawMessage, RemoteMessage
from mailboxes.services.reading.foreground import Busy
from tests.deaths import Death
from tests.factories.incoming import make_mail
from tests.flows.kind_worlds import (
    USER,
    Ground,
    World,
    ews_password,
    ews_token,
    graph_app,
    graph_person,
    imap_password,
    pop3_password,
    pushed,
)
from ticketing.mail.values import Address
from ticketing.models import Message, MessageKind, Ticket
from ticketing.outbound.replies import Answer, queue_reply

pytestmark = [pytest.mark.django_db, pytest.mark.both]
Making = Callable[[Ground], AbstractContextManager[World]]
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
IN_THE_DARK = {"deliver.marked", "deliver.answered"}  # whoever takes over cannot see there what has become of a mail
KINDS = (WorkKind.POLL, WorkKind.PROCESS, WorkKind.DELIVER, WorkKind.FILE_SENT)
POSTING = ["files.written", "receive.files_durable", "receive.in_store", "receive.committed"]
FETCHED = (graph_app, ews_password, graph_person, ews_token, imap_password, pop3_password)
# At every point on PostgreSQL; the others, and on SQLite all, at one of each leg, and at the rest in `long`.
EACH_TIME = {graph_app, ews_password} if os.environ.get("DATABASE_URL") else set()
ESSENTIAL = {"poll.after_store", "receive.committed", "deliver.marked"}


def cases(points: dict[Making, list[str]]) -> list[Any]:
    """Each kind at each of its points."""
    return [
        pytest.param(kind, point, id=f"{kind.__name__}-{point}", marks=marks_of(kind, point))
        for kind, passed in points.items()
        for point in passed
    ]


def marks_of(kind: Making, point: str) -> list[pytest.MarkDecorator]:
    """What a case needs, and whether it is for `make test-all` alone."""
    marks = [pytest.mark.servers] if kind in (imap_password, pop3_password) else []
    return marks if kind in EACH_TIME or point in ESSENTIAL else [*marks, pytest.mark.long]


@pytest.fixture
def world(
    request: pytest.FixtureRequest,
    fernhollow: Any,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
) -> Iterator[World]:
    """One of the kinds, with a cache of its own: other workers of the run number their rows alike."""
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.CACHES = {"default": settings.CACHES["default"] | {"KEY_PREFIX": uuid4().hex}}
    with request.param(Ground(request, fernhollow, monkeypatch, settings)) as made:
        yield made


def work(world: World, *, times: int = 5) -> None:
    """What is due is done, and what dead workers held; several times, so that nothing is left over."""
    for _ in range(times):
        world.bring()
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


def work_whatever_dies(world: World, point: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        left = die_once_at(point, patched)
        with suppress(Death):
            work(world, times=2)  # what is left on a POP3 server is deleted in the second
        assert left == []
    work(world)


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
    assert world.as_wanted(len(mails))


def three_mails(world: World) -> list[bytes]:
    mails = [
        make_mail(subject=f"Mail {number}", to=USER, files=[(f"{number}.bin", b"%d" % number)]) for number in (1, 2, 3)
    ]
    for raw in mails:
        world.deliver(raw)
    return mails


@pytest.mark.req("F32", "F33")
@pytest.mark.parametrize(
    ("world", "point"),
    cases(dict.fromkeys(FETCHED, READING + PROCESSING) | {pushed: POSTING + PROCESSING}),
    indirect=["world"],
)
def test_three_mails_become_three_tickets_whoever_dies_on_the_way(
    world: World, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    mails = three_mails(world)
    work_whatever_dies(world, point, monkeypatch)
    assert_all_came_once(world, mails)


@pytest.mark.req("F32", "F106")
@pytest.mark.parametrize(("world", "point"), cases(dict.fromkeys((*FETCHED, pushed), SENDING)), indirect=["world"])
def test_the_answer_leaves_once_whoever_dies_on_the_way(
    world: World, people: Any, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    mails = three_mails(world)
    work(world)
    answer(world, people)
    work_whatever_dies(world, point, monkeypatch)
    is_known = world.tells_fate or point not in IN_THE_DARK
    has_left = is_known or point == "deliver.answered"
    assert world.sent() == [("anna@customer.test",)] * has_left
    with organization_scope(world.organization.id):
        assert OutboxMessage.objects.get().state == ("sent" if is_known else "unknown")
    assert_all_came_once(world, mails)
