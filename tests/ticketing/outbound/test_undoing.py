"""Ten seconds to take an answer back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.models import WorkItem
from mailboxes.models import OutboxMessage
from tests.factories.tickets import add_message
from ticketing.mail.values import Address
from ticketing.models import Attachment, Draft, Message, MessageKind, Status, Ticket, TicketEvent
from ticketing.outbound.undoing import undo_reply

pytestmark = [pytest.mark.django_db, pytest.mark.both]
Reply = Callable[..., Message]
PIXEL = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="


def test_an_undone_answer_never_leaves_and_is_a_draft_again(desk: Any, reply: Reply) -> None:
    message = reply(cc=[Address("", "bo@customer.test")], bcc=[Address("", "boss@x.test")])
    draft = undo_reply(message, author=desk.agent)
    assert (draft.html, draft.mode, draft.answers) == ("<p>Pull the <b>plug</b>.</p>", "reply", desk.question)
    assert (draft.to, draft.cc, draft.bcc) == (["anna@customer.test"], ["bo@customer.test"], ["boss@x.test"])
    assert OutboxMessage.objects.get().state == "cancelled"
    assert not WorkItem.objects.exists()
    assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()


def test_the_ticket_is_as_it_was(desk: Any, reply: Reply) -> None:
    columns = ("status", "needs_reply", "waiting_since", "snippet", "last_author", "active_at", "message_count")
    before = Ticket.objects.values(*columns).get()
    undo_reply(reply(status_after=Status.SOLVED), author=desk.agent)
    ticket = Ticket.objects.get()
    assert Ticket.objects.values(*columns).get() == before
    assert ticket.solved_at is None
    back, undone = TicketEvent.objects.order_by("position")[TicketEvent.objects.count() - 2 :]
    assert (back.kind, back.data["from"], back.data["to"]) == ("status_changed", "solved", "new")
    assert undone.kind == "reply_undone"


def test_what_came_in_meanwhile_stays_as_it_is(desk: Any, reply: Reply) -> None:
    message = reply(status_after=Status.WAITING)
    Ticket.objects.update(status=Status.OPEN, needs_reply=True, snippet="Wait")
    add_message(Ticket.objects.get(), text="Wait")
    position = Ticket.objects.get().last_position
    TicketEvent.objects.filter(position=position).update(kind="status_changed", data={"from": "waiting", "to": "open"})
    undo_reply(message, author=desk.agent)
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.needs_reply, ticket.snippet, ticket.message_count) == ("open", True, "Wait", 2)


def test_files_and_images_are_back_in_the_draft_and_can_be_sent_again(desk: Any, reply: Reply) -> None:
    draft = undo_reply(reply(f'<p>a</p><img src="data:image/gif;base64,{PIXEL}">'), author=desk.agent)
    attachment = Attachment.objects.get()
    assert (attachment.draft, attachment.message) == (draft, None)
    again = reply(draft.html, attachments=[attachment])
    assert (again.html, Attachment.objects.get().message) == (draft.html, again)


def test_what_was_begun_since_stays_below(desk: Any, reply: Reply) -> None:
    message = reply()
    Draft.objects.create(
        ticket=desk.ticket, membership=desk.agent, mode="reply", html="<p>more</p>", saved_at=clock.now()
    )
    assert undo_reply(message, author=desk.agent).html == "<p>Pull the <b>plug</b>.</p>\n<p>more</p>"


def test_after_ten_seconds_it_is_too_late(desk: Any, reply: Reply) -> None:
    message = reply()
    with clock.held_at(clock.now() + timedelta(seconds=11)), pytest.raises(DomainError) as refused:
        undo_reply(message, author=desk.agent)
    assert refused.value.code == "too_late"
    assert (OutboxMessage.objects.get().state, WorkItem.objects.count()) == ("queued", 1)


def test_once_a_worker_has_begun_it_is_too_late(desk: Any, reply: Reply) -> None:
    message = reply()
    OutboxMessage.objects.update(attempts=1, state="sending")
    with pytest.raises(DomainError) as refused:
        undo_reply(message, author=desk.agent)
    assert refused.value.code == "too_late"
    assert Message.objects.filter(id=message.id).exists()


def test_nobody_undoes_what_another_wrote(desk: Any, reply: Reply) -> None:
    with pytest.raises(DomainError) as refused:
        undo_reply(reply(), author=desk.admin)
    assert refused.value.code == "not_yours"
