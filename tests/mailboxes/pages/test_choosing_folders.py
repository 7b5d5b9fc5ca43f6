"""The folders that a test of the wizard has found, to choose from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.setup.testing import ConnectionRun, run_of_draft
from tests.mailboxes.graph import microsoft_cloud
from tests.mailboxes.pages import test_microsoft
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox
from tests.servers.certificates import CertificateAuthority
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.req("F47", "S5.14")]
Draft = Callable[[], Mailbox]


def run_of(draft: Mailbox) -> ConnectionRun:
    """The draft's test at its end."""

    def done() -> ConnectionRun | None:
        run = run_of_draft(draft)
        return run if run is not None and run.is_done else None

    wait_until(done, what="the test")
    run = done()
    assert run is not None
    return run


def buttons_on(page: str) -> list[str]:
    return re.findall(r'<button name="folder" class="folders__name" value="([^"]*)"', page)


@pytest.fixture
def imap_draft(account: Any, admin: Client, fernhollow: Any) -> Draft:
    """A draft whose folder is not there, on a server that has two."""

    def make() -> Mailbox:
        account.deliver(1, folder="Orders")
        values = entered(host="localhost", port=account.server.imaps_port, username=account.user, folder="Nowhere")
        admin.post(f"{MAILBOXES}new/", values | {"smtp_host": "", "then": ""})
        return only_mailbox(fernhollow)

    return make


@pytest.fixture
def graph_draft(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    admin: Client,
    fernhollow: Any,
) -> Iterator[Draft]:
    """The same of Microsoft 365."""
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as microsoft:

        def make() -> Mailbox:
            microsoft.graph.mailbox(test_microsoft.ADDRESS).make("INBOX/Orders")
            admin.post(test_microsoft.NEW, test_microsoft.entered(microsoft, folder="Nowhere"))
            return only_mailbox(fernhollow)

        yield make


@pytest.mark.parametrize(("kind", "folder"), [("imap_draft", "Orders"), ("graph_draft", "INBOX/Orders")])
def test_a_folder_that_was_found_is_chosen_and_tested(
    request: pytest.FixtureRequest, admin: Client, fernhollow: Any, kind: str, folder: str
) -> None:
    draft: Mailbox = request.getfixturevalue(kind)()
    run = run_of(draft)
    page = admin.get(f"{MAILBOXES}{draft.pk}/setup/test/").content.decode()
    assert {"INBOX", folder} <= set(buttons_on(page))
    assert '<a href="#found-folders">Pick one of the folders found</a>' in page
    part = admin.get(f"{MAILBOXES}test/{run.run_id}/", headers={"HX-Request": "true"}).content.decode()
    assert buttons_on(part) == buttons_on(page)
    assert 'id="folders"' not in part
    fields = admin.get(f"{MAILBOXES}{draft.pk}/").content.decode()
    assert f'<option value="{folder}">' in fields.partition('<datalist id="folders">')[2].partition("</datalist>")[0]

    chosen = admin.post(f"{MAILBOXES}{draft.pk}/setup/folder/", {"folder": folder})
    assert chosen.headers["Location"] == f"{MAILBOXES}{draft.pk}/setup/test/"
    draft = only_mailbox(fernhollow)
    again = run_of(draft)
    assert (draft.folder, draft.is_draft, again.folder, again.failed) == (folder, True, folder, None)
    assert again.run_id != run.run_id
    assert 'aria-current="true"' in admin.get(chosen.headers["Location"]).content.decode()
    with organization_scope(fernhollow.id):
        assert "folder" in AuditEntry.objects.filter(action="mailbox.changed").get().changes


def test_what_was_not_found_is_not_taken(admin: Client, imap_draft: Draft, fernhollow: Any) -> None:
    draft = imap_draft()
    run_of(draft)
    page = admin.post(f"{MAILBOXES}{draft.pk}/setup/folder/", {"folder": "Elsewhere"}, follow=True).content.decode()
    assert "not among those that were found" in page
    assert only_mailbox(fernhollow).folder == "Nowhere"
