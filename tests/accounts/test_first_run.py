"""The first organization and its owner: from the page, from the shell, and once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Membership, Organization, Role, User
from helpdesk.accounts.services import installation
from helpdesk.accounts.services.founding import AlreadySetUp, Founder, set_up_installation
from helpdesk.tenancy.scope import organization_scope

pytestmark = [pytest.mark.django_db]
FORM = {
    "organization": "Fernhollow",
    "slug": "",
    "timezone": "Europe/Lisbon",
    "name": "Olive Owner",
    "email": "Olive@Fernhollow.test",
    "password": "correct horse battery",
}


def test_an_empty_installation_leads_to_the_first_run(client: Client) -> None:
    assert client.get("/").headers["Location"] == "/first-run/"
    page = client.get("/first-run/").content.decode()
    assert "Welcome to your postroom" in page


def test_the_first_run_makes_organization_and_owner_and_signs_in(client: Client) -> None:
    response = client.post("/first-run/", FORM)
    assert response.headers["Location"] == "/o/fernhollow/"
    membership = Membership.objects.select_related("organization", "user").get()
    assert (membership.role, membership.user.email) == (Role.OWNER, "olive@fernhollow.test")
    assert (membership.organization.name, membership.organization.timezone) == ("Fernhollow", "Europe/Lisbon")
    assert client.get("/o/fernhollow/settings/roles/").status_code == 200
    with organization_scope(membership.organization_id):
        assert AuditEntry.objects.get().action == "organization.created"


def test_afterwards_it_is_gone(client: Client) -> None:
    client.post("/first-run/", FORM)
    stranger = Client()
    assert stranger.get("/first-run/").status_code == 404
    assert stranger.post("/first-run/", FORM | {"slug": "second", "email": "eve@evil.test"}).status_code == 404
    assert stranger.get("/").headers["Location"] == "/accounts/login/"
    assert Organization.objects.count() == 1


def test_it_stays_gone_even_if_no_organization_is_left(client: Client) -> None:
    installation.mark_set_up()
    assert client.get("/first-run/").status_code == 404


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("organization", "", "Enter the name"),
        ("organization", "日本", "Choose one yourself"),
        ("slug", "Not A Slug", "small letters"),
        ("slug", "-", "small letters"),
        ("timezone", "Mars/Olympus", "valid choice"),
        ("email", "no address", "valid email"),
        ("password", "short", "at least 10"),
        ("password", "password123456", "too common"),
        ("name", "Olive\x00", "Null characters"),
    ],
)
def test_each_refusal_says_what_to_do_and_changes_nothing(client: Client, field: str, value: str, advice: str) -> None:
    response = client.post("/first-run/", FORM | {field: value})
    assert response.status_code == 422
    assert advice in response.content.decode()
    assert not Organization.objects.exists()
    assert not User.objects.exists()
    assert client.get("/first-run/").status_code == 200


def test_the_password_is_never_sent_back(client: Client) -> None:
    page = client.post("/first-run/", FORM | {"email": "no address"}).content.decode()
    assert FORM["password"] not in page


def test_the_form_needs_its_token() -> None:
    assert Client(enforce_csrf_checks=True).post("/first-run/", FORM).status_code == 403


@pytest.mark.servers
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite in memory refuses instead of waiting")
@pytest.mark.django_db(transaction=True)
def test_of_two_browsers_at_once_one_wins() -> None:
    start = Barrier(4)

    def run(number: int) -> str:
        start.wait(timeout=20)
        try:
            founder = Founder(email=f"owner{number}@example.test", password="correct horse battery")
            return set_up_installation(founder, slug=f"org{number}", name="Org", timezone="UTC").organization.slug
        except AlreadySetUp:
            return ""
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        won = [slug for slug in pool.map(run, range(4)) if slug]
    assert [organization.slug for organization in Organization.objects.all()] == won
    assert User.objects.count() == 1


def run_command(*arguments: str) -> dict[str, Any]:
    from io import StringIO

    out = StringIO()
    call_command("create_organization", *arguments, "--json", stdout=out)
    result: dict[str, Any] = json.loads(out.getvalue())
    return result


def test_the_command_makes_organization_and_owner(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_PASSWORD", "correct horse battery")
    result = run_command(
        "acme", "--name", "Acme", "--owner-email", "O@acme.test", "--owner-password-env", "OWNER_PASSWORD"
    )
    assert result == {"id": Organization.objects.get().id, "slug": "acme", "owner": "o@acme.test", "owner_is_new": True}
    client.post("/accounts/login/", {"login": "o@acme.test", "password": "correct horse battery"})
    assert client.get("/o/acme/settings/roles/").status_code == 200
    assert Client().get("/first-run/").status_code == 404


def test_without_a_password_a_link_is_mailed_and_printed(client: Client, mailoutbox: list[Any]) -> None:
    result = run_command("acme", "--name", "Acme", "--owner-email", "o@acme.test")
    assert result["sent"] is True
    assert result["password_link"] in mailoutbox[0].body
    path = "/" + result["password_link"].split("/", 3)[3]
    assert "New password, once more" in client.get(path, follow=True).content.decode()


def test_an_existing_user_becomes_owner_and_keeps_their_password(
    people: Any, monkeypatch: pytest.MonkeyPatch, mailoutbox: list[Any]
) -> None:
    monkeypatch.setenv("OWNER_PASSWORD", "quite another phrase")
    arguments = ("acme", "--name", "Acme", "--owner-email", people.agent.user.email)
    result = run_command(*arguments, "--owner-password-env", "OWNER_PASSWORD")
    assert result["owner_is_new"] is False
    user = User.objects.get(pk=people.agent.user_id)
    assert user.check_password("correct horse battery")
    assert Membership.objects.get(user=user, organization__slug="acme").role == Role.OWNER


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fernhollow", "--owner-email", "o@acme.test"), "taken"),
        (("Not-A-Slug", "--owner-email", "o@acme.test"), "small letters"),
        (("acme", "--owner-email", "no address"), "valid email"),
        (("acme", "--owner-email", "o@acme.test", "--owner-password-env", "WEAK"), "too short"),
        (("acme", "--owner-email", "o@acme.test", "--owner-password-env", "UNSET"), "UNSET is not set"),
    ],
)
def test_the_command_refuses_in_one_line(
    fernhollow: Any, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.setenv("WEAK", "short")
    with pytest.raises(CommandError) as refusal:
        call_command("create_organization", *arguments, "--name", "Acme")
    assert complaint in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert [organization.slug for organization in Organization.objects.all()] == ["fernhollow"]
    assert not User.objects.exists()
