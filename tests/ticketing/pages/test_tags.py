"""What the fields suggest in which a tag is typed."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def tags(fernhollow: Any, otherco: Any) -> None:
    with organization_scope(fernhollow.id):
        Tag.objects.create(name="stove", hue=3)
        Tag.objects.create(name="Order", hue=1)
    with organization_scope(otherco.id):
        Tag.objects.create(name="theirs")


def test_an_agent_gets_the_tags_of_the_organization_alone(people: Any, client: Client, tags: None) -> None:
    client.force_login(people.agent.user)
    names = [tag["name"] for tag in client.get("/o/fernhollow/tags/").json()["suggestions"]]
    assert sorted(names) == ["Order", "stove"]


def test_strangers_and_viewers_get_none(people: Any, client: Client, tags: None) -> None:
    client.force_login(people.stranger.user)
    assert client.get("/o/fernhollow/tags/").status_code == 404
    client.force_login(people.viewer.user)
    assert client.get("/o/fernhollow/tags/").status_code == 403


def test_no_page_carries_them(people: Any, client: Client, fernhollow: Any, tags: None) -> None:
    client.force_login(people.agent.user)
    with organization_scope(fernhollow.id):
        ticket = make_ticket()
    assert "stove<" not in client.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert ">stove" not in client.get("/o/fernhollow/views/needs-reply/").content.decode()
