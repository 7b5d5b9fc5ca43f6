"""The page of incoming mail: it shows and saves the choices, and the log leads to it."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.spam_daemon.values import Daemon, Kind
from helpdesk.tenancy.scope import organization_scope
from tests.access_filters import INCOMING_DATA
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Copies, Quotes
from ticketing.services.mail_policy import MailPolicyInput, mail_policy

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.65")]

PAGE = "/o/fernhollow/incoming-mail/"


def test_what_is_chosen_is_saved_and_shown(fernhollow: Any, signed_in: Any, people: Any) -> None:
    admin = signed_in(people.admin)
    assert admin.post(PAGE, INCOMING_DATA).status_code == 302
    with organization_scope(fernhollow.id):
        assert mail_policy() == MailPolicyInput(7, Copies.APART, Quotes.DROP, asks_above=True, version=1)
    page = admin.get(PAGE).content.decode()
    assert 'value="7" selected' in page
    assert 'value="drop" selected' in page
    assert admin.post(PAGE, INCOMING_DATA | {"repeat_days": "5"}).status_code == 422
    assert admin.post(PAGE, INCOMING_DATA).status_code == 422  # of an outdated page


def test_the_log_leads_from_a_duplicate_to_the_setting(fernhollow: Any, signed_in: Any, people: Any) -> None:
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox()
        mail = make_mail(message_id="twice@x.test")
        _first, again = receive(mailbox, mail, b"Received: again\r\n" + mail)
    page = signed_in(people.admin).get(f"/o/fernhollow/inbound-log/{again.pk}/").content.decode()
    assert f'href="{PAGE}#repeats"' in page


@pytest.mark.req("S3.15")
def test_the_installations_filter_is_switched_off_for_all_where_there_is_one(
    fernhollow: Any, signed_in: Any, people: Any, settings: Any
) -> None:
    admin = signed_in(people.admin)
    assert "asks_spam_daemon" not in admin.get(PAGE).content.decode()
    settings.SPAM_DAEMON = Daemon(Kind.SPAMASSASSIN, "127.0.0.1", 9)
    assert "Ask SpamAssassin about new mail" in admin.get(PAGE).content.decode()
    admin.post(PAGE, INCOMING_DATA)
    settings.SPAM_DAEMON = None
    admin.post(PAGE, INCOMING_DATA | {"version": "1"})  # says nothing of it
    with organization_scope(fernhollow.id):
        assert (mail_policy().asks_spam_daemon, mail_policy().version) == (False, 2)
