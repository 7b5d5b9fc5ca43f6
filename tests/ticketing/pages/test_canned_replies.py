"""The pages of canned replies, the rule builder that offers them, and what the composer of a ticket is offered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Team
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import make_ticket
from ticketing.inbound.rules.written import Action, Group
from ticketing.models import CannedReply, Rule, RuleTrial
from ticketing.models.rules import Act
from ticketing.services.canned_replies import CannedInput, create_canned_reply
from ticketing.services.rules.saving import RuleInput, create_rule

pytestmark = pytest.mark.django_db
PAGE = "/o/fernhollow/canned-replies/"
NEW = {"version": "0", "name": "Serial  number", "html": "<p>Ticket {{ ticket.number }}</p>", "is_active": "on"}


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


@pytest.fixture
def reply(fernhollow: Any, in_fernhollow: Any) -> CannedReply:
    return create_canned_reply(CannedInput("Serial number", "<p>Ticket {{ ticket.number }}</p>"))


def test_a_canned_reply_is_written_previewed_changed_and_retired(admin: Client, in_fernhollow: Any) -> None:
    team = Team.objects.create(name="Repairs")
    assert "No canned replies yet" in admin.get(PAGE).content.decode()
    shown = admin.post(f"{PAGE}new/", NEW | {"preview": "1"}).content.decode()
    assert ("Ticket 1234" in shown, "Your message to Fernhollow [#1234]" in shown) == (True, True)
    assert not CannedReply.objects.exists()
    assert admin.post(f"{PAGE}new/", NEW | {"team": str(team.pk)}).headers["Location"] == PAGE
    made = CannedReply.objects.get()
    assert (made.name, made.team, made.version) == ("Serial number", team, 1)
    create_rule(RuleInput("Stoves", Group(), (Action(Act.CANNED, str(made.pk)),)))
    page = f"{PAGE}{made.pk}/"
    opened = admin.get(page).content.decode()
    assert [word in opened for word in ("Stoves", "{{ mailbox.name }}", "Repairs")] == [True] * 3
    assert admin.post(page, NEW | {"version": "1", "subject": "Yours", "is_active": ""}).status_code == 302
    stale = admin.post(page, NEW | {"version": "1"})
    assert (stale.status_code, "Somebody else changed this canned reply" in stale.content.decode()) == (422, True)
    made.refresh_from_db()
    assert (made.subject, made.team, made.is_active) == ("Yours", None, False)
    assert "Retired" in admin.get(PAGE).content.decode()
    assert [entry.action for entry in AuditEntry.objects.order_by("pk") if entry.target_kind == "cannedreply"] == [
        "canned.created",
        "canned.changed",
    ]
    log = admin.get("/o/fernhollow/settings/log/").content.decode()
    assert (page in log, "changed the canned reply" in log) == (True, True)


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"name": " "}, "Enter the name"),
        ({"name": "Serial number"}, "a canned reply with this name"),
        ({"html": "<p> </p>"}, "Write something"),
        ({"html": "<p>{{ custmer }}</p>"}, "“{{ custmer }}” is no placeholder here"),
        ({"subject": "{{ hours.opens }}"}, "is no placeholder here"),
        ({"html": "<p>{{ ticket.number }</p>"}, "braces do not close"),
        ({"team": "999"}, "Select a valid choice"),
    ],
)
def test_each_refusal_says_what_to_do(admin: Client, reply: CannedReply, changes: dict[str, str], advice: str) -> None:
    answer = admin.post(f"{PAGE}new/", NEW | {"name": "Other"} | changes)
    assert answer.status_code == 422
    assert advice.replace("'", "&#x27;") in answer.content.decode()
    assert CannedReply.objects.count() == 1


def test_the_rule_builder_offers_those_in_use_and_the_trial_tells_what_would_be_sent(
    admin: Client, reply: CannedReply, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "files"
    create_canned_reply(CannedInput("Old words", "<p>Old</p>", is_active=False))
    receive(make_mailbox(make_outgoing_server(), address="support@fernhollow.test"), make_mail())
    sent = {"name": "Answer", "applies_to": "new", "version": "0", "node": ["1::group"], "action": ["2"]}
    sent |= {"act-2": "canned"}
    form = admin.post("/o/fernhollow/rules/new/draft/", sent).content.decode()
    assert (f'<option value="{reply.pk}">Serial number' in form, "Old words" in form) == (True, False)
    refused = admin.post("/o/fernhollow/rules/new/", sent | {"to-2": ""})
    assert (refused.status_code, "Choose one." in refused.content.decode()) == (422, True)
    sent |= {"to-2": str(reply.pk), "action": ["2", "3"], "act-3": "participant", "to-3": "lab@partner.test"}
    admin.post("/o/fernhollow/rules/new/trial/", sent)
    drains.drain_now(WorkKind.RULE_TRIAL, budget_s=60)
    assert RuleTrial.objects.get().found[0]["changes"] == [
        {"what": "canned", "to": "Serial number"},
        {"what": "participant", "to": "lab@partner.test"},
    ]
    shown = admin.get("/o/fernhollow/rules/new/").content.decode()
    assert "Canned reply, if its sender may be answered: Serial number" in shown
    assert "Answers also to lab@partner.test" in shown
    assert admin.post("/o/fernhollow/rules/new/", sent).status_code == 302
    assert Rule.objects.get().actions[0] == {"act": "canned", "value": str(reply.pk)}
    listed = admin.get("/o/fernhollow/rules/").content.decode()
    assert ("send the canned reply" in listed, "Serial number" in listed) == (True, True)


def test_the_composer_is_offered_those_of_the_ticket_s_team_first_filled_in(
    people: Any, client: Client, reply: CannedReply
) -> None:
    team = Team.objects.create(name="Repairs")
    create_canned_reply(CannedInput("Theirs", "<p>Of <b>{{ organization.name }}</b></p>", team=team))
    create_canned_reply(CannedInput("Retired", "<p>Old</p>", is_active=False))
    client.force_login(people.agent.user)
    ours, other = make_ticket(team=team), make_ticket()
    page = client.get(f"/o/fernhollow/tickets/{ours.number}/canned-replies/").content.decode()
    assert page.index("Theirs") < page.index("Serial number")
    assert f"<template><p>Ticket {ours.number}</p></template>" in page
    assert ("<b>Fernhollow</b>" in page, "Retired" in page) == (True, False)
    elsewhere = client.get(f"/o/fernhollow/tickets/{other.number}/canned-replies/").content.decode()
    assert ("Theirs" in elsewhere, "Serial number" in elsewhere) == (False, True)
    composer = client.get(f"/o/fernhollow/tickets/{ours.number}/").content.decode()
    assert f"/o/fernhollow/tickets/{ours.number}/canned-replies/" in composer
