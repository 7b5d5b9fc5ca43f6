"""The pages of mailboxes: connecting one to real servers, changing, pausing and deleting it, and who may."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.results import Stage
from mailboxes.forms.charsets import CHARSETS
from mailboxes.models import ExistingMail, Health, Mailbox
from mailboxes.services import testing
from mailboxes.services.connections import server_login
from mailboxes.services.foreground import poll_now
from mailboxes.services.testing import stop_test
from mailboxes.views import connection_test
from tests.accounts.counting import queries_of
from tests.factories.mailboxes import PASSWORD, make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox
from tests.servers.waiting import wait_until
from ticketing.models import Ticket

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
XSS = "<img src=x onerror=alert(1)>"


def at_dovecot(account: Any, **changes: Any) -> dict[str, Any]:
    """What the form sends for an account on the test server."""
    values = {"host": "localhost", "port": account.server.imaps_port, "username": account.user}
    return entered(**values | {"address": f"{account.user}@example.test"} | changes)


def address_of(started: Any) -> str:
    """Where the test that this answer began is looked at."""
    found: str = started.content.decode().partition('hx-get="')[2].partition("?")[0]
    return found


def result_of(admin: Client, started: Any) -> str:
    """The page of the test once it is done; `started` is the answer that began it."""
    address = address_of(started)
    pages: list[str] = []

    def is_done() -> bool:
        pages.append(admin.get(address, headers=HTMX).content.decode())
        return "hx-get" not in pages[-1]

    wait_until(is_done)
    return pages[-1]


@pytest.mark.req("S1.3", "S1.4", "S1.12", "S2.14", "S2.15", "S2.16")
def test_a_mailbox_is_tested_added_and_asked_about_what_is_there(
    account: Any, smtp_server: Any, admin: Client, fernhollow: Any
) -> None:
    account.deliver(1, 2, 3)
    smtp_server.behave(users={account.user: PASSWORD})
    sending = {"smtp_host": "localhost", "smtp_port": smtp_server.port}
    wrong = result_of(admin, admin.post(f"{MAILBOXES}test/", at_dovecot(account, password="wrong", **sending)))
    assert "The server refused the sign-in" in wrong
    assert "Check the password" in wrong
    assert "<title>Sign-in failed, step 4 of 6 · Connect a mailbox · Fernhollow · Postroom</title>" in wrong
    assert re.search(r"What the server said, <time [^>]*>[0-9]{2}:[0-9]{2}:[0-9]{2}</time>", wrong)
    right = at_dovecot(account, **sending)
    assert "Everything works" in result_of(admin, admin.post(f"{MAILBOXES}test/", right))
    assert smtp_server.received == []
    added = admin.post(f"{MAILBOXES}new/", right)
    mailbox = only_mailbox(fernhollow)
    assert added.headers["Location"] == f"{MAILBOXES}{mailbox.pk}/existing/"
    assert not mailbox.is_enabled
    admin.get(added.headers["Location"])
    counted = f"{MAILBOXES}{mailbox.pk}/existing/count/"
    wait_until(lambda: "hx-get" not in admin.get(counted).content.decode())
    assert "3 messages are already in INBOX" in admin.get(counted).content.decode()
    admin.post(added.headers["Location"], {"existing_mail": "closed", "since": "2020-02-03"})
    mailbox = only_mailbox(fernhollow)
    assert (mailbox.is_enabled, mailbox.existing_mail) == (True, ExistingMail.CLOSED)
    assert mailbox.start_at is not None
    assert mailbox.start_at.date().isoformat() == "2020-02-03"


@pytest.mark.req("S4.42", "S4.43", "S4.44", "S1.39")
def test_the_test_uses_the_stored_password_and_never_shows_it(account: Any, admin: Client) -> None:
    mailbox = account.connect()
    values = at_dovecot(account, password="", smtp_host="", mailbox=mailbox.pk)
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", values))
    assert f"Signed in as {account.user}" in page
    assert "does not test filters" in page
    assert "Copy the report" in page
    assert PASSWORD not in page


@pytest.mark.req("F47", "S5.14")
def test_a_folder_that_is_not_there_is_said_and_those_found_are_offered(account: Any, admin: Client) -> None:
    values = at_dovecot(account, folder="Nowhere", smtp_host="")
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", values))
    assert "There&#x27;s no folder called Nowhere" in page
    assert '<option value="INBOX">' in page


def test_a_server_inside_is_no_different_from_one_that_is_down(admin: Client, settings: Any, account: Any) -> None:
    settings.MAIL_ALLOWED_NETWORKS = ()
    values = entered(host="127.0.0.1", port=account.server.imaps_port, smtp_host="")
    listening = result_of(admin, admin.post(f"{MAILBOXES}test/", values))
    silent = result_of(admin, admin.post(f"{MAILBOXES}test/", values | {"port": 993}))
    assert "Signed in" not in listening
    assert listening.count('data-state="fail"') == silent.count('data-state="fail"') == 1
    assert next(line for line in listening.splitlines() if "fail" in line).count("ms") == 0


def test_tests_are_limited_by_the_minute(admin: Client, monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.MAIL_ALLOWED_NETWORKS = ()
    monkeypatch.setattr(connection_test, "TESTS_PER_MINUTE", 0)
    response = admin.post(f"{MAILBOXES}test/", entered(host="127.0.0.1"))
    assert response.status_code == 422
    assert "Wait a moment" in response.content.decode()


def test_what_cannot_be_tested_says_which_field(admin: Client) -> None:
    response = admin.post(f"{MAILBOXES}test/", entered(host="", mailbox="9" * 5000))
    assert response.status_code == 422
    assert 'href="#id_host"' in response.content.decode()


@pytest.mark.req("S2.15", "S4.43")
def test_a_test_mail_is_sent_on_request_comes_back_and_becomes_no_ticket(
    account: Any, admin: Client, fernhollow: Any, smtp_server: Any
) -> None:
    smtp_server.behave(users={account.user: PASSWORD})
    values = at_dovecot(account, smtp_host="localhost", smtp_port=smtp_server.port, sends_test_mail="on")
    started = admin.post(f"{MAILBOXES}test/", values)
    (sent,) = smtp_server.wait_for(1)
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in sent.raw
    account.server.deliver(account.user, sent.raw)
    page = result_of(admin, started)
    assert "A test mail was sent and came back" in page
    assert "and received back in" in page
    account.connect(existing_mail="open")
    counts = poll_now(account.mailbox_id, is_processed=True, wait_s=5)
    assert counts.outcomes == {"ignored": 1}
    (seen,) = account.sightings()
    with organization_scope(fernhollow.id):
        assert not Ticket.objects.exists()
    assert (seen.reason_code, seen.ticket_id) == ("check_mail", None)


@pytest.mark.req("S2.15", "S4.43")
def test_a_test_that_hangs_can_be_stopped_and_shows_what_it_saw(silent: int, admin: Client) -> None:
    values = entered(host="localhost", port=silent)
    address = address_of(admin.post(f"{MAILBOXES}test/", values))
    wait_until(lambda: 'Reach the port<span class="sr">: passed' in admin.get(address).content.decode())
    stopped = admin.post(f"{address}stop/").content.decode()
    assert "The test was stopped" in stopped
    assert "<title>Test stopped · Connect a mailbox · " in stopped
    assert 'Agree on encryption<span class="sr">: not finished' in stopped
    assert "Looking at the certificate of localhost: not finished" in stopped
    assert "hx-get" not in stopped
    assert "The test was stopped" in admin.get(address).content.decode()


def test_no_step_begins_after_the_stop(account: Any, admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = testing._keep
    begun: list[Stage] = []

    def stop_at_the_first_step(run: Any, *, organization_id: int) -> None:
        begun.extend(result.stage for result in run.results[len(begun) :])
        keep(run, organization_id=organization_id)
        if run.results and not run.is_done:
            stop_test(run.run_id, organization_id=organization_id)

    monkeypatch.setattr(testing, "_keep", stop_at_the_first_step)
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", at_dovecot(account, smtp_host="")))
    assert "The test was stopped" in page
    assert begun == [Stage.RESOLVE]


def test_a_test_that_has_ended_is_not_stopped_any_more(account: Any, admin: Client) -> None:
    started = admin.post(f"{MAILBOXES}test/", at_dovecot(account, smtp_host=""))
    result_of(admin, started)
    stopped = admin.post(f"{address_of(started)}stop/").content.decode()
    assert "<title>Test passed · " in stopped


@pytest.mark.req("S4.43")
def test_a_test_whose_process_died_says_that_it_was_interrupted(
    silent: int, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = address_of(admin.post(f"{MAILBOXES}test/", entered(host="localhost", port=silent)))
    wait_until(lambda: "<title>Testing, step 3 of 6 · " in admin.get(address).content.decode())
    monkeypatch.setattr(testing, "LONGEST_S", -1)
    page = admin.get(address).content.decode()
    assert "The test was interrupted" in page
    assert "<title>Test interrupted · " in page
    assert "spinner" not in page


def test_a_look_that_would_show_nothing_new_leaves_the_page_alone(silent: int, admin: Client) -> None:
    address = address_of(admin.post(f"{MAILBOXES}test/", entered(host="localhost", port=silent)))
    wait_until(lambda: "step 3 of 6" in admin.get(address).content.decode())
    seen = admin.get(address).content.decode().partition("?seen=")[2].partition('"')[0]
    assert admin.get(address, {"seen": seen}).status_code == 204
    assert admin.get(address, {"seen": "0"}).status_code == 200


def test_a_test_of_another_organization_is_not_found(account: Any, admin: Client, people: Any, fernhollow: Any) -> None:
    started = admin.post(f"{MAILBOXES}test/", at_dovecot(account, smtp_host=""))
    address = address_of(started)
    result_of(admin, started)
    stranger = Client()
    stranger.force_login(people.stranger.user)
    assert stranger.get(address).status_code == 404
    assert stranger.get(address.replace("fernhollow", "otherco")).status_code == 404
    assert admin.get(f"{MAILBOXES}test/unknown/").status_code == 404


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
        ({"after_import": "move"}, "Name the folder"),
        ({"after_import": "move", "after_import_folder": "INBOX"}, "another folder"),
        ({"after_import": "delete", "after_import_days": "-1"}, "greater than or equal to 0"),
        ({"poll_interval_s": "9"}, "greater than or equal to 10"),
        ({"name": "a\x00b"}, "Null characters"),
        ({"team": "999999"}, "valid choice"),
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
def added(admin: Client, fernhollow: Any) -> Mailbox:
    """A mailbox as the form made it."""
    admin.post(f"{MAILBOXES}new/", entered())
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
    for words in ("What to check, in this order", "993 with TLS", "has expired", "What the server said"):
        assert words in edit
    assert "<img src=x" not in edit


@pytest.mark.req("S5.13", "F71")
def test_a_mailbox_is_paused_resumed_and_checked(added: Mailbox, admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}{added.pk}/existing/", {"existing_mail": "ignore"})
    for action, is_enabled in (("pause", False), ("resume", True), ("poll", True)):
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
    for address in ("", "deletion/", "existing/", "existing/count/"):
        assert admin.get(f"{MAILBOXES}{added.pk}/{address}").status_code == 404


@pytest.mark.req("S1.34", "S1.36")
@pytest.mark.parametrize("since", ["0001-01-01", "9999-12-31", "yesterday"])
def test_a_start_that_cannot_be_is_refused(added: Mailbox, admin: Client, fernhollow: Any, since: str) -> None:
    response = admin.post(f"{MAILBOXES}{added.pk}/existing/", {"existing_mail": "open", "since": since})
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
