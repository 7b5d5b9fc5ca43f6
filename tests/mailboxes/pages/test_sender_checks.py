"""The test sends on the pages: a button for each address, and what is known where the From address is entered."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import SenderCheck
from mailboxes.services.setup.mailbox_inputs import OutgoingInput
from tests.factories.mailboxes import make_mailbox
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.28")]


@pytest.fixture
def mailbox(people: Any) -> Any:
    outgoing = OutgoingInput("smtp.example.test", 587, "starttls")  # type: ignore[arg-type]  # its value
    return make_mailbox(people.admin.organization, outgoing=outgoing, aliases=("shop@example.test",))


def test_a_test_mail_is_sent_from_the_page_of_health(admin: Client, mailbox: Any) -> None:
    health = f"{MAILBOXES}{mailbox.pk}/health/"
    page = admin.get(health).content.decode()
    assert "Not verified" in page
    assert "shop@example.test" in page
    answer = admin.post(f"{MAILBOXES}{mailbox.pk}/sender-check/", {"address": "shop@example.test"})
    assert answer.headers["Location"] == f"{health}#senders"
    assert "The test mail is on its way out" in admin.get(health).content.decode()
    with organization_scope(mailbox.organization_id):
        assert SenderCheck.objects.get().address == "shop@example.test"


def test_an_address_of_nobody_is_refused_in_words(admin: Client, mailbox: Any) -> None:
    health = f"{MAILBOXES}{mailbox.pk}/health/"
    admin.post(f"{MAILBOXES}{mailbox.pk}/sender-check/", {"address": "eve@example.test"})
    assert "not an address of the mailbox" in admin.get(health).content.decode()
    with organization_scope(mailbox.organization_id):
        assert not SenderCheck.objects.exists()


def test_the_form_says_what_is_known(admin: Client, mailbox: Any) -> None:
    page = admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
    assert f"{mailbox.address}</bdi>: not verified." in page
