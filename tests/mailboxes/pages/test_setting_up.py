"""The five steps of a new mailbox in the browser: where each leads, what they keep, and who comes in between."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import Category, Company, Membership, Organization, Team
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.secrets import open_for
from mailboxes.models import Mailbox
from mailboxes.services.setup import testing
from mailboxes.services.setup.mailboxes import delete_mailbox
from mailboxes.services.setup.testing import run_of_draft
from mailboxes.views import draft_tests
from tests.factories.mailboxes import PASSWORD, make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES, entered, finish, only_mailbox
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.7")]


def page_of(mailbox: Mailbox, rest: str = "") -> str:
    return f"{MAILBOXES}{mailbox.pk}/{rest}"


def steps_on(page: str) -> list[str]:
    """What the list of steps says, a line each."""
    listed = page.partition('<ol class="stepper">')[2].partition("</ol>")[0]
    return [" ".join(re.sub("<[^>]*>", " ", line).split()) for line in re.findall("<li(.*?)</li>", listed, re.DOTALL)]


@pytest.fixture
def draft(admin: Client, fernhollow: Any) -> Mailbox:
    """A draft that was kept, to be tested later."""
    admin.post(f"{MAILBOXES}new/?card=fastmail", entered(then="later"))
    return only_mailbox(fernhollow)


@pytest.mark.req("S1.4", "S1.7", "S4.15", "S4.20", "S4.21", "S4.22")
def test_add_leads_to_the_choice_of_a_connection_and_from_there_to_its_fields(admin: Client) -> None:
    assert f'href="{MAILBOXES}connect/"' in admin.get(MAILBOXES).content.decode()
    cards = admin.get(f"{MAILBOXES}connect/").content.decode()
    assert {"imap", "microsoft-app", "exchange", "pop3"} <= set(re.findall(r'name="provider" value="([\w-]+)"', cards))
    fields = admin.post(f"{MAILBOXES}connect/", {"address": "a@acme.test", "provider": "imap"}, follow=True)
    page = fields.content.decode()
    for name in ("name", "address", "protocol"):
        assert f'name="{name}"' in page
    lines = steps_on(page)
    assert lines[0].endswith("Provider IMAP, acme.test")
    assert 'aria-current="step"' in page.partition("Sign-in")[0].rpartition("<li")[2]
    assert [line.rpartition(">")[2].strip() for line in lines[1:]] == ["Sign-in", "Test", "Import", "Routing"]


def test_back_from_the_fields_shows_the_choice_that_was_made(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/", {"card": "zoho", "address": "a@acme.test", "provider": "Zoho"})
    back = html.unescape(re.findall(r'<a class="btn btn--quiet" href="([^"]*)"', page.content.decode())[-1])
    cards = admin.get(back).content.decode()
    assert 'value="zoho" checked' in cards
    assert 'value="a@acme.test"' in cards


def test_what_was_typed_is_kept_but_for_passwords_and_taken_up_where_it_stands(admin: Client, fernhollow: Any) -> None:
    typed = entered(port="", host="imap.acme.test", from_name=None, then="later")
    kept = admin.post(f"{MAILBOXES}new/?card=imap", typed, follow=True).content.decode()
    assert "Passwords and secrets were not kept" in kept
    assert "Next: Sign-in." in kept
    stub = only_mailbox(fernhollow)
    assert PASSWORD not in str(stub.setup)
    assert (stub.setup["entered"]["host"], stub.connection.host) == ("imap.acme.test", "")
    form = admin.get(page_of(stub, "setup/"), follow=True)
    page = form.content.decode()
    assert 'value="imap.acme.test"' in page
    assert PASSWORD not in page
    admin.post(form.wsgi_request.get_full_path(), entered(host="imap.acme.test", then="later"))
    whole = only_mailbox(fernhollow)
    assert (whole.is_draft, whole.connection.host, "entered" in whole.setup) == (True, "imap.acme.test", False)
    gone = admin.get(form.wsgi_request.get_full_path(), follow=True)
    assert "set up or deleted meanwhile" in gone.content.decode()


def test_without_an_address_there_is_nothing_to_find_it_by(admin: Client, fernhollow: Any) -> None:
    assert admin.post(f"{MAILBOXES}new/", entered(address="", then="later")).status_code == 422
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.exists()


@pytest.mark.req("S2.45", "S4.26", "S5.32")
def test_a_draft_goes_through_its_steps_and_the_list_says_what_was_chosen(
    admin: Client, draft: Mailbox, fernhollow: Any
) -> None:
    assert admin.get(page_of(draft, "setup/")).headers["Location"] == page_of(draft, "setup/test/")
    admin.post(page_of(draft, "setup/test/"))
    assert admin.get(page_of(draft, "setup/")).headers["Location"] == page_of(draft, "existing/")
    answer = {"existing_mail": "closed", "since": "2020-02-03", "after_import": "seen"}
    admin.post(page_of(draft, "existing/"), answer | {"then": "later"})
    assert "Next: Routing." in admin.get(MAILBOXES).content.decode()
    page = admin.get(page_of(draft, "setup/routing/")).content.decode()
    said = [line.split(">")[-1] for line in steps_on(page)]
    assert "Fastmail, example.test" in said[0]
    assert "help@example.test" in said[1]
    assert "Not passed yet" in said[2]
    assert "As closed tickets, since Feb. 3, 2020" in said[3]
    assert "then marked as read there" in page
    done = admin.post(page_of(draft, "setup/routing/"), {"ticket_priority": "low", "then": "not-yet"})
    assert done.headers["Location"] == page_of(draft, "connected/")
    assert "is saved, and not started" in admin.get(done.headers["Location"]).content.decode()
    saved = only_mailbox(fernhollow)
    assert (saved.is_draft, saved.is_enabled, saved.ticket_priority, saved.after_import) == (
        False,
        False,
        "low",
        "seen",
    )
    admin.post(page_of(draft, "resume/"))
    assert only_mailbox(fernhollow).is_enabled


def test_older_mail_is_taken_out_of_its_folder_only_with_a_word_for_it(admin: Client, draft: Mailbox) -> None:
    answer = {"existing_mail": "open", "after_import": "move", "after_import_folder": "Done"}
    refused = admin.post(page_of(draft, "existing/"), answer)
    assert refused.status_code == 422
    assert "Tick this to go on" in refused.content.decode()
    assert admin.post(page_of(draft, "existing/"), answer | {"agrees": "on"}).status_code == 302


@pytest.mark.parametrize("folder", ["", "INBOX"])
def test_mail_is_moved_to_another_folder(admin: Client, draft: Mailbox, folder: str) -> None:
    answer = {"existing_mail": "ignore", "after_import": "move", "after_import_folder": folder}
    assert admin.post(page_of(draft, "existing/"), answer).status_code == 422


def test_a_change_of_the_account_asks_for_another_test_and_keeps_what_came_later(
    admin: Client, draft: Mailbox, fernhollow: Any
) -> None:
    admin.post(page_of(draft, "setup/test/"))
    admin.post(page_of(draft, "existing/"), {"existing_mail": "open", "after_import": "seen"})
    admin.post(page_of(draft), entered(password="", name="Other", after_import=None, then="later"))
    changed = only_mailbox(fernhollow)
    assert (changed.name, changed.existing_mail, changed.after_import) == ("Other", "open", "seen")
    assert changed.setup == {"card": "fastmail", "chose_import": True}
    assert admin.get(page_of(draft, "setup/")).headers["Location"] == page_of(draft, "setup/test/")
    with organization_scope(fernhollow.id):
        assert open_for(changed.connection, "password_sealed") == PASSWORD


def test_another_protocol_that_cannot_do_it_leaves_mail_on_the_server(
    admin: Client, draft: Mailbox, fernhollow: Any
) -> None:
    admin.post(page_of(draft, "existing/"), {"existing_mail": "ignore", "after_import": "seen"})
    pop3 = entered(protocol="pop3", port=995, after_import=None, then="later")
    assert admin.post(page_of(draft), pop3).status_code == 302
    changed = only_mailbox(fernhollow)
    assert (changed.connection.kind, changed.after_import) == ("pop3", "leave")


@pytest.mark.req("S4.23")
def test_routing_is_kept_and_shown_in_plain_words(admin: Client, draft: Mailbox, fernhollow: Any, people: Any) -> None:
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Orders")
    chosen = {"team": team.pk, "assignee": people.agent.pk, "ticket_priority": "urgent", "from_name": "Fern <help>"}
    part = admin.get(page_of(draft, "setup/routing/"), chosen, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in part
    for words in ("in Orders, priority Urgent, assigned to Ines Duarte", "Fern &lt;help&gt; &lt;help@example.test&gt;"):
        assert words in part
    assert only_mailbox(fernhollow).team_id is None
    admin.post(page_of(draft, "setup/routing/"), chosen)
    saved = only_mailbox(fernhollow)
    assert (saved.team_id, saved.assignee_id, saved.ticket_priority) == (team.pk, people.agent.pk, "urgent")
    assert saved.from_name == "Fern <help>"


@pytest.mark.req("S4.24")
def test_the_category_of_new_tickets_is_chosen_where_there_are_any(
    admin: Client, draft: Mailbox, fernhollow: Any, people: Any
) -> None:
    assert 'name="category"' not in admin.get(page_of(draft, "setup/routing/")).content.decode()
    with organization_scope(fernhollow.id):
        printers = Category.objects.create(name="Printer", path="Printer")
    with organization_scope(people.stranger.organization_id):
        theirs = Category.objects.create(name="Theirs", path="Theirs")
    page = admin.get(page_of(draft, "setup/routing/")).content.decode()
    assert "Printer" in page
    assert "Theirs" not in page
    answer = {"ticket_priority": "normal", "category": theirs.pk}
    assert admin.post(page_of(draft, "setup/routing/"), answer).status_code == 422
    part = admin.get(
        page_of(draft, "setup/routing/"), answer | {"category": printers.pk}, headers={"HX-Request": "true"}
    )
    assert "category Printer, priority Normal" in part.content.decode()
    admin.post(page_of(draft, "setup/routing/"), answer | {"category": printers.pk})
    assert only_mailbox(fernhollow).category_id == printers.pk


@pytest.mark.req("S4.34")
def test_the_company_of_new_tickets_is_chosen_where_several_are_served_and_kept_while_not(
    admin: Client, draft: Mailbox, fernhollow: Any, people: Any
) -> None:
    page, answer = page_of(draft, "setup/routing/"), {"ticket_priority": "normal"}
    organizations = Organization.objects.filter(pk__in=[fernhollow.pk, people.stranger.organization_id])
    with organization_scope(fernhollow.id):
        bakery = Company.objects.create(name="Bakery")
    with organization_scope(people.stranger.organization_id):
        theirs = Company.objects.create(name="Theirs")
    assert 'name="company"' not in admin.get(page).content.decode()
    assert admin.post(page, answer | {"company": bakery.pk}).status_code == 422
    organizations.update(serves_companies=True)
    shown = admin.get(page).content.decode()
    assert ("Bakery" in shown, "Theirs" in shown) == (True, False)
    assert admin.post(page, answer | {"company": theirs.pk}).status_code == 422
    part = admin.get(page, answer | {"company": bakery.pk}, headers={"HX-Request": "true"})
    assert "company Bakery, priority Normal" in part.content.decode()
    admin.post(page, answer | {"company": bakery.pk})
    assert only_mailbox(fernhollow).company_id == bakery.pk
    organizations.update(serves_companies=False)
    admin.post(page, answer)
    assert only_mailbox(fernhollow).company_id == bakery.pk


def test_only_who_can_work_on_tickets_is_offered(admin: Client, draft: Mailbox, people: Any) -> None:
    page = admin.get(page_of(draft, "setup/routing/")).content.decode()
    assert "Ines Duarte" in page
    assert "Vera Viewer" not in page
    for other in (people.viewer, people.stranger):
        answer = {"assignee": other.pk, "ticket_priority": "normal"}
        assert admin.post(page_of(draft, "setup/routing/"), answer).status_code == 422


def test_an_agent_who_left_stays_chosen_and_it_is_said(admin: Client, fernhollow: Any, people: Any) -> None:
    mailbox = make_mailbox(fernhollow, assignee=people.agent)
    Membership.objects.filter(pk=people.agent.pk).update(is_active=False)
    page = admin.get(page_of(mailbox)).content.decode()
    assert "Ines Duarte (cannot work on tickets: nobody gets them)" in page


def test_sent_twice_or_by_two_people_it_is_finished_once(admin: Client, draft: Mailbox, fernhollow: Any) -> None:
    finish(admin, draft.pk)
    for rest in ("setup/", "setup/test/", "existing/", "setup/routing/", "setup/provider/"):
        late = admin.get(page_of(draft, rest), follow=True)
        assert late.redirect_chain[-1][0] == MAILBOXES
        assert "Help is set up already." in html.unescape(late.content.decode())
    admin.post(page_of(draft, "setup/routing/"), {"ticket_priority": "normal", "then": "not-yet"})
    assert only_mailbox(fernhollow).is_enabled


def test_a_draft_that_somebody_deleted_is_said_to_be(admin: Client, draft: Mailbox, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        delete_mailbox(draft)
    late = admin.post(page_of(draft, "existing/"), {"existing_mail": "ignore"}, follow=True)
    assert "Help was deleted." in late.content.decode()


def test_deleting_a_draft_forgets_its_secrets(admin: Client, draft: Mailbox, fernhollow: Any) -> None:
    assert "its secrets with it" in admin.get(page_of(draft, "deletion/")).content.decode()
    admin.post(page_of(draft, "deletion/"))
    assert only_mailbox(fernhollow).connection.password_sealed == ""
    assert admin.post(f"{MAILBOXES}new/", entered()).status_code == 302


def test_another_provider_begins_anew(admin: Client, draft: Mailbox, fernhollow: Any) -> None:
    same = admin.post(page_of(draft, "setup/provider/"), {"address": "x@y.test", "provider": "fastmail"})
    assert same.headers["Location"] == page_of(draft)
    other = admin.post(page_of(draft, "setup/provider/"), {"address": "x@y.test", "provider": "microsoft-app"})
    assert other.headers["Location"].startswith(f"{MAILBOXES}new/microsoft-app/?card=microsoft-app&address=x%40y.test")
    with organization_scope(fernhollow.id):
        dropped, begun = Mailbox.objects.select_related("connection").order_by("pk")
    assert dropped.deleted_at is not None
    assert dropped.connection.password_sealed == ""
    assert (begun.address, begun.setup) == ("x@y.test", {"card": "microsoft-app", "entered": {}})


def test_nothing_is_done_with_a_draft_but_setting_it_up(admin: Client, draft: Mailbox, fernhollow: Any) -> None:
    for action in ("resume", "pause", "poll", "make-primary"):
        assert admin.post(page_of(draft, f"{action}/")).headers["Location"] == page_of(draft, "setup/test/")
    still = only_mailbox(fernhollow)
    assert (still.is_draft, still.is_enabled, still.is_primary) == (True, False, False)
    assert admin.get(page_of(draft, "connected/")).headers["Location"] == page_of(draft, "setup/test/")


@pytest.mark.req("S4.43", "S1.39")
def test_a_test_that_fails_leads_back_to_the_field_and_may_be_gone_on_without(
    account: Any, admin: Client, fernhollow: Any
) -> None:
    values = entered(host="localhost", port=account.server.imaps_port, username=account.user, password="wrong")
    admin.post(f"{MAILBOXES}new/", values | {"smtp_host": "", "then": ""})
    draft = only_mailbox(fernhollow)

    def is_done() -> bool:
        run = run_of_draft(draft)
        return run is not None and run.is_done

    wait_until(is_done, what="the test")
    page = admin.get(page_of(draft, "setup/test/")).content.decode()
    assert "The server refused the sign-in" in page
    assert f'href="{page_of(draft)}#id_password" id="mend">Change the password' in page
    assert "Go on without" in page
    run_id = re.findall(r'name="run" value="([^"]+)"', page)[0]
    stale = admin.post(page_of(draft, "setup/test/"), {"run": "another"}, follow=True).content.decode()
    assert "Look at it once more" in stale
    gone_on = admin.post(page_of(draft, "setup/test/"), {"run": run_id})
    assert gone_on.headers["Location"] == page_of(draft, "existing/")
    assert only_mailbox(fernhollow).setup["tested"] == "skipped"


def test_asked_for_again_while_it_runs_a_test_stays_the_one_that_it_is(
    draft: Mailbox, admin: Client, fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "_run", lambda *_test: None)  # one that does not come to its end
    ran = []
    for _click in range(2):
        answer = admin.post(page_of(draft, "setup/test/run/"))
        assert answer.headers["Location"] == page_of(draft, "setup/test/")
        run = run_of_draft(only_mailbox(fernhollow))
        assert run is not None
        ran.append(run.run_id)
    assert ran[0] == ran[1]
    testing.stop_test(ran[0], organization_id=draft.organization_id)
    admin.post(page_of(draft, "setup/test/run/"))
    assert only_mailbox(fernhollow).setup["run"] not in ran


def test_of_two_clicks_at_the_same_moment_one_starts_a_test_of_what_stands_there(
    draft: Mailbox, admin: Client, fernhollow: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(testing, "_run", lambda run, *_test: started.append(run.run_id))
    monkeypatch.setattr(draft_tests, "run_of_draft", lambda _draft: None)  # each click looked before the other's
    for _click in range(2):
        admin.post(page_of(draft, "setup/test/run/"))
    assert started == [only_mailbox(fernhollow).setup["run"]]
    admin.post(page_of(draft), entered(password="another", then="later"))
    admin.post(page_of(draft, "setup/test/run/"))
    [old, new] = started
    assert only_mailbox(fernhollow).setup["run"] == new
    stopped = testing.run_named(old, organization_id=fernhollow.id)
    assert stopped is not None
    assert stopped.is_stopped


@pytest.mark.req("S2.55")
def test_what_comes_next_fits_what_the_mailbox_can(admin: Client, fernhollow: Any) -> None:
    mailbox = make_mailbox(fernhollow)
    page = admin.get(page_of(mailbox, "connected/")).content.decode()
    assert f'href="{page_of(mailbox)}"' in page
    assert f"inbound-log/?mailbox={mailbox.pk}" in page
    assert "Test email receipt" in page
