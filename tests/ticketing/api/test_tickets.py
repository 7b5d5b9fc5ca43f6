"""Tickets through the API: opened, found, changed, each thing done by the integration and by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Company, Organization, Team
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage
from tests.factories.mailboxes import make_mailbox
from tests.factories.outgoing import make_mailbox as make_sending_mailbox
from tests.factories.outgoing import make_outgoing_server
from tests.factories.tickets import add_message, make_contact, make_ticket
from tests.ticketing.api.conftest import MakeProgram, Program
from ticketing.models import Contact, FieldKind, Message, Priority, Status, Ticket, TicketEvent, TicketField
from ticketing.services import changes
from ticketing.services.history import By

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]
AMARA = {"address": "Amara@Larkmoor.test", "name": "Amara Okoye"}
HISSES = {"subject": "Stove valve hisses", "text": "It hisses.\nA lot.", "contact": AMARA}


@pytest.fixture
def other_organizations_company(people: Any) -> int:
    """The id of a company that another organization serves."""
    with organization_scope(people.stranger.organization_id):
        return int(Company.objects.create(name="Theirs").pk)


def _doers(ticket: Ticket) -> set[tuple[Any, Any, str, str]]:
    """Who made the events of the ticket, how."""
    return {(e.actor_id, e.integration_id, e.cause, e.origin) for e in TicketEvent.objects.filter(ticket=ticket)}


@pytest.mark.both
def test_a_ticket_is_opened_with_the_words_of_a_new_contact(shop: Program, people: Any, in_fernhollow: Any) -> None:
    team = Team.objects.create(name="Repairs")
    box = make_mailbox(in_fernhollow)
    more = {
        "priority": "high",
        "tags": ["stove", "gas"],
        "team": team.pk,
        "assignee": people.agent.pk,
        "mailbox": box.pk,
    }
    answer = shop.post("tickets/", HISSES | more)
    assert answer.status_code == 201, answer.json()
    shown = answer.json()
    assert answer["Location"] == f"/api/v1/tickets/{shown['number']}/"
    assert (shown["status"], shown["priority"], shown["tags"]) == ("new", "high", ["gas", "stove"])
    assert shown["contact"]["addresses"] == ["amara@larkmoor.test"]
    assert (shown["team"]["name"], shown["assignee"]["name"], shown["mailbox"]["id"]) == (
        "Repairs",
        "Ines Duarte",
        box.pk,
    )
    ticket = Ticket.objects.get()
    assert (ticket.needs_reply, ticket.message_count, ticket.snippet) == (True, 1, "It hisses. A lot.")
    message = ticket.messages.get()
    assert (message.kind, message.contact, message.text) == ("inbound", ticket.requester, "It hisses.\nA lot.")
    assert _doers(ticket) == {(None, shop.integration.pk, "integration", "api")}
    assert [r.address for r in message.recipients.all()] == [box.address]
    assert shop.get("tickets/", {"search": "hisses"}).json()["results"] == [shown]


def test_the_opened_ticket_stands_on_its_page(shop: Program, people: Any, signed_in: Any) -> None:
    number = shop.post(
        "tickets/", HISSES | {"html": "<p>It <b>hisses</b><script>x</script></p>", "text": None}
    ).status_code
    assert number == 422
    body = {key: value for key, value in HISSES.items() if key != "text"}
    number = shop.post("tickets/", body | {"html": "<p>It <b>hisses</b><script>x()</script></p>"}).json()["number"]
    page = signed_in(people.agent).get(f"/o/fernhollow/tickets/{number}/").content.decode()
    assert "<b>hisses</b>" in page
    assert "x()" not in page


@pytest.mark.both
def test_an_outbound_first_message_leaves_through_the_outbox(shop: Program, in_fernhollow: Any) -> None:
    box = make_sending_mailbox(make_outgoing_server())
    wish = HISSES | {"kind": "outbound", "mailbox": box.pk, "cc": ["joel@larkmoor.test"], "status": "waiting"}
    shown = shop.post("tickets/", wish).json()
    mail = OutboxMessage.objects.get()
    assert {r.address for r in mail.recipients.all()} == {"amara@larkmoor.test", "joel@larkmoor.test"}
    assert (mail.cause, mail.cause_id) == ("integration", str(shop.integration.pk))
    message = Message.objects.get()
    assert (message.author, message.integration, message.outbox) == (None, shop.integration, mail)
    assert (shown["status"], shown["needs_reply"], shown["message_count"]) == ("waiting", False, 1)
    assert _doers(Ticket.objects.get()) == {(None, shop.integration.pk, "integration", "api")}


def test_where_nothing_can_send_no_ticket_is_left(shop: Program, in_fernhollow: Any) -> None:
    answer = shop.post("tickets/", HISSES | {"kind": "outbound"})
    assert (answer.status_code, answer.json()["code"]) == (409, "no_mailbox")
    assert not Ticket.objects.exists()


def test_a_note_may_come_first(shop: Program, in_fernhollow: Any) -> None:
    shown = shop.post("tickets/", HISSES | {"kind": "note"}).json()
    assert (shown["message_count"], Message.objects.get().kind) == (1, "note")


def test_a_known_address_is_the_same_contact(shop: Program, in_fernhollow: Any) -> None:
    known = make_contact(address="amara@larkmoor.test")
    assert shop.post("tickets/", HISSES).json()["contact"]["id"] == known.pk
    assert shop.post("tickets/", HISSES | {"contact": {"id": known.pk}}).json()["contact"]["id"] == known.pk


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"subject": ""}, "subject"),
        ({"subject": "\u0000"}, "subject"),
        ({"subject": " \u2028 "}, None),
        ({"text": ""}, "text"),
        ({"html": "<p>x</p>"}, "html"),
        ({"titel": "x", "zzz": 1}, "titel"),
        ({"contact": {"address": "nobody"}}, "contact.address"),
        ({"contact": {}}, "contact"),
        ({"contact": {"id": 99}}, "contact.id"),
        ({"contact": {"address": "a@b.test", "phone": "1"}}, "contact.phone"),
        ({"contact": "a@b.test"}, "contact"),
        ({"team": 99}, "team"),
        ({"mailbox": 99}, "mailbox"),
        ({"assignee": 10**30}, "assignee"),
        ({"priority": "huge"}, "priority"),
        ({"status": "gone"}, "status"),
        ({"tags": ["x" * 31]}, "tags.0"),
        ({"tags": "stove"}, "tags"),
        ({"kind": "bounce"}, "kind"),
        ({"cc": ["a@b.test"]}, "cc"),
        ({"external_id": "x" * 201}, "external_id"),
        ({"attachments": [{"filename": "a.txt", "content": "%%%"}]}, "attachments.0.content"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(
    change: dict[str, Any], field: str | None, shop: Program, in_fernhollow: Any
) -> None:
    answer = shop.post("tickets/", HISSES | change)
    assert answer.status_code == 422
    named = [error["field"] for error in answer.json().get("errors", [])]
    assert field is None or field in named, answer.json()
    assert not Ticket.objects.exists()


@pytest.mark.both
def test_the_same_external_id_gives_the_same_ticket(
    shop: Program, people: Any, program_of: MakeProgram, in_fernhollow: Any
) -> None:
    first = shop.post("tickets/", HISSES | {"external_id": "order-7"})
    again = shop.post("tickets/", HISSES | {"external_id": "order-7", "subject": "Other"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    assert first.json()["external_id"] == "order-7"
    phones = program_of(people.admin, name="Phones")
    assert phones.post("tickets/", HISSES | {"external_id": "order-7"}).status_code == 201
    assert phones.get(f"tickets/{first.json()['number']}/").json()["external_id"] is None
    found = shop.get("tickets/", {"external_id": "order-7"}).json()["results"]
    assert [ticket["number"] for ticket in found] == [first.json()["number"]]


def test_an_external_id_is_given_later_but_to_one_ticket_only(shop: Program, in_fernhollow: Any) -> None:
    first, second = make_ticket(), make_ticket()
    assert shop.patch(f"tickets/{first.number}/", {"external_id": "a"}).json()["external_id"] == "a"
    refused = shop.patch(f"tickets/{second.number}/", {"external_id": "a"})
    assert (refused.status_code, refused.json()["code"]) == (409, "external_id_taken")
    assert shop.patch(f"tickets/{first.number}/", {"external_id": None}).json()["external_id"] is None
    assert shop.patch(f"tickets/{second.number}/", {"external_id": "a"}).status_code == 200


@pytest.mark.both
def test_everything_of_a_ticket_is_changed_at_once(shop: Program, people: Any, in_fernhollow: Any) -> None:
    ticket, team = make_ticket(), Team.objects.create(name="Repairs")
    changes.add_tag([ticket], name="old", by=By())
    wish = {
        "subject": "Valve",
        "status": "hold",
        "priority": "low",
        "assignee": people.agent.pk,
        "team": team.pk,
        "tags": ["Gas", "new"],
        "is_spam": True,
    }
    answer = shop.patch(f"tickets/{ticket.number}/", wish)
    shown = answer.json()
    assert answer.status_code == 200, shown
    assert {name: shown[name] for name in ("subject", "status", "priority", "is_spam")} == {
        "subject": "Valve",
        "status": "hold",
        "priority": "low",
        "is_spam": True,
    }
    assert (shown["tags"], shown["team"]["id"], shown["assignee"]["id"]) == (["Gas", "new"], team.pk, people.agent.pk)
    made = TicketEvent.objects.filter(ticket=ticket, integration=shop.integration, actor=None)
    assert set(made.values_list("kind", flat=True)) == {
        "subject_changed",
        "status_changed",
        "priority_changed",
        "assignee_changed",
        "team_changed",
        "tag_added",
        "tag_removed",
        "spam_marked",
    }
    emptied = shop.patch(f"tickets/{ticket.number}/", {"assignee": None, "team": None, "tags": []}).json()
    assert (emptied["assignee"], emptied["team"], emptied["tags"]) == (None, None, [])


@pytest.mark.req("S4.34")
def test_a_company_is_given_and_taken_where_several_are_served(
    shop: Program, people: Any, in_fernhollow: Any, other_organizations_company: int
) -> None:
    page, bakery = f"tickets/{make_ticket().number}/", Company.objects.create(name="Bakery")
    assert shop.patch(page, {"company": bakery.pk}).status_code == 422
    Organization.objects.update(serves_companies=True)
    assert shop.patch(page, {"company": bakery.pk}).json()["company"] == {"id": bakery.pk, "name": "Bakery"}
    assert shop.patch(page, {"company": other_organizations_company}).status_code == 422
    assert shop.patch(page, {"company": None}).json()["company"] is None
    Company.objects.update(is_active=False)
    assert shop.patch(page, {"company": bakery.pk}).json()["code"] == "company_retired"


@pytest.mark.req("S4.34")
def test_a_new_ticket_has_the_company_that_is_named_or_the_mailboxs_or_the_contacts(
    shop: Program, people: Any, in_fernhollow: Any
) -> None:
    Organization.objects.update(serves_companies=True)
    bakery, brewery, dairy = (Company.objects.create(name=name) for name in ("Bakery", "Brewery", "Dairy"))
    box = make_mailbox(in_fernhollow, company=brewery)
    first = shop.post("tickets/", HISSES).json()
    assert (first["company"], first["contact"]["company"]) == (None, None)
    Contact.objects.update(company=bakery)
    of_contact = shop.post("tickets/", HISSES).json()
    assert of_contact["company"] == of_contact["contact"]["company"] == {"id": bakery.pk, "name": "Bakery"}
    assert shop.post("tickets/", HISSES | {"mailbox": box.pk}).json()["company"]["name"] == "Brewery"
    assert shop.post("tickets/", HISSES | {"mailbox": box.pk, "company": dairy.pk}).json()["company"]["name"] == "Dairy"
    Company.objects.update(is_active=False)
    assert shop.post("tickets/", HISSES | {"company": dairy.pk}).json()["code"] == "company_retired"
    found = [shop.get("contacts/", {"company": each.pk}).json()["results"] for each in (bakery, dairy)]
    assert [[contact["company"]["name"] for contact in each] for each in found] == [["Bakery"], []]


def test_one_wrong_change_undoes_all_of_them(shop: Program, people: Any, in_fernhollow: Any) -> None:
    ticket = make_ticket(status=Status.CLOSED)
    answer = shop.patch(f"tickets/{ticket.number}/", {"subject": "Valve", "status": "waiting"})
    assert (answer.status_code, answer.json()["code"]) == (409, "status_not_allowed")
    assert "Closed" in answer.json()["detail"]
    ticket.refresh_from_db()
    assert ticket.subject == "Stove valve hisses"
    viewer = shop.patch(f"tickets/{ticket.number}/", {"subject": "Valve", "assignee": people.viewer.pk})
    assert (viewer.status_code, viewer.json()["code"]) == (422, "assignee_cannot_work")


@pytest.mark.both
def test_a_change_that_rests_on_an_old_state_is_refused(shop: Program, people: Any, in_fernhollow: Any) -> None:
    ticket = make_ticket()
    etag = shop.get(f"tickets/{ticket.number}/")["ETag"]
    changes.set_priority([ticket], priority=Priority.HIGH, by=By(actor=people.agent))
    refused = shop.patch(f"tickets/{ticket.number}/", {"priority": "low"}, If_Match=etag)
    assert (refused.status_code, refused.json()["code"]) == (412, "version")
    assert "Read it again" in refused.json()["detail"]
    etag = shop.get(f"tickets/{ticket.number}/")["ETag"]
    changed = shop.patch(f"tickets/{ticket.number}/", {"priority": "low"}, If_Match=etag)
    assert (changed.status_code, changed.json()["priority"]) == (200, "low")
    assert changed["ETag"] != etag


def test_a_merged_ticket_says_into_which(shop: Program, in_fernhollow: Any) -> None:
    target = make_ticket()
    merged = make_ticket(merged_into=target)
    assert shop.get(f"tickets/{merged.number}/").json()["merged_into"] == target.number
    assert [t["number"] for t in shop.get("tickets/").json()["results"]] == [target.number]
    refused = shop.patch(f"tickets/{merged.number}/", {"subject": "x"})
    assert (refused.status_code, refused.json()["code"]) == (409, "ticket_merged")


@pytest.mark.both
def test_tickets_are_found_by_what_they_are(shop: Program, people: Any, in_fernhollow: Any) -> None:
    team, box, amara = (
        Team.objects.create(name="Repairs"),
        make_mailbox(in_fernhollow),
        make_contact(address="a@l.test"),
    )
    mine = make_ticket("One", assignee=people.agent, team=team, mailbox=box, contact=amara, priority="high")
    spam = make_ticket("Two", status=Status.SOLVED, is_spam=True)
    changes.add_tag([mine], name="gas", by=By())
    for query, wanted in (
        ({"status": "new"}, [mine]),
        ({"status": "new,solved"}, [spam, mine]),
        ({"assignee": people.agent.pk}, [mine]),
        ({"assignee": "none"}, [spam]),
        ({"team": team.pk}, [mine]),
        ({"mailbox": box.pk}, [mine]),
        ({"contact": "A@L.test"}, [mine]),
        ({"tag": "gas"}, [mine]),
        ({"priority": "high"}, [mine]),
        ({"is_spam": "true"}, [spam]),
        ({}, [spam, mine]),
        ({"since_version": spam.last_position}, [mine]),
        ({"since_version": 0}, [spam, mine]),
        ({"updated_since": (clock.now() - timedelta(hours=1)).isoformat()}, [spam, mine]),
        ({"updated_since": (clock.now() + timedelta(hours=1)).isoformat()}, []),
        ({"updated_since": "0001-01-01T00:00:00Z"}, [spam, mine]),
    ):
        found = shop.get("tickets/", query)
        assert [ticket["number"] for ticket in found.json()["results"]] == [t.number for t in wanted], query


@pytest.mark.parametrize(
    "query",
    [
        {"statuss": "new"},
        {"status": "gone"},
        {"assignee": "me"},
        {"updated_since": "x"},
        {"limit": 101},
        {"cursor": "x"},
    ],
)
def test_a_filter_that_is_none_is_named(query: dict[str, Any], shop: Program) -> None:
    answer = shop.get("tickets/", query)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))


@pytest.mark.both
def test_pages_skip_and_double_nothing_while_tickets_come_and_change(shop: Program, in_fernhollow: Any) -> None:
    tickets = [make_ticket(f"Ticket {number}") for number in range(5)]
    page = shop.get("tickets/", {"limit": 2}).json()
    make_ticket("Meanwhile")
    add_message(tickets[0])
    seen = [ticket["number"] for ticket in page["results"]]
    while page["next"]:
        page = shop.get(page["next"].partition("/api/v1/")[2]).json()
        seen += [ticket["number"] for ticket in page["results"]]
    assert seen == [ticket.number for ticket in reversed(tickets)]


@pytest.mark.req("S5.6")
def test_custom_fields_are_given_shown_and_taken_off(shop: Program, in_fernhollow: Any) -> None:
    for key, kind in (("order", FieldKind.TEXT), ("price", FieldKind.NUMBER), ("gone", FieldKind.TEXT)):
        TicketField.objects.create(key=key, label=key.title(), kind=kind, is_active=key != "gone")
    assert [row["key"] for row in shop.get("fields/").json()["results"]] == ["order", "price", "gone"]
    shown = shop.post("tickets/", HISSES | {"fields": {"order": " 1041 ", "price": 12.5}}).json()
    assert shown["fields"] == {"order": "1041", "price": 12.5}
    changed = shop.patch(f"tickets/{shown['number']}/", {"fields": {"order": None}}).json()
    assert changed["fields"] == {"price": 12.5}
    assert _doers(Ticket.objects.get()) == {(None, shop.integration.pk, "integration", "api")}
    for wrong in ({"none": "1"}, {"price": "12"}, {"gone": "1"}):
        refused = shop.patch(f"tickets/{shown['number']}/", {"fields": wrong})
        assert refused.status_code in (409, 422), wrong
    assert Ticket.objects.get().fields == {"price": 12.5}


@pytest.mark.req("S5.46", "S5.50")
def test_a_field_of_files_takes_attachments_of_the_ticket_and_shows_where_they_are(
    shop: Program, in_fernhollow: Any
) -> None:
    TicketField.objects.create(key="papers", label="Papers", kind=FieldKind.FILES)
    file = {"filename": "a.txt", "content": "YQ=="}
    number, other = (shop.post("tickets/", HISSES | {"attachments": [file]}).json()["number"] for _ in range(2))
    [message] = shop.get(f"tickets/{number}/messages/").json()["results"]
    [attachment] = message["attachments"]
    shown = shop.patch(f"tickets/{number}/", {"fields": {"papers": [attachment["id"]]}}).json()
    [ref] = shown["fields"]["papers"]
    assert ref == {name: attachment[name] for name in ("id", "filename", "content_type", "size_bytes", "url")}
    assert b"".join(shop.get(ref["url"].partition("/api/v1/")[2]).streaming_content) == b"a"
    assert shop.patch(f"tickets/{number}/", {"fields": {"papers": [ref]}}).json()["fields"]["papers"] == [ref]
    refused = shop.patch(f"tickets/{other}/", {"fields": {"papers": [attachment["id"]]}})
    assert "own messages" in refused.json()["detail"]
    assert ref in shop.get("tickets/").json()["results"][-1]["fields"]["papers"]
