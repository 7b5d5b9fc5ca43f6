"""The organization's primary mailbox: it stands in where a ticket has no mailbox, or its mailbox is paused or away."""

from __future__ import annotations

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import DomainError
from mailboxes.models import Health, Mailbox


class NotSetUp(DomainError):
    """A draft stands in for nobody."""

    code = "draft"


@transaction.atomic
def make_primary(mailbox: Mailbox, *, actor: Membership) -> None:
    """This mailbox is the primary one, and no other. In the organization's scope. Raises NotSetUp for a draft."""
    if mailbox.is_draft:
        raise NotSetUp(_("%(name)s is not set up yet. Finish it first.") % {"name": mailbox.name})
    Mailbox.objects.filter(is_primary=True).exclude(id=mailbox.pk).update(is_primary=False)
    if Mailbox.objects.filter(id=mailbox.pk, is_primary=False).update(is_primary=True):
        audit.record("mailbox.made_primary", target=mailbox, actor=actor)
    mailbox.is_primary = True


@transaction.atomic
def end_primary(mailbox: Mailbox, *, actor: Membership) -> None:
    """No mailbox stands in for others. In the organization's scope."""
    if Mailbox.objects.filter(id=mailbox.pk, is_primary=True).update(is_primary=False):
        audit.record("mailbox.primary_ended", target=mailbox, actor=actor)
    mailbox.is_primary = False


def primary_mailbox() -> Mailbox | None:
    """The primary mailbox, if there is one that can be used. In the organization's scope."""
    found: Mailbox | None = (
        Mailbox.objects.select_related("outgoing__login_of", "connection").filter(is_primary=True).first()
    )
    return found if found is not None and can_answer(found) else None


def answering_mailbox(mailbox: Mailbox | None) -> Mailbox | None:
    """From which mailbox a ticket of this one is answered: its own while it works, else the primary one, else its own.

    None: it was deleted or there never was one, and no primary one can stand in. In the organization's scope.
    """
    if mailbox is not None and can_answer(mailbox):
        return mailbox
    stand_in = primary_mailbox()
    if stand_in is not None:
        return stand_in
    return mailbox if mailbox is not None and mailbox.deleted_at is None else None


def can_answer(mailbox: Mailbox) -> bool:
    """True unless it is deleted, paused or cannot be reached: what is answered to it would wait there unread."""
    return mailbox.deleted_at is None and mailbox.is_enabled and mailbox.health != Health.UNREACHABLE
