"""The connection test on its page: against real servers, live, stopped, and telling nothing of servers inside."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.running.programs import free_port
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.results import Stage
from mailboxes.models import ExistingMail
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup import testing
from mailboxes.services.setup.testing import stop_test
from mailboxes.views import connection_test
from tests.factories.mailboxes import PASSWORD
from tests.mailboxes.pages.entering import MAILBOXES, entered, finish, only_mailbox
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
    added = admin.post(f"{MAILBOXES}new/", right | {"then": ""})
    mailbox = only_mailbox(fernhollow)
    assert added.headers["Location"] == f"{MAILBOXES}{mailbox.pk}/setup/test/"
    assert not mailbox.is_enabled
    admin.get(f"{MAILBOXES}{mailbox.pk}/existing/")
    counted = f"{MAILBOXES}{mailbox.pk}/existing/count/"
    wait_until(lambda: "hx-get" not in admin.get(counted).content.decode())
    assert "3 messages are already in <bdi>INBOX</bdi>" in admin.get(counted).content.decode()
    finish(admin, mailbox.pk, existing_mail="closed", since="2020-02-03")
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


@pytest.mark.req("S4.44")
def test_the_report_to_copy_says_what_is_not_tested_and_holds_no_secret(account: Any, admin: Client) -> None:
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", at_dovecot(account, password="wr0ng-word", smtp_host="")))
    report = page.partition('<pre hidden id="test-report">')[2].partition("</pre>")[0]
    assert f"Sign in: failed. localhost said no to {account.user}" in report
    assert "[AUTHENTICATIONFAILED]" in report
    assert "It does not test filters or how mail becomes tickets." in report
    assert "wr0ng-word" not in page


@pytest.mark.req("F47", "S5.14")
def test_a_folder_that_is_not_there_is_said_and_those_found_are_offered(account: Any, admin: Client) -> None:
    values = at_dovecot(account, folder="Nowhere", smtp_host="")
    page = result_of(admin, admin.post(f"{MAILBOXES}test/", values))
    assert "There&#x27;s no folder called Nowhere" in page
    assert '<option value="INBOX">' in page


@pytest.mark.parametrize("allowed", ["both", "the silent one", "none"])
def test_a_server_inside_is_no_different_from_one_that_is_down(
    admin: Client, settings: Any, account: Any, allowed: str
) -> None:
    listening, silent = account.server.imaps_port, free_port()
    settings.MAIL_ALLOWED_NETWORKS = ()
    ports = {"both": {listening, silent}, "the silent one": {silent}, "none": set()}
    settings.MAIL_ALLOWED_PORTS = frozenset(ports[allowed])
    values = entered(host="127.0.0.1", smtp_host="")
    tested = {port: admin.post(f"{MAILBOXES}test/", values | {"port": port}) for port in (listening, silent)}
    pages = [re.sub(rf"\b({port}|[0-9]+(?= ms))\b", "N", result_of(admin, started)) for port, started in tested.items()]
    assert pages[0] == pages[1]
    assert pages[0].count('data-state="fail"') == 1


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
    assert b"\r\nX-Postroom-Cause: notice; id=check\r\n" in sent.raw
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


@pytest.mark.req("S4.43")
def test_a_second_click_on_a_mailboxs_page_shows_the_test_that_runs_and_so_does_the_page_anew(
    account: Any, silent: int, admin: Client
) -> None:
    mailbox = account.connect()
    values = at_dovecot(account, port=silent, smtp_host="", mailbox=mailbox.pk)
    first, second = (address_of(admin.post(f"{MAILBOXES}test/", values | {"csrfmiddlewaretoken": n})) for n in "ab")
    assert first == second
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert f'id="connection-test" hx-get="{first}?seen=' in page
    other = address_of(admin.post(f"{MAILBOXES}test/", values | {"username": "other"}))
    assert other != first
    assert "The test was stopped" in admin.get(first).content.decode()
    admin.post(f"{other}stop/")
    assert 'id="connection-test"' not in admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    again = address_of(admin.post(f"{MAILBOXES}test/", values))
    assert again not in (first, other)
    admin.post(f"{again}stop/")


def test_a_second_click_on_a_form_that_is_not_stored_shows_the_test_that_runs(silent: int, admin: Client) -> None:
    values = entered(host="localhost", port=silent)
    first, second = (address_of(admin.post(f"{MAILBOXES}test/", values)) for _click in range(2))
    other = address_of(admin.post(f"{MAILBOXES}test/", values | {"username": "other"}))
    assert first == second != other
    assert "The test was stopped" not in admin.get(first).content.decode()
    for address in (first, other):
        admin.post(f"{address}stop/")


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
