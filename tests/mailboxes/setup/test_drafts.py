"""A draft is no mailbox yet: nothing of it is read, taken or sent, and it ends in one clear state."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, ConnectionKind, Health, Mailbox
from mailboxes.queries.mailbox_list import mailbox_states
from mailboxes.queries.outgoing import address_to_try, named_server_rows
from mailboxes.services.push.push_addresses import find_by_address, find_by_token, forwarding_address
from mailboxes.services.reading.foreground import NoSuchMailbox, poll_now
from mailboxes.services.sending.outgoing_servers import mailboxes_through
from mailboxes.services.sending.primary import make_primary
from mailboxes.services.setup import drafts
from mailboxes.services.setup.mailbox_inputs import NO_SERVER
from mailboxes.services.setup.mailboxes import create_mailbox, pause_mailbox, resume_mailbox
from tests.factories.mailboxes import mailbox_input, make_mailbox
from tests.factories.outgoing import make_outgoing_server
from ticketing.inbound.lookups import own_addresses
from ticketing.outbound import recipients
from ticketing.queries.log_page import mailbox_names
from ticketing.queries.missing_mail import places_to_look

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S5.7")]
YEAR = timedelta(days=365)


@pytest.fixture
def draft(people: Any) -> Iterator[Mailbox]:
    """A draft, inside the scope of its organization."""
    made = make_mailbox(people.admin.organization, is_draft=True, is_real_time=True, address="draft@example.test")
    with organization_scope(people.admin.organization_id):
        yield made


def poll_is_due_at(mailbox: Mailbox) -> Any:
    return WorkItem.objects.get(kind=WorkKind.POLL, row_id=mailbox.pk).due_at


def test_nothing_of_it_is_due_or_listened_to(draft: Mailbox) -> None:
    assert poll_is_due_at(draft) > clock.now() + YEAR
    assert not WorkItem.objects.filter(kind=WorkKind.WATCH).exists()
    assert not draft.is_enabled


def test_it_counts_nowhere_as_a_mailbox(draft: Mailbox) -> None:
    assert "draft@example.test" not in own_addresses() | recipients.own_addresses()
    assert address_to_try(None) == ""
    assert mailbox_names() == []
    assert "paused" not in {place.code for place in places_to_look(draft.organization)}
    [state] = mailbox_states()
    assert (state.health, state.next_try_at, list(state.ends)) == ("Not finished", None, [])


def test_only_what_was_entered_is_sent_through_the_default_server(draft: Mailbox) -> None:
    server = make_outgoing_server(name="Relay", is_default=True)
    drafts.keep_stub(drafts.Stub("imap", ConnectionKind.IMAP, "Stub", "stub@example.test", entered={}))
    assert [row.mailbox_names for row in named_server_rows()] == [[draft.name]]
    assert list(mailboxes_through(server)) == [draft]


def test_it_is_neither_started_nor_paused_nor_made_primary(draft: Mailbox, people: Any) -> None:
    for act in (resume_mailbox, pause_mailbox, make_primary):
        with pytest.raises(DomainError, match="not set up yet"):
            act(draft, actor=people.admin)
    assert not Mailbox.objects.get().is_enabled


def test_no_command_polls_it(draft: Mailbox) -> None:
    with pytest.raises(NoSuchMailbox):
        poll_now(draft.pk, is_processed=False, wait_s=1)


def test_finished_it_is_polled_from_now_on_and_what_is_there_was_there_before(draft: Mailbox, people: Any) -> None:
    later = clock.now() + timedelta(days=2)
    with clock.held_at(later):
        drafts.finish_draft(draft, starts=True, actor=people.admin)
    finished = Mailbox.objects.get()
    assert (finished.is_draft, finished.is_enabled, finished.setup) == (False, True, {})
    assert finished.connected_at == later
    assert poll_is_due_at(finished) <= later
    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["mailbox.added", "mailbox.finished", "mailbox.started"]


@pytest.mark.req("S5.32", "S4.26")
def test_saved_and_not_started_it_waits_and_what_is_there_at_its_start_was_there_before(
    draft: Mailbox, people: Any
) -> None:
    drafts.finish_draft(draft, starts=False, actor=people.admin)
    waiting = Mailbox.objects.get()
    assert (waiting.is_draft, waiting.is_enabled, waiting.is_unstarted) == (False, False, True)
    assert poll_is_due_at(waiting) > clock.now() + YEAR
    later = clock.now() + timedelta(days=9)
    with clock.held_at(later):
        resume_mailbox(waiting, actor=people.admin)
    assert Mailbox.objects.get().connected_at == later
    pause_mailbox(waiting, actor=people.admin)
    resume_mailbox(waiting, actor=people.admin)
    assert Mailbox.objects.get().connected_at == later


def test_two_people_finish_it_once(draft: Mailbox, people: Any) -> None:
    same = Mailbox.objects.get()
    drafts.finish_draft(draft, starts=True, actor=people.admin)
    with pytest.raises(drafts.NoDraft):
        drafts.finish_draft(same, starts=False, actor=people.owner)
    assert Mailbox.objects.get().is_enabled
    with pytest.raises(drafts.NoDraft):
        drafts.note(same, tested="passed")


def test_the_test_that_a_sign_in_asks_for_is_started_by_one_alone(draft: Mailbox) -> None:
    drafts.note(draft, tested="passed", run="earlier", chose_import=True)
    drafts.ask_for_test(draft)
    same = Mailbox.objects.get()
    assert same.setup == {"chose_import": True, "test_is_due": True}
    assert [drafts.take_due_test(each) for each in (draft, same, same)] == [True, False, False]
    drafts.finish_draft(draft, starts=False)
    drafts.ask_for_test(same)
    assert Mailbox.objects.get().setup == {}


def test_an_address_that_is_being_set_up_is_said_to_be(draft: Mailbox) -> None:
    with pytest.raises(DomainError, match="being set up already"):
        create_mailbox(mailbox_input(address="DRAFT@example.test"))


def test_mail_can_be_brought_only_once_it_is_finished(people: Any, settings: Any) -> None:
    settings.MAIL_DOMAIN = "in.example.test"
    with organization_scope(people.admin.organization_id):
        draft = create_mailbox(mailbox_input(incoming=NO_SERVER, is_draft=True))
        assert (draft.health, forwarding_address(draft)) == (Health.NOT_FINISHED, "")
        token = drafts.finish_draft(draft, starts=True, actor=people.admin)
        address = forwarding_address(Mailbox.objects.get())
        assert Mailbox.objects.get().health == Health.REACHABLE
    assert find_by_token(token) == find_by_address(address) is not None


def test_what_is_not_complete_is_kept_without_secrets_and_gone_on_with(people: Any) -> None:
    with organization_scope(people.admin.organization_id):
        data = drafts.Stub("imap", ConnectionKind.IMAP, "Help", "Help@example.test", {"host": "imap."})
        stub = drafts.keep_stub(data, actor=people.admin)
        assert (drafts.is_stub(stub), stub.address, poll_is_due_at(stub) > clock.now() + YEAR) == (
            True,
            "help@example.test",
            True,
        )
        whole = mailbox_input(address="help@example.test", is_draft=True)
        made = drafts.begin_draft(lambda: create_mailbox(whole), card="imap", stub=stub)
        assert list(Mailbox.objects.all()) == [made]
        assert (made.setup, Connection.objects.count()) == ({"card": "imap"}, 1)
        assert WorkItem.objects.filter(kind=WorkKind.POLL).count() == 1
        with pytest.raises(drafts.NoDraft):
            drafts.begin_draft(lambda: create_mailbox(whole), card="imap", stub=stub)


def test_where_it_cannot_be_made_the_stub_stays(people: Any) -> None:
    make_mailbox(people.admin.organization, address="taken@example.test")
    with organization_scope(people.admin.organization_id):
        data = drafts.Stub("imap", ConnectionKind.IMAP, "Help", "help@example.test", {})
        stub = drafts.keep_stub(data, actor=people.admin)
        taken = mailbox_input(address="taken@example.test", is_draft=True)
        with pytest.raises(DomainError):
            drafts.begin_draft(lambda: create_mailbox(taken), card="imap", stub=stub)
        assert drafts.is_stub(Mailbox.objects.get(pk=stub.pk))
