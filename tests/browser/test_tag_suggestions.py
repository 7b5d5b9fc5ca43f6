"""A tag is found among those there are, by keyboard on the ticket and by mouse for several."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Office, violations
from tests.factories.tickets import make_ticket
from tests.servers.waiting import wait_until
from ticketing.models import Tag, TagCorpus, TagWord, Ticket
from ticketing.queries.first_mails import words_of_first_mails

pytestmark = pytest.mark.browser


@pytest.fixture
def ticket(office: Office) -> Ticket:
    with office.within():
        for hue, name in enumerate(("cold start", "safety", "stove"), 1):
            Tag.objects.create(name=name, hue=hue)
        found = make_ticket("Stove valve hisses")
        _teach(found, names=("cold start", "safety"))
        return found


def _teach(ticket: Ticket, *, names: tuple[str, ...]) -> None:
    """People have put these tags on half of forty tickets that said the same."""
    by_tag = {str(tag.pk): 20 for tag in Tag.objects.filter(name__in=names)}
    TagCorpus.objects.create(mails=40, by_tag=by_tag)
    for word in words_of_first_mails([ticket.pk])[ticket.pk]:
        TagWord.objects.create(word=word, mails=20, by_tag=by_tag)


def tags_of(office: Office, ticket: Ticket) -> list[str]:
    with office.within():
        return sorted(tag.name for tag in ticket.tags.all())


def test_a_tag_is_chosen_by_keyboard_or_typed_anew(office: Office, ticket: Ticket, quiet_page: Page) -> None:
    page = quiet_page
    office.sign_in(page.context, office.people.agent)
    page.goto(f"{office.url}tickets/{ticket.number}/")
    expect(page.locator("form[data-editor-ready]")).to_be_visible()
    page.keyboard.press("t")
    field = page.get_by_role("combobox", name="Name of the tag")
    expect(field).to_be_focused()
    options = page.get_by_role("option")
    expect(options).to_have_text(["cold start", "safety", "stove"])
    page.keyboard.type("st")
    expect(options).to_have_text(["stove", "cold start"])
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", name="stove", selected=True)).to_be_visible()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove tag stove")).to_be_visible()
    page.keyboard.press("t")
    expect(options).to_have_text(["cold start", "safety"])
    page.keyboard.type("brand new")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Remove tag brand new")).to_be_visible()
    suggested = page.get_by_role("list", name="Suggested tags")
    suggested.get_by_role("button", name="Add suggested tag safety").press("Enter")
    expect(page.get_by_role("button", name="Remove tag safety")).to_be_visible()
    suggested.get_by_role("button", name="Dismiss suggested tag cold start").press("Enter")
    expect(suggested).to_have_count(0)
    assert tags_of(office, ticket) == ["brand new", "safety", "stove"]


@pytest.mark.parametrize("width", [1280, 390])
def test_several_are_tagged_with_a_click_on_a_suggestion(
    office: Office, ticket: Ticket, quiet_page: Page, width: int
) -> None:
    page = quiet_page
    page.set_viewport_size({"width": width, "height": 844})
    office.sign_in(page.context, office.people.agent)
    page.goto(f"{office.url}views/needs-reply/")
    page.locator("[data-pick]").first.check()
    page.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("option", name="safety").click()
    wait_until(lambda: tags_of(office, ticket) == ["safety"], what="the tag")
