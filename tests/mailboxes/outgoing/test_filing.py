"""The Sent folder of a real Dovecot: our copy, once; and the proof it can give."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connections
from django_scopes import scope

from helpdesk.lib import clock, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.postgresql.base import DatabaseWrapper
from helpdesk.tenancy.secrets import seal_for
from helpdesk.tenancy.state import current_organization_id
from mailboxes.connectors.base import FolderInfo
from mailboxes.connectors.imap_client import ImapClient
from mailboxes.models import (
    Connection,
    DeliveryState,
    FilingState,
    OutboxMessage,
    OutboxRecipient,
    OutgoingServer,
    SecurityChoice,
)
from mailboxes.outbox_words import filing_words
from mailboxes.services.reading.sessions import SESSIONS_PER_ACCOUNT, visiting_place
from mailboxes.services.sending import filing
from mailboxes.services.sending.outgoing_servers import files_sent_itself
from tests.factories.outgoing import make_mailbox, queue_mail

pytestmark = [pytest.mark.django_db, pytest.mark.servers, pytest.mark.both]
ANNA, BO = "anna@customer.test", "bo@customer.test"
PASSWORD = "mail pass word"
Deliver = Callable[[], int]
_numbers = count(1)


@pytest.fixture
def office(outgoing_server: Any, smtp_server: Any, dovecot: Any, settings: Any) -> SimpleNamespace:
    """A mailbox that sends by `smtp_server` and has its folders on `dovecot`."""
    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port, dovecot.imaps_port})
    settings.MAIL_CA_FILE = str(dovecot.ca_path)
    user = f"filing{next(_numbers)}"
    dovecot.add_user(user, PASSWORD)
    connection = Connection(host="localhost", port=dovecot.imaps_port, security=SecurityChoice.TLS, username=user)
    connection.claim_organization()
    connection.password_sealed = seal_for(connection, "password_sealed", PASSWORD)
    connection.save()
    mailbox = make_mailbox(outgoing_server, connection=connection)
    return SimpleNamespace(
        mailbox=mailbox,
        server=outgoing_server,
        sent=lambda: [m.raw for m in dovecot.folder_messages(user, "Sent")],
        put=lambda raw: dovecot.deliver(user, raw, folder="Sent"),
    )


def attend() -> int:
    with scope(organization=None):  # as in a worker: what forgets to open the organization fails
        handled = drains.drain_now(WorkKind.FILE_SENT)
    if isinstance(wrapper := connections["default"], DatabaseWrapper):
        wrapper.name_organization(current_organization_id())  # the test's own transaction goes on
    return handled


@pytest.mark.req("F108", "F66")
def test_what_was_sent_is_filed_in_sent_once(office: Any, deliver_all: Deliver) -> None:
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    attend()
    outbox.refresh_from_db()
    assert office.sent() == [files.read(outbox.storage_key)]
    assert (outbox.filing, outbox.filed_in, outbox.state) == ("done", "Sent", "sent")
    assert not WorkItem.objects.exists()


def test_a_copy_that_is_there_already_is_not_filed_again(office: Any, deliver_all: Deliver) -> None:
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    office.put(files.read(outbox.storage_key))
    attend()
    outbox.refresh_from_db()
    assert (len(office.sent()), outbox.filing, outbox.filed_in) == (1, FilingState.DONE, "Sent")


@pytest.mark.req("F108")
def test_nothing_is_filed_where_the_provider_does_it(office: Any, deliver_all: Deliver) -> None:
    office.mailbox.sent_filing = False
    office.mailbox.save()
    queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    assert (attend(), office.sent()) == (0, [])


@pytest.mark.parametrize(
    ("host", "by_itself"),
    [("smtp.gmail.com", True), ("SMTP.Office365.com", True), ("mail.fernhollow.test", False)],
)
def test_providers_that_file_by_themselves_are_known(host: str, by_itself: bool) -> None:
    assert files_sent_itself(OutgoingServer(host=host)) == by_itself


def test_exchange_files_what_it_sends_itself() -> None:
    assert files_sent_itself(OutgoingServer(kind="graph"))


@pytest.mark.req("F108")
def test_a_failure_to_file_is_a_warning_and_tried_again(office: Any, deliver_all: Deliver, dovecot: Any) -> None:
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    dovecot.kill()
    attend()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.filing) == ("sent", FilingState.FAILED)
    assert outbox.filing_reason == "unreachable"
    dovecot.start()
    with clock.held_at(clock.now() + timedelta(minutes=2)):
        attend()
    outbox.refresh_from_db()
    assert (len(office.sent()), outbox.filing, outbox.filing_reason) == (1, "done", "")


@pytest.mark.req("F108")
def test_without_a_folder_for_sent_mail_the_warning_says_so_and_the_mail_is_sent(
    office: Any, deliver_all: Deliver, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    monkeypatch.setattr(ImapClient, "folders", lambda _client: [FolderInfo(name="INBOX", delimiter="/")])
    attend()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.filing, outbox.filing_reason) == ("sent", FilingState.FAILED, "folder_not_found")
    assert str(filing_words(outbox.filing_reason)) == "The account has no folder for sent mail that can be found."
    assert not WorkItem.objects.exists()


@pytest.mark.req("F106")
def test_an_unknown_mail_found_in_sent_was_sent(office: Any, deliver_all: Deliver, smtp_server: Any) -> None:
    smtp_server.behave(drop="end_kept")
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    office.put(files.read(outbox.storage_key))
    with clock.held_at(clock.now() + timedelta(minutes=1)):
        attend()
    outbox.refresh_from_db()
    assert (outbox.state, outbox.filing, len(office.sent())) == ("sent", "done", 1)


@pytest.mark.req("F106")
def test_absence_from_sent_proves_nothing(office: Any, deliver_all: Deliver, smtp_server: Any) -> None:
    smtp_server.behave(drop="end_kept")
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    moment = clock.now()
    for _look in range(10):
        moment += timedelta(hours=3)
        with clock.held_at(moment):
            attend()
    outbox.refresh_from_db()
    assert (outbox.state, office.sent(), len(smtp_server.received)) == ("unknown", [], 1)
    assert not WorkItem.objects.exists()


def test_a_copy_of_an_earlier_success_proves_nothing_for_a_later_attempt(
    office: Any, deliver_all: Deliver, smtp_server: Any
) -> None:
    smtp_server.behave(recipient_answers={BO: "450 4.2.1 busy"})
    outbox = queue_mail(office.server, mailbox=office.mailbox, to=[ANNA, BO])
    deliver_all()
    attend()
    smtp_server.behave(recipient_answers={}, drop="end_kept")
    with clock.held_at(clock.now() + timedelta(minutes=2)):
        deliver_all()
        attend()
    assert OutboxRecipient.objects.get(address=BO).state == DeliveryState.UNKNOWN
    assert OutboxMessage.objects.get(id=outbox.id).state == DeliveryState.UNKNOWN


@pytest.mark.req("F68", "F108")
def test_where_the_account_bears_no_session_more_the_copy_waits_seconds_and_loses_no_try(
    office: Any, deliver_all: Deliver
) -> None:
    outbox = queue_mail(office.server, mailbox=office.mailbox)
    deliver_all()
    with ExitStack() as places:
        for _ in range(SESSIONS_PER_ACCOUNT):
            assert places.enter_context(visiting_place(office.mailbox, timeout_s=60))
        attend()
    item = WorkItem.objects.get(kind=WorkKind.FILE_SENT)
    assert (item.attempts, office.sent()) == (0, [])
    assert timedelta() < item.due_at - clock.now() <= timedelta(seconds=filing.BUSY_S[1])
    WorkItem.objects.filter(kind=WorkKind.FILE_SENT).update(due_at=clock.now())
    attend()
    assert office.sent() == [files.read(outbox.storage_key)]
