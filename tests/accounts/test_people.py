"""Members: roles, switching off and on, and the owner that every organization keeps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from helpdesk.accounts.models import AuditEntry, Invitation, Membership, Role, User
from helpdesk.accounts.services.invitations import invite
from helpdesk.accounts.services.members import LastOwner, change_role, deactivate
from helpdesk.tenancy.scope import organization_scope
from tests.accounts.counting import queries_of
from tests.factories.people import make_member

pytestmark = [pytest.mark.django_db]
PEOPLE = "/o/fernhollow/settings/people/"
SignIn = Callable[[Any], Client]


def role_of(member: Membership) -> str:
    return Membership.objects.get(pk=member.pk).role


def test_an_admin_changes_a_role_and_the_log_says_so(people: Any, signed_in: SignIn, fernhollow: Any) -> None:
    signed_in(people.admin).post(f"{PEOPLE}{people.agent.pk}/role/", {"role": "viewer"})
    assert role_of(people.agent) == Role.VIEWER
    with organization_scope(fernhollow.id):
        entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.changes) == (
        "member.role_changed",
        people.admin.pk,
        {"role": ["agent", "viewer"]},
    )


def test_an_admin_neither_makes_nor_unmakes_owners(people: Any, signed_in: SignIn) -> None:
    admin = signed_in(people.admin)
    assert admin.post(f"{PEOPLE}{people.admin.pk}/role/", {"role": "owner"}).status_code == 403
    assert admin.post(f"{PEOPLE}{people.owner.pk}/role/", {"role": "agent"}).status_code == 403
    assert admin.post(f"{PEOPLE}{people.owner.pk}/deactivation/").status_code == 403
    assert (role_of(people.admin), role_of(people.owner)) == (Role.ADMIN, Role.OWNER)


def test_an_owner_makes_another_and_then_steps_back(people: Any, signed_in: SignIn) -> None:
    owner = signed_in(people.owner)
    owner.post(f"{PEOPLE}{people.agent.pk}/role/", {"role": "owner"})
    owner.post(f"{PEOPLE}{people.owner.pk}/role/", {"role": "agent"})
    assert (role_of(people.agent), role_of(people.owner)) == (Role.OWNER, Role.AGENT)


def test_the_last_owner_stays_one(people: Any, signed_in: SignIn) -> None:
    response = signed_in(people.owner).post(f"{PEOPLE}{people.owner.pk}/role/", {"role": "admin"})
    assert response.status_code == 422
    assert "Make somebody else an owner first" in response.content.decode()
    assert role_of(people.owner) == Role.OWNER


def test_an_owner_who_is_switched_off_does_not_count(people: Any, fernhollow: Any) -> None:
    second = make_member(fernhollow, role=Role.OWNER)
    with organization_scope(fernhollow.id):
        deactivate(second.pk, actor=people.owner)
        with pytest.raises(LastOwner):
            change_role(people.owner.pk, role=Role.AGENT, actor=people.owner)


def test_nobody_switches_themselves_off(people: Any, signed_in: SignIn) -> None:
    response = signed_in(people.admin).post(f"{PEOPLE}{people.admin.pk}/deactivation/")
    assert response.status_code == 422
    assert "switch yourself off" in response.content.decode()


def test_somebody_switched_off_loses_access_at_once(people: Any, signed_in: SignIn) -> None:
    theirs = Client()
    theirs.force_login(people.agent.user)
    assert theirs.get("/o/fernhollow/settings/roles/").status_code == 200
    signed_in(people.admin).post(f"{PEOPLE}{people.agent.pk}/deactivation/")
    refused = theirs.get("/o/fernhollow/settings/roles/")
    assert (refused.status_code, "/accounts/login/" in refused.headers["Location"]) == (302, True)
    theirs.force_login(User.objects.get(pk=people.agent.user.pk))
    assert theirs.get("/o/fernhollow/settings/roles/").status_code == 404
    assert "in no organization" in theirs.get("/", follow=True).content.decode()


def test_a_session_from_before_stays_dead_when_they_are_switched_on_again(people: Any, signed_in: SignIn) -> None:
    stolen = Client()
    stolen.force_login(people.agent.user)
    admin = signed_in(people.admin)
    admin.post(f"{PEOPLE}{people.agent.pk}/deactivation/")
    admin.post(f"{PEOPLE}{people.agent.pk}/reactivation/")
    assert stolen.get("/o/fernhollow/settings/roles/").status_code == 302
    assert admin.get("/o/fernhollow/settings/roles/").status_code == 200


def test_switched_on_again_they_are_what_they_were(people: Any, signed_in: SignIn) -> None:
    admin = signed_in(people.admin)
    admin.post(f"{PEOPLE}{people.agent.pk}/deactivation/")
    admin.post(f"{PEOPLE}{people.agent.pk}/reactivation/")
    member = Membership.objects.get(pk=people.agent.pk)
    assert (member.is_active, member.role) == (True, Role.AGENT)


def test_switching_off_takes_their_invitations_back(people: Any, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        invitation, _token = invite("late@fernhollow.test", role=Role.AGENT, actor=people.admin)
        late = make_member(fernhollow, email="late@fernhollow.test")
        deactivate(late.pk, actor=people.admin)
        assert Invitation.objects.get(pk=invitation.pk).revoked_at is not None


def test_members_of_others_cannot_be_touched(people: Any, signed_in: SignIn) -> None:
    owner = signed_in(people.owner)
    for what in ("", "role/", "deactivation/", "reactivation/"):
        address = f"{PEOPLE}{people.stranger.pk}/{what}"
        assert (owner.post if what else owner.get)(address, {"role": "viewer"}).status_code == 404
    assert Membership.objects.get(pk=people.stranger.pk).is_active


def test_an_id_beyond_every_row_is_not_found(people: Any, signed_in: SignIn) -> None:
    assert signed_in(people.admin).get(f"{PEOPLE}{10**30}/").status_code == 404


def test_a_role_that_does_not_exist_is_refused(people: Any, signed_in: SignIn) -> None:
    response = signed_in(people.owner).post(f"{PEOPLE}{people.agent.pk}/role/", {"role": "emperor"})
    assert response.status_code == 422
    assert role_of(people.agent) == Role.AGENT


def test_the_list_finds_by_name_and_address(people: Any, signed_in: SignIn) -> None:
    page = signed_in(people.admin).get(PEOPLE, {"q": "INES"}).content.decode()
    assert "Ines Duarte" in page
    assert "Vera Viewer" not in page


def test_htmx_gets_the_members_alone(people: Any, signed_in: SignIn) -> None:
    part = signed_in(people.admin).get(PEOPLE, headers={"HX-Request": "true"}).content.decode()
    assert "Ines Duarte" in part
    assert "<html" not in part


def test_nobody_found_offers_everybody(people: Any, signed_in: SignIn) -> None:
    assert "Show everybody" in signed_in(people.admin).get(PEOPLE, {"q": "zzz\x00"}).content.decode()


def test_the_list_costs_the_same_for_many(people: Any, signed_in: SignIn, fernhollow: Any) -> None:
    admin = signed_in(people.admin)
    for_few = queries_of(admin, PEOPLE)
    for _number in range(60):
        make_member(fernhollow)
    assert queries_of(admin, PEOPLE) == for_few
    assert 'rel="next"' in admin.get(PEOPLE).content.decode()


def test_the_members_alone_cost_few_queries(people: Any, signed_in: SignIn) -> None:
    # Session, user, membership, members, teams, invitations; on PostgreSQL savepoints and the organization's name.
    assert queries_of(signed_in(people.admin), PEOPLE, headers={"HX-Request": "true"}) <= 9


@pytest.mark.servers
@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite in memory refuses instead of waiting")
@pytest.mark.django_db(transaction=True)
def test_two_owners_cannot_unmake_each_other_at_once(people: Any, fernhollow: Any) -> None:
    second = make_member(fernhollow, role=Role.OWNER)
    start = Barrier(2)

    def unmake(pair: tuple[Membership, Membership]) -> bool:
        start.wait(timeout=20)
        try:
            with organization_scope(fernhollow.id):
                change_role(pair[1].pk, role=Role.AGENT, actor=pair[0])
        except LastOwner:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(unmake, [(people.owner, second), (second, people.owner)]))
    assert sorted(done) == [False, True]
    assert Membership.objects.filter(organization=fernhollow, role=Role.OWNER).count() == 1
