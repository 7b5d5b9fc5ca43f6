"""Signing in with a device code: shown, typed in elsewhere, asked for by a worker, refused by many."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import DeviceSignIn, DeviceState, Flow, GrantState, Mailbox, OAuthGrant
from mailboxes.services.oauth.tokens import GrantTokens
from tests.factories.grants import make_grant
from tests.fakes.entra import FakeEntra
from tests.fakes.https import Fault
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def page(entra: FakeEntra, fernhollow: Any) -> str:
    """The address of the code's page, for a mailbox whose person has not signed in."""
    scopes = [f"https://{entra.host}/IMAP.AccessAsUser.All", "offline_access"]
    grant = make_grant(fernhollow, flow=Flow.USER, scopes=scopes)
    with organization_scope(fernhollow.id):
        grant.connection.username = "ann@acme.example"
        grant.connection.save()
        return f"{MAILBOXES}{grant.connection.mailboxes.get().pk}/device-code/"


def ask(admin: Client, page: str, organization: Any) -> DeviceSignIn:
    assert admin.post(f"{page}new/")["Location"] == page
    with organization_scope(organization.id):
        return DeviceSignIn.objects.get()


def work(*, later_s: int) -> None:
    with clock.held_at(clock.now() + timedelta(seconds=later_s)):
        drains.drain_now(WorkKind.DEVICE_CODE, budget_s=20)


def state_of(organization: Any) -> tuple[str, str]:
    with organization_scope(organization.id):
        row = DeviceSignIn.objects.get()
        return row.state, row.reason


@pytest.mark.req("S5.28", "S5.30")
def test_a_code_is_shown_and_its_tokens_come_once_it_was_typed_in(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    code = ask(admin, page, fernhollow)
    shown = admin.get(page).content.decode()
    assert code.user_code in shown
    assert "https://microsoft.com/devicelogin" in shown
    assert "as ann@acme.example, not as a shared mailbox" in shown
    assert "Conditional Access" in shown
    work(later_s=6)
    assert state_of(fernhollow) == ("waiting", "")
    entra.types_code(code.user_code)
    work(later_s=20)
    with organization_scope(fernhollow.id):
        grant = OAuthGrant.objects.get()
        done = DeviceSignIn.objects.get()
    assert (grant.state, grant.flow, grant.account) == (GrantState.ALIVE, Flow.DEVICE, "ann@acme.example")
    assert (done.state, done.device_code_sealed) == (DeviceState.DONE, "")
    assert not WorkItem.objects.filter(kind=WorkKind.DEVICE_CODE).exists()
    assert "Signed in." in admin.get(page, headers={"HX-Request": "true"}).content.decode()


def test_tokens_of_a_device_code_are_renewed_without_a_secret(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    entra.life_s = 10
    code = ask(admin, page, fernhollow)
    entra.types_code(code.user_code)
    work(later_s=6)
    entra.life_s = 3600
    with organization_scope(fernhollow.id):
        grant = OAuthGrant.objects.get()
    assert GrantTokens(organization_id=fernhollow.id, grant_id=grant.id).token() in entra.tokens
    assert "client_secret" not in entra.asked("/token")[-1].form


def test_a_worker_asks_once_each_time_and_not_before_it_is_due(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    ask(admin, page, fernhollow)
    for later_s in (0, 6, 7, 12):
        work(later_s=later_s)
    assert next(iter(entra.devices.values())).asked == 2


@pytest.mark.parametrize(
    ("error", "number", "reason", "words"),
    [
        ("authorization_declined", 0, "consent_refused", "permissions were not given"),
        ("expired_token", 0, "code_expired", "took too long"),
        ("", 53003, "sign_in_blocked", "Conditional Access"),
    ],
)
def test_a_code_that_came_to_nothing_says_why(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str, error: str, number: int, reason: str, words: str
) -> None:
    code = ask(admin, page, fernhollow)
    entra.types_code(code.user_code, error=error, number=number)
    work(later_s=6)
    assert state_of(fernhollow) == ("failed", reason)
    assert words in admin.get(page).content.decode()
    with organization_scope(fernhollow.id):
        assert OAuthGrant.objects.get().state == GrantState.UNUSED


def test_somebody_else_who_typed_it_in_gives_no_tokens(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    code = ask(admin, page, fernhollow)
    entra.types_code(code.user_code, account="mallory@acme.example")
    work(later_s=6)
    assert state_of(fernhollow) == ("failed", "other_account")
    assert "mallory@acme.example" in admin.get(page).content.decode()


def test_network_trouble_is_waited_out_and_a_code_ends_in_time(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    ask(admin, page, fernhollow)
    entra.next("/token", Fault.CUT)
    work(later_s=6)
    assert state_of(fernhollow) == ("waiting", "")
    work(later_s=1000)
    assert state_of(fernhollow) == ("failed", "code_expired")


def test_another_code_takes_the_place_of_the_first(admin: Client, entra: FakeEntra, fernhollow: Any, page: str) -> None:
    first = ask(admin, page, fernhollow)
    second = ask(admin, page, fernhollow)
    assert first.user_code != second.user_code
    assert WorkItem.objects.filter(kind=WorkKind.DEVICE_CODE).count() == 1


def test_the_page_of_a_draft_goes_on_to_the_test_by_itself(
    admin: Client, entra: FakeEntra, fernhollow: Any, page: str
) -> None:
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(is_draft=True)
    code = ask(admin, page, fernhollow)
    htmx = {"HX-Request": "true"}
    assert code.user_code in admin.get(page, headers=htmx).content.decode()
    entra.types_code(code.user_code)
    work(later_s=6)
    step = page.replace("device-code/", "setup/test/")
    assert json.loads(admin.get(page, headers=htmx)["HX-Location"])["path"] == step
    assert "Continue" in admin.get(page).content.decode()
    assert 'id="connection-test"' in admin.get(step).content.decode()
