"""The subject of a ticket is changed in its heading, and taken back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import EventKind, Ticket, TicketEvent
from ticketing.queries.search import find_ticket_ids
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.search import index_message

pytestmark = pytest.mark.django_db


@pytest.fixture
def ticket(fernhollow: Any) -> Ticket:
    with organization_scope(fernhollow.id):
        return make_ticket("Stove valve hisses")


@pytest.fixture
def agent_client(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def page_of(ticket: Ticket) -> str:
    return f"/o/fernhollow/tickets/{ticket.number}/"


def post(client: Client, shown: Ticket, url: str, **data: Any) -> Any:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page_of(shown)}?view=mine"}
    return client.post(url, data, headers=headers)


def rename(client: Client, ticket: Ticket, subject: str) -> Any:
    return post(client, ticket, f"{page_of(ticket)}changes/subject/", value=subject)


def toast_of(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer.headers["HX-Trigger"])["toast"])


def subject_of(ticket: Ticket) -> str:
    with organization_scope(ticket.organization_id):
        return str(Ticket.objects.get(pk=ticket.pk).subject)


def test_a_new_subject_shows_in_heading_title_and_history(agent_client: Client, ticket: Ticket) -> None:
    answer = rename(agent_client, ticket, "  Ridge <2> valve\nhisses ")
    parts = answer.content.decode()
    assert 'id="ticket-subject" hx-swap-oob="true">Ridge &lt;2&gt; valve hisses</h1>' in parts
    assert f"<title>#{ticket.number} Ridge &lt;2&gt; valve hisses · " in parts
    assert "renamed it to <b>Ridge &lt;2&gt; valve hisses</b>" in parts
    assert toast_of(answer)["action"]["label"] == "Undo"
    assert subject_of(ticket) == "Ridge <2> valve hisses"


def test_undo_gives_the_subject_back_on_the_ticket_itself(
    agent_client: Client, ticket: Ticket, fernhollow: Any
) -> None:
    url = toast_of(rename(agent_client, ticket, "Another"))["action"]["url"]
    answer = post(agent_client, ticket, url)
    assert answer.headers["HX-Retarget"] == "#properties-side"
    assert ">Stove valve hisses</h1>" in answer.content.decode()
    assert subject_of(ticket) == "Stove valve hisses"
    with organization_scope(fernhollow.id):
        events = TicketEvent.objects.filter(kind=EventKind.SUBJECT_CHANGED).order_by("position")
        assert [event.data["to"] for event in events] == ["Another", "Stove valve hisses"]


def test_undo_leaves_a_subject_somebody_gave_since(
    agent_client: Client, people: Any, ticket: Ticket, fernhollow: Any
) -> None:
    url = toast_of(rename(agent_client, ticket, "Another"))["action"]["url"]
    with organization_scope(fernhollow.id):
        changes.rename(ticket, subject="The admin's", by=By(actor=people.admin))
    post(agent_client, ticket, url)
    assert subject_of(ticket) == "The admin's"


def test_no_subject_is_refused_and_the_same_one_changes_nothing(agent_client: Client, ticket: Ticket) -> None:
    answer = rename(agent_client, ticket, "  ")
    assert (answer.status_code, toast_of(answer)["tone"]) == (204, "bad")
    same = toast_of(rename(agent_client, ticket, ticket.subject))
    assert (same["text"], same["action"]) == ("Nothing to change. It was so already.", None)


@pytest.mark.parametrize(("who", "code"), [("viewer", 403), ("stranger", 404)])
def test_who_may_not_work_changes_no_subject(client: Client, people: Any, ticket: Ticket, who: str, code: int) -> None:
    client.force_login(getattr(people, who).user)
    assert rename(client, ticket, "Mine now").status_code == code
    assert subject_of(ticket) == "Stove valve hisses"


def test_a_viewer_is_not_offered_it(client: Client, people: Any, ticket: Ticket) -> None:
    client.force_login(people.viewer.user)
    assert 'id="renaming"' not in client.get(page_of(ticket)).content.decode()


def test_several_do_not_get_one_subject(agent_client: Client, ticket: Ticket) -> None:
    url = "/o/fernhollow/tickets/changes/subject/"
    assert post(agent_client, ticket, url, ticket=[ticket.number], value="All the same").status_code == 404


@pytest.mark.both
def test_a_ticket_is_found_by_its_new_subject_and_by_its_mail(agent_client: Client, ticket: Ticket) -> None:
    with organization_scope(ticket.organization_id):
        index_message(ticket_id=ticket.pk, message_id=ticket.messages.get().pk, texts=["Stove valve hisses", "gas"])
    rename(agent_client, ticket, "Recall of ridge tents")
    with organization_scope(ticket.organization_id):
        for words in ("recall", "hisses", "gas"):
            assert find_ticket_ids(words) == [ticket.pk]
