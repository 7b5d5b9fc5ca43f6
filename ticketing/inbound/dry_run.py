"""What some mails would become if they came now, one after another: the real code decides and records, and all of it
is undone. Each sees what those before it would have left: an answer among them finds the ticket of its question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from helpdesk.lib import clock
from helpdesk.lib.text import clean_line
from helpdesk.tenancy import counters, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox, Outcome, RawMessage, RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.envelope import Delivery, Envelope
from ticketing.inbound.failures import is_outage
from ticketing.inbound.files import files_of
from ticketing.inbound.process import plan_mail
from ticketing.inbound.recording import record
from ticketing.inbound.spam_daemon import wants_daemon
from ticketing.models import (
    AnswerState,
    AutomaticAnswer,
    Message,
    MessageRecipient,
    MessageReference,
    Tag,
    ThreadReason,
    Ticket,
    TicketField,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_OPENING = (ThreadReason.NEW, ThreadReason.FOLLOWS_CLOSED)
_EPOCH = "dry run"
ASKS = "asks"  # in a line: True where the operator's spam daemon would be asked before that is decided
_NO_RAW = 0  # an id that no row has


class _Undone(Exception):
    """Ends the transaction, so that nothing of it stands."""


def as_new(delivery: Delivery) -> Delivery:
    """The mail as if it came now: what people ordered about it, and that it was there before, count for nothing."""
    return replace(delivery, is_history=False, skips=(), joins_id=None, ordered_by="", is_tried=True)


def delivery_to(mailbox_id: int, content: bytes, *, organization_id: int) -> Delivery:
    """The mail as if this mailbox had just received it; nothing of it stays."""
    with _undone(organization_id):
        raw: RawMessage = RawMessage.objects.create(
            mailbox_id=mailbox_id,
            sha256=hashlib.sha256(content).hexdigest(),
            size_bytes=len(content),
            stored_at=clock.now(),
        )
        RemoteMessage.objects.bulk_create([_sighting(raw, received_at=None)])
        delivery = settled_delivery(raw.pk)
    if delivery is None:
        raise ValueError("What was just seen has a delivery.")
    return as_new(replace(delivery, raw_id=_NO_RAW))


def lightened(envelope: Envelope) -> Envelope:
    """The envelope without the bytes of its files, of which many are held at once; nobody decides by them."""
    files = tuple(replace(file, content=b"") for file in envelope.mail.attachments)
    return replace(envelope, mail=replace(envelope.mail, attachments=files))


def dry_run(envelopes: Sequence[Envelope], *, organization_id: int) -> list[dict[str, Any]]:
    """What each would become, as JSON, in no language. Nothing is stored, sent or told. Outside any transaction.

    Messages that these very mails became are as if they had never come, and a mailbox that is being set up is as if it
    were; everything else is as it is now. While it lasts nobody else writes messages in this organization.
    """
    lines: list[dict[str, Any]] = []
    with _undone(organization_id):
        counters.take()
        drafts = Mailbox.objects.filter(pk__in={each.delivery.mailbox_id for each in envelopes}, is_draft=True)
        drafts.update(is_draft=False)
        _hide([envelope.delivery.raw_id for envelope in envelopes])
        claims = _bring(envelopes)
        opened: dict[int, int] = {}
        for number, (envelope, claim) in enumerate(zip(envelopes, claims, strict=True)):
            lines.append(_line(envelope, claim, number=number, opened=opened))
    return lines


@contextmanager
def _undone(organization_id: int) -> Iterator[None]:
    """A transaction that ends as if it had not been; a savepoint where one is open already."""
    with organization_scope(organization_id):
        try:
            with transaction.atomic():
                yield
                raise _Undone
        except _Undone:
            return


def _hide(raw_ids: Sequence[int]) -> None:
    """Nothing leads to the messages of these mails any more."""
    messages = Message.objects.filter(raw_id__in=raw_ids)
    ids = list(messages.values_list("id", flat=True))
    opened = list(messages.filter(thread_reason__in=_OPENING).values_list("ticket_id", flat=True))
    MessageReference.objects.filter(message_id__in=ids).delete()
    MessageRecipient.objects.filter(message_id__in=ids).delete()
    Message.objects.filter(id__in=ids).update(raw=None, contact=None, from_address="", created_at=_LONG_AGO)
    Ticket.objects.filter(id__in=opened).update(created_at=_LONG_AGO)


def _bring(envelopes: Sequence[Envelope]) -> list[work.Claim]:
    """The mails are stored once more, seen once more and claimed."""
    raws = RawMessage.objects.bulk_create(_copy(envelope.delivery) for envelope in envelopes)
    RemoteMessage.objects.bulk_create(
        _sighting(raw, received_at=envelope.delivery.received_at) for envelope, raw in zip(envelopes, raws, strict=True)
    )
    organization_id = required_organization_id()
    work.enqueue_new(WorkKind.PROCESS, organization_id=organization_id, row_ids=[raw.pk for raw in raws])
    items = WorkItem.objects.filter(
        kind=WorkKind.PROCESS, organization_id=organization_id, row_id__in=[raw.pk for raw in raws]
    )
    by_raw = {item.row_id: item for item in items}
    return [_claim(by_raw[raw.pk]) for raw in raws]


def _sighting(raw: RawMessage, *, received_at: datetime | None) -> RemoteMessage:
    row = RemoteMessage(
        mailbox_id=raw.mailbox_id,
        source_generation=0,
        folder=_EPOCH,
        epoch=_EPOCH,
        remote_id=str(raw.pk),
        received_at=received_at,
        seen_at=clock.now(),
        raw=raw,
    )
    row.claim_organization()
    return row


def _copy(delivery: Delivery) -> RawMessage:
    row = RawMessage(
        mailbox_id=delivery.mailbox_id,
        sha256=delivery.sha256,
        size_bytes=delivery.size_bytes,
        storage_key=delivery.storage_key,
        is_header_only=delivery.is_header_only,
        stored_at=clock.now(),
    )
    row.claim_organization()
    return row


def _claim(item: WorkItem) -> work.Claim:
    return work.Claim(item.pk, WorkKind.PROCESS, item.organization_id, item.row_id, item.generation, 1, item.due_at)


def _line(envelope: Envelope, claim: work.Claim, *, number: int, opened: dict[int, int]) -> dict[str, Any]:
    delivery = replace(envelope.delivery, raw_id=claim.row_id)
    about = {
        "raw_id": envelope.delivery.raw_id,
        "sender": envelope.sender or envelope.from_address,
        "subject": envelope.subject[:400],
        "message_id": clean_line(envelope.mail.message_id or "")[:998],
        "at": delivery.received_at.isoformat(),
    }
    try:
        with transaction.atomic():
            return about | _became(replace(envelope, delivery=delivery), claim, number=number, opened=opened)
    except Exception as error:  # one mail: whatever it is, it would fail, and the next one goes on
        if is_outage(error):
            raise
        data = {"error": type(error).__name__}
        return about | {"outcome": Outcome.FAILED.value, "reason": Reason.QUARANTINED.value, "data": data}


def _became(envelope: Envelope, claim: work.Claim, *, number: int, opened: dict[int, int]) -> dict[str, Any]:
    """The mail is recorded, and what stands there then. opened: by ticket, the mail of this run that opened it."""
    plan = plan_mail(envelope)
    missing = {file.sha256: _EPOCH for file in files_of(plan.envelope) if file.sha256 not in plan.blobs}
    record(plan, claim=claim, keys=missing)
    row = RemoteMessage.objects.get(raw_id=claim.row_id)
    became: dict[str, Any] = {
        ASKS: wants_daemon(plan),
        "outcome": row.outcome,
        "reason": row.reason_code,
        "data": row.reason_data,
        "trace": row.trace,
        "answers": _answers(claim.row_id),
    }
    ticket = _ticket(row.ticket_id)
    if ticket is None:
        return became
    is_new = row.outcome in (Outcome.CREATED, Outcome.SPAM)
    if is_new:
        opened.setdefault(ticket.pk, number)
    return became | {"ticket": _as_it_stands(ticket, opened_by=opened.get(ticket.pk), is_new=is_new)}


def _ticket(ticket_id: int | None) -> Ticket | None:
    rows = Ticket.objects.select_related("team", "category", "assignee__user", "company")
    return rows.filter(pk=ticket_id).first() if ticket_id else None


def _as_it_stands(ticket: Ticket, *, opened_by: int | None, is_new: bool) -> dict[str, Any]:
    """The ticket after the mail. opened_by: the mail of this run; None for one that is here already."""
    tags = Tag.objects.filter(taggings__ticket_id=ticket.pk).order_by("name")
    return {
        "number": None if opened_by is not None else ticket.number,
        "opened_by": opened_by,
        "is_new": is_new,
        "status": ticket.status,
        "priority": ticket.priority,
        "requester": ticket.requester_name,
        "team": str(ticket.team) if ticket.team else "",
        "assignee": str(ticket.assignee) if ticket.assignee else "",
        "category": ticket.category.path if ticket.category else "",
        "company": ticket.company.name if ticket.company else "",
        "tags": list(tags.values_list("name", flat=True)),
        "fields": _fields(ticket),
    }


def _fields(ticket: Ticket) -> list[tuple[str, str, object]]:
    """Label, kind and value of each field in use that has one. No query where none has."""
    known = TicketField.objects.filter(is_active=True, key__in=list(ticket.fields)) if ticket.fields else []
    return [(field.label, field.kind, ticket.fields[field.key]) for field in known]


def _answers(raw_id: int) -> list[dict[str, Any]]:
    """What its sender would be told by itself, or why not; nothing where nothing calls for it."""
    return [
        {
            "cause": row.cause,
            "goes": row.state == AnswerState.DUE,
            "reason": row.reason_code,
            "data": row.reason_data,
        }
        for row in AutomaticAnswer.objects.filter(raw_id=raw_id).order_by("id")
    ]
