"""A draft exists from the first step on: found again, taken up, discarded, and never left lying about."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, ConnectionKind, Mailbox
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S5.7")]
STEP = f"{MAILBOXES}connect/"


def choose(client: Client, address: str, card: str) -> Any:
    return client.post(STEP, {"address": address, "provider": card})


def test_whoever_chose_a_card_and_left_finds_it_in_the_list_takes_it_up_and_discards_it(
    admin: Client, fernhollow: Any
) -> None:
    second = choose(admin, "Help@acme.test", "fastmail")["Location"]
    begun = only_mailbox(fernhollow)
    listed = admin.get(MAILBOXES).content.decode()
    for words in ("help@acme.test", "Not finished", "Next: Sign-in.", f"{MAILBOXES}{begun.pk}/deletion/"):
        assert words in listed
    assert admin.get(f"{MAILBOXES}{begun.pk}/setup/")["Location"] == second.replace("Help%40", "help%40")
    page = admin.get(second).content.decode()
    assert 'value="help@acme.test"' in page
    assert 'value="imap.fastmail.com"' in page
    assert f'href="{MAILBOXES}{begun.pk}/setup/provider/"' in page
    admin.post(f"{MAILBOXES}{begun.pk}/deletion/")
    assert "help@acme.test" not in admin.get(MAILBOXES).content.decode()
    assert choose(admin, "help@acme.test", "imap").status_code == 302


def test_nothing_of_it_is_due_before_it_is_finished(admin: Client, fernhollow: Any) -> None:
    choose(admin, "help@acme.test", "imap")
    with organization_scope(fernhollow.id):
        assert not WorkItem.objects.filter(due_at__lt=clock.in_seconds(86_400)).exclude(kind="forecast").exists()
        assert not Mailbox.objects.get().is_enabled
        assert [entry.action for entry in AuditEntry.objects.all()] == ["mailbox.begun"]


def test_another_card_in_the_same_session_is_the_same_draft(admin: Client, fernhollow: Any) -> None:
    choose(admin, "help@acme.test", "imap")
    first = only_mailbox(fernhollow)
    for address, card in (("help@acme.test", "exchange"), ("Held@acme.test", "push"), ("hello@acme.test", "pop3")):
        choose(admin, address, card)
        begun = only_mailbox(fernhollow)
        assert (begun.pk, begun.address, begun.setup["card"]) == (first.pk, address.lower(), card)
    with organization_scope(fernhollow.id):
        assert Connection.objects.get().kind == ConnectionKind.POP3
    chosen = admin.post(f"{MAILBOXES}{first.pk}/setup/provider/", {"address": "b@acme.test", "provider": "imap"})
    assert f"draft={first.pk}" in chosen["Location"]
    assert only_mailbox(fernhollow).address == "b@acme.test"


def test_what_is_entered_takes_its_place(admin: Client, fernhollow: Any) -> None:
    second = choose(admin, "help@example.test", "imap")["Location"]
    assert admin.post(second, entered(then="later")).status_code == 302
    made = only_mailbox(fernhollow)
    assert (made.is_draft, made.setup, made.connection.host) == (True, {"card": "imap"}, "imap.example.test")


def test_it_makes_way_for_its_own_address_however_that_is_entered(
    admin: Client, signed_in: Any, people: Any, fernhollow: Any
) -> None:
    choose(admin, "help@example.test", "imap")
    owner = signed_in(people.owner)
    assert choose(owner, "HELP@example.test", "pop3").status_code == 302
    assert only_mailbox(fernhollow).setup["card"] == "pop3"
    assert owner.post(f"{MAILBOXES}new/?card=imap", entered(then="later")).status_code == 302
    assert not only_mailbox(fernhollow).setup.get("entered")


def test_one_that_somebody_is_filling_in_is_gone_on_with(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/?card=fastmail", entered(then="later"))
    draft = only_mailbox(fernhollow)
    answer = choose(admin, "help@example.test", "imap")
    assert answer["Location"] == f"{MAILBOXES}{draft.pk}/setup/test/"
    assert "is being set up already" in admin.get(answer["Location"]).content.decode()
    assert only_mailbox(fernhollow).setup["card"] == "fastmail"


def test_two_that_are_filled_in_stay_two(admin: Client, fernhollow: Any) -> None:
    for address in ("a@acme.test", "b@acme.test"):
        second = choose(admin, address, "imap")["Location"]
        admin.post(second, entered(address=address, host="", then="later"))
    with organization_scope(fernhollow.id):
        assert set(Mailbox.objects.values_list("address", flat=True)) == {"a@acme.test", "b@acme.test"}


def test_an_address_that_is_a_mailbox_already_is_refused_in_place(admin: Client, fernhollow: Any) -> None:
    admin.post(f"{MAILBOXES}new/", entered())
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(is_draft=False, setup={})
    refused = choose(admin, "help@example.test", "imap")
    assert refused.status_code == 422
    assert "There is a mailbox with this address" in html.unescape(refused.content.decode())


def test_the_way_to_signing_in_instead_keeps_the_draft(admin: Client, fernhollow: Any) -> None:
    page = html.unescape(admin.get(choose(admin, "help@acme.test", "imap")["Location"]).content.decode())
    draft = only_mailbox(fernhollow)
    way = f"{MAILBOXES}new/microsoft/?draft={draft.pk}"
    assert f'href="{way}"' in page
    assert 'value="help@acme.test"' in admin.get(way).content.decode()
    app = {"client_id": "app-1", "client_secret": "s3cret", "cloud": "global"}
    admin.post(way, {"name": "Help", "address": "help@acme.test", "kind": "graph", **app})
    made = only_mailbox(fernhollow)
    assert (made.setup, made.connection.kind) == ({"card": "microsoft"}, ConnectionKind.GRAPH)
