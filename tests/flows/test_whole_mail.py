"""A mail above the mailbox's limit, from its headers to the whole message in the same place of the same ticket."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutboxMessage, RawMessage, RemoteMessage, WholeFetch
from mailboxes.services.reading.whole_requests import CannotFetchWhole, ask_for_whole
from mailboxes.services.setup.mailboxes import delete_mailbox, pause_mailbox, update_mailbox
from tests.factories.incoming import make_mail, process_due
from ticketing.models import Attachment, Message, SearchDocument, Status, Ticket, TicketEvent

pytestmark = [pytest.mark.django_db, pytest.mark.servers, pytest.mark.both, pytest.mark.req("F25", "F26")]
LIMIT = 20_000
SCAN = b"%PDF-1.7 " + b"0123456789abcdef" * 4000


@pytest.fixture
def large(account: Any) -> Any:
    """An account whose mailbox has taken the headers of a large mail, and answers to a ticket of them."""
    account.connect(max_message_bytes=LIMIT)
    content = make_mail(
        subject="Huge scan",
        text="Here is the zanzibar scan.\n\n-- \nAnna\n",
        message_id="huge@customer.test",
        files=[("scan.pdf", SCAN)],
    )
    account.content = content
    account.server.deliver(account.user, content)
    bring_in(account)
    return account


def bring_in(account: Any) -> None:
    """One poll, and what it brought has its verdict."""
    account.poll()
    process_due()


def ask(account: Any, people: Any) -> bool:
    with organization_scope(account.organization.id):
        return ask_for_whole(RawMessage.objects.get(is_header_only=True), actor=people.admin)


def wish(account: Any) -> WholeFetch:
    with organization_scope(account.organization.id):
        found: WholeFetch = WholeFetch.objects.get()
        return found


def test_the_message_is_completed_where_it_stands(large: Any, people: Any) -> None:
    with organization_scope(large.organization.id):
        before = Message.objects.get()
        Ticket.objects.update(status=Status.SOLVED, needs_reply=False)
    assert ask(large, people)
    bring_in(large)
    with organization_scope(large.organization.id):
        message, ticket, raw = Message.objects.get(), Ticket.objects.get(), RawMessage.objects.get(is_header_only=False)
        assert (message.pk, message.position, message.raw_id) == (before.pk, before.position, raw.pk)
        assert "zanzibar" in message.text
        assert message.reply_text.strip() == "Here is the zanzibar scan."
        assert [(file.filename, file.blob.size_bytes) for file in message.attachments.all()] == [
            ("scan.pdf", len(SCAN))
        ]
        assert (ticket.status, ticket.needs_reply, ticket.message_count) == (Status.SOLVED, False, 1)
        assert ticket.snippet == "Here is the zanzibar scan."
        assert "zanzibar" in SearchDocument.objects.get().body
        assert files.read(raw.storage_key) == large.content
        assert OutboxMessage.objects.count() == 0


def test_history_log_and_ledger_say_who_and_why(large: Any, people: Any) -> None:
    from helpdesk.accounts.models import AuditEntry

    ask(large, people)
    bring_in(large)
    with organization_scope(large.organization.id):
        event = TicketEvent.objects.order_by("-position").first()
        [sighting] = RemoteMessage.objects.select_related("raw")
        [entry] = AuditEntry.objects.filter(action="mail.whole_requested")
        assert (event.kind, event.actor_id) == ("message_completed", people.admin.pk)
        assert Ticket.objects.get().last_position == event.position
        assert (sighting.outcome, sighting.reason_code) == ("created", "completed")
        assert (sighting.raw.is_header_only, sighting.ticket_id) == (False, Ticket.objects.get().pk)
        assert (entry.actor_id, entry.changes["size_bytes"]) == (people.admin.pk, [None, len(large.content)])


def test_the_header_bytes_go_once_the_message_is_whole(large: Any, people: Any) -> None:
    with organization_scope(large.organization.id):
        key = RawMessage.objects.get().storage_key
    ask(large, people)
    large.poll()
    large.poll()
    assert files.read(key)
    process_due()
    large.poll()
    with pytest.raises(FileNotFoundError):
        files.read(key)
    assert wish(large).state == "done"


def test_asking_again_and_polling_again_changes_nothing(large: Any, people: Any) -> None:
    assert [ask(large, people) for _ in range(2)] == [True, False]
    bring_in(large)
    bring_in(large)
    assert ask(large, people) is False
    bring_in(large)
    with organization_scope(large.organization.id):
        assert (Message.objects.count(), RawMessage.objects.count(), Attachment.objects.count()) == (1, 2, 1)
        assert TicketEvent.objects.filter(kind="message_completed").count() == 1
    assert not WorkItem.objects.filter(kind=WorkKind.PROCESS).exists()


def test_a_message_deleted_on_the_server_is_said_to_be_gone(large: Any, people: Any) -> None:
    ask(large, people)
    with large.server.client(large.user) as client:
        client.select_folder("INBOX")
        client.delete_messages([1])
        client.expunge([1])
    bring_in(large)
    assert (wish(large).state, wish(large).reason_code) == ("failed", "message_gone")


def test_a_message_that_is_back_in_the_folder_can_be_fetched(large: Any, people: Any) -> None:
    with large.server.client(large.user) as client:
        client.create_folder("Elsewhere")
        client.select_folder("INBOX")
        client.move([1], "Elsewhere")
    ask(large, people)
    bring_in(large)
    with large.server.client(large.user) as client:
        client.select_folder("Elsewhere")
        client.move([1], "INBOX")
    bring_in(large)
    assert ask(large, people)
    bring_in(large)
    with organization_scope(large.organization.id):
        assert "zanzibar" in Message.objects.get().text


@pytest.mark.req("F39")
def test_a_folder_numbered_anew_is_no_hindrance(large: Any, people: Any) -> None:
    ask(large, people)
    large.server.reset_uidvalidity(large.user)
    bring_in(large)
    with organization_scope(large.organization.id):
        assert "zanzibar" in Message.objects.get().text
        assert RemoteMessage.objects.filter(raw__is_header_only=True).count() == 0


@pytest.mark.req("F39")
def test_a_folder_numbered_anew_later_doubles_nothing(large: Any, people: Any) -> None:
    ask(large, people)
    bring_in(large)
    large.server.reset_uidvalidity(large.user)
    bring_in(large)
    with organization_scope(large.organization.id):
        assert (Message.objects.count(), RawMessage.objects.count()) == (1, 2)
        assert RemoteMessage.objects.filter(outcome="pending").count() == 0


def test_a_deleted_mailbox_is_said_and_refuses(large: Any, people: Any) -> None:
    ask(large, people)
    with organization_scope(large.organization.id):
        delete_mailbox(large.mailbox())
    assert (wish(large).state, wish(large).reason_code) == ("failed", "mailbox_deleted")
    with pytest.raises(CannotFetchWhole, match="deleted"):
        ask(large, people)


def test_a_paused_mailbox_refuses_with_what_to_do(large: Any, people: Any) -> None:
    with organization_scope(large.organization.id):
        pause_mailbox(large.mailbox())
    with pytest.raises(CannotFetchWhole, match="Resume it"):
        ask(large, people)


def test_a_mailbox_pointed_elsewhere_is_said_and_refuses(large: Any, people: Any) -> None:
    ask(large, people)
    large.server.add_user(f"{large.user}-other", "mail pass word")
    with organization_scope(large.organization.id):
        update_mailbox(large.mailbox(), large.entered(username=f"{large.user}-other"))
    assert (wish(large).state, wish(large).reason_code) == ("failed", "repointed")
    with pytest.raises(CannotFetchWhole, match="another account"):
        ask(large, people)


@pytest.mark.parametrize("action", ["delete", "move"])
def test_nothing_takes_a_message_away_of_which_the_headers_alone_are_here(
    account: Any, people: Any, action: str
) -> None:
    account.deliver(1, folder="Archive")
    account.connect(max_message_bytes=LIMIT, after_import=action, after_import_folder="Archive")
    account.deliver(2, body="x" * 2 * LIMIT)
    for _ in range(3):
        bring_in(account)
    assert len(account.server.folder_messages(account.user)) == 1
    ask(account, people)
    for _ in range(3):
        bring_in(account)
    assert account.server.folder_messages(account.user) == []
    with organization_scope(account.organization.id):
        assert "xxxx" in Message.objects.get().text


def test_an_answer_that_was_too_large_is_completed_in_its_ticket(large: Any, people: Any) -> None:
    answer = make_mail(answers="huge@customer.test", text="The second part.\n", files=[("part.bin", SCAN)])
    large.server.deliver(large.user, answer)
    bring_in(large)
    with organization_scope(large.organization.id):
        later = Message.objects.order_by("-position").first()
        ask_for_whole(later.raw, actor=people.admin)
    bring_in(large)
    with organization_scope(large.organization.id):
        first, second = Message.objects.order_by("position")
        assert (first.text, second.reply_text.strip(), second.pk) == ("", "The second part.", later.pk)
        assert [row.outcome for row in RemoteMessage.objects.order_by("id")] == ["created", "added"]
        assert Ticket.objects.get().snippet == "The second part."


def test_a_large_mail_that_was_ignored_is_fetched_without_making_a_message(account: Any, people: Any) -> None:
    account.connect(max_message_bytes=LIMIT)
    vacation = make_mail(headers=[("Auto-Submitted", "auto-replied")], files=[("a.bin", SCAN)])
    account.server.deliver(account.user, vacation)
    bring_in(account)
    ask(account, people)
    bring_in(account)
    with organization_scope(account.organization.id):
        [sighting] = RemoteMessage.objects.select_related("raw")
        assert (sighting.outcome, sighting.reason_code, sighting.raw.is_header_only) == ("ignored", "auto_reply", False)
        assert Message.objects.count() == 0


def test_whoever_asks_second_at_the_same_moment_changes_nothing(large: Any, people: Any) -> None:
    ask(large, people)
    with organization_scope(large.organization.id):
        raw = RawMessage.objects.get()
        assert ask_for_whole(raw, actor=people.owner) is False
        assert WholeFetch.objects.get().requested_by_id == people.admin.pk


@pytest.mark.req("F39")
def test_without_a_message_id_a_folder_numbered_anew_doubles_nothing(account: Any, people: Any) -> None:
    account.connect(max_message_bytes=LIMIT)
    account.server.deliver(account.user, make_mail(message_id=None, files=[("scan.pdf", SCAN)]))
    bring_in(account)
    ask(account, people)
    bring_in(account)
    account.server.reset_uidvalidity(account.user)
    bring_in(account)
    with organization_scope(account.organization.id):
        assert (Message.objects.count(), RawMessage.objects.count()) == (1, 2)
        assert RemoteMessage.objects.filter(outcome="pending").count() == 0


@pytest.mark.req("F34")
def test_with_a_higher_limit_a_mail_that_is_delivered_again_completes_its_message(large: Any, people: Any) -> None:
    ask(large, people)
    with organization_scope(large.organization.id):
        Mailbox.objects.update(max_message_bytes=10 * len(large.content))
        WholeFetch.objects.update(state="failed", reason_code="message_gone")
    large.server.deliver(large.user, large.content)
    for _ in range(3):
        bring_in(large)
    with organization_scope(large.organization.id):
        assert "zanzibar" in Message.objects.get().text
        assert [row.outcome for row in RemoteMessage.objects.order_by("id")] == ["created", "duplicate"]
        assert RawMessage.objects.get(is_header_only=True).storage_key == ""
    assert wish(large).state == "done"


@pytest.mark.req("F39")
@pytest.mark.parametrize("message_id", ["huge@customer.test", None])
def test_with_a_higher_limit_a_folder_numbered_anew_opens_no_second_ticket(
    account: Any, people: Any, message_id: str | None
) -> None:
    account.connect(max_message_bytes=LIMIT)
    account.server.deliver(account.user, make_mail(message_id=message_id, files=[("scan.pdf", SCAN)]))
    bring_in(account)
    with organization_scope(account.organization.id):
        Mailbox.objects.update(max_message_bytes=1_000_000)
    account.server.reset_uidvalidity(account.user)
    bring_in(account)
    with organization_scope(account.organization.id):
        assert (Message.objects.count(), Ticket.objects.count()) == (1, 1)
        assert RemoteMessage.objects.filter(outcome="pending").count() == 0
