"""A person asks for days of a mailbox again: first how many messages that is, then to import them."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.connectors.registry import traits_of
from mailboxes.models import BackFill, BackFillState, Mailbox
from mailboxes.services.setup.mailboxes import ask_poll_now


class CannotBackFill(DomainError):
    """As things stand the mailbox is not read."""

    code = "cannot_back_fill"


@transaction.atomic
def count_days(mailbox: Mailbox, *, since: datetime, before: datetime, actor: Membership) -> None:
    """The next poll counts the messages of this time; whatever was asked before is forgotten.

    Needs the organization's scope. Raises CannotBackFill.
    """
    _check(mailbox)
    moment = clock.now()
    BackFill.objects.update_or_create(
        mailbox=mailbox,
        defaults={
            "source_generation": mailbox.source_generation,
            "since": since,
            "before": before,
            "state": BackFillState.COUNTING,
            "listed": None,
            "missing": None,
            "undated": None,
            "asked_by": actor,
            "asked_at": moment,
            "changed_at": moment,
        },
    )
    ask_poll_now(mailbox)


@transaction.atomic
def import_days(mailbox: Mailbox, *, actor: Membership) -> None:
    """What was counted and is not here is imported as history by the next polls; nothing of it is ever answered.

    Needs the organization's scope. Raises CannotBackFill, also where somebody else was faster.
    """
    _check(mailbox)
    counted = BackFill.objects.filter(
        mailbox=mailbox, state=BackFillState.COUNTED, source_generation=mailbox.source_generation
    )
    wish = counted.first()
    if wish is None or not counted.update(state=BackFillState.WANTED, changed_at=clock.now()):
        raise CannotBackFill(_("These days are being imported already, or were changed. Reload the page to see."))
    changes = {"since": (None, wish.since.isoformat()), "before": (None, wish.before.isoformat())}
    audit.record(
        "mailbox.back_filled", target=mailbox, actor=actor, changes=changes | {"messages": (None, wish.missing)}
    )
    ask_poll_now(mailbox)


def _check(mailbox: Mailbox) -> None:
    if mailbox.is_draft or not traits_of(mailbox.connection.kind).is_polled:
        raise CannotBackFill(_("This mailbox is not read from a server: there is nothing to import again."))
    if not mailbox.is_enabled:
        raise CannotBackFill(_("The mailbox is paused. Resume it first."))
    if not mailbox.organization.takes_mail:
        raise CannotBackFill(_("Email to ticket is off. Switch it on first."))
