"""What the form of a mailbox says and asks, and the ways to it."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.models import Mailbox
from mailboxes.services.setup.connections import server_login
from mailboxes.services.setup.testing import LONGEST_S, ConnectionRun
from tests.diagnosis.runs import STAGES
from tests.mailboxes.pages.entering import MAILBOXES, entered, finish, only_mailbox

YEAR_S = 365 * 24 * 3600
pytestmark = pytest.mark.django_db


def control(page: str, name: str) -> str:
    """The element of this field."""
    found = re.search(rf'<(?:input|select)[^>]* name="{name}"[^>]*>', page)
    assert found is not None, name
    return found.group()


def attribute(element: str, name: str) -> Any:
    """What the attribute of this element holds, which is JSON."""
    found = re.search(rf'{name}="([^"]*)"', element)
    assert found is not None, name
    return json.loads(html.unescape(found.group(1)))


@pytest.mark.req("S1.2", "S2.13")
def test_settings_lead_to_mailboxes_and_from_there_to_a_new_one(admin: Client) -> None:
    tickets = admin.get("/o/fernhollow/views/needs-reply/").content.decode()
    settings = re.search(r'href="([^"]*)"[^>]*>(?:(?!</a>).)*<span>Settings</span>', tickets)
    assert settings is not None
    assert f'href="{MAILBOXES}"' in admin.get(settings.group(1)).content.decode()
    listed = admin.get(MAILBOXES).content.decode()
    assert f'href="{MAILBOXES}connect/"' in listed
    assert "Connect a mailbox" in listed


@pytest.mark.req("S2.7", "S2.12", "S2.22", "S2.24", "S4.5", "S4.6", "S4.8", "S4.12", "S4.13", "S4.20", "S4.21", "S5.42")
def test_the_form_says_what_must_be_so_before(admin: Client) -> None:
    page = html.unescape(admin.get(f"{MAILBOXES}new/").content.decode())
    for words in (
        "It must exist at your mail provider already",
        "Use one that serves nothing else: all that comes in becomes tickets",
        "leaves it on the server, in step with other mail programs",
        "many servers mark it as read then, and some remove it",
        "One program at a time can read the mailbox",
        "must be switched on for the account first",
        "also called SSL, IMAPS or POP3S",
        "usually on port 993 (POP3: 995)",
        "usually on port 143 (POP3: 110)",
        "at Google always, create an app password. Spaces in it are left out",
    ):
        assert words in page, words


@pytest.mark.req("S2.22", "S5.41")
def test_no_browser_and_no_password_manager_fills_in_a_log_in(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    for name, autocomplete in (
        ("username", "off"),
        ("password", "new-password"),
        ("smtp_username", "off"),
        ("smtp_password", "new-password"),
    ):
        field = control(page, name)
        assert f'autocomplete="{autocomplete}"' in field
        for attribute in ("data-1p-ignore", 'data-lpignore="true"', "data-bwignore", 'data-form-type="other"'):
            assert attribute in field
    assert all('type="password"' in control(page, name) for name in ("password", "smtp_password"))


@pytest.mark.req("S4.32", "S4.6")
@pytest.mark.parametrize(("is_allowed", "choices"), [(False, ["tls", "starttls"]), (True, ["tls", "starttls", "none"])])
def test_clear_text_can_be_chosen_only_where_the_operator_allows_it(
    admin: Client, settings: Any, is_allowed: bool, choices: list[str]
) -> None:
    settings.MAIL_ALLOW_CLEARTEXT = is_allowed
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    for name in ("security", "smtp_security"):
        select = page.partition(control(page, name))[2].partition("</select>")[0]
        assert re.findall(r'value="(\w+)"', select) == choices


@pytest.mark.req("S4.30", "S4.31", "S4.6", "S4.12")
def test_known_servers_are_suggested_and_protocol_and_security_know_their_usual_port(admin: Client) -> None:
    page = admin.get(f"{MAILBOXES}new/").content.decode()
    for suggestions, hosts in (
        ("imap-hosts", ("imap.gmail.com", "outlook.office365.com")),
        ("pop3-hosts", ("pop.gmail.com", "outlook.office365.com")),
        ("smtp-hosts", ("smtp.gmail.com",)),
    ):
        listed = page.partition(f'<datalist id="{suggestions}">')[2].partition("</datalist>")[0]
        assert all(f'value="{host}"' in listed for host in hosts)
    assert 'list="imap-hosts"' in control(page, "host")
    for prefix, ports in (
        (
            "",
            {
                "imap": {"tls": 993, "starttls": 143, "none": 143},
                "pop3": {"tls": 995, "starttls": 110, "none": 110},
                "ews": {"tls": 443, "starttls": 443, "none": 443},
            },
        ),
        ("smtp_", {"smtp": {"tls": 465, "starttls": 587, "none": 25}}),
    ):
        select = control(page, f"{prefix}security")
        assert f'data-port-field="id_{prefix}port"' in select
        assert attribute(select, "data-usual-ports") == ports


@pytest.mark.req("S2.23", "S4.4")
def test_the_protocol_is_chosen_and_imap_is_recommended(admin: Client) -> None:
    page = html.unescape(admin.get(f"{MAILBOXES}new/").content.decode())
    protocol = page.partition(control(page, "protocol"))[2].partition("</select>")[0]
    assert re.findall(r">([^<]+)</option>", protocol) == [
        "IMAP (recommended)",
        "POP3",
        "Exchange Web Services (your own Exchange server)",
    ]


@pytest.mark.req("S4.30")
def test_a_known_provider_fills_in_its_servers(admin: Client) -> None:
    presets = attribute(control(admin.get(f"{MAILBOXES}new/").content.decode(), "provider"), "data-presets")
    assert presets["Google"] == {
        "imap": "imap.gmail.com",
        "pop3": "pop.gmail.com",
        "smtp": "smtp.gmail.com",
        "smtp_security": "tls",
    }
    assert presets["iCloud"]["pop3"] == ""


@pytest.mark.req("S4.4", "S2.23", "S4.13")
def test_a_pop3_mailbox_is_saved_shown_and_has_no_folder(admin: Client, fernhollow: Any) -> None:
    values = entered(protocol="pop3", host="pop.example.test", port=995, folder="Support", after_import="delete")
    assert admin.post(f"{MAILBOXES}new/", values).status_code == 302
    mailbox = only_mailbox(fernhollow)
    assert (mailbox.connection.kind, mailbox.folder, mailbox.sent_filing) == ("pop3", "INBOX", False)
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert '<option value="pop3" selected>' in page
    assert 'list="pop3-hosts"' in control(page, "host")


@pytest.mark.req("S4.13")
@pytest.mark.parametrize("choice", ["seen", "move"])
def test_what_pop3_cannot_do_is_refused_with_the_reason(admin: Client, fernhollow: Any, choice: str) -> None:
    admin.post(f"{MAILBOXES}new/", entered(protocol="pop3", then="later"))
    draft = only_mailbox(fernhollow)
    step = f"{MAILBOXES}{draft.pk}/existing/"
    asked = admin.post(step, {"existing_mail": "ignore", "after_import": choice, "after_import_folder": "Archive"})
    assert asked.status_code == 422
    assert "POP3 can neither mark a message as read nor move it" in asked.content.decode()
    finish(admin, draft.pk, then="not-yet")
    values = entered(protocol="pop3", password="", after_import=choice, after_import_folder="Archive")
    answer = admin.post(f"{MAILBOXES}{draft.pk}/", values)
    assert answer.status_code == 422
    assert "POP3 can neither mark a message as read nor move it" in answer.content.decode()
    protocol = control(admin.get(f"{MAILBOXES}new/").content.decode(), "protocol")
    assert attribute(protocol, "data-impossible") == {"imap": [], "pop3": ["move", "seen"], "ews": []}


@pytest.mark.req("S4.9", "S5.38")
@pytest.mark.parametrize(
    "typed",
    ["mail.example.test", "EWS:mail.example.test/ews/Exchange.asmx", " https://mail.example.test/EWS/exchange.asmx/ "],
)
def test_a_mailbox_of_an_exchange_server_is_saved_and_shown(admin: Client, fernhollow: Any, typed: str) -> None:
    values = entered(protocol="ews", host=typed, port=443, security="starttls", folder="INBOX/Support")
    assert admin.post(f"{MAILBOXES}new/", values).status_code == 302
    mailbox = only_mailbox(fernhollow)
    connection = mailbox.connection
    assert (connection.kind, connection.host, connection.security) == ("ews", "mail.example.test", "tls")
    assert (mailbox.folder, mailbox.sent_filing) == ("INBOX/Support", True)
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert '<option value="ews" selected>' in page
    again = entered(**values | {"name": "Other", "password": ""})
    assert admin.post(f"{MAILBOXES}{mailbox.pk}/", again).status_code == 302
    assert only_mailbox(fernhollow).connection.kind == "ews"


@pytest.mark.req("S1.36", "S5.33")
def test_the_form_says_when_microsoft_switches_exchange_web_services_off(admin: Client) -> None:
    page = html.unescape(admin.get(f"{MAILBOXES}new/").content.decode())
    hint = page.partition('mailbox-form__ews">')[2].partition("</p>")[0]
    assert "Exchange servers of your own" in hint
    assert "1 October 2026" in hint
    assert "1 April 2027" in hint
    assert "Exchange Web Services the start date matters most" in page


@pytest.mark.req("S5.12", "S5.11")
def test_a_shared_mailbox_is_read_with_its_owners_log_in(admin: Client, fernhollow: Any) -> None:
    shared, log_in = "shared@example.test", "owner@example.test/shared@example.test"
    admin.post(f"{MAILBOXES}new/", entered(address=shared, username=log_in))
    mailbox = only_mailbox(fernhollow)
    assert (mailbox.address, mailbox.connection.username) == (shared, log_in)


@pytest.mark.req("S4.63")
def test_a_failed_test_comes_with_the_list_of_what_to_check_in_order(admin: Client, fernhollow: Any) -> None:
    results = (StageResult(Stage.RESOLVE, State.OK), StageResult(Stage.CONNECT, State.FAIL))
    for name, seen in (("failed", results), ("running", results[:1])):
        cache.set(
            f"connection-test:{fernhollow.id}:{name}",
            ConnectionRun(name, "help@example.test", clock.now(), STAGES, seen, is_done=name == "failed"),
        )
    page = admin.get(f"{MAILBOXES}test/failed/").content.decode()
    steps = page.partition("Check these, in this order")[2].partition("</ol>")[0]
    in_order = ["server name", "995 and 110", "switched on", "app password", "firewall or proxy", "It worked before"]
    assert [steps.index(step) for step in in_order] == sorted(steps.index(step) for step in in_order)
    assert "Check these" not in admin.get(f"{MAILBOXES}test/running/").content.decode()


@pytest.mark.req("S4.33")
@pytest.mark.parametrize("protocol", ["imap", "pop3", "ews"])
@pytest.mark.parametrize(
    "host", ["outlook.office365.com", "Outlook.Office365.com ", "imap-mail.outlook.com", "partner.outlook.cn"]
)
def test_a_password_for_mail_at_microsoft_is_refused(admin: Client, fernhollow: Any, protocol: str, host: str) -> None:
    for page in ("new/", "test/"):
        answer = admin.post(f"{MAILBOXES}{page}", entered(protocol=protocol, host=host))
        assert answer.status_code == 422
        assert "Microsoft takes no passwords here any more" in answer.content.decode()
        assert f'href="{MAILBOXES}new/microsoft/"' in answer.content.decode()
    with organization_scope(fernhollow.id):
        assert not Mailbox.objects.exists()


def test_editing_a_mailbox_keeps_what_the_form_does_not_ask(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    mailbox = only_mailbox(fernhollow)
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(aliases=["other@example.test"])
    admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(name="Other", password=""))
    kept = only_mailbox(fernhollow)
    assert (kept.name, kept.aliases) == ("Other", ["other@example.test"])


@pytest.mark.req("F90", "F105", "S4.28")
def test_other_addresses_of_a_mailbox_are_entered_and_changed(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered(aliases="Shop@example.test; sales@example.test\nshop@example.test"))
    mailbox = only_mailbox(fernhollow)
    finish(admin, mailbox.pk)
    assert mailbox.aliases == ["shop@example.test", "sales@example.test"]
    page = f"{MAILBOXES}{mailbox.pk}/"
    assert "shop@example.test\nsales@example.test" in admin.get(page).content.decode()
    refused = admin.post(page, entered(password="", aliases="sales@example.test, no address"))
    assert (refused.status_code, "This is not a mail address: no" in refused.content.decode()) == (422, True)
    admin.post(page, entered(password="", aliases="sales@example.test"))
    assert only_mailbox(fernhollow).aliases == ["sales@example.test"]
    with organization_scope(fernhollow.id):
        [change] = [each.changes["aliases"] for each in AuditEntry.objects.filter(action="mailbox.changed")]
    assert change == ["shop@example.test, sales@example.test", "sales@example.test"]


@pytest.mark.req("S5.10", "S2.22")
def test_sending_uses_the_log_in_of_reading_unless_it_has_its_own(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert mailbox.outgoing.login_of_id == mailbox.connection_id
    own = {"smtp_same_login": None, "smtp_username": "sender", "smtp_password": "another secret"}
    admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(**own))
    mailbox = only_mailbox(fernhollow)
    assert mailbox.outgoing is not None
    assert (mailbox.outgoing.login_of_id, mailbox.outgoing.username) == (None, "sender")


@pytest.mark.req("S5.32", "S4.26")
def test_a_mailbox_is_saved_unfinished_and_finished_later(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    mailbox = only_mailbox(fernhollow)
    assert not mailbox.is_enabled
    assert WorkItem.objects.get(kind=WorkKind.POLL, row_id=mailbox.pk).due_at > clock.in_seconds(YEAR_S)
    page = admin.get(MAILBOXES).content.decode()
    assert "Not finished" in page
    assert f"{MAILBOXES}{mailbox.pk}/setup/" in page
    admin.post(f"{MAILBOXES}{mailbox.pk}/", entered(name="Later", password="", then="later"))
    assert not only_mailbox(fernhollow).is_enabled
    finish(admin, mailbox.pk)
    finished = only_mailbox(fernhollow)
    assert (finished.name, finished.is_enabled) == ("Later", True)
    with organization_scope(fernhollow.id):
        assert server_login(finished.connection).password


@pytest.mark.req("S4.43")
@pytest.mark.parametrize(
    ("states", "headline", "remark"),
    [
        (["ok", "ok", "ok", "ok", "ok", "ok"], "Everything works", "No test mail was sent"),
        (["ok", "ok", "warn", "ok", "ok", "skip"], "Reading works", "No server for sending was tried"),
        (
            ["fail", "skip", "skip", "skip", "skip", "skip"],
            "The mail server can't be found",
            "server name needs fixing",
        ),
        (["ok", "fail", "skip", "skip", "skip", "skip"], "The mail server can't be reached", "port or something"),
        (["ok", "ok", "fail", "skip", "skip", "skip"], "There is no safe connection", "encryption needs fixing"),
        (["ok", "ok", "ok", "fail", "skip", "skip"], "The server refused the sign-in", "username, the password"),
        (["ok", "ok", "ok", "ok", "fail", "skip"], "The folder can't be opened", "folder needs fixing"),
        (["ok", "ok", "ok", "ok", "ok", "fail"], "Reading works, sending does not", "not answer from it"),
        (["ok", "ok", "ok", "ok", "ok", "run"], "The test was interrupted", "Run it again"),
        (["ok", "run"], "The test was interrupted", "Run it again"),
    ],
)
def test_the_test_says_what_it_comes_to(
    admin: Client, fernhollow: Any, states: list[str], headline: str, remark: str
) -> None:
    results = tuple(StageResult(stage, State(state)) for stage, state in zip(STAGES, states, strict=False))
    run = ConnectionRun("one", "help@example.test", clock.now(), STAGES, results, is_done=True)
    cache.set(f"connection-test:{fernhollow.id}:one", run)
    page = html.unescape(admin.get(f"{MAILBOXES}test/one/").content.decode())
    assert f">{headline}</h2>" in page
    assert remark in page


def test_a_test_whose_process_died_is_said_to_be_interrupted_after_its_time(admin: Client, fernhollow: Any) -> None:
    run = ConnectionRun("two", "help@example.test", clock.now(), STAGES, (StageResult(Stage.RESOLVE, State.RUN),))
    cache.set(f"connection-test:{fernhollow.id}:two", run)
    assert "Testing the connection" in admin.get(f"{MAILBOXES}test/two/").content.decode()
    with clock.held_at(clock.in_seconds(LONGEST_S + 1)):
        assert "The test was interrupted" in admin.get(f"{MAILBOXES}test/two/").content.decode()
