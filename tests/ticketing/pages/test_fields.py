"""Custom fields: made, ordered and retired in the settings, and given to a ticket on its page."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import make_ticket
from ticketing.models import FieldKind, Ticket, TicketEvent, TicketField
from ticketing.templatetags.ticket_events import event_words

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.6")]
FIELDS = "/o/fernhollow/fields/"
SignIn = Callable[[Any], Client]


@pytest.fixture
def order(fernhollow: Any, in_fernhollow: Any) -> TicketField:
    """A field for one line of text."""
    made: TicketField = TicketField.objects.create(key="order", label="Order", kind=FieldKind.TEXT)
    return made


def test_the_type_is_offered_made_changed_and_retired(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    admin = signed_in(people.admin)
    assert f"{FIELDS}new/?for=type" in admin.get(FIELDS).content.decode()
    assert "Incident" in admin.get(f"{FIELDS}new/?for=type").content.decode()
    asked = {"label": "Type", "kind": "choice", "key": "type", "choices": "Question\n incident \nIncident\n\n"}
    assert admin.post(f"{FIELDS}new/", asked | {"is_active": "on"}).headers["Location"] == FIELDS
    made = TicketField.objects.get()
    assert (made.key, made.kind, made.choices) == ("type", FieldKind.CHOICE, ["Question", "incident"])
    admin.post(f"{FIELDS}{made.pk}/", {"label": "Kind", "choices": "Question"})
    made.refresh_from_db()
    assert (made.label, made.key, made.choices, made.is_active) == ("Kind", "type", ["Question"], False)
    assert "Retired" in admin.get(FIELDS).content.decode()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == ["field.created", "field.changed"]
    log = admin.get("/o/fernhollow/settings/log/").content.decode()
    assert f"{FIELDS}{made.pk}/" in log
    assert "changed the field" in log


@pytest.mark.parametrize(
    ("asked", "advice"),
    [
        ({"label": ""}, "Enter the name"),
        ({"label": "order"}, ""),
        ({"label": "Order"}, "a field with this name"),
        ({"label": "Place", "key": "order"}, "a field with this key"),
        ({"label": "Place", "key": "Über"}, "begins with a letter"),
        ({"label": "Place", "kind": "choice"}, "Enter the words"),
        ({"label": "Place", "kind": "choice", "choices": "a, b"}, "no comma"),
        ({"label": "Place", "kind": "choice", "choices": "x" * 81}, "at most 80"),
        ({"label": "Place", "kind": "wish"}, "Select a valid choice"),
    ],
)
def test_each_refusal_says_what_to_do(
    people: Any, signed_in: SignIn, order: TicketField, asked: dict[str, str], advice: str
) -> None:
    answer = signed_in(people.admin).post(f"{FIELDS}new/", {"kind": "text", "is_active": "on"} | asked)
    assert answer.status_code == (422 if advice else 302)
    assert advice in answer.content.decode()


def test_a_key_is_made_of_the_name_and_given_once(people: Any, signed_in: SignIn, order: TicketField) -> None:
    admin = signed_in(people.admin)
    for label in ("Order!", "Straße 1", "設備"):
        admin.post(f"{FIELDS}new/", {"label": label, "kind": "text", "is_active": "on"})
    assert list(TicketField.objects.values_list("key", flat=True).order_by("place", "pk")) == [
        "order",
        "order_2",
        "strae_1",
        "field",
    ]


def test_fields_are_put_in_order(people: Any, signed_in: SignIn, order: TicketField) -> None:
    place = TicketField.objects.create(key="place", label="Place", kind=FieldKind.TEXT, place=1)
    admin = signed_in(people.admin)
    admin.post(f"{FIELDS}{place.pk}/order/", {"to": "up"})
    assert [row.key for row in TicketField.objects.order_by("place")] == ["place", "order"]
    admin.post(f"{FIELDS}{place.pk}/order/", {"to": "up"})
    admin.post(f"{FIELDS}{place.pk}/order/", {"to": "down"})
    assert [row.key for row in TicketField.objects.order_by("place")] == ["order", "place"]
    assert admin.post(f"{FIELDS}999/order/", {"to": "down"}).status_code == 404


def post(client: Client, ticket: Ticket, key: str, *value: str) -> Any:
    page = f"/o/fernhollow/tickets/{ticket.number}/"
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}"}
    return client.post(f"{page}fields/{key}/", {"value": list(value), "place": "side"}, headers=headers)


def toast_of(answer: Any) -> dict[str, Any]:
    return dict(json.loads(answer.headers["HX-Trigger"])["toast"])


@pytest.mark.both
def test_a_value_is_given_on_the_ticket_told_in_its_history_and_taken_back(
    people: Any, signed_in: SignIn, order: TicketField
) -> None:
    ticket, agent = make_ticket(), signed_in(people.agent)
    assert "Not set" in agent.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    answer = post(agent, ticket, "order", " <b>1041</b> ")
    assert "&lt;b&gt;1041&lt;/b&gt;" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.fields == {"order": "<b>1041</b>"}
    event = TicketEvent.objects.latest("position")
    assert event_words(event) == "set <b>Order</b> to <b>&lt;b&gt;1041&lt;/b&gt;</b>"
    assert event.actor == people.agent
    post(agent, ticket, "order", "1042")
    undo = toast_of(post(agent, ticket, "order", ""))["action"]["url"]
    ticket.refresh_from_db()
    assert ticket.fields == {}
    assert event_words(TicketEvent.objects.latest("position")) == "took <b>Order</b> off"
    agent.post(undo, headers={"HX-Request": "true"})
    ticket.refresh_from_db()
    assert ticket.fields == {"order": "1042"}
    assert "again, undoing a change" in event_words(TicketEvent.objects.latest("position"))


def test_what_was_given_since_is_not_taken_back_but_another_field_is_nothing_to_it(
    people: Any, signed_in: SignIn, order: TicketField
) -> None:
    TicketField.objects.create(key="parts", label="Parts", kind=FieldKind.CHOICES, choices=["Lamp", "Door"])
    ticket, agent = make_ticket(), signed_in(people.agent)
    first = toast_of(post(agent, ticket, "order", "1"))["action"]["url"]
    second = toast_of(post(agent, ticket, "parts", "Door", "Lamp"))["action"]["url"]
    post(agent, ticket, "order", "2")
    agent.post(first)
    agent.post(second)
    ticket.refresh_from_db()
    assert ticket.fields == {"order": "2"}


@pytest.mark.parametrize(
    ("kind", "typed", "value", "advice"),
    [
        ("number", "1,5", 1.5, ""),
        ("number", "many", None, "is a number"),
        ("date", "2027-01-31", "2027-01-31", ""),
        ("yes_no", "no", False, ""),
        ("long_text", "a\r\nb", "a\nb", ""),
        ("choice", "Lamp", "Lamp", ""),
        ("choice", "Roof", None, "Lamp, Door"),
    ],
)
def test_every_kind_is_typed_or_chosen(
    people: Any, signed_in: SignIn, order: TicketField, kind: str, typed: str, value: object, advice: str
) -> None:
    TicketField.objects.update(kind=kind, choices=["Lamp", "Door"])
    ticket = make_ticket()
    answer = post(signed_in(people.agent), ticket, "order", typed)
    ticket.refresh_from_db()
    assert ticket.fields.get("order") == value
    assert advice in toast_of(answer)["text"]


def test_a_retired_field_keeps_its_values_and_gives_no_others(
    people: Any, signed_in: SignIn, order: TicketField
) -> None:
    TicketField.objects.update(is_active=False)
    bare, ticket = make_ticket(), make_ticket(fields={"order": "1041"})
    agent = signed_in(people.agent)
    assert "(retired)" in agent.get(f"/o/fernhollow/tickets/{ticket.number}/").content.decode()
    assert "(retired)" not in agent.get(f"/o/fernhollow/tickets/{bare.number}/").content.decode()
    assert "is retired" in toast_of(post(agent, bare, "order", "1"))["text"]
    assert toast_of(post(agent, ticket, "order", ""))["text"] == "Order: Not set"


def test_who_only_reads_changes_nothing_and_another_organizations_field_is_not_there(
    people: Any, signed_in: SignIn, order: TicketField
) -> None:
    with organization_scope(people.stranger.organization_id):
        theirs = TicketField.objects.create(key="theirs", label="Theirs", kind=FieldKind.TEXT)
    ticket = make_ticket()
    assert post(signed_in(people.viewer), ticket, "order", "1").status_code == 403
    assert post(signed_in(people.agent), ticket, "theirs", "1").status_code == 404
    assert signed_in(people.admin).get(f"{FIELDS}{theirs.pk}/").status_code == 404
    ticket.refresh_from_db()
    assert ticket.fields == {}
