"""Polling a real Dovecot over POP3: nothing twice, nothing removed before it is safe here, old mail left alone."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from helpdesk.lib import clock, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3 import TRAITS
from mailboxes.connectors.pop3_maildrop import OpenMaildrop
from mailboxes.models import BackFill, Health, Mailbox, Outcome, RemoteMessage
from mailboxes.services.reading import polling
from mailboxes.services.reading.back_fills import count_days, import_days
from mailboxes.services.setup.mailboxes import create_mailbox, update_mailbox
from tests.mailboxes.account import Account, mail

pytestmark = [pytest.mark.django_db, pytest.mark.servers]


def left(account: Any) -> list[bytes]:
    return [stored.raw for stored in account.server.folder_messages(account.user)]


def dated(number: int, *, days: float) -> bytes:
    """A mail that a server received so many days ago."""
    at = format_datetime(clock.now() - timedelta(days=days))
    return f"Received: from a by b; {at}\r\n".encode() + mail(number)


@pytest.mark.both
@pytest.mark.req("S4.4", "S2.23", "S1.17", "F48", "F49")
def test_each_mail_is_stored_once_byte_for_byte_and_stays_on_the_server(pop3_account: Any) -> None:
    pop3_account.connect()
    pop3_account.deliver(1)
    pop3_account.poll()
    pop3_account.deliver(2)
    counts = pop3_account.poll()
    assert (counts.stored, counts.failed, counts.errors) == (1, 0, [])
    assert pop3_account.poll().listed == 0
    assert [files.read(row.raw.storage_key) for row in pop3_account.sightings()] == [mail(1), mail(2)]
    assert left(pop3_account) == [mail(1), mail(2)]


@pytest.mark.req("F50")
def test_mail_that_leads_to_no_ticket_is_read_once_and_never_again(pop3_account: Any) -> None:
    pop3_account.connect()
    pop3_account.deliver(*range(50))
    assert pop3_account.poll().stored == 50
    with organization_scope(pop3_account.organization.id):
        RemoteMessage.objects.filter(mailbox_id=pop3_account.mailbox_id).update(outcome=Outcome.FAILED)
    counts = pop3_account.poll()
    assert (counts.listed, counts.stored, pop3_account.raw_count()) == (0, 0, 50)
    assert len(left(pop3_account)) == 50


@pytest.mark.req("S5.79", "F36")
def test_mail_that_is_marked_as_read_is_imported_all_the_same(pop3_account: Any) -> None:
    pop3_account.connect()
    pop3_account.deliver(1)
    with pop3_account.server.client(pop3_account.user) as client:
        client.select_folder("INBOX")
        client.add_flags(client.search(), [rb"\Seen"])
    assert pop3_account.poll().stored == 1


@pytest.mark.req("S1.34", "S2.6")
@pytest.mark.parametrize("is_looked_at", [True, False])
def test_mail_that_was_there_before_is_left_alone(pop3_account: Any, is_looked_at: bool) -> None:
    pop3_account.server.deliver(pop3_account.user, dated(1, days=1))
    pop3_account.connect(is_looked_at=is_looked_at)
    if not is_looked_at:
        pop3_account.poll()
    pop3_account.deliver(2)
    pop3_account.poll()
    assert [(row.outcome, row.message_id) for row in pop3_account.sightings() if row.raw] == [
        ("pending", "mail-2@example.org")
    ]


@pytest.mark.req("S1.34", "S1.36")
def test_the_start_date_is_told_by_the_headers_before_anything_is_downloaded(pop3_account: Any) -> None:
    for number, days in ((1, 9), (2, 3)):
        pop3_account.server.deliver(pop3_account.user, dated(number, days=days))
    pop3_account.connect(existing_mail="closed", start_at=clock.now() - timedelta(days=5))
    pop3_account.poll()
    assert [(row.outcome, row.reason_code) for row in pop3_account.sightings()] == [
        ("ignored", "before_start"),
        ("pending", ""),
    ]
    assert pop3_account.raw_count() == 1


@pytest.mark.req("S5.64", "F51", "S4.13")
def test_imported_mail_is_deleted_in_a_later_pass_and_nothing_else(pop3_account: Any) -> None:
    pop3_account.deliver(1)
    pop3_account.connect(after_import="delete")
    pop3_account.deliver(2)
    pop3_account.poll()
    assert left(pop3_account) == [mail(1), mail(2)]
    pop3_account.poll()
    assert left(pop3_account) == [mail(1)]
    assert [row.ack_state for row in pop3_account.sightings()] == ["none", "done"]
    assert pop3_account.poll().listed == 0


@pytest.mark.req("F48", "F33")
def test_a_deletion_that_is_not_confirmed_is_made_again_and_imports_nothing(
    pop3_account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(self: OpenMaildrop, names: Any) -> Any:
        self.drop()
        raise ConnectorError(Reason.CONNECTION_LOST, permanent=False)

    pop3_account.connect(after_import="delete")
    pop3_account.deliver(1)
    pop3_account.poll()
    with monkeypatch.context() as broken:
        broken.setattr(OpenMaildrop, "delete", lost)
        assert pop3_account.poll().errors
    assert (left(pop3_account), pop3_account.sightings()[0].ack_state) == ([mail(1)], "due")
    assert pop3_account.poll().stored == 0
    assert (left(pop3_account), pop3_account.raw_count()) == ([], 1)


@pytest.mark.req("F39", "F49")
def test_a_maildrop_that_names_its_mail_anew_brings_nothing_twice(pop3_account: Any) -> None:
    pop3_account.connect()
    pop3_account.deliver(1, 2)
    pop3_account.poll()
    pop3_account.server.reset_uidvalidity(pop3_account.user)
    pop3_account.deliver(3)
    pop3_account.poll()
    assert [row.outcome for row in pop3_account.sightings()] == ["pending"] * 2 + ["duplicate"] * 2 + ["pending"]
    assert pop3_account.raw_count() == 3


@pytest.mark.req("F23", "F26")
def test_of_a_mail_above_the_limit_the_headers_come(pop3_account: Any) -> None:
    pop3_account.connect(max_message_bytes=2000)
    pop3_account.deliver(1, body="x" * 5000)
    pop3_account.deliver(2)
    pop3_account.poll()
    large, small = pop3_account.sightings()
    assert (large.raw.is_header_only, small.raw.is_header_only) == (True, False)


def test_a_maildrop_in_use_is_waited_for_and_no_outage(pop3_account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def in_use(self: OpenMaildrop) -> None:
        raise ConnectorError(Reason.MAILDROP_IN_USE, permanent=False, detail="[IN-USE] locked")

    pop3_account.connect()
    pop3_account.deliver(1)
    with monkeypatch.context() as locked:
        locked.setattr(OpenMaildrop, "_look", in_use)
        pop3_account.poll()
    assert pop3_account.mailbox().health == Health.THROTTLED
    assert pop3_account.poll().stored == 1
    assert pop3_account.mailbox().health == Health.REACHABLE


def test_an_idle_poll_lists_nothing(pop3_account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pop3_account.connect(existing_mail="open")
    pop3_account.deliver(1)
    pop3_account.poll()
    pop3_account.poll()
    monkeypatch.setattr(OpenMaildrop, "size_bytes", None)
    assert pop3_account.poll().errors == []


@pytest.mark.req("F31")
def test_the_maildrop_is_not_held_for_longer_than_the_kind_says(
    pop3_account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[float] = []
    poll = polling._poll_and_record

    def noted(*arguments: Any, deadline: float, **options: Any) -> None:
        seen.append(deadline - clock.monotonic())
        poll(*arguments, deadline=deadline, **options)

    monkeypatch.setattr(polling, "_poll_and_record", noted)
    pop3_account.connect()
    pop3_account.poll()
    assert TRAITS.session_s is not None
    assert seen[0] <= TRAITS.session_s


@pytest.mark.req("S4.13")
@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"after_import": "seen"}, "after_import"),
        ({"after_import": "move", "after_import_folder": "Archive"}, "after_import"),
        ({"folder": "Support"}, "folder"),
    ],
)
def test_what_pop3_cannot_do_is_refused(pop3_account: Any, values: dict[str, Any], code: str) -> None:
    with organization_scope(pop3_account.organization.id), pytest.raises(DomainError) as refused:
        create_mailbox(pop3_account.entered(**values))
    assert refused.value.code == code
    assert "POP3" in refused.value.sentence


def test_no_copy_is_filed_where_there_is_no_sent_folder(pop3_account: Any, account: Any) -> None:
    assert not pop3_account.connect().sent_filing
    assert account.connect().sent_filing


@pytest.mark.req("F39", "S2.23")
def test_another_protocol_for_the_same_account_imports_nothing_again(account: Any, pop3_account: Any) -> None:
    account.deliver(1)
    account.connect(existing_mail="open")
    account.poll()
    _change(account, pop3_account)
    assert account.mailbox().source_generation == 2
    account.server.deliver(account.user, dated(2, days=-0.001))
    account.poll()
    assert account.raw_count() == 2
    assert not account.mailbox().sent_filing


def _change(account: Account, kind_of: Account) -> Mailbox:
    """The mailbox is read as the other account is."""
    other = Account(account.server, account.organization, user=account.user, kind=kind_of.kind)
    with organization_scope(account.organization.id):
        return update_mailbox(account.mailbox(), other.entered(existing_mail="open"))


@pytest.mark.both
def test_days_are_imported_again_by_the_dates_that_the_messages_tell(pop3_account: Any, people: Any) -> None:
    sent = format_datetime(clock.now() - timedelta(days=9)).encode()
    there = [dated(1, days=12), dated(2, days=3), mail(3), b"Date: " + sent + b"\r\n" + mail(4), dated(5, days=30)]
    for raw in there:
        pop3_account.server.deliver(pop3_account.user, raw)
    pop3_account.connect()
    pop3_account.poll()
    assert pop3_account.raw_count() == 0
    since, before = clock.now() - timedelta(days=15), clock.now() - timedelta(days=5)
    with organization_scope(pop3_account.organization.id):
        count_days(pop3_account.mailbox(), since=since, before=before, actor=people.admin)
    pop3_account.poll()
    with organization_scope(pop3_account.organization.id):
        wish = BackFill.objects.get()
        assert (wish.state, wish.listed, wish.missing, wish.undated) == ("counted", 2, 2, 1)
        import_days(pop3_account.mailbox(), actor=people.admin)
    counts = [pop3_account.poll().stored for _ in range(2)]
    brought = sorted((row.message_id, row.is_history) for row in pop3_account.sightings() if row.raw)
    assert (counts, brought) == ([2, 0], [("mail-1@example.org", True), ("mail-4@example.org", True)])
    assert left(pop3_account) == there


def test_the_page_says_what_pop3_cannot(pop3_account: Any, people: Any, client: Any) -> None:
    mailbox = pop3_account.connect()
    client.force_login(people.admin.user)
    shown = client.get(f"/o/fernhollow/mailboxes/{mailbox.pk}/back-fill/").content.decode()
    assert "only what still lies in the mailbox can be imported" in shown
