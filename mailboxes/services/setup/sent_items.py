"""What people send from a mailbox's account with a mail program: the folder of sent mail is read beside the mailbox.

It is read by a mailbox of its own on the same connection, with `holds_sent`: ledger, cursor, health and page as of any
other. What was there before is left alone, and nothing is changed on the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.imap_folders import sent_folder
from mailboxes.connectors.registry import traits_of
from mailboxes.health_words import cause_words
from mailboxes.models import Mailbox
from mailboxes.services.reading.junk_looks import hurried_source_of
from mailboxes.services.reading.sessions import visiting_place
from mailboxes.services.setup.mailbox_rows import described
from mailboxes.services.setup.mailboxes import FIRST_POLL_AFTER_S, delete_mailbox

_MAX_NAME_CHARS = 80


class NotRead(DomainError):
    """The sent mail of the mailbox is not read."""


def can_read_sent(mailbox: Mailbox) -> bool:
    """True if its kind shows a folder of sent mail, and it is not itself one."""
    return traits_of(mailbox.connection.kind).has_sent and not (mailbox.holds_sent or mailbox.is_draft)


def sent_reader_of(mailbox: Mailbox) -> Mailbox | None:
    """What reads the sent mail of this one; None: nothing does. In the scope."""
    return Mailbox.objects.filter(
        connection=mailbox.connection, address=mailbox.address, holds_sent=True, deleted_at=None
    ).first()


def inbox_of(reader: Mailbox) -> Mailbox | None:
    """The mailbox whose sent mail this one reads; None once it is deleted. In the scope."""
    same = Mailbox.objects.filter(connection=reader.connection, address=reader.address, deleted_at=None)
    return same.exclude(holds_sent=True).order_by("id").first()


def find_sent_folder(mailbox: Mailbox) -> str:
    """The name of the folder in which the account's sent mail lies. Asks the server; outside any transaction.

    Raises NotRead: it has none, or could not be asked.
    """
    if not can_read_sent(mailbox):
        raise NotRead(_("%(name)s shows no folder of sent mail.") % {"name": mailbox.name}, code="no_folder")
    with organization_scope(mailbox.organization_id), _as_not_read():
        source = hurried_source_of(mailbox)
    with _as_not_read(), visiting_place(mailbox, timeout_s=settings.LEASE_S) as has_room:
        folders = source.folders() if has_room else None
    if folders is None:
        raise NotRead(_("Too much is asked of this server at the moment. Try again in a minute."), code="no_room")
    found = sent_folder(folders)
    if found is None:
        raise NotRead(_("The account has no folder of sent mail that could be told as such."), code="no_folder")
    return found.name


@transaction.atomic
def read_sent(mailbox: Mailbox, *, folder: str, actor: Membership) -> Mailbox:
    """What is sent from the account is read from now on; gives what reads it. In the scope; twice is once.

    Raises NotRead: another mailbox reads this folder for tickets.
    """
    there = sent_reader_of(mailbox)
    if there is not None:
        return there
    if Mailbox.objects.filter(address=mailbox.address, folder=folder, deleted_at=None).exists():
        words = _("A mailbox reads the folder %(folder)s already. Delete that one first.")
        raise NotRead(words % {"folder": folder}, code="folder_taken")
    reader = Mailbox(
        connection=mailbox.connection,
        outgoing=mailbox.outgoing,
        name=_name(mailbox),
        address=mailbox.address,
        aliases=mailbox.aliases,
        remote_user=mailbox.remote_user,
        folder=folder,
        holds_sent=True,
        team=mailbox.team,
        poll_interval_s=mailbox.poll_interval_s,
        answers_only=True,
        sent_filing=False,
    )
    reader.save()
    audit.record("mailbox.added", target=reader, actor=actor, changes=described(reader) | {"holds_sent": (None, True)})
    due_at = clock.in_seconds(FIRST_POLL_AFTER_S)
    work.enqueue(WorkKind.POLL, organization_id=reader.organization_id, row_id=reader.pk, due_at=due_at)
    return reader


def stop_reading_sent(mailbox: Mailbox, *, actor: Membership) -> None:
    """What is sent from the account is read no more; what was brought in stays. In the scope."""
    there = sent_reader_of(mailbox)
    if there is not None:
        delete_mailbox(there, actor=actor)


def _name(mailbox: Mailbox) -> str:
    rest = _("sent mail")
    return f"{mailbox.name[: _MAX_NAME_CHARS - len(rest) - 2]}, {rest}"


@contextmanager
def _as_not_read() -> Iterator[None]:
    """What the server or its settings refuse is said as a sentence."""
    try:
        yield
    except ConnectorError as error:
        raise NotRead(str(cause_words(error.reason)), code=str(error.reason)) from None
