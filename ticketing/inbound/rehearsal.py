"""What intake would do with some mails, tried out beside the installation: a database in memory, files in memory.

The real code runs; the installation's database, files and queues are not touched, and need not exist.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.core.files.storage import InMemoryStorage, default_storage
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.utils import ConnectionHandler

from helpdesk.accounts.models import Counters, Organization
from helpdesk.lib import clock, files
from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, ExistingMail, Mailbox, RawMessage, RemoteMessage
from ticketing.inbound.process import process_raw

_LEASE_S = 3600.0
_APART = timedelta(hours=2)  # more than a window of loop protection: many mails of one sender are no flood here


def thread_mails(mails: Sequence[bytes]) -> list[list[int]]:
    """How intake groups these mails into tickets when they arrive in this order: positions by ticket.

    A mail that is ignored or fails stands with the ticket it was about, or alone.
    """
    groups: dict[object, list[int]] = {}
    with _database_in_memory(), _files_in_memory():
        organization = Organization.objects.create(slug="rehearsal", name="Rehearsal")
        with organization_scope(organization.id):
            Counters.objects.create()
            mailbox = _mailbox()
            began_at = clock.now() - len(mails) * _APART
            for position, content in enumerate(mails):
                ticket_id = _bring_in(mailbox, content, number=position, received_at=began_at + position * _APART)
                groups.setdefault(ticket_id or f"alone {position}", []).append(position)
    return list(groups.values())


def _bring_in(mailbox: Mailbox, content: bytes, *, number: int, received_at: datetime) -> int | None:
    moment = clock.now()
    raw = RawMessage.objects.create(
        mailbox=mailbox,
        sha256=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        storage_key=files.write_durably("rehearsal", content),
        stored_at=moment,
    )
    sighting = RemoteMessage.objects.create(
        mailbox=mailbox,
        source_generation=1,
        folder="INBOX",
        remote_id=str(number),
        received_at=received_at,
        seen_at=moment,
        raw=raw,
    )
    organization_id = mailbox.organization_id
    work.enqueue(WorkKind.PROCESS, organization_id=organization_id, row_id=raw.id)
    claim = work.claim_row(WorkKind.PROCESS, organization_id=organization_id, row_id=raw.id, lease_s=_LEASE_S)
    if claim is None:
        raise RuntimeError("Work that was just added cannot be claimed.")
    process_raw(claim)
    sighting.refresh_from_db()
    ticket_id: int | None = sighting.ticket_id
    return ticket_id


def _mailbox() -> Mailbox:
    connection = Connection.objects.create(host="rehearsal.invalid", username="rehearsal")
    mailbox: Mailbox = Mailbox.objects.create(
        connection=connection, name="Rehearsal", address="mailbox@rehearsal.invalid", existing_mail=ExistingMail.IGNORE
    )
    return mailbox


@contextmanager
def _database_in_memory() -> Iterator[None]:
    """Inside the block this thread's default database is an empty one in memory, with every table."""
    real = connections[DEFAULT_DB_ALIAS]
    handler = ConnectionHandler({DEFAULT_DB_ALIAS: {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
    scratch = handler[DEFAULT_DB_ALIAS]
    connections[DEFAULT_DB_ALIAS] = scratch
    try:
        with scratch.schema_editor() as editor:
            for model in apps.get_models():
                editor.create_model(model)
        yield
    finally:
        connections[DEFAULT_DB_ALIAS] = real
        if scratch.connection is not None:
            scratch.connection.close()


@contextmanager
def _files_in_memory() -> Iterator[None]:
    """Inside the block storage is a dictionary. Django has no public way to exchange the default storage."""
    storage: Any = default_storage
    real = storage._wrapped
    storage._wrapped = InMemoryStorage()
    try:
        yield
    finally:
        storage._wrapped = real
