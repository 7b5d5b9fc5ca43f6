"""An invitation goes out, works once for the invited person, and can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Invitation, Membership, Role, User
from helpdesk.accounts.services.invitations import NotOpen, accept_as_new, find_offer, invite
from helpdesk.lib import clock
from helpdesk.tenancy.models import TokenEntry
from helpdesk.tenancy.scope import organization_scope
from tests.factories.people import PASSWORD, make_member

pytestmark = [pytest.mark.django_db]
INVITATIONS = "/o/fernhollow/settings/invitations/"
PEOPLE = "/o/fernhollow/settings/people/"
NEW = {"name": "Nora New", "password": "quite another phrase"}


@pytest.fixture
def link(people: Any, signed_in: Callable[[Any], Client], mailoutbox: list[Any]) -> str:
    """The path in the mail that the admin sent to nora."""
    signed_in(people.admin).post(INVITATIONS, {"email": "Nora@Fernhollow.test", "role": "agent"})
    return path_in(mailoutbox[-1])


def path_in(mail: Any) -> str:
    found = re.search(r"http://[^/]+(/invitations/\S+)", mail.body)
    assert found is not None
    return found[1]


def test_a_new_person_joins_with_name_and_password(link: str, fernhollow: Any, mailoutbox: list[Any]) -> None:
    nora = Client()
    assert mailoutbox[0].to == ["nora@fernhollow.test"]
    assert "Join <bdi>Fernhollow</bdi>" in nora.get(link).content.decode()
    assert nora.post(link, NEW).headers["Location"] == "/o/fernhollow/"
    member = Membership.objects.get(user__email="nora@fernhollow.test")
    assert (member.organization, member.role, member.user.name) == (fernhollow, Role.AGENT, "Nora New")
    assert nora.get("/o/fernhollow/settings/roles/").status_code == 200


def test_the_token_is_stored_nowhere(link: str, fernhollow: Any) -> None:
    token = link.split("/")[2]
    assert len(token) >= 43
    entry = TokenEntry.objects.get()
    assert token not in str(vars(entry))
    with organization_scope(fernhollow.id):
        assert token not in str(list(AuditEntry.objects.values())) + str(list(Invitation.objects.values()))


def test_a_link_works_once(link: str) -> None:
    Client().post(link, NEW)
    second = Client().post(link, NEW | {"name": "Eve"})
    assert second.status_code == 410
    assert "used already" in second.content.decode()
    assert Membership.objects.filter(user__email="nora@fernhollow.test").count() == 1


def test_a_link_runs_out_after_seven_days(link: str) -> None:
    with clock.held_at(clock.in_seconds(7 * 86_400 + 1)):
        page = Client().get(link)
        assert Client().post(link, NEW).status_code == 410
    assert page.status_code == 410
    assert "seven days" in page.content.decode()
    assert not User.objects.filter(email="nora@fernhollow.test").exists()


def test_a_link_that_never_was_is_not_found(link: str) -> None:
    assert Client().get("/invitations/never-was/").status_code == 404


def test_an_invitation_can_be_taken_back(link: str, fernhollow: Any, client: Client) -> None:
    with organization_scope(fernhollow.id):
        invitation = Invitation.objects.get()
    client.post(f"{INVITATIONS}{invitation.pk}/revocation/")
    page = Client().get(link)
    assert page.status_code == 410
    assert "taken back" in page.content.decode()


def test_sending_again_replaces_the_link(link: str, fernhollow: Any, client: Client, mailoutbox: list[Any]) -> None:
    with organization_scope(fernhollow.id):
        invitation = Invitation.objects.get()
    with clock.held_at(clock.in_seconds(8 * 86_400)):
        client.post(f"{INVITATIONS}{invitation.pk}/renewal/")
        assert Client().get(link).status_code == 404
        assert Client().get(path_in(mailoutbox[1])).status_code == 200


def test_an_accepted_invitation_is_not_sent_again(link: str, fernhollow: Any, client: Client) -> None:
    Client().post(link, NEW)
    with organization_scope(fernhollow.id):
        invitation = Invitation.objects.get()
    client.post(f"{INVITATIONS}{invitation.pk}/renewal/")
    assert Client().get(link).status_code == 410


def test_somebody_with_an_account_signs_in_and_joins(link: str, otherco: Any, mailoutbox: list[Any]) -> None:
    nora = make_member(otherco, email="nora@fernhollow.test")
    browser = Client()
    to_sign_in = browser.get(link).headers["Location"]
    assert to_sign_in.startswith("/accounts/login/?next=")
    signed = browser.post(to_sign_in, {"login": "nora@fernhollow.test", "password": PASSWORD})
    assert signed.headers["Location"] == link
    assert "invites you, as Agent" in browser.get(link).content.decode()
    assert browser.post(link).headers["Location"] == "/o/fernhollow/"
    assert Membership.objects.filter(user=nora.user).count() == 2


def test_an_account_with_a_password_is_not_taken_over(link: str, otherco: Any) -> None:
    nora = make_member(otherco, email="nora@fernhollow.test")
    Client().post(link, NEW)
    assert User.objects.get(pk=nora.user_id).check_password(PASSWORD)
    assert not Membership.objects.filter(user=nora.user, organization__slug="fernhollow").exists()


def test_an_account_without_a_password_gets_its_first_one(link: str) -> None:
    User.objects.create_user("nora@fernhollow.test")
    assert Client().post(link, NEW).status_code == 302
    assert User.objects.get(email="nora@fernhollow.test").check_password(NEW["password"])


def test_somebody_else_who_is_signed_in_is_told(link: str, people: Any, signed_in: Callable[[Any], Client]) -> None:
    browser = signed_in(people.stranger)
    page = browser.get(link)
    assert page.status_code == 403
    assert "for somebody else" in page.content.decode()
    assert browser.post(link).status_code == 403
    assert not Membership.objects.filter(user=people.stranger.user, organization__slug="fernhollow").exists()


def test_a_member_who_was_switched_off_meanwhile_stays_so(link: str, fernhollow: Any) -> None:
    nora = make_member(fernhollow, email="nora@fernhollow.test")
    nora.is_active = False
    nora.save()
    browser = Client()
    browser.force_login(nora.user)
    browser.post(link)
    assert not Membership.objects.get(pk=nora.pk).is_active


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"email": "", "role": "agent"}, "Enter the address"),
        ({"email": "no address", "role": "agent"}, "no mail address"),
        ({"email": "ines@fernhollow.test", "role": "agent"}, "a member already"),
        ({"email": "nora@fernhollow.test", "role": "agent"}, "open invitation"),
        ({"email": "zoe@fernhollow.test", "role": "emperor"}, "valid choice"),
        ({"email": "zoe@fernhollow.test", "role": "owner"}, "valid choice"),
    ],
)
def test_each_refusal_says_what_to_do(link: str, client: Client, values: dict[str, str], advice: str) -> None:
    response = client.post(INVITATIONS, values)
    assert response.status_code == 422
    assert advice in response.content.decode()


def test_a_switched_off_member_is_not_invited_but_switched_on(people: Any, signed_in: Callable[[Any], Client]) -> None:
    people.viewer.is_active = False
    people.viewer.save()
    response = signed_in(people.admin).post(INVITATIONS, {"email": people.viewer.user.email, "role": "agent"})
    assert "Switch them on again" in response.content.decode()


def test_an_owner_invites_an_owner(people: Any, signed_in: Callable[[Any], Client], mailoutbox: list[Any]) -> None:
    signed_in(people.owner).post(INVITATIONS, {"email": "zoe@fernhollow.test", "role": "owner"})
    Client().post(path_in(mailoutbox[0]), NEW)
    assert Membership.objects.get(user__email="zoe@fernhollow.test").role == Role.OWNER


@pytest.mark.parametrize("backend", ["console", "smtp"])
def test_a_mail_that_did_not_go_out_shows_the_link(
    people: Any, signed_in: Callable[[Any], Client], settings: Any, backend: str
) -> None:
    settings.EMAIL_BACKEND = f"django.core.mail.backends.{backend}.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9  # nobody listens on the discard port
    page = signed_in(people.admin).post(INVITATIONS, {"email": "zoe@fernhollow.test", "role": "agent"})
    found = re.search(r"/invitations/[\w-]{43}/", page.content.decode())
    assert found is not None
    assert Client().get(found[0]).status_code == 200


def test_a_weak_password_says_what_to_do_and_uses_nothing_up(link: str) -> None:
    response = Client().post(link, NEW | {"password": "short"})
    assert response.status_code == 422
    assert "at least 10" in response.content.decode()
    assert Client().post(link, NEW).status_code == 302


@pytest.mark.servers
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite in memory refuses instead of waiting")
@pytest.mark.django_db(transaction=True)
def test_accepting_at_once_makes_one_membership(people: Any, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        _invitation, token = invite("nora@fernhollow.test", role=Role.AGENT, actor=people.admin)
    offer = find_offer(token)
    assert offer is not None
    start = Barrier(4)

    def join(_number: int) -> bool:
        start.wait(timeout=20)
        try:
            accept_as_new(offer, **NEW)
        except NotOpen:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(join, range(4))) == 1
    assert Membership.objects.filter(user__email="nora@fernhollow.test").count() == 1
