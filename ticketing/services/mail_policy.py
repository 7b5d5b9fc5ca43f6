"""How an organization takes mail, as people set it: told in the audit trail, heeded by the next mail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from ticketing.models import Copies, MailPolicy, Quotes
from ticketing.services.policy_version import policy_changed

REPEAT_DAYS = (1, 7, 30, 90, 365)  # what is offered, beside for ever


@dataclass(frozen=True)
class MailPolicyInput:
    """The choices as a person sets them."""

    repeat_days: int | None = None
    copies: Copies = Copies.SAME_TEAM
    quotes: Quotes = Quotes.KEEP
    asks_above: bool = False
    asks_spam_daemon: bool = True  # where the operator runs one
    version: int = 0  # that the person saw


@transaction.atomic
def set_mail_policy(data: MailPolicyInput, *, actor: Membership | None = None) -> None:
    """The choices hold for mail that is decided, and written, from now on. A change is audited. Inside the scope.

    Raises ChangedMeanwhile, or DomainError not_offered for a number of days that is not offered.
    """
    if data.repeat_days is not None and data.repeat_days not in REPEAT_DAYS:
        raise DomainError(_("Choose one of the times that are offered."), code="not_offered")
    row, _made = MailPolicy.objects.get_or_create()
    before = _told(_input_of(row))
    mine = MailPolicy.objects.filter(pk=row.pk, version=data.version)
    changed = mine.update(
        repeat_days=data.repeat_days,
        copies=data.copies,
        quotes=data.quotes,
        asks_above=data.asks_above,
        asks_spam_daemon=data.asks_spam_daemon,
        version=data.version + 1,
    )
    if not changed:
        raise ChangedMeanwhile
    changes = audit.differences(before, after=_told(data))
    if changes:
        audit.record("mail_policy.changed", target=row, actor=actor, changes=changes, label=_("Incoming mail"))
        policy_changed()


def mail_policy() -> MailPolicyInput:
    """The choices as they stand, with their version; the defaults where none was ever made."""
    row = MailPolicy.objects.first()
    return _input_of(row) if row else MailPolicyInput()


def _input_of(row: MailPolicy) -> MailPolicyInput:
    return MailPolicyInput(
        repeat_days=row.repeat_days,
        copies=Copies(row.copies),
        quotes=Quotes(row.quotes),
        asks_above=row.asks_above,
        asks_spam_daemon=row.asks_spam_daemon,
        version=row.version,
    )


def _told(data: MailPolicyInput) -> dict[str, object]:
    """As the audit trail names them."""
    return {
        "repeat_days": data.repeat_days or str(_("for ever")),
        "copies": str(data.copies.label),
        "quotes": str(data.quotes.label),
        "asks_above": data.asks_above,
        "asks_spam_daemon": data.asks_spam_daemon,
    }
