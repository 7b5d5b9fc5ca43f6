"""All tickets of a view, from the queue: the offer, how far the worker is, stopping it and taking it back."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_contact, make_ticket
from ticketing.models import Status, Ticket
from ticketing.services import bulk_work

pytestmark = pytest.mark.django_db(transaction=True)
HERE = "/o/fernhollow/"
QUEUE = f"{HERE}views/needs-reply/"
BULK = f"{HERE}tickets/changes/status/"


@pytest.fixture
def tickets(fernhollow: Any) -> list[Ticket]:
    with organization_scope(fernhollow.id):
        contact = make_contact()
        return [make_ticket(f"T{n}", contact=contact) for n in range(4)]


@pytest.fixture
def agent_client(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def post(client: Client, url: str, **data: Any) -> Any:
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{QUEUE}?q=a+b"}
    return client.post(url, data, headers=headers)


def begin(client: Client) -> int:
    """All that needs a reply is being solved; gives the id of the change."""
    answer = post(client, BULK, all="needs-reply", value="solved")
    return int(re.findall(r"bulk-changes/(\d+)/stopping/", answer.content.decode())[-1])


def finish() -> None:
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)


def test_the_offer_names_how_many_the_view_holds(agent_client: Client, tickets: list[Ticket]) -> None:
    line = agent_client.get(f"{QUEUE}rest/").content.decode()
    assert "Select all 4 in this view" in line
    assert '<input type="hidden" name="all" value="needs-reply" disabled>' in line
    searched = agent_client.get(f"{QUEUE}rest/", {"q": str(tickets[0].number)}).content.decode()
    assert "Select all 1 that match in this view" in searched
    assert f'name="q" value="{tickets[0].number}" disabled' in searched
    assert agent_client.get(f"{HERE}views/nonsense/rest/").status_code == 404


def test_progress_survives_a_reload_and_ends_with_undo(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket]
) -> None:
    started = post(agent_client, BULK, all="needs-reply", value="solved").content.decode()
    assert '<div id="bulk-changes" hx-swap-oob="innerHTML">' in started
    assert "Changing tickets: Solved" in started
    page = agent_client.get(QUEUE).content.decode()
    assert "Changing tickets: Solved" in page
    assert 'hx-trigger="every 2s"' in page
    finish()
    page = agent_client.get(QUEUE).content.decode()
    assert "4 tickets changed: Solved." in page
    assert ">Undo</button>" in page
    assert 'hx-trigger="every 2s"' not in page


def test_what_others_changed_meanwhile_is_offered_to_be_changed_too(
    agent_client: Client, fernhollow: Any, tickets: list[Ticket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "BATCH", 2)
    change_id = begin(agent_client)
    claim = work.claim_next(WorkKind.BULK_CHANGE, lease_s=60)
    assert claim is not None
    bulk_work.handle(claim)
    with organization_scope(fernhollow.id):
        ticket = Ticket.objects.filter(status=Status.NEW).order_by("id").first()
        assert ticket is not None
        add_message(ticket, text="One more thing.")
    finish()
    assert "Apply to this 1 too" in agent_client.get(QUEUE).content.decode()
    part = post(agent_client, f"{HERE}bulk-changes/{change_id}/continuing/").content.decode()
    assert "Apply to this 1 too" not in part
    finish()
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("status", flat=True)) == {Status.SOLVED}


def test_the_end_asks_for_the_list_on_screen_once(agent_client: Client, tickets: list[Ticket]) -> None:
    change_id = begin(agent_client)
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{QUEUE}?q=a+b"}
    url = f"{HERE}bulk-changes/?running={change_id}"
    assert "data-keeps-place" not in agent_client.get(url, headers=headers).content.decode()
    finish()
    ended = agent_client.get(url, headers=headers).content.decode()
    assert f'hx-get="{QUEUE}?q=a+b" hx-trigger="load"' in ended
    assert 'data-announce="4 tickets changed: Solved."' in ended
    assert 'id="rail-lists" hx-swap-oob="true"' in ended
    assert "data-keeps-place" not in agent_client.get(f"{HERE}bulk-changes/", headers=headers).content.decode()


def test_undo_stop_and_close_are_pressed(agent_client: Client, fernhollow: Any, tickets: list[Ticket]) -> None:
    stopped = begin(agent_client)
    assert (
        "Stopped. 0 tickets changed: Solved."
        in post(agent_client, f"{HERE}bulk-changes/{stopped}/stopping/").content.decode()
    )
    assert "bulkwork" not in post(agent_client, f"{HERE}bulk-changes/{stopped}/dismissal/").content.decode()
    change = begin(agent_client)
    finish()
    assert "Changing back from: Solved" in post(agent_client, f"{HERE}bulk-changes/{change}/undoing/").content.decode()
    finish()
    page = agent_client.get(QUEUE).content.decode()
    assert "4 tickets changed back." in page
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("status", flat=True)) == {Status.NEW}


def test_what_does_not_begin_says_why(agent_client: Client, tickets: list[Ticket]) -> None:
    begin(agent_client)
    again = post(agent_client, BULK, all="needs-reply", value="hold")
    assert again.status_code == 204
    assert "still under way" in json.loads(again.headers["HX-Trigger"])["toast"]["text"]
    assert post(agent_client, BULK, all="needs-reply", value="nonsense").status_code == 204
    assert post(agent_client, BULK, all="nonsense", value="solved").status_code == 404


def test_without_script_the_buttons_lead_back(agent_client: Client, tickets: list[Ticket]) -> None:
    answer = agent_client.post(BULK, {"all": "needs-reply", "value": "solved", "next": QUEUE})
    assert answer.headers["Location"] == QUEUE


@pytest.mark.parametrize("who", ["admin", "viewer", "stranger"])
def test_a_change_of_many_is_seen_and_touched_by_its_agent_alone(
    agent_client: Client, fernhollow: Any, people: Any, tickets: list[Ticket], who: str
) -> None:
    change = begin(agent_client)
    agent_client.force_login(getattr(people, who).user)
    codes = {post(agent_client, f"{HERE}bulk-changes/{change}/{step}/").status_code for step in ("stopping", "undoing")}
    assert codes <= {403, 404}
    assert "Changing tickets" not in agent_client.get(QUEUE).content.decode()
    finish()
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("status", flat=True)) == {Status.SOLVED}


@pytest.mark.parametrize("who", ["viewer", "stranger"])
def test_who_may_not_work_begins_nothing(people: Any, client: Client, tickets: list[Ticket], who: str) -> None:
    client.force_login(getattr(people, who).user)
    assert post(client, BULK, all="needs-reply", value="solved").status_code in (403, 404)
    assert client.get(f"{QUEUE}rest/").status_code in (403, 404)


def test_a_strangers_all_is_their_own_view(people: Any, client: Client, fernhollow: Any, tickets: list[Ticket]) -> None:
    client.force_login(people.stranger.user)
    client.post("/o/otherco/tickets/changes/status/", {"all": "needs-reply", "value": "solved"})
    finish()
    with organization_scope(fernhollow.id):
        assert set(Ticket.objects.values_list("status", flat=True)) == {Status.NEW}
