"""The end-to-end test on the pages: begun, followed by whoever looks, and kept."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import EndToEndTest, Mailbox
from tests.factories.incoming import receive
from tests.factories.mailboxes import make_mailbox
from tests.factories.outgoing import make_outgoing_server
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.req("S1.40", "S3.11", "S4.50")]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def mailbox(people: Any, smtp_server: Any, settings: Any) -> Mailbox:
    from ipaddress import ip_network

    settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"),)
    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port})
    settings.MAIL_ALLOW_CLEARTEXT = True
    mailbox = make_mailbox(people.admin.organization)
    with organization_scope(mailbox.organization_id):
        Mailbox.objects.update(outgoing=make_outgoing_server(smtp_server.port))
    return mailbox


def page_of(mailbox: Mailbox, rest: str = "end-to-end/") -> str:
    return f"{MAILBOXES}{mailbox.pk}/{rest}"


def test_it_begins_with_a_button_and_is_followed_by_everybody_who_looks(
    admin: Client, people: Any, mailbox: Mailbox, smtp_server: Any
) -> None:
    assert "Test email receipt" in admin.get(page_of(mailbox, "connected/")).content.decode()
    assert admin.post(page_of(mailbox)).headers["Location"] == page_of(mailbox)
    second = Client()
    second.force_login(people.owner.user)
    page = second.get(page_of(mailbox)).content.decode()
    assert "The test is on its way" in page
    assert f"Started by {people.admin}" in page
    [look] = re.findall(r'hx-get="([^"]+)"', page)
    assert second.get(look, headers=HTMX).status_code == 204
    drains.drain_now(WorkKind.DELIVER)
    assert 'data-state="run"' in second.get(look, headers=HTMX).content.decode()
    with organization_scope(mailbox.organization_id):
        receive(mailbox, smtp_server.received[0].raw)
    done = second.get(look, headers=HTMX).content.decode()
    assert "Mail arrives and opens tickets" in done
    assert "hx-get" not in done
    health = admin.get(page_of(mailbox, "health/")).content.decode()
    assert "Last end-to-end test" in health
    assert "Mail arrives and opens tickets" in health


def test_the_part_answers_with_the_part(admin: Client, mailbox: Mailbox) -> None:
    answer = admin.post(page_of(mailbox), headers=HTMX).content.decode()
    assert answer.lstrip().startswith("<section")
    assert "The test is on its way" in answer


def test_without_an_outgoing_server_the_line_to_send_stands_there(admin: Client, people: Any) -> None:
    mailbox = make_mailbox(people.admin.organization)
    page = admin.get(page_of(mailbox)).content.decode()
    assert "There is no outgoing server" in page
    page = admin.post(page_of(mailbox), {"way": "hand"}, follow=True).content.decode()
    with organization_scope(mailbox.organization_id):
        assert EndToEndTest.objects.get().text in page
    assert mailbox.address in page


def test_a_paused_mailbox_says_so_instead_of_a_button(admin: Client, mailbox: Mailbox) -> None:
    with organization_scope(mailbox.organization_id):
        Mailbox.objects.update(is_enabled=False)
    page = admin.get(page_of(mailbox)).content.decode()
    assert "The mailbox is paused" in page
    assert "Test email receipt" not in page
    assert admin.post(page_of(mailbox)).status_code == 422
