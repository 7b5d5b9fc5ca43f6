"""Answers of a provider that may not end a sign-in."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import GrantState
from tests.fakes.entra import FakeEntra
from tests.mailboxes.pages.entering import MAILBOXES
from tests.mailboxes.pages.signing_in import CALLBACK, add, come_back, grant_of, sign_in_page, way_there

pytestmark = pytest.mark.django_db


def test_what_a_provider_says_is_text(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    page = sign_in_page(admin, fernhollow)
    state = re.search(r"state=([\w-]+)", way_there(admin, page))
    assert state is not None
    admin.get(CALLBACK, {"state": state[1], "error": "<b>x</b>", "error_description": "<img src=x onerror=alert(1)>"})
    text = admin.get(page).content.decode()
    assert "<img src=x" not in text
    assert "&lt;img src=x" in text


@pytest.mark.parametrize("query", [{}, {"state": "forged", "code": "x"}, {"state": "", "code": "x"}, {"code": "x"}])
def test_a_forged_answer_is_refused_with_a_clear_sentence(admin: Client, query: dict[str, str]) -> None:
    response = admin.get(CALLBACK, query)
    assert response.status_code == 400
    assert "This sign-in cannot be completed" in response.content.decode()


@pytest.mark.req("S3.13")
@pytest.mark.parametrize(
    ("said", "words"),
    [({}, "Thank you"), ({"error": "consent_required", "error_description": "<b>"}, "The permission was not given")],
)
def test_an_administrator_who_is_nobody_here_hears_what_came_of_the_consent(
    admin: Client, microsoft: FakeEntra, fernhollow: Any, said: dict[str, str], words: str
) -> None:
    add(admin)
    response = Client().get(CALLBACK, {"admin_consent": "True", "tenant": "evil.example", "state": "", **said})
    page = response.content.decode()
    assert response.status_code == 200
    assert words in page
    assert "<b>" not in page
    assert "evil.example" not in page
    assert grant_of(fernhollow).state == GrantState.UNUSED


def test_an_answer_works_once(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    assert come_back(admin, back).status_code == 302
    assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).tokens_version == 1


def test_an_answer_after_ten_minutes_is_refused(admin: Client, microsoft: FakeEntra, fernhollow: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    with clock.held_at(clock.now() + timedelta(minutes=11)):
        assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED


def test_nobody_ends_the_sign_in_of_another(admin: Client, microsoft: FakeEntra, fernhollow: Any, people: Any) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    for person in (people.owner, people.stranger, people.viewer):
        other = Client()
        other.force_login(person.user)
        assert come_back(other, back).status_code == 400
    assert come_back(Client(), back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED
    assert come_back(admin, back).status_code == 302


def test_whoever_lost_the_right_meanwhile_ends_no_sign_in(
    admin: Client, microsoft: FakeEntra, fernhollow: Any, people: Any
) -> None:
    add(admin)
    back = microsoft.signs_in(way_there(admin, sign_in_page(admin, fernhollow)))
    Membership.objects.filter(id=people.admin.id).update(role="viewer")
    assert come_back(admin, back).status_code == 400
    assert grant_of(fernhollow).state == GrantState.UNUSED


def test_the_sign_in_of_another_organization_is_not_there(admin: Client, otherco: Any) -> None:
    from tests.factories.grants import make_grant

    grant = make_grant(otherco, flow="user")
    with organization_scope(otherco.id):
        mailbox_id = grant.connection.mailboxes.get().pk
    assert admin.get(f"{MAILBOXES}{mailbox_id}/sign-in/").status_code == 404
    assert admin.post(f"{MAILBOXES}{mailbox_id}/device-code/new/").status_code == 404
