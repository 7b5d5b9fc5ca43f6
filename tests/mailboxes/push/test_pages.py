"""The pages of a mailbox that mail is brought to: adding, changing, other addresses, deleting; and the list."""

from __future__ import annotations

import html
import json
import re
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health, Mailbox
from mailboxes.services.push.push_addresses import find_by_address, forwarding_address
from tests.factories.incoming import make_mail, process_due
from tests.factories.mailboxes import make_mailbox
from tests.factories.outgoing import make_outgoing_server
from tests.mailboxes.push.conftest import Pushed

pytestmark = pytest.mark.django_db
MAILBOXES = "/o/fernhollow/mailboxes/"
ENTERED = {"name": "Shop", "address": "Shop@Fernhollow.test", "max_message_mb": "20", "answers_only": "on"}


@pytest.fixture
def admin(people: Any, signed_in: Any) -> Client:
    """A browser signed in as an admin of fernhollow."""
    client: Client = signed_in(people.admin)
    return client


def token_on(page: str) -> str:
    """The token of the secret address that the page shows."""
    [token] = set(re.findall(r"http://127\.0\.0\.1:8000/push/([\w-]{43})/", html.unescape(page)))
    return token


def push_page(mailbox: Mailbox, rest: str = "") -> str:
    """Where it is edited."""
    return f"{MAILBOXES}{mailbox.pk}/push/{rest}"


def audited(organization: Any) -> list[tuple[str, Any]]:
    """What the audit trail holds, oldest first."""
    with organization_scope(organization.pk):
        return list(AuditEntry.objects.order_by("pk").values_list("action", "changes"))


def test_an_admin_adds_one_and_sees_its_addresses_this_once(
    admin: Client, fernhollow: Any, settings: Any, files_folder: Any
) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    began = admin.post(f"{MAILBOXES}push/new/", ENTERED)
    with organization_scope(fernhollow.pk):
        draft = Mailbox.objects.get()
    assert (draft.is_draft, draft.is_enabled, draft.forwarding_name) == (True, False, "")
    assert began.headers["Location"] == f"{MAILBOXES}{draft.pk}/setup/routing/"
    added = admin.post(began.headers["Location"], {"ticket_priority": "normal"})
    page = added.content.decode()
    assert "no-store" in added.headers["Cache-Control"]
    with organization_scope(fernhollow.pk):
        mailbox = Mailbox.objects.select_related("connection", "organization").get()
    assert (mailbox.address, mailbox.max_message_bytes, mailbox.answers_only) == (
        "shop@fernhollow.test",
        20 << 20,
        True,
    )
    assert (mailbox.is_enabled, mailbox.health) == (True, Health.REACHABLE)
    assert mailbox.forwarding_name.startswith("shop-")
    assert f"{mailbox.forwarding_name}@in.example.test" in page
    token = token_on(page)
    assert f"--data-binary @mail.eml http://127.0.0.1:8000/push/{token}/" in page
    assert Pushed(mailbox, token).post(make_mail()).status_code == 202
    later = admin.get(push_page(mailbox)).content.decode()
    assert token not in later + str(audited(fernhollow))
    assert f"{mailbox.forwarding_name}@in.example.test" in later


def test_without_a_mail_domain_no_page_speaks_of_forwarding_addresses(
    admin: Client, fernhollow: Any, settings: Any
) -> None:
    settings.MAIL_DOMAIN = ""
    admin.post(f"{MAILBOXES}push/new/", ENTERED)
    with organization_scope(fernhollow.pk):
        mailbox = Mailbox.objects.get()
    page = admin.post(f"{MAILBOXES}{mailbox.pk}/setup/routing/", {"ticket_priority": "normal"}).content.decode()
    with organization_scope(fernhollow.pk):
        mailbox = Mailbox.objects.get()
    page += admin.get(push_page(mailbox)).content.decode()
    assert "Forwarding address" not in page
    settings.MAIL_DOMAIN = "in.example.test"
    assert forwarding_address(mailbox) in admin.get(push_page(mailbox)).content.decode()


def test_what_is_missing_or_taken_is_said_at_its_field(admin: Client, pushed: Pushed) -> None:
    empty = admin.post(f"{MAILBOXES}push/new/", {"name": "", "address": "", "max_message_mb": ""})
    assert empty.status_code == 422
    for sentence in ("Enter a name by which", "Enter the address that", "Enter how large"):
        assert sentence in empty.content.decode()
    taken = admin.post(f"{MAILBOXES}push/new/", ENTERED | {"address": pushed.mailbox.address})
    assert taken.status_code == 422
    assert "There is a mailbox with this address" in taken.content.decode()


def test_changing_it_keeps_its_addresses_and_is_in_the_audit_trail(admin: Client, pushed: Pushed, people: Any) -> None:
    with organization_scope(pushed.mailbox.organization_id):
        server = make_outgoing_server(name="Way out")
    page = admin.get(push_page(pushed.mailbox)).content.decode()
    assert 'value="support@fernhollow.test"' in page
    saved = admin.post(push_page(pushed.mailbox), ENTERED | {"smtp_server": str(server.pk)})
    assert saved.headers["Location"] == MAILBOXES
    pushed.change()
    assert (pushed.mailbox.name, pushed.mailbox.outgoing_id) == ("Shop", server.pk)
    assert pushed.post(make_mail()).status_code == 202
    assert find_by_address(forwarding_address(pushed.mailbox)) == pushed.target
    action, changes = audited(people.owner.organization)[-1]
    assert (action, changes["name"]) == ("mailbox.changed", ["Support EU", "Shop"])


def test_a_new_secret_address_is_shown_once_and_ends_the_old_one(admin: Client, pushed: Pushed) -> None:
    page = admin.post(push_page(pushed.mailbox, "address/")).content.decode()
    token = token_on(page)
    assert pushed.post(make_mail()).status_code == 404
    assert Pushed(pushed.mailbox, token).post(make_mail()).status_code == 202
    log = str(audited(pushed.mailbox.organization))
    assert "mailbox.push_address_renewed" in log
    assert token not in log
    words = html.unescape(admin.get("/o/fernhollow/settings/log/").content.decode())
    assert "gave another secret address to the mailbox" in words


def test_a_new_forwarding_address_ends_the_old_one(admin: Client, pushed: Pushed) -> None:
    old = forwarding_address(pushed.mailbox)
    page = admin.post(push_page(pushed.mailbox, "forwarding/"), follow=True).content.decode()
    pushed.change()
    assert find_by_address(old) is None
    assert find_by_address(forwarding_address(pushed.mailbox)) == pushed.target
    assert forwarding_address(pushed.mailbox) in page
    assert "mailbox.forwarding_renewed" in str(audited(pushed.mailbox.organization))


@pytest.mark.parametrize("rest", ["", "address/", "forwarding/"])
def test_nobody_of_another_organization_reaches_it(pushed: Pushed, people: Any, signed_in: Any, rest: str) -> None:
    stranger = signed_in(people.stranger)
    for slug in ("fernhollow", "otherco"):
        address = push_page(pushed.mailbox, rest).replace("fernhollow", slug)
        assert stranger.post(address, ENTERED).status_code == 404
    assert pushed.post(make_mail()).status_code == 202


def test_the_list_offers_no_check_and_the_words_fit(admin: Client, pushed: Pushed) -> None:
    page = admin.get(MAILBOXES).content.decode()
    assert "Forwarding or push" in page
    assert "Check now" not in page
    address = f"{MAILBOXES}{pushed.mailbox.pk}/"
    assert admin.get(address).headers["Location"] == push_page(pushed.mailbox)
    paused = admin.post(f"{address}pause/", follow=True).content.decode()
    assert "What it is brought is kept until you resume it." in paused
    resumed = admin.post(f"{address}resume/", follow=True).content.decode()
    assert "What it was brought meanwhile is being processed." in resumed
    health = admin.get(f"{address}health/").content.decode()
    assert "Check now" not in health
    assert "Next check" not in health
    assert "Its addresses end" in admin.get(f"{address}deletion/").content.decode()


@pytest.mark.parametrize("rest", ["existing/", "setup/test/"])
def test_nobody_is_asked_about_mail_from_before_nor_tests_a_server(admin: Client, fernhollow: Any, rest: str) -> None:
    admin.post(f"{MAILBOXES}push/new/", ENTERED)
    with organization_scope(fernhollow.pk):
        draft = Mailbox.objects.get()
    routing = f"{MAILBOXES}{draft.pk}/setup/routing/"
    assert admin.get(f"{MAILBOXES}{draft.pk}/{rest}").headers["Location"] == routing
    assert admin.get(routing).content.decode().count("Not needed: mail is brought here") == 2
    assert admin.post(push_page(draft, "address/")).status_code == 404


def test_a_mailbox_on_a_server_has_no_such_page(admin: Client, fernhollow: Any) -> None:
    mailbox = make_mailbox(fernhollow)
    assert admin.get(push_page(mailbox)).status_code == 404
    assert admin.post(push_page(mailbox, "address/")).status_code == 404


def added(capsys: Any, **options: Any) -> dict[str, Any]:
    """What the command printed."""
    call_command("add_mailbox", organization="fernhollow", name="Shop", address="shop@fernhollow.test", **options)
    return dict(json.loads(capsys.readouterr().out))


def test_a_script_adds_one_and_is_told_its_addresses(
    fernhollow: Any, settings: Any, files_folder: Any, capsys: Any
) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    printed = added(capsys, push=True)
    with organization_scope(fernhollow.pk):
        mailbox = Mailbox.objects.get(pk=printed["id"])
    assert printed["forwarding_address"] == forwarding_address(mailbox)
    assert Pushed(mailbox, token_on(printed["post_address"])).post(make_mail()).status_code == 202


def test_a_script_without_a_mail_domain_is_told_of_none(fernhollow: Any, settings: Any, capsys: Any) -> None:
    settings.MAIL_DOMAIN = ""
    assert added(capsys, push=True)["forwarding_address"] is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"push": True, "smtp_host": "smtp.example.test"}, "--smtp-host goes with a server that is read"),
        ({"imap_host": "imap.example.test"}, "--username is missing"),
        ({"imap_host": "imap.example.test", "username": "ann"}, "--password-env is missing"),
    ],
)
def test_what_does_not_go_together_is_said(fernhollow: Any, capsys: Any, options: Any, words: str) -> None:
    with pytest.raises(CommandError, match=words):
        added(capsys, **options)


def test_the_inbound_log_says_that_it_was_brought(people: Any, signed_in: Any, pushed: Pushed) -> None:
    pushed.post(make_mail())
    process_due()
    [sighting] = pushed.sightings()
    page = signed_in(people.agent).get(f"/o/fernhollow/inbound-log/{sighting.pk}/").content.decode()
    assert "Brought here" in page
    assert f'<dt>SHA-256</dt><dd class="mono wrap-any">{sighting.remote_id}</dd>' in page
    assert "UIDVALIDITY" not in page
