"""Blocking a sender: the address joins a filter of what to ignore, and can leave it again.

The mailbox's own filter, else that of all mailboxes; never one that would come to mean something else by it.
"""

from __future__ import annotations

from dataclasses import replace

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox
from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind, FilterEntry, FilterMode
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter, stored


class CannotBlock(DomainError):
    """No filter can take the address."""

    code = "cannot_block"


def block_sender(address: str, *, mailbox: Mailbox, actor: Membership) -> Mailbox | None:
    """Mail of this address is ignored from now on; gives the mailbox whose filter says so, None for that of all.

    Raises CannotBlock, EntryRefused for what is no address, or as `save_filter` does.
    """
    entry = tidy_entry(EntryKind.ADDRESS, address)
    with transaction.atomic():
        places = [None] if mailbox.deleted_at else [mailbox, None]
        for place in places:
            current = stored(place)
            if _can_take(current):
                entries = [*current.entries, entry]
                save_filter(place, replace(current, mode=FilterMode.IGNORE, entries=entries), actor=actor)
                return place
    raise CannotBlock(
        _("The filters of this mailbox say who may write, not who may not: take the address off there, or add it"
          " to the filter of all mailboxes yourself.")
    )  # fmt: skip


def unblock_sender(address: str, *, mailbox: Mailbox, actor: Membership) -> None:
    """No filter of this mailbox, nor that of all, ignores the address by itself any more. Raises CannotBlock."""
    entry = tidy_entry(EntryKind.ADDRESS, address)
    with transaction.atomic():
        taken = [_without(place, entry, actor=actor) for place in (mailbox, None)]
    if not any(taken):
        raise CannotBlock(_("No filter names this address. Open the filters to see what ignores it."))


def is_blocked(address: str, *, mailbox_id: int) -> bool:
    """True if a filter of this mailbox, or that of all, names the address among what to ignore. One query."""
    named = FilterEntry.objects.filter(kind=EntryKind.ADDRESS, value=address, mail_filter__mode=FilterMode.IGNORE)
    places = set(named.values_list("mail_filter__mailbox_id", flat=True))
    return bool(places & {None, mailbox_id})


def _can_take(current: FilterInput) -> bool:
    """A filter with entries that mean nothing now would begin to ignore them all."""
    return current.mode is FilterMode.IGNORE or (current.mode is FilterMode.EVERYTHING and not current.entries)


def _without(place: Mailbox | None, entry: Entry, *, actor: Membership) -> bool:
    current = stored(place)
    if current.mode is not FilterMode.IGNORE or entry not in current.entries:
        return False
    rest = [each for each in current.entries if each != entry]
    mode = FilterMode.IGNORE if rest else FilterMode.EVERYTHING
    save_filter(place, replace(current, mode=mode, entries=rest), actor=actor)
    return True
