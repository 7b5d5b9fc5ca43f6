"""Brings a mail out of quarantine, or before the settings that have kept it out again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
from ticketing.inbound.decisions import Reason
from ticketing.models import MailOrder


class NotInQuarantine(DomainError):
    """The mail has a verdict already, or is being processed."""

    code = "not_in_quarantine"


SETTING_REASONS = (
    Reason.FILTERED,
    Reason.NOT_ALLOWED,
    Reason.VACATION,
    Reason.AUTO_REPLY,
    Reason.READ_RECEIPT,
    Reason.FEEDBACK_REPORT,
    Reason.GENERATED,
    Reason.LIST,
    Reason.MAY_NOT_OPEN,
    Reason.MAY_NOT_UPDATE,
    Reason.ANSWERS_ONLY,
    Reason.SWITCHED_OFF,
    Reason.LOOP_STOPPED,
)
SETTING_OUTCOMES = (Outcome.IGNORED, Outcome.HELD, Outcome.REJECTED, Outcome.LOOP)


class NotFiltered(DomainError):
    """No such setting kept the mail out, or it is being decided anew already."""

    code = "not_filtered"


def retry_raw(raw: RawMessage, *, actor: Membership) -> None:
    """The mail is due again with three fresh attempts, and the audit trail says who asked.

    An order about it that it was to be decided by still holds: it was never carried out.
    Raises NotInQuarantine when it no longer is, also when two people ask at once.
    """
    with transaction.atomic():
        held = RawMessage.objects.filter(id=raw.id, state=RawState.QUARANTINED)
        if not held.update(state=RawState.PENDING, processed_at=None):
            raise NotInQuarantine(
                _("This mail is not in quarantine any more. Reload the log to see what became of it.")
            )
        _make_due(raw, RemoteMessage.objects.filter(raw_id=raw.id, outcome=Outcome.FAILED), actor=actor)


def decide_again(raw: RawMessage, *, actor: Membership) -> None:
    """The mail that a setting kept out is due again and decided as they stand now. The audit trail says who asked.

    What somebody ordered about it before holds no longer: no step is left out, and the mail goes where it belongs.
    Raises NotFiltered when something else decided, also when two people ask at once.
    """
    with transaction.atomic():
        ignored = RemoteMessage.objects.filter(
            raw_id=raw.id, outcome__in=SETTING_OUTCOMES, reason_code__in=SETTING_REASONS
        )
        decided = RawMessage.objects.filter(id=raw.id, state=RawState.DONE, id__in=ignored.values("raw_id"))
        if not decided.exclude(storage_key="").update(state=RawState.PENDING, processed_at=None):
            raise NotFiltered(_("No setting holds this mail back any more. Reload the log to see what became of it."))
        MailOrder.objects.filter(raw_id=raw.id).delete()
        _make_due(raw, ignored, actor=actor)


def _make_due(raw: RawMessage, sightings: QuerySet[RemoteMessage], *, actor: Membership) -> None:
    sightings.update(outcome=Outcome.PENDING, reason_code="", reason_data={}, decided_at=None)
    audit.record("mail.retried", target=raw, actor=actor, label=f"Mail {raw.id}")
    work.enqueue(WorkKind.PROCESS, organization_id=required_organization_id(), row_id=raw.id)
    drains.wake(WorkKind.PROCESS)
