"""Looking into the folder for spam of a mailbox: beside the page, one at a time, within the places and waits of all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.junk import JunkQuery
from mailboxes.models import Connection, ConnectionKind, Mailbox
from mailboxes.services.reading import junk_looks, places
from mailboxes.services.reading.junk_looks import JunkLook, look_into_junk
from mailboxes.services.reading.sessions import seats_of
from tests.mailboxes.account import Account
from tests.servers.waiting import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache"), pytest.mark.req("S4.64")]
AMARA = "amara@larkmoor.example"


def asked(sender: str = AMARA) -> JunkQuery:
    return JunkQuery(sender, since=clock.now() - timedelta(days=1), before=clock.now() + timedelta(days=1))


@pytest.fixture
def mailbox(account: Account) -> Iterator[Mailbox]:
    """Of an account on Dovecot, in whose folder for spam lies one mail."""
    account.server.deliver(account.user, f"From: {AMARA}\r\nSubject: My order\r\n\r\nx\r\n".encode(), folder="Junk")
    made = account.connect()
    with organization_scope(account.organization.id):
        yield Mailbox.objects.select_related("connection").get(pk=made.pk)


def looked(mailbox: Mailbox, query: JunkQuery) -> JunkLook:
    """The look once it is over."""
    wait_until(lambda: not look_into_junk(mailbox, query).is_running, what="the look")
    return look_into_junk(mailbox, query)


@pytest.mark.servers
def test_what_lies_there_is_told_and_left_unread(mailbox: Mailbox, account: Account) -> None:
    query = asked()
    assert look_into_junk(mailbox, query).is_running
    found = looked(mailbox, query).found
    assert found is not None
    assert (found.folder, [mail.subject for mail in found.mails]) == ("Junk", ["My order"])
    [stored] = account.server.folder_messages(account.user, "Junk")
    assert "\\Seen" not in stored.flags


@pytest.mark.servers
def test_without_a_free_place_at_the_account_nobody_is_asked(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(junk_looks, "WAIT_S", 0.0)
    seats = seats_of(mailbox)
    for _ in range(seats.count):
        assert places.take_place(seats.name, count=seats.count, timeout_s=60, is_first_best=True)
    assert looked(mailbox, asked()).reason == Reason.NO_PLACE


def test_who_asks_to_wait_is_not_asked_again(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    Connection.objects.filter(pk=mailbox.connection_id).update(kind=ConnectionKind.EWS)
    mailbox.connection.refresh_from_db()
    calls: list[str] = []

    class Busy:
        def find_in_junk(self, query: JunkQuery) -> Any:
            calls.append(query.sender)
            raise ConnectorError(Reason.THROTTLED, permanent=False, retry_after_s=60, is_shared=True)

    monkeypatch.setattr(junk_looks, "hurried_source_of", lambda _mailbox: Busy())
    assert looked(mailbox, asked()).reason == Reason.THROTTLED
    assert look_into_junk(mailbox, asked("other@larkmoor.example")).reason == Reason.THROTTLED
    assert calls == [AMARA]
