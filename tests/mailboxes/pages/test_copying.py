"""The page where settings are copied: chosen, seen beforehand, done; never beyond the organization."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from tests.factories.mailboxes import make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = pytest.mark.django_db
PAGE = f"{MAILBOXES}settings/"


@pytest.fixture
def boxes(people: Any) -> list[Mailbox]:
    organization = people.admin.organization
    return [make_mailbox(organization, poll_interval_s=600, answers_only=True), make_mailbox(organization)]


def test_what_changes_is_seen_before_it_is_done(admin: Client, boxes: list[Mailbox]) -> None:
    source, target = boxes
    assert "Copy settings" in admin.get(MAILBOXES).content.decode()
    opened = admin.get(PAGE, {"target": target.pk}).content.decode()
    assert f'name="target" value="{target.pk}" checked' in opened
    chosen = {"source": source.pk, "target": target.pk, "setting": ["poll_interval", "answers_only"]}
    preview = admin.post(PAGE, chosen | {"preview": 1}).content.decode()
    assert "<del>as the organization</del>" in preview
    assert "<b>every 600 seconds</b>" in preview
    assert _stored(target).poll_interval_s is None
    assert admin.post(PAGE, chosen).headers["Location"] == MAILBOXES
    assert (_stored(target).poll_interval_s, _stored(target).answers_only) == (600, True)
    again = admin.post(PAGE, chosen | {"preview": 1}).content.decode()
    assert "it is set like that already" in again


@pytest.mark.req("S4.34")
def test_the_company_is_offered_where_several_are_served(admin: Client, boxes: list[Mailbox]) -> None:
    assert "Company of new tickets" not in admin.get(PAGE).content.decode()
    Organization.objects.update(serves_companies=True)
    assert "Company of new tickets" in admin.get(PAGE).content.decode()


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [("source", "Choose the mailbox"), ("target", "at least one other"), ("setting", "at least one setting")],
)
def test_what_is_missing_is_said(admin: Client, boxes: list[Mailbox], missing: str, sentence: str) -> None:
    chosen = {"source": boxes[0].pk, "target": boxes[1].pk, "setting": "team", "preview": 1}
    del chosen[missing]
    response = admin.post(PAGE, chosen)
    assert response.status_code == 422
    assert sentence in response.content.decode()


def test_a_mailbox_of_another_organization_is_neither_source_nor_target(
    admin: Client, boxes: list[Mailbox], otherco: Any
) -> None:
    foreign = make_mailbox(otherco, poll_interval_s=900)
    assert admin.post(PAGE, {"source": foreign.pk, "target": boxes[1].pk, "setting": "team"}).status_code == 422
    assert admin.post(PAGE, {"source": boxes[0].pk, "target": foreign.pk, "setting": "team"}).status_code == 422


def _stored(mailbox: Mailbox) -> Mailbox:
    with organization_scope(mailbox.organization_id):
        found: Mailbox = Mailbox.objects.get(pk=mailbox.pk)
        return found
