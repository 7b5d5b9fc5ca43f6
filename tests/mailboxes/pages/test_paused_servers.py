"""Nothing leaves from a mailbox: its list and its page say so, also where the default outgoing server is meant."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutgoingServer
from tests.accounts.counting import queries_of
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.both]
SAID = "Nothing leaves through smtp.fernhollow.test."
WHY = "this mailbox has none of its own"


@pytest.fixture
def server(fernhollow: Any) -> OutgoingServer:
    """The default outgoing server, paused."""
    with organization_scope(fernhollow.id):
        return make_outgoing_server(host="smtp.fernhollow.test", is_default=True, paused_at=clock.now())


@pytest.fixture
def without(server: OutgoingServer, fernhollow: Any) -> Mailbox:
    """A mailbox without a server of its own."""
    with organization_scope(fernhollow.id):
        return make_mailbox()


@pytest.mark.parametrize("is_own_page", [False, True])
def test_a_mailbox_that_sends_through_the_paused_default_says_so(
    without: Mailbox, admin: Client, is_own_page: bool
) -> None:
    page = admin.get(f"{MAILBOXES}{without.pk}/" if is_own_page else MAILBOXES).content.decode()
    assert SAID in page
    assert WHY in page
    assert "/o/fernhollow/outbox/" in page


@pytest.mark.parametrize("is_own_page", [False, True])
def test_a_mailbox_whose_own_server_is_paused_says_so(
    server: OutgoingServer, admin: Client, fernhollow: Any, is_own_page: bool
) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox(server)
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/" if is_own_page else MAILBOXES).content.decode()
    assert SAID in page
    assert WHY not in page


@pytest.mark.parametrize("changes", [{"paused_at": None}, {"is_default": False}])
def test_no_other_servers_pause_is_told(without: Mailbox, admin: Client, fernhollow: Any, changes: Any) -> None:
    with organization_scope(fernhollow.id):
        OutgoingServer.objects.update(**changes)
    for address in ("", f"{without.pk}/"):
        assert "Nothing leaves" not in admin.get(MAILBOXES + address).content.decode()


def test_a_mailbox_with_a_server_that_works_or_paused_itself_says_nothing(
    server: OutgoingServer, admin: Client, fernhollow: Any
) -> None:
    with organization_scope(fernhollow.id):
        make_mailbox(make_outgoing_server())
        make_mailbox(is_enabled=False)
    assert "Nothing leaves" not in admin.get(MAILBOXES).content.decode()


def test_more_mailboxes_without_a_server_cost_no_more_queries(without: Mailbox, admin: Client, fernhollow: Any) -> None:
    few = queries_of(admin, MAILBOXES)
    with organization_scope(fernhollow.id):
        for _ in range(6):
            make_mailbox()
    assert queries_of(admin, MAILBOXES) == few
