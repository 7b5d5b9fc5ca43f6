"""Finding the mailbox that a page is about."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from mailboxes.models import Mailbox


def mailbox_or_404(mailbox_id: int, *, with_deleted: bool = False) -> Mailbox:
    """The mailbox of the open scope, unless it is deleted; with its servers. Raises Http404."""
    rows = Mailbox.objects.select_related(
        "connection__grant",
        "outgoing__login_of__grant",
        "team",
        "assignee__user",
        "category",
        "company",
        "organization",
    )
    mailbox: Mailbox = get_object_or_404(rows if with_deleted else rows.filter(deleted_at=None), pk=mailbox_id)
    return mailbox
