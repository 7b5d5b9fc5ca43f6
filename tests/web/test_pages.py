"""Pages, parts, headers, error pages and the rails, over HTTP."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
from django.test import Client
from selectolax.lexbor import LexborHTMLParser

from helpdesk.web import navigation
from helpdesk.web.navigation import Item
from helpdesk.web.request_ids import RequestIdFilter, current_request_id

pytestmark = pytest.mark.usefixtures("shell_urls", "rail")
HTMX = {"HX-Request": "true"}


@pytest.fixture
def agent(people: Any, client: Client) -> Client:
    client.force_login(people.agent.user)
    return client


def html(response: Any) -> LexborHTMLParser:
    return LexborHTMLParser(response.content.decode())


def test_the_same_address_is_a_page_or_a_part(agent: Client) -> None:
    assert b"<html" in agent.get("/gallery/").content
    part = agent.get("/gallery/?q=word", headers=HTMX)
    assert part.content.decode().strip().endswith("word as a part</p>")
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("header", ["HX-Boosted", "HX-History-Restore-Request", "X-Full-Page"])
def test_htmx_gets_the_whole_page_where_it_replaces_the_whole_page(agent: Client, header: str) -> None:
    assert b"<html" in agent.get("/gallery/", headers={**HTMX, header: "true"}).content


def test_a_redirect_is_followed_by_htmx_as_a_whole_page(agent: Client) -> None:
    answer = agent.post("/moved/", headers=HTMX)
    spec = json.loads(answer["HX-Location"])
    assert (answer.status_code, spec["path"], spec["headers"]) == (200, "/gallery/", {"X-Full-Page": "true"})
    plain = agent.post("/moved/")
    assert (plain.status_code, plain["Location"]) == (302, "/gallery/")


def test_a_toast_travels_with_the_part_or_waits_for_the_next_page(agent: Client) -> None:
    detail = json.loads(agent.post("/saved/", headers=HTMX)["HX-Trigger"])["toast"]
    assert detail == {"text": "Saved <b>", "tone": "ok", "action": {"label": "Undo", "url": "/undo/"}}
    agent.post("/moved/")
    assert html(agent.get("/gallery/")).css_first("#toasts .toast span").text() == "Moved"


@pytest.mark.parametrize("path", ["/gallery/", "/forbidden/", "/nowhere/"])
def test_every_page_has_the_strict_policy(agent: Client, path: str) -> None:
    answer = agent.get(path)
    policy = dict(part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; "))
    assert {name: policy[name] for name in ("default-src", "script-src", "style-src", "img-src", "frame-src")} == (
        dict.fromkeys(("default-src", "script-src", "style-src", "img-src", "frame-src"), "'self'")
    )
    assert policy["frame-ancestors"] == "'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer["Permissions-Policy"]
    assert answer["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/nowhere/", 404, "There's nothing here"),
        ("/forbidden/", 403, "You can't see this page"),
        ("/suspicious/", 400, "That request doesn't make sense"),
        ("/broken/", 500, "Something broke on our side"),
    ],
)
def test_error_pages_say_what_happened_and_an_id_to_quote(agent: Client, path: str, status: int, words: str) -> None:
    agent.raise_request_exception = False
    answer = agent.get(path)
    page = html(answer)
    assert answer.status_code == status
    assert page.css_first("h1").text() == words
    assert page.css_first(".auth__foot code").text() == answer["X-Request-ID"]
    assert "nowhere" not in answer.content.decode()


def test_error_pages_stand_without_the_database(client: Client) -> None:
    # No db fixture: any query would fail the test.
    client.raise_request_exception = False
    assert client.get("/broken/").status_code == 500
    assert client.get("/nowhere/").status_code == 404


def test_a_form_without_its_token_is_explained(people: Any) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(people.agent.user)
    answer = strict.post("/appearance/", {"theme": "dark"})
    assert answer.status_code == 403
    assert answer["X-Refused"] == "csrf"  # by which the script has other words than for a role
    assert html(answer).css_first("h1").text() == "This form is too old"
    assert "copy what you wrote, reload the page" in answer.content.decode()


def test_each_request_has_an_id_of_our_own(client: Client) -> None:
    first = client.get("/nowhere/", headers={"X-Request-ID": "forged\nline"})["X-Request-ID"]
    second = client.get("/nowhere/")["X-Request-ID"]
    assert first != second
    assert first.isalnum()
    assert current_request_id() == "-"


def test_log_lines_carry_the_id() -> None:
    record = logging.makeLogRecord({})
    assert RequestIdFilter().filter(record)
    assert record.__dict__["request_id"] == "-"


def test_the_rail_shows_registered_items_and_marks_where_we_are(agent: Client) -> None:
    rail = html(agent.get("/gallery/")).css_first("nav.rail")
    names = [link.css_first("span:not(.swatch)").text() for link in rail.css("a.rail__item")]
    assert names == ["Needs reply", "Mine", "Repairs", "Mailboxes", "Settings"]
    assert [link.text().strip() for link in rail.css("[aria-current=page]")] == ["Needs reply14"]
    assert rail.css_first(".rail__n[data-tone=bad]").text() == "1 down"
    assert html(agent.get("/gallery/")).css("nav.tabbar a")


def test_the_longest_address_is_the_current_one(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    section = navigation.Section.VIEWS
    items = [Item(name="All", url="/t/", section=section), Item(name="Mine", url="/t/mine/?a=1", section=section)]
    monkeypatch.setattr(navigation, "_providers", [lambda request: items])
    assert [item.active for item in navigation.rail_items(rf.get("/t/mine/4/"))[section]] == [False, True]


def test_an_entry_of_two_rails_is_active_in_both(monkeypatch: pytest.MonkeyPatch, rf: Any) -> None:
    sections = (navigation.Section.FOOT, navigation.Section.EMAIL)
    items = [Item(name="Mailboxes", url="/boxes/", section=section) for section in sections]
    monkeypatch.setattr(navigation, "_providers", [lambda request: items])
    shown = navigation.rail_items(rf.get("/boxes/4/"))
    assert [shown[section][0].active for section in sections] == [True, True]


def test_somebody_in_two_organizations_can_switch(people: Any, otherco: Any, agent: Client) -> None:
    from tests.factories.people import Membership

    Membership.objects.create(organization=otherco, user=people.agent.user, role="viewer")
    links = html(agent.get("/gallery/")).css("#workspace-menu a")
    assert [link.attributes["href"] for link in links] == ["/o/fernhollow/", "/o/otherco/"]


def test_the_shell_costs_a_fixed_number_of_queries(agent: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(3):  # session, user, memberships
        agent.get("/gallery/")


def test_a_theme_is_stored_and_drawn_by_the_server(people: Any, agent: Client) -> None:
    answer = agent.post("/appearance/", {"theme": "dark"}, headers={"Referer": "http://testserver/gallery/"})
    assert answer["Location"] == "http://testserver/gallery/"
    assert html(agent.get("/gallery/")).css_first("html").attributes["data-theme"] == "dark"


@pytest.mark.parametrize(("theme", "status"), [("", 204), ("light", 204), ("<b>", 400)])
def test_only_themes_are_stored(agent: Client, theme: str, status: int) -> None:
    assert agent.post("/appearance/", {"theme": theme}, headers={"X-Requested-With": "fetch"}).status_code == status


def test_the_way_back_leads_nowhere_else(agent: Client) -> None:
    answer = agent.post("/appearance/", {"theme": ""}, headers={"Referer": "https://elsewhere.test/"})
    assert answer["Location"] == "/"


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Nowhere/Land", "../etc", "Europe", "a" * 300, ""])
def test_any_zone_name_gives_a_page(people: Any, agent: Client, zone: str) -> None:
    type(people.agent.user).objects.filter(pk=people.agent.user.pk).update(timezone=zone[:64])
    assert agent.get("/gallery/").status_code == 200


def test_times_on_pages_are_in_the_persons_zone(people: Any, agent: Client) -> None:
    from datetime import UTC, datetime

    from helpdesk.lib.clock import held_at

    type(people.agent.user).objects.filter(pk=people.agent.user.pk).update(timezone="Asia/Tokyo")
    with held_at(datetime(2026, 3, 18, 1, 1, tzinfo=UTC)):
        assert "Today 10:00" in agent.get("/gallery/").content.decode()
