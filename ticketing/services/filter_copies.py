"""The filter of one mailbox given to all others, and that undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox
from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind, FilterCopy, FilterMode, MailFilter
from ticketing.services.filters import FilterInput, save_filter, stored


@dataclass(frozen=True)
class Target:
    """Another mailbox, and the filter it has."""

    mailbox: Mailbox
    now: FilterInput
    changes: bool  # its filter is another one


@dataclass(frozen=True)
class Undone:
    """How many mailboxes have their former filter, and how many kept a later one."""

    restored: int
    kept: int


def targets_of(source: Mailbox) -> list[Target]:
    """Every other mailbox, by name."""
    given = stored(source)
    others = Mailbox.objects.filter(deleted_at=None).exclude(pk=source.pk).order_by("name", "id")
    found = [(other, stored(other)) for other in others]
    return [Target(other, now, changes=not _is_same(now, given)) for other, now in found]


@transaction.atomic
def copy_to_all(source: Mailbox, *, actor: Membership | None = None) -> FilterCopy | None:
    """Every other mailbox has the filter of this one, and its former is kept; None when all had it already."""
    given = stored(source)
    before: list[dict[str, Any]] = []
    for target in targets_of(source):
        if target.changes:
            row = save_filter(target.mailbox, replace(given, version=target.now.version), actor=actor)
            before.append({"mailbox": target.mailbox.pk, "version": row.version, **_kept(target.now)})
    if not before:
        return None
    copy: FilterCopy = FilterCopy.objects.create(source=source, at=clock.now(), before=before)
    return copy


@transaction.atomic
def undo_copy(copy: FilterCopy, *, actor: Membership | None = None) -> Undone:
    """Every mailbox whose filter nobody has changed since has its former one. Raises DomainError when undone before."""
    if not FilterCopy.objects.filter(pk=copy.pk, undone_at=None).update(undone_at=clock.now()):
        raise DomainError(_("It was undone already."), code="undone")
    ids = [former["mailbox"] for former in copy.before]
    boxes = {box.pk: box for box in Mailbox.objects.filter(pk__in=ids, deleted_at=None)}
    versions = dict(MailFilter.objects.filter(mailbox__in=ids).values_list("mailbox_id", "version"))
    unchanged = [
        former
        for former in copy.before
        if former["mailbox"] in boxes and versions.get(former["mailbox"]) == former["version"]
    ]
    for former in unchanged:
        save_filter(boxes[former["mailbox"]], _restored(former), actor=actor)
    return Undone(restored=len(unchanged), kept=len(boxes) - len(unchanged))


def _is_same(one: FilterInput, other: FilterInput) -> bool:
    return one.mode == other.mode and set(one.entries) == set(other.entries)


def _kept(data: FilterInput) -> dict[str, Any]:
    return {"mode": data.mode.value, "entries": [[each.kind.value, each.value, each.header] for each in data.entries]}


def _restored(former: Mapping[str, Any]) -> FilterInput:
    entries: Sequence[Entry] = [Entry(EntryKind(kind), value, header) for kind, value, header in former["entries"]]
    return FilterInput(FilterMode(former["mode"]), entries, version=former["version"])
