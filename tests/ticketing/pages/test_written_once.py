"""A form that is sent twice: a double press, a browser that tries again, a draft that arrives late."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage
from ticketing.mail.values import Address
from ticketing.models import Draft, Message
from ticketing.outbound.replies import Answer, queue_reply
from ticketing.services.notes import add_note
from ticketing.services.written_once import AlreadyWritten

pytestmark = pytest.mark.django_db
Fields = Callable[..., dict[str, Any]]
MODES = pytest.mark.parametrize(
    ("mode", "to", "outgoing"), [("reply", "a@customer.test", 1), ("forward", "bo@workshop.test", 1), ("note", "", 0)]
)


def counted() -> tuple[int, int, int]:
    """Messages written here, mails in the outbox, drafts."""
    return Message.objects.exclude(author=None).count(), OutboxMessage.objects.count(), Draft.objects.count()


@MODES
@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
def test_the_same_form_sent_again_is_answered_the_same_and_does_nothing_more(
    desk: Any, agent_client: Client, written: Fields, mode: str, to: str, outgoing: int, headers: dict[str, str]
) -> None:
    fields = written(mode=mode, to=[to], key="opened-once")
    first, second = (agent_client.post(f"{desk.address}answers/", fields, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == (200 if headers else 302)
    said = [{**answer.headers, "X-Request-ID": ""} for answer in (first, second)]
    assert said[0] == said[1]
    with organization_scope(desk.organization.id):
        assert counted() == (1, outgoing, 0)


@pytest.mark.parametrize("changes", [{"html": "<p>Another</p>"}, {"key": "opened-anew"}])
def test_another_text_or_another_opening_is_another_note(
    desk: Any, agent_client: Client, written: Fields, changes: dict[str, str]
) -> None:
    fields = written(mode="note", key="opened-once")
    for posted in (fields, fields | changes):
        agent_client.post(f"{desk.address}answers/", posted)
    with organization_scope(desk.organization.id):
        assert counted() == (2, 0, 0)


def test_a_draft_that_was_on_its_way_when_it_was_sent_is_not_kept(
    desk: Any, agent_client: Client, written: Fields
) -> None:
    fields = written(key="opened-once")
    agent_client.post(f"{desk.address}answers/", fields)
    late = agent_client.post(f"{desk.address}draft/", fields, headers={"X-Requested-With": "fetch"})
    assert late.status_code == 204
    with organization_scope(desk.organization.id):
        assert counted() == (1, 1, 0)


def test_behind_the_lock_the_services_refuse_a_repeat(desk: Any) -> None:
    with organization_scope(desk.organization.id):
        add_note(desk.ticket, author=desk.agent, html="<p>Hot</p>", mark="m" * 32)
        with pytest.raises(AlreadyWritten):
            add_note(desk.ticket, author=desk.agent, html="<p>Hot</p>", mark="m" * 32)
        answer = Answer(html="<p>Hot</p>", to=[Address("", "anna@customer.test")], seen_position=10**6, mark="m" * 32)
        with pytest.raises(AlreadyWritten):
            queue_reply(desk.ticket, author=desk.agent, answer=answer, answered=desk.question)
        assert counted() == (1, 0, 0)


@pytest.mark.servers
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite in memory refuses instead of waiting")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("mode", "to", "outgoing"), [("reply", "anna@customer.test", 1), ("note", "", 0)])
def test_four_at_once_are_one(desk: Any, written: Fields, mode: str, to: str, outgoing: int) -> None:
    fields, start = written(mode=mode, to=[to], key="opened-once"), Barrier(4)
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(desk.agent.user)

    def press(client: Client) -> tuple[int, str]:
        start.wait(timeout=20)
        try:
            answer = client.post(f"{desk.address}answers/", fields)
            return answer.status_code, answer.get("Location", "")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, clients))
    assert answers == [(302, desk.address)] * 4
    with organization_scope(desk.organization.id):
        assert counted() == (1, outgoing, 0)
