"""What of a mailbox's mail is taken for spam: by which headers, and whether by the operator's spam daemon."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from mailboxes.models import Mailbox, SpamTrust


@dataclass(frozen=True)
class SpamInput:
    """The switches, by the names of the mailbox's columns."""

    trusts_spamassassin: bool
    trusts_exchange: bool
    trusts_feedback_id: bool
    trusts_dmarc: bool
    spam_trust: SpamTrust
    asks_spam_daemon: bool = True


@transaction.atomic
def set_spam_switches(mailbox: Mailbox, wanted: SpamInput, *, actor: Membership) -> None:
    """The mailbox takes for spam what is wanted, from the next mail on. A change is audited."""
    current = Mailbox.objects.select_for_update().get(pk=mailbox.pk)
    after = asdict(wanted)
    changes = audit.differences({name: getattr(current, name) for name in after}, after=after)
    if not changes:
        return
    Mailbox.objects.filter(pk=mailbox.pk).update(**after)
    audit.record("mailbox.changed", target=current, actor=actor, changes=changes)
