"""Filters as their pages show them. All inside the organization's scope."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count

from mailboxes.models import Mailbox
from ticketing.models.filters import FilterCopy, FilterMode, MailFilter


@dataclass(frozen=True)
class FilterLine:
    """A filter in the list of all: of one mailbox, or of all where there is none."""

    mailbox: Mailbox | None
    mode: FilterMode
    count: int  # of its entries


def filter_lines() -> list[FilterLine]:
    """That of all mailboxes, then one for each mailbox, by name. Two queries."""
    rows = MailFilter.objects.annotate(count=Count("entries")).values_list("mailbox_id", "mode", "count")
    found = {mailbox_id: (FilterMode(mode), count) for mailbox_id, mode, count in rows}
    boxes: Sequence[Mailbox] = list(Mailbox.objects.filter(deleted_at=None).order_by("name", "id"))
    nothing = (FilterMode.EVERYTHING, 0)
    return [FilterLine(box, *found.get(box.pk if box else None, nothing)) for box in (None, *boxes)]


def last_copy(source: Mailbox) -> FilterCopy | None:
    """The last time a filter was given to all mailboxes, if it was this mailbox's and is not undone."""
    copy: FilterCopy | None = FilterCopy.objects.order_by("-id").first()
    return copy if copy is not None and copy.source_id == source.pk and copy.undone_at is None else None
