"""The organization's page, a person's own page, the roles and the configuration log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from helpdesk.accounts.models import AuditEntry, OldSlug, Organization, User
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.organizations import create_organization
from helpdesk.lib import clock
from tests.accounts.counting import queries_of

pytestmark = [pytest.mark.django_db]
SETTINGS = "/o/fernhollow/settings/"
SignIn = Callable[[Any], Client]
ORGANIZATION = {"name": "Fernhollow", "slug": "fernhollow", "timezone": "UTC", "poll_interval_s": ""}
PROFILE = {"name": "Ines D.", "timezone": "Asia/Tokyo", "theme": "dark", "density": "compact"}


def test_the_organization_is_changed_and_the_log_says_so(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    values = ORGANIZATION | {"name": "Fernhollow & Co", "timezone": "Europe/Lisbon", "poll_interval_s": "30"}
    signed_in(people.admin).post(f"{SETTINGS}organization/", values)
    organization = Organization.objects.get(slug="fernhollow")
    assert (organization.name, organization.timezone, organization.poll_interval_s) == (
        "Fernhollow & Co",
        "Europe/Lisbon",
        30,
    )
    assert set(AuditEntry.objects.get().changes) == {"name", "timezone", "poll_interval_s"}


def test_an_old_address_leads_to_the_new_one(people: Any, signed_in: SignIn) -> None:
    admin = signed_in(people.admin)
    response = admin.post(f"{SETTINGS}organization/", ORGANIZATION | {"slug": "fern"})
    assert response.headers["Location"] == "/o/fern/settings/organization/"
    old = admin.get("/o/fernhollow/settings/log/?area=team")
    assert (old.status_code, old.headers["Location"]) == (302, "/o/fern/settings/log/?area=team")
    sent = admin.post("/o/fernhollow/settings/profile/", PROFILE)
    assert (sent.status_code, sent.headers["Location"]) == (307, "/o/fern/settings/profile/")


def test_an_organization_may_take_its_old_address_back(people: Any, signed_in: SignIn) -> None:
    admin = signed_in(people.admin)
    admin.post(f"{SETTINGS}organization/", ORGANIZATION | {"slug": "fern"})
    admin.post("/o/fern/settings/organization/", ORGANIZATION)
    assert [old.slug for old in OldSlug.objects.all()] == ["fern"]
    assert admin.get("/o/fern/settings/roles/", follow=True).redirect_chain == [("/o/fernhollow/settings/roles/", 302)]


def test_an_old_address_tells_strangers_nothing(people: Any, signed_in: SignIn) -> None:
    signed_in(people.admin).post(f"{SETTINGS}organization/", ORGANIZATION | {"slug": "fern"})
    stranger = Client()
    stranger.force_login(people.stranger.user)
    assert stranger.get(f"{SETTINGS}roles/").status_code == 404


def test_nobody_takes_an_old_address_of_others(people: Any, signed_in: SignIn) -> None:
    signed_in(people.admin).post(f"{SETTINGS}organization/", ORGANIZATION | {"slug": "fern"})
    with pytest.raises(Exception, match="taken"):
        create_organization(slug="fernhollow", name="Impostor")


@pytest.mark.parametrize(
    ("field", "value", "advice"),
    [
        ("name", "", "Enter the name"),
        ("slug", "", "Enter an address"),
        ("slug", "otherco", "taken"),
        ("slug", "Fern Hollow", "small letters"),
        ("timezone", "Mars", "valid choice"),
        ("poll_interval_s", "9", "greater than or equal to 10"),
        ("poll_interval_s", "86401", "less than or equal to 86400"),
        ("poll_interval_s", "soon", "whole number"),
    ],
)
def test_each_refusal_says_what_to_do(people: Any, signed_in: SignIn, field: str, value: str, advice: str) -> None:
    response = signed_in(people.admin).post(f"{SETTINGS}organization/", ORGANIZATION | {field: value})
    assert response.status_code == 422
    assert advice in response.content.decode()
    assert Organization.objects.get(slug="fernhollow").name == "Fernhollow"


def test_a_person_sets_what_pages_look_like_to_them(people: Any, signed_in: SignIn) -> None:
    viewer = signed_in(people.viewer)
    viewer.post(f"{SETTINGS}profile/", PROFILE)
    user = User.objects.get(pk=people.viewer.user_id)
    assert (user.name, user.timezone, user.theme, user.density, user.single_keys) == (
        "Ines D.",
        "Asia/Tokyo",
        "dark",
        "compact",
        False,
    )
    page = viewer.get(f"{SETTINGS}profile/").content.decode()
    assert 'data-theme="dark" data-density="compact"' in page
    assert 'data-single-keys="off"' in page


def test_a_profile_changes_nothing_else(people: Any, signed_in: SignIn) -> None:
    signed_in(people.viewer).post(
        f"{SETTINGS}profile/", PROFILE | {"email": "x@y.test", "role": "owner", "is_active": ""}
    )
    user = User.objects.get(pk=people.viewer.user_id)
    assert (user.email, user.is_active) == ("vera@fernhollow.test", True)


def test_profile_leads_to_the_organization_of_last_time(people: Any, signed_in: SignIn) -> None:
    agent = signed_in(people.agent)
    assert agent.get("/profile/").headers["Location"] == f"{SETTINGS}profile/"


def test_settings_lead_to_what_is_ones_business(people: Any, signed_in: SignIn) -> None:
    assert signed_in(people.admin).get(SETTINGS).headers["Location"] == f"{SETTINGS}organization/"
    assert signed_in(people.viewer).get(SETTINGS).headers["Location"] == f"{SETTINGS}profile/"


def test_the_rail_shows_what_the_role_may_open(people: Any, signed_in: SignIn) -> None:
    for_viewer = signed_in(people.viewer).get(f"{SETTINGS}profile/").content.decode()
    assert f'href="{SETTINGS}people/"' not in for_viewer
    for_admin = signed_in(people.admin).get(f"{SETTINGS}profile/").content.decode()
    assert f'href="{SETTINGS}people/"' in for_admin


def test_roles_say_what_each_may_do(people: Any, signed_in: SignIn) -> None:
    page = signed_in(people.viewer).get(f"{SETTINGS}roles/").content.decode()
    assert "Make and unmake owners" in page


def test_the_log_is_filtered_by_member_and_area(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    audit.record("team.created", target=people.agent, actor=people.admin, label="Repairs")
    audit.record("mailbox.paused", target=people.agent, actor=people.owner, label="Orders")
    admin = signed_in(people.admin)
    by_area = admin.get(f"{SETTINGS}log/", {"area": "team"}).content.decode()
    assert "Repairs" in by_area
    assert "Orders" not in by_area
    by_member = admin.get(
        f"{SETTINGS}log/", {"member": people.owner.pk}, headers={"HX-Request": "true"}
    ).content.decode()
    assert "Orders" in by_member
    assert "paused the mailbox" in by_member
    assert "Repairs" not in by_member
    assert "<html" not in by_member


def test_the_log_says_what_changed_in_words(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    changes = {"imap_host": (None, "imap.larkmoor.test"), "poll_interval_s": (60, None), "unheard_of": ("a", "b")}
    audit.record("mailbox.changed", target=people.agent, actor=people.admin, changes=changes)
    page = LexborHTMLParser(signed_in(people.admin).get(f"{SETTINGS}log/").content.decode())
    said = [" ".join(line.text().split()) for line in page.css("#audit td.wrap-any > div")]
    assert said == ["seconds between looks: 60 →to –", "server for reading: imap.larkmoor.test", "unheard of: a →to b"]


@pytest.mark.parametrize("query", ["member=x", "member=9999999999999999999999", "area=%00", "cursor=junk", "member=-1"])
def test_filters_that_make_no_sense_are_ignored(people: Any, signed_in: SignIn, query: str) -> None:
    assert signed_in(people.admin).get(f"{SETTINGS}log/?{query}").status_code == 200


def test_the_log_shows_times_in_the_viewers_zone(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    entry = audit.record("team.created", target=people.agent, actor=people.admin)
    AuditEntry.objects.filter(pk=entry.pk).update(at=datetime(2026, 3, 1, 23, 30, tzinfo=UTC))
    User.objects.filter(pk=people.admin.user_id).update(timezone="Asia/Tokyo")
    with clock.held_at(datetime(2026, 3, 9, tzinfo=UTC)):
        assert "2 Mar, 08:30" in signed_in(people.admin).get(f"{SETTINGS}log/").content.decode()


def test_the_log_costs_the_same_for_many(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    admin = signed_in(people.admin)
    audit.record("team.created", target=people.agent, actor=people.admin)
    for_one = queries_of(admin, f"{SETTINGS}log/")
    for _number in range(60):
        audit.record("team.created", target=people.agent, actor=people.agent)
    assert queries_of(admin, f"{SETTINGS}log/") == for_one


def test_the_log_is_searched_and_exported(people: Any, signed_in: SignIn, in_fernhollow: Any) -> None:
    changes = {"host": ("mail.old.example", "mail.new.example"), "password": (audit.CHANGED, audit.CHANGED)}
    audit.record("mailbox.changed", target=people.agent, actor=people.admin, changes=changes, label="=Orders")
    audit.record("team.created", target=people.agent, actor=people.admin, label="Repairs")
    admin = signed_in(people.admin)
    for words, expected in (("mail.old", 1), ("ORDERS", 1), ("repairs", 1), ("nothing like it", 0)):
        page = admin.get("/o/fernhollow/settings/log/", {"q": words}).content.decode()
        assert page.count('data-label="Who"') == expected, words
    answer = admin.get("/o/fernhollow/settings/log/export.csv", {"q": "mail.old"})
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert answer["Content-Disposition"] == 'attachment; filename="configuration-log.csv"'
    assert lines[0].startswith("at,who,origin,action,what")
    assert [line.split(",")[1] for line in lines[1:]] == ["Adam Admin", "Adam Admin"]
    assert sum(line.endswith("mail.old.example,mail.new.example") for line in lines) == 1
    assert sum(line.endswith("password,changed,changed") for line in lines) == 1
    assert all("'=Orders" in line for line in lines[1:])
