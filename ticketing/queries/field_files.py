"""The files that fields of a ticket name: attachments of its messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from ticketing.fields.values import BadValue, Field, FileRef, file_refs
from ticketing.models import Attachment, Ticket

MAX_OFFERED = 100


def ref_of(file: Attachment) -> FileRef:
    """The file as a value names it."""
    return {
        "id": str(file.public_id),
        "filename": file.filename,
        "content_type": file.content_type,
        "size_bytes": file.size_bytes,
    }


def refs_on(ticket: Ticket, field: Field, *, asked: Sequence[FileRef]) -> list[FileRef]:
    """What is asked for by id, in that order, as the ticket has it. Raises BadValue for a file that is none of its.

    What the field holds already it may go on holding, also where the message has moved to another ticket.
    """
    found = {ref["id"]: ref for ref in file_refs(ticket.fields.get(field.key))}
    rows = Attachment.objects.filter(message__ticket=ticket, blob__isnull=False, public_id__in=_ids(asked))
    found |= {ref["id"]: ref for ref in map(ref_of, rows)}
    if any(ref["id"] not in found for ref in asked):
        raise BadValue(_("%(field)s takes files of the ticket's own messages.") % {"field": field.label})
    return [found[ref["id"]] for ref in asked]


def files_for(ticket: Ticket, refs: Iterable[FileRef]) -> tuple[dict[str, Attachment], list[Attachment]]:
    """By id the files that are named and still here, and the newest that can be chosen. One query."""
    named = _ids(refs)
    rows = Attachment.objects.filter(Q(message__ticket=ticket) | Q(public_id__in=named), blob__isnull=False)
    newest = list(rows.order_by("-id")[: MAX_OFFERED + len(named)])
    offered = [file for file in newest if file.note_code == "" or file.public_id in named]
    return {str(file.public_id): file for file in newest}, offered[:MAX_OFFERED]


def with_urls(values: Mapping[str, Any], *, base: str) -> dict[str, Any]:
    """The values as programs get them: at `url` a token of theirs gets the bytes of a file. base: without a slash."""
    return {key: _with_url(value, base) if file_refs(value) else value for key, value in values.items()}


def _with_url(value: object, base: str) -> list[FileRef]:
    return [ref | {"url": f"{base}/api/v1/attachments/{ref['id']}/"} for ref in file_refs(value)]


def _ids(refs: Iterable[FileRef]) -> list[UUID]:
    return [UUID(str(ref["id"])) for ref in refs]
