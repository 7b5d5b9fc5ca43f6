"""The pages of mailboxes: connecting one to real servers, changing, pausing and deleting it, and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.forms.charsets import CHARSETS
from mailboxes.models import Health, Mailbox
from mailboxes.services.setup.connections import server_login
from tests.accounts.counting import queries_of
from tests.factories.mailboxes import PASSWORD, make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES, entered, finish, only_mailbox

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
XSS = "<img src=x onerror=alert(1)>"


@pytest.mark.req("S1.6", "S1.8", "S1.9", "S1.10", "S1.11", "S1.13", "S1.14", "S2.20", "S2.24", "S2.25", "S2.26")
def test_the_form_has_every_field_with_its_default_and_explains_itself(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    for default in ('value="993"', 'value="587"', 'value="INBOX"'):
        assert default in page
    for words in ("serves nothing else", "STARTTLS changes over", "leaves it on the server", "never shown again"):
        assert words in page
    assert page.count('autocomplete="new-password"') == 2


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"name": ""}, "Enter a name by which"),
        ({"address": "nobody"}, "valid email"),
        ({"port": "0"}, "greater than or equal to 1"),
        ({"port": "99999"}, "less than or equal to 65535"),
        ({"port": "nine"}, "whole number"),
        ({"security": "rot13"}, "valid choice"),
        ({"security": "none"}, "valid choice"),
        ({"password": ""}, "or an app password"),
        ({"poll_interval_s": "9"}, "greater than or equal to 10"),
        ({"name": "a\x00b"}, "Null characters"),
        ({"folder": "x" * 401}, "at most 400"),
        ({"default_charset": "rot13"}, "valid choice"),
    ],
)
def test_what_cannot_be_is_refused_with_advice(
    admin: Client, fernhollow: Any, changes: dict[str, Any], advice: str
) -> None:
    response = admin.post(f"{MAILBOXES}new/", entered(**changes))
    assert response.status_code == 422
    assert advice in response.content.decode()
    assert PASSWORD not in response.content.decode()
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.exists()


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"after_import": "move"}, "Name the folder"),
        ({"after_import": "move", "after_import_folder": "INBOX"}, "another folder"),
        ({"after_import": "delete", "after_import_days": "-1"}, "greater than or equal to 0"),
        ({"team": "999999"}, "valid choice"),
        ({"assignee": "999999"}, "valid choice"),
        ({"ticket_priority": "burning"}, "valid choice"),
    ],
)
def test_what_cannot_be_is_refused_on_the_page_of_a_mailbox_too(
    added: Mailbox, admin: Client, changes: dict[str, Any], advice: str
) -> None:
    response = admin.post(f"{MAILBOXES}{added.pk}/", entered(password="", **changes))
    assert response.status_code == 422
    assert advice in response.content.decode()


def test_the_same_address_and_folder_twice_is_refused(admin: Client, fernhollow: Any) -> None:
    make_mailbox(fernhollow, address="help@example.test")
    response = admin.post(f"{MAILBOXES}new/", entered(address="HELP@example.test"))
    assert response.status_code == 422
    assert "with this address and folder already" in response.content.decode()


@pytest.mark.parametrize(
    ("pasted", "meant"),
    [(" abcd efgh  ijkl mnop ", "abcdefghijklmnop"), ("correct horse battery", "correct horse battery")],
)
def test_only_an_app_password_loses_the_spaces_it_was_shown_with(
    admin: Client, fernhollow: Any, pasted: str, meant: str
) -> None:
    admin.post(f"{MAILBOXES}new/", entered(password=pasted))
    mailbox = only_mailbox(fernhollow)
    with organization_scope(fernhollow.id):
        assert server_login(mailbox.connection).password == meant


@pytest.mark.req("S5.11", "S2.21")
def test_the_username_is_the_address_unless_said(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered(username=""))
    assert only_mailbox(fernhollow).connection.username == "help@example.test"


@pytest.mark.req("F13")
@pytest.mark.parametrize("charset", [name for name, _ in CHARSETS])
def test_a_mailbox_has_a_charset_for_mail_that_names_none(admin: Client, fernhollow: Any, charset: str) -> None:
    admin.post(f"{MAILBOXES}new/", entered(default_charset=charset))
    mailbox = only_mailbox(fernhollow)
    assert mailbox.default_charset == charset
    assert f'value="{charset}" selected' in admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()


@pytest.mark.req("S2.2")
def test_whether_new_mail_opens_a_ticket_is_a_switch_of_the_mailbox(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    mailbox = only_mailbox(fernhollow)
    assert not mailbox.answers_only
    admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(answers_only="on", password=""))
    assert only_mailbox(fernhollow).answers_only
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert re.search(r'<input type="checkbox" name="answers_only"[^>]* checked', page)
    assert "takes answers only" in admin.get("/o/fernhollow/settings/log/").content.decode()


@pytest.fixture
def draft(admin: Client, fernhollow: Any) -> Mailbox:
    """A mailbox that is being set up, as the form made it."""
    admin.post(f"{MAILBOXES}new/", entered(then="later"))
    return only_mailbox(fernhollow)


@pytest.fixture
def added(draft: Mailbox, admin: Client, fernhollow: Any) -> Mailbox:
    """A mailbox that was set up and not started."""
    finish(admin, draft.pk, then="not-yet")
    return only_mailbox(fernhollow)


def test_no_page_shows_a_stored_password(added: Mailbox, admin: Client) -> None:
    for address in ("", f"{added.pk}/", f"{added.pk}/deletion/"):
        page = admin.get(MAILBOXES + address).content.decode()
        assert PASSWORD not in page


def test_an_empty_password_keeps_the_stored_one(added: Mailbox, admin: Client, fernhollow: Any) -> None:
    saved = admin.post(f"{MAILBOXES}{added.pk}/", entered(name="Renamed", password=""))
    assert saved.headers["Location"] == MAILBOXES
    mailbox = only_mailbox(fernhollow)
    assert mailbox.name == "Renamed"
    with organization_scope(fernhollow.id):
        assert server_login(mailbox.connection).password == PASSWORD


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "evil.example.test"},
        {"port": 994},
        {"security": "starttls"},
        {"username": "other"},
        {"smtp_host": "evil.example.test"},
        {"smtp_port": 588},
        {"smtp_security": "tls"},
    ],
)
def test_another_server_asks_for_the_password_again(
    added: Mailbox, admin: Client, fernhollow: Any, changes: dict[str, Any]
) -> None:
    for address in (f"{MAILBOXES}{added.pk}/", f"{MAILBOXES}test/"):
        response = admin.post(address, entered(password="", mailbox=added.pk, **changes))
        assert response.status_code == 422
        assert "enter the password again" in response.content.decode()
    assert only_mailbox(fernhollow).connection.host == "imap.example.test"


def test_a_login_of_its_own_for_sending_is_asked_again_too(admin: Client, fernhollow: Any) -> None:
    own = {"smtp_same_login": None, "smtp_username": "sender", "smtp_password": "another secret"}
    admin.post(f"{MAILBOXES}new/", entered(**own))
    mailbox = only_mailbox(fernhollow)
    kept = entered(**own | {"smtp_password": "", "password": ""})
    assert admin.post(f"{MAILBOXES}{mailbox.pk}/", kept).status_code == 302
    for change in ({"smtp_host": "evil.example.test"}, {"smtp_username": "other"}, {"smtp_same_login": "on"}):
        response = admin.post(f"{MAILBOXES}{mailbox.pk}/", kept | change)
        assert response.status_code == 422
        assert "enter the password again" in response.content.decode()


@pytest.mark.req("S4.54", "S4.55", "S4.56", "S4.57", "S4.63", "F59", "S5.15")
def test_a_mailbox_that_is_down_says_why_and_what_to_check(added: Mailbox, admin: Client, fernhollow: Any) -> None:
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(
            is_enabled=True,
            health=Health.UNREACHABLE,
            error_reason="login_refused",
            error_detail=f"NO {XSS}",
            failures_in_row=14,
            failing_since=clock.now(),
        )
    page = admin.get(MAILBOXES).content.decode()
    for words in ("Unreachable", "refuses the username or password", "14 tries so far", "Test connection"):
        assert words in page
    edit = admin.get(f"{MAILBOXES}{added.pk}/").content.decode()
    for words in ("What to check, most likely first", "993 with TLS", "has expired", "What the server said"):
        assert words in edit
    assert "<img src=x" not in edit


@pytest.mark.req("S5.13", "F71")
def test_a_mailbox_is_paused_resumed_and_checked(added: Mailbox, admin: Client, fernhollow: Any) -> None:
    assert "Disabled</span>" in admin.get(MAILBOXES).content.decode()
    for action, is_enabled in (("resume", True), ("pause", False), ("resume", True), ("poll", True)):
        response = admin.post(f"{MAILBOXES}{added.pk}/{action}/")
        assert response.headers["Location"] == MAILBOXES
        assert only_mailbox(fernhollow).is_enabled is is_enabled
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.in_seconds(3600))
    admin.post(f"{MAILBOXES}check/")
    assert WorkItem.objects.get(kind=WorkKind.POLL).due_at <= clock.now()
    assert admin.post(f"{MAILBOXES}{added.pk}/burn/").status_code == 404


def test_a_mailbox_is_deleted_after_a_question(added: Mailbox, admin: Client, fernhollow: Any) -> None:
    assert "Tickets and messages stay" in admin.get(f"{MAILBOXES}{added.pk}/deletion/").content.decode()
    admin.post(f"{MAILBOXES}{added.pk}/deletion/")
    assert only_mailbox(fernhollow).deleted_at is not None
    assert "No mailbox is connected yet" in admin.get(MAILBOXES).content.decode()
    for address in ("", "deletion/"):
        assert admin.get(f"{MAILBOXES}{added.pk}/{address}").status_code == 404
    assert "is deleted" in admin.post(f"{MAILBOXES}{added.pk}/deletion/", follow=True).content.decode()


@pytest.mark.req("S1.34", "S1.36")
@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31", "yesterday"])
def test_a_start_that_cannot_be_is_refused(draft: Mailbox, admin: Client, fernhollow: Any, since: str) -> None:
    response = admin.post(f"{MAILBOXES}{draft.pk}/existing/", {"existing_mail": "open", "since": since})
    assert response.status_code == 422
    assert "This matters most now" in response.content.decode()
    assert not only_mailbox(fernhollow).is_enabled


def test_names_are_shown_as_text(admin: Client, fernhollow: Any) -> None:
    make_mailbox(fernhollow, name=XSS, from_name=XSS, folder=XSS)
    mailbox = only_mailbox(fernhollow)
    for address in ("", f"{mailbox.pk}/", f"{mailbox.pk}/deletion/"):
        page = admin.get(MAILBOXES + address).content.decode()
        assert "<img src=x" not in page
        assert "&lt;img src=x" in page


def test_the_list_comes_whole_or_as_a_part(admin: Client, fernhollow: Any) -> None:
    make_mailbox(fernhollow, name="Repairs")
    assert "<html" in admin.get(MAILBOXES).content.decode()
    part = admin.get(MAILBOXES, headers=HTMX).content.decode()
    assert "Repairs" in part
    assert "<html" not in part


@pytest.mark.req("S4.2")
def test_more_mailboxes_cost_no_more_queries(admin: Client, fernhollow: Any) -> None:
    make_mailbox(fernhollow)
    few = queries_of(admin, MAILBOXES)
    for _ in range(6):
        make_mailbox(fernhollow)
    assert queries_of(admin, MAILBOXES) == few


def test_only_who_manages_channels_sees_mailboxes(added: Mailbox, people: Any) -> None:
    addresses = ["", "new/", f"{added.pk}/", f"{added.pk}/deletion/", "test/unknown/"]
    codes = {}
    for name in ("viewer", "agent", "stranger"):
        browser = Client()
        browser.force_login(getattr(people, name).user)
        codes[name] = {browser.get(MAILBOXES + address).status_code for address in addresses}
        codes[name] |= {browser.post(f"{MAILBOXES}{address}").status_code for address in ("test/", "check/")}
    assert codes == {"viewer": {403}, "agent": {403}, "stranger": {404}}


def test_mailboxes_of_another_organization_are_not_found(added: Mailbox, people: Any) -> None:
    stranger = Client()
    stranger.force_login(people.stranger.user)
    other = "/o/otherco/mailboxes/"
    for address in ("", "deletion/", "existing/", "existing/count/"):
        assert stranger.get(f"{other}{added.pk}/{address}").status_code == 404
    assert stranger.post(f"{other}{added.pk}/pause/").status_code == 404
    assert stranger.post(f"{other}test/", entered(mailbox=added.pk, password="")).status_code == 404


@pytest.mark.req("S4.27")
def test_the_list_marks_the_primary_mailbox_which_its_menu_chooses(admin: Client, fernhollow: Any) -> None:
    first, second = (make_mailbox(fernhollow, name=name) for name in ("Help", "Sales"))
    assert "· Primary" not in admin.get(MAILBOXES).content.decode()
    admin.post(f"{MAILBOXES}{first.pk}/make-primary/")
    admin.post(f"{MAILBOXES}{second.pk}/make-primary/")
    page = admin.get(MAILBOXES).content.decode()
    assert page.count("· Primary") == 1
    assert page.index("Sales") < page.index("· Primary")
    admin.post(f"{MAILBOXES}{second.pk}/end-primary/")
    assert "· Primary" not in admin.get(MAILBOXES).content.decode()
