"""The API is killed before its answer is out, and asked the same twice at once: one ticket, one answer."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest

from tests.faults.harness import SLUG, Ended, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both, pytest.mark.req("S3.4")]
_numbers = count(1)
TOKEN = """
from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration, make_token
from tests.factories.people import make_member
organization = Organization.objects.get(slug={slug!r})
with organization_scope(organization.id):
    admin = make_member(organization, email="{name}@admins.test", role="admin")
    print(make_token(make_integration(admin, name="{name}"), actor=admin).secret)
"""
ASK = """
import json
from django.conf import settings
from django.test import Client
settings.ALLOWED_HOSTS = ["testserver"]
body = {{"subject": "{name}", "text": "It hisses.", "contact": {{"address": "{name}@customer.test"}}}}
headers = {{"Authorization": "Bearer {secret}"}}
if {by!r} == "key":
    headers["Idempotency-Key"] = "{name}"
else:
    body["external_id"] = "{name}"
client = Client(headers=headers)
answer = client.post("/api/v1/tickets/", body, content_type="application/json")
print(json.dumps([answer.status_code, answer.json()["number"]]))
"""
TICKETS = "SELECT number FROM ticketing_ticket WHERE subject = %s"


def _ask(installation: Installation, *, by: str = "key") -> tuple[str, str]:
    """A subject of its own, and the script that opens a ticket of it under one key, or by one external_id."""
    name = f"kept{next(_numbers)}"
    secret = installation.script(TOKEN.format(slug=SLUG, name=name)).strip().splitlines()[-1]
    return name, ASK.format(name=name, secret=secret, by=by)


def _answer(ended: Ended) -> Any:
    return json.loads(ended.output.strip().splitlines()[-1])


@pytest.mark.parametrize("fault", ["api.answered:kill", "api.committed:kill"])
def test_whoever_was_killed_before_answering_is_answered_the_next_time(installation: Installation, fault: str) -> None:
    name, ask = _ask(installation)
    assert installation.start_script(ask, fault=fault).wait().was_killed
    status, number = _answer(installation.start_script(ask).wait())
    assert (status, installation.rows(TICKETS, name)) == (201, [(number,)])


@pytest.mark.parametrize(("by", "status"), [("key", 201), ("external_id", 200)])
def test_who_asks_while_the_same_is_being_done_waits_for_its_answer(
    installation: Installation, by: str, status: int
) -> None:
    name, ask = _ask(installation, by=by)
    first = installation.start_script(ask, fault="api.answered:stop")
    first.wait_until_stopped()
    second = installation.start_script(ask)
    answers = [_answer(first.go_on()), _answer(second.wait())]
    assert answers == [[201, answers[0][1]], [status, answers[0][1]]]
    assert installation.rows(TICKETS, name) == [(answers[0][1],)]
