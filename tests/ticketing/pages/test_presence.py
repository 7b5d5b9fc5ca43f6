"""Who else has a ticket open, who is writing, and what is new since one looked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message
from ticketing.models import MessageKind, Presence
from ticketing.services.presence import note_presence, others_on

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ours(desk: Any) -> Iterator[None]:
    """Rows may be made and looked at."""
    with organization_scope(desk.organization.id):
        yield


def tick(client: Client, desk: Any, **fields: Any) -> str:
    """What the page hears eight seconds after it last asked."""
    return client.post(f"{desk.address}presence/", fields, headers={"HX-Request": "true"}).content.decode()


def test_one_sees_who_else_is_writing(desk: Any, agent_client: Client) -> None:
    note_presence(desk.ticket, member=desk.people.admin, is_writing=True)
    part = tick(agent_client, desk)
    assert "Adam Admin is writing" in part
    assert 'id="presence-avatars"' in part


def test_who_only_looks_is_an_avatar_alone(desk: Any, agent_client: Client) -> None:
    note_presence(desk.ticket, member=desk.people.admin, is_writing=False)
    part = tick(agent_client, desk)
    assert "is writing" not in part
    assert "Adam Admin" in part


def test_one_does_not_see_oneself(desk: Any, agent_client: Client) -> None:
    assert "Ines Duarte" not in tick(agent_client, desk, writing="yes")
    assert Presence.objects.get().is_writing


def test_after_half_a_minute_of_silence_somebody_is_gone(desk: Any) -> None:
    note_presence(desk.ticket, member=desk.people.admin, is_writing=True)
    with clock.held_at(clock.now() + timedelta(seconds=31)):
        assert others_on(desk.ticket, member=desk.agent) == []


def test_leaving_says_so_at_once(desk: Any, agent_client: Client) -> None:
    tick(agent_client, desk)
    tick(agent_client, desk, leaving="yes")
    assert not Presence.objects.exists()


def test_writing_counts_from_its_beginning(desk: Any) -> None:
    began = clock.now()
    with clock.held_at(began):
        note_presence(desk.ticket, member=desk.agent, is_writing=True)
    with clock.held_at(began + timedelta(minutes=2)):
        note_presence(desk.ticket, member=desk.agent, is_writing=True)
    assert Presence.objects.get().writing_since == began
    note_presence(desk.ticket, member=desk.agent, is_writing=False)
    assert Presence.objects.get().writing_since is None


def test_new_messages_are_counted_since_what_the_page_shows(desk: Any, agent_client: Client) -> None:
    seen = desk.ticket.last_position
    assert "new message" not in tick(agent_client, desk, seen_position=seen)
    add_message(desk.ticket)
    add_message(desk.ticket, kind=MessageKind.NOTE, author=desk.people.admin)
    assert "2 new messages" in tick(agent_client, desk, seen_position=seen)


def test_names_of_others_are_words_only(desk: Any, agent_client: Client) -> None:
    desk.people.admin.user.name = "<b>Adam</b>"
    desk.people.admin.user.save()
    note_presence(desk.ticket, member=desk.people.admin, is_writing=True)
    assert "<b>Adam" not in tick(agent_client, desk)
