"""Making and changing mailboxes: each change is one transaction, with its entry in the audit trail.

Every mailbox that is not deleted has a POLL item; that of a paused one, or of one that mail is brought to, is due in a
hundred years. Needs the organization's scope. What is refused is a DomainError, and nothing was changed then.
"""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import Origin
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Connection, Health, Mailbox, SpanState
from mailboxes.services.liveness import real_time
from mailboxes.services.liveness.health import NEVER, is_on
from mailboxes.services.liveness.health_history import begin_span, end_span
from mailboxes.services.oauth import registrations
from mailboxes.services.push import push_addresses, receiving
from mailboxes.services.reading import kept
from mailboxes.services.reading.whole_states import give_up_whole
from mailboxes.services.sending.sender_checks import forget_other_addresses
from mailboxes.services.setup import servers
from mailboxes.services.setup.mailbox_checks import Refused, refuse_what_cannot_be
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.mailbox_rows import (
    changed_outgoing,
    described,
    is_filed_by_us,
    kind_of,
    logged_values,
    new_connection,
    sends_itself,
    take_fields,
)
from mailboxes.services.setup.owners import is_entered, owner_entered, owner_now
from mailboxes.services.setup.repointing import begin_anew
from mailboxes.services.setup.start_dates import Start, move_start
from mailboxes.services.setup.trusted_certificates import forget_unused, places_of

FIRST_POLL_AFTER_S = 5.0  # time to look at the folder before the first poll (connecting.note_existing)


@transaction.atomic
def create_mailbox(
    data: MailboxInput,
    *,
    actor: Membership | None = None,
    origin: Origin = "web",
    connection: Connection | None = None,
) -> Mailbox:
    """Connection, outgoing server and mailbox are there, and the first poll is due in FIRST_POLL_AFTER_S.

    connection: one that another mailbox has already; else a new one is made.
    Raises DomainError: address and folder are taken, a value cannot be, or clear text is not allowed.
    """
    refuse_what_cannot_be(data)
    connection = connection or new_connection(data)
    outgoing = data.linked
    if data.outgoing is not None:
        outgoing = servers.create_outgoing(data.outgoing, connection=connection, may_borrow=True)
    if sends_itself(data):
        outgoing = registrations.sending_through(connection, user=owner_entered(data), current=None)
    is_enabled = data.is_enabled and not data.is_draft
    mailbox = Mailbox(connection=connection, outgoing=outgoing, is_enabled=is_enabled, is_draft=data.is_draft)
    mailbox.sent_filing = is_filed_by_us(connection, outgoing)
    take_fields(mailbox, data)
    if not is_polled(mailbox) and not mailbox.is_draft:
        mailbox.health = Health.REACHABLE
    mailbox.save()
    servers.go_through(data.proxy, connection=connection, outgoing=outgoing)
    audit.record("mailbox.added", target=mailbox, actor=actor, origin=origin, changes=described(mailbox))
    due_at = clock.in_seconds(FIRST_POLL_AFTER_S) if _is_to_be_polled(mailbox) else clock.now() + NEVER
    work.enqueue(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id, due_at=due_at)
    real_time.follow(mailbox)
    return mailbox


@transaction.atomic
def update_mailbox(
    mailbox: Mailbox, data: MailboxInput, *, actor: Membership | None = None, origin: Origin = "web"
) -> Mailbox:
    """The mailbox is as `data` says, except whether it is enabled; a poll under way has lost its lease.

    Another host, port, security or user name, of either server, clears the stored password unless a new one is given,
    and a password that was entered for reading is not lent to another server for sending. Another host, user
    name or folder is another source: what is there is told from new mail again, and never taken for known mail.
    Another start date, or choice for mail that was there before, is followed by the next poll. A certificate that was
    trusted for a host and port that nothing goes to any more is trusted no longer.
    Raises DomainError as `create_mailbox`.
    """
    refuse_what_cannot_be(data, mailbox=mailbox)
    before, places = logged_values(mailbox), places_of(mailbox)
    is_other_source = servers.is_other_source(mailbox.connection, data.incoming)
    username_before, kind_before = mailbox.connection.username, mailbox.connection.kind
    password_changes = servers.change_connection(mailbox.connection, data.incoming)
    if data.app is not None:
        password_changes = registrations.store_app(mailbox.connection, data.app)
    sent_through = mailbox.outgoing
    mailbox.outgoing = changed_outgoing(mailbox, data)
    servers.go_through(data.proxy, connection=mailbox.connection, outgoing=mailbox.outgoing)
    is_other_folder, start_before = mailbox.folder != data.folder, Start.of(mailbox)
    if is_entered(data):
        is_other_folder = is_other_folder or owner_now(mailbox, username=username_before) != owner_entered(data)
    take_fields(mailbox, data)
    if (kind_before, kind_of(sent_through)) != (mailbox.connection.kind, kind_of(mailbox.outgoing)):
        mailbox.sent_filing = is_filed_by_us(mailbox.connection, mailbox.outgoing)
    mailbox.save()
    if sent_through is not None and sent_through != mailbox.outgoing:
        servers.forget_server(sent_through)
    if is_other_source:
        begin_anew(Mailbox.objects.filter(connection=mailbox.connection))
    elif is_other_folder:
        begin_anew(Mailbox.objects.filter(id=mailbox.id))
    elif Start.of(mailbox) != start_before:
        move_start(mailbox, before=start_before)
    changes = audit.differences(before, after=logged_values(mailbox)) | password_changes
    audit.record("mailbox.changed", target=mailbox, actor=actor, origin=origin, changes=changes)
    forget_unused(places, actor=actor)
    forget_other_addresses(mailbox)
    for other in Mailbox.objects.filter(connection=mailbox.connection, deleted_at=None):
        start_over(other)
    drains.wake(WorkKind.POLL)
    mailbox.refresh_from_db()
    return mailbox


@transaction.atomic
def pause_mailbox(mailbox: Mailbox, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """Nothing is polled until it is resumed; a poll under way changes nothing more.

    What is brought to it meanwhile is kept, and processed once it is resumed: to refuse it would lose it.
    Raises Refused for a draft.
    """
    _refuse_draft(mailbox)
    mailbox.is_enabled = False
    start_over(mailbox)  # first: a poll that ends now holds its work item, then the mailbox
    if Mailbox.objects.filter(id=mailbox.id, is_enabled=True).update(is_enabled=False):
        begin_span(mailbox, SpanState.PAUSED, failures_before=mailbox.failures_in_row)
        mailbox.save(update_fields=["health_since"])
    audit.record("mailbox.paused", target=mailbox, actor=actor, origin=origin)


@transaction.atomic
def resume_mailbox(mailbox: Mailbox, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """The mailbox is polled again, now: what came in meanwhile is imported. What it was brought is processed.

    Started for the first time, what is there by then was there before. Raises Refused for a draft.
    """
    _refuse_draft(mailbox)
    is_first = _note_start(mailbox)
    if is_polled(mailbox) or mailbox.health != Health.REACHABLE:
        work.enqueue(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id)
        drains.wake(WorkKind.POLL)
    if Mailbox.objects.filter(id=mailbox.id, is_enabled=False).update(is_enabled=True, health_since=None):
        end_span(mailbox, failures=mailbox.failures_in_row)
    mailbox.is_enabled = True
    if not is_polled(mailbox) and mailbox.organization.reads_mail:
        receiving.release_kept(mailbox)
    audit.record("mailbox.started" if is_first else "mailbox.resumed", target=mailbox, actor=actor, origin=origin)
    real_time.follow(mailbox)


def ask_poll_now(mailbox: Mailbox) -> None:
    """The mailbox is polled as soon as a worker is free, whatever pause it is in.

    Nothing happens if it is paused, or if mail is brought to it.
    """
    if _is_to_be_polled(mailbox):
        work.ask_now(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id)
        drains.wake(WorkKind.POLL)


@transaction.atomic
def delete_mailbox(mailbox: Mailbox, *, actor: Membership | None = None, origin: Origin = "web") -> None:
    """The mailbox is gone from the lists and never polled; its tickets, ledger and stored mail stay.

    Where mail was brought to it, its addresses end, and what was kept while it was paused is processed. What reads its
    sent mail goes with it.

    Its passwords are forgotten unless another mailbox uses the same server.
    """
    for reader in _sent_readers(mailbox):
        delete_mailbox(reader, actor=actor, origin=origin)
    Mailbox.objects.filter(id=mailbox.id).update(deleted_at=clock.now(), is_enabled=False, is_primary=False)
    work.withdraw(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id)
    kept.let_go(mailbox.connection_id)
    real_time.forget(mailbox)
    give_up_whole(mailbox, reason_code="mailbox_deleted")
    if not is_polled(mailbox):
        push_addresses.end_addresses(mailbox)
        receiving.release_kept(mailbox)
    servers.forget_unused(mailbox)
    audit.record("mailbox.deleted", target=mailbox, actor=actor, origin=origin)
    forget_unused(places_of(mailbox), actor=actor)


def is_polled(mailbox: Mailbox) -> bool:
    """True if a server is asked for its mail; False if mail is brought here."""
    return traits_of(mailbox.connection.kind).is_polled


def _sent_readers(mailbox: Mailbox) -> list[Mailbox]:
    """What reads sent mail for this mailbox and for none besides."""
    same = Mailbox.objects.filter(connection=mailbox.connection, address=mailbox.address, deleted_at=None)
    others = same.exclude(pk=mailbox.pk)
    is_only = not mailbox.holds_sent and not others.filter(holds_sent=False).exists()
    return list(others.filter(holds_sent=True)) if is_only else []


def _refuse_draft(mailbox: Mailbox) -> None:
    if Mailbox.objects.filter(id=mailbox.id, is_draft=True).exists():
        raise Refused(_("%(name)s is not set up yet. Finish it first.") % {"name": mailbox.name}, code="draft")


def _note_start(mailbox: Mailbox) -> bool:
    """True if the mailbox was never switched on; then it is connected as of now, unless its folder was looked at."""
    if not mailbox.is_unstarted:
        return False
    if not is_polled(mailbox):
        Mailbox.objects.filter(id=mailbox.id).update(health=Health.REACHABLE)
        mailbox.health = Health.REACHABLE
    elif not mailbox.epoch:
        mailbox.connected_at = clock.now()
        Mailbox.objects.filter(id=mailbox.id).update(connected_at=mailbox.connected_at)
    return True


def _is_to_be_polled(mailbox: Mailbox) -> bool:
    return is_on(mailbox) and is_polled(mailbox)


def start_over(mailbox: Mailbox) -> None:
    """A poll under way has lost its lease; the next is due now, or when the mailbox is resumed. So does the watcher.

    What is kept open of the connection is left.
    """
    is_due = is_on(mailbox) and (is_polled(mailbox) or mailbox.health != Health.REACHABLE)
    due_at = clock.now() + (timedelta() if is_due else NEVER)
    work.revoke(WorkKind.POLL, organization_id=mailbox.organization_id, row_id=mailbox.id, due_at=due_at)
    kept.let_go(mailbox.connection_id)
    real_time.follow(mailbox)
