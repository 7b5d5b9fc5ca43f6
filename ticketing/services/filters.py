"""Filters as people set them: replaced as a whole, told in the audit trail, heeded by the next mail that is decided."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from mailboxes.models import Mailbox
from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind, FilterEntry, FilterMode, MailFilter
from ticketing.services.filter_entries import sameness, written_as
from ticketing.services.policy_version import policy_changed

MAX_ENTRIES = 10_000  # of one filter
MAX_TOLD_CHARS = 1_000  # of the entries of one kind, in the audit trail
_BATCH = 500


@dataclass(frozen=True)
class FilterInput:
    """A filter as a person enters it."""

    mode: FilterMode
    entries: Sequence[Entry] = ()
    version: int | None = None  # that the person saw; None: whatever stands is replaced


@transaction.atomic
def save_filter(mailbox: Mailbox | None, data: FilterInput, *, actor: Membership | None = None) -> MailFilter:
    """The filter of the mailbox, or of all mailboxes, is this, for mail that is decided from now on.

    Inside the organization's scope. Entries are as `tidy_entry` gives them.
    Raises ChangedMeanwhile, or DomainError: too_many, nothing_allowed.
    """
    entries = list({sameness(entry): entry for entry in reversed(data.entries)}.values())[::-1]  # the first of each
    _check(data.mode, entries)
    row: MailFilter
    row, _made = MailFilter.objects.get_or_create(mailbox=mailbox)
    seen = row.version if data.version is None else data.version
    if not MailFilter.objects.filter(pk=row.pk, version=seen).update(version=seen + 1, mode=data.mode):
        raise ChangedMeanwhile
    before, mode_before = entries_of(row), row.mode
    row.mode, row.version = data.mode, seen + 1
    added, removed = _replace_entries(row, before, entries)
    changes = _changes(mode_before, data.mode, added=added, removed=removed)
    if changes:
        label = mailbox.name if mailbox else _("all mailboxes")
        audit.record("filter.changed", target=row, actor=actor, changes=changes, label=label)
        policy_changed()
    return row


def stored(mailbox: Mailbox | None) -> FilterInput:
    """The filter as it stands, with its version; one that accepts everything where none was ever set."""
    row = MailFilter.objects.filter(mailbox=mailbox).first()
    if row is None:
        return FilterInput(FilterMode.EVERYTHING, version=0)
    return FilterInput(FilterMode(row.mode), tuple(entries_of(row)), version=row.version)


def entries_of(row: MailFilter) -> list[Entry]:
    """In the order they were entered."""
    rows = row.entries.order_by("id").values_list("kind", "value", "header")
    return [Entry(EntryKind(kind), value, header) for kind, value, header in rows]


def _check(mode: FilterMode, entries: Sequence[Entry]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise DomainError(_("A filter takes at most %(most)s entries.") % {"most": MAX_ENTRIES}, code="too_many")
    if mode is FilterMode.ALLOW and not entries:
        raise DomainError(
            _("Say what may come in, or accept everything: this would let in nothing new at all."),
            code="nothing_allowed",
        )


def _replace_entries(
    row: MailFilter, before: Sequence[Entry], after: Sequence[Entry]
) -> tuple[list[Entry], list[Entry]]:
    """What stays keeps its row; gives what was added and what was taken away."""
    kept, wanted = set(before), set(after)
    added, removed = [entry for entry in after if entry not in kept], [entry for entry in before if entry not in wanted]
    if removed:
        gone = set(removed)
        rows = row.entries.values_list("id", "kind", "value", "header")
        ids = [pk for pk, kind, value, header in rows if Entry(EntryKind(kind), value, header) in gone]
        for start in range(0, len(ids), _BATCH):
            FilterEntry.objects.filter(id__in=ids[start : start + _BATCH]).delete()
    FilterEntry.objects.bulk_create(
        [FilterEntry(mail_filter=row, kind=entry.kind, value=entry.value, header=entry.header) for entry in added],
        batch_size=_BATCH,
    )
    return added, removed


def _changes(
    mode_before: str, mode: FilterMode, *, added: Sequence[Entry], removed: Sequence[Entry]
) -> dict[str, tuple[object, object]]:
    """The mode, and for each kind what was taken away and what was added."""
    changes: dict[str, tuple[object, object]] = {}
    if mode_before != mode:
        changes["filter_mode"] = (str(FilterMode(mode_before).label), str(mode.label))
    for kind in EntryKind:
        gone, come = _told(removed, kind), _told(added, kind)
        if gone or come:
            changes[f"filter_{kind.value}"] = (gone, come)
    return changes


def _told(entries: Iterable[Entry], kind: EntryKind) -> str:
    """The entries of the kind in one line, as many as fit, and how many there are besides."""
    words = [written_as(entry) for entry in entries if entry.kind is kind]
    told: list[str] = []
    room = MAX_TOLD_CHARS
    for word in words:
        room -= len(word) + 2
        if room < 0:
            break
        told.append(word)
    rest = len(words) - len(told)
    line = ", ".join(told)
    return _("%(entries)s, and %(n)s more") % {"entries": line, "n": rest} if rest else line
