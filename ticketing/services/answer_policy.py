"""Which mail is answered by itself, as people set it: for all mailboxes, and for each that says something else."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile
from mailboxes.models import Mailbox
from ticketing.answering.limits import entries_of
from ticketing.inbound.filtering import Entry
from ticketing.models import AnswerLimits, AnswerPolicy
from ticketing.services.filter_entries import written_as
from ticketing.services.policy_version import policy_changed


@dataclass(frozen=True)
class PolicyInput:
    """What a person sets; None: as for all mailboxes."""

    acknowledges: bool | None
    tells_not_worked: bool | None
    tells_too_large: bool | None = None


@dataclass(frozen=True)
class LimitsInput:
    """Who is never answered by itself, and how often anybody is."""

    unanswered: tuple[Entry, ...]
    max_answers: int
    within_hours: int


def policy_of(mailbox: Mailbox | None) -> AnswerPolicy:
    """What is set for the mailbox, or for all; an unsaved one that says nothing where nothing was."""
    return AnswerPolicy.objects.filter(mailbox=mailbox).first() or AnswerPolicy(mailbox=mailbox)


@transaction.atomic
def set_answer_policy(
    mailbox: Mailbox | None, wanted: PolicyInput, *, version: int, actor: Membership | None = None
) -> None:
    """This holds for mail that is decided from now on. A change is audited. Inside the organization's scope.

    mailbox: None for all that say nothing of their own. Raises ChangedMeanwhile.
    """
    row, _made = AnswerPolicy.objects.get_or_create(mailbox=mailbox)
    before = {name: getattr(row, name) for name in asdict(wanted)}
    if not AnswerPolicy.objects.filter(pk=row.pk, version=version).update(version=version + 1, **asdict(wanted)):
        raise ChangedMeanwhile
    changes = audit.differences(before, after=asdict(wanted))
    if changes:
        label = mailbox.name if mailbox is not None else _("All mailboxes")
        audit.record("answers.changed", target=row, actor=actor, changes=changes, label=label)
        policy_changed()


@transaction.atomic
def set_answer_limits(wanted: LimitsInput, *, version: int, actor: Membership | None = None) -> None:
    """These limits hold from now on. A change is audited. Inside the organization's scope. Raises ChangedMeanwhile."""
    row, _made = AnswerLimits.objects.get_or_create()
    before = _told(row)
    row.unanswered = {}
    for entry in wanted.unanswered:
        row.unanswered.setdefault(entry.kind.value, []).append(entry.value)
    row.max_answers, row.within_hours = wanted.max_answers, wanted.within_hours
    changed = AnswerLimits.objects.filter(pk=row.pk, version=version).update(
        unanswered=row.unanswered, max_answers=row.max_answers, within_hours=row.within_hours, version=version + 1
    )
    if not changed:
        raise ChangedMeanwhile
    changes = audit.differences(before, after=_told(row))
    if changes:
        audit.record("answers.limits_changed", target=row, actor=actor, changes=changes, label=_("Automatic answers"))
        policy_changed()


def _told(row: AnswerLimits) -> dict[str, object]:
    """As the audit trail names them."""
    listed = ", ".join(sorted(written_as(entry) for entry in entries_of(row.unanswered)))
    return {"unanswered": listed, "max_answers": row.max_answers, "within_hours": row.within_hours}
