"""Beginning a trial of a rule, as it stands in a form, against past mail; `trial_work` does it."""

from __future__ import annotations

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from ticketing.inbound.rules.written import stored_actions, stored_group
from ticketing.models import Rule, RuleTrial
from ticketing.services.rules.saving import RuleInput


@transaction.atomic
def start_trial(rule: Rule | None, data: RuleInput, *, actor: Membership) -> RuleTrial:
    """A worker holds the rule against the last messages. It takes the place of the person's last trial of it.

    Nothing is stored but what it finds. Inside the scope.
    """
    drop_trial(rule, actor=actor)
    trial: RuleTrial = RuleTrial.objects.create(
        rule=rule,
        membership=actor,
        name=data.name[:80],
        applies_to=data.applies_to,
        conditions=stored_group(data.conditions),
        actions=stored_actions(data.actions),
        started_at=clock.now(),
    )
    work.enqueue(WorkKind.RULE_TRIAL, organization_id=trial.organization_id, row_id=trial.pk)
    drains.wake(WorkKind.RULE_TRIAL)
    return trial


@transaction.atomic
def drop_trial(rule: Rule | None, *, actor: Membership) -> None:
    """The person's trial of the rule is gone, and goes no further."""
    for trial in RuleTrial.objects.filter(rule=rule, membership=actor):
        work.withdraw(WorkKind.RULE_TRIAL, organization_id=trial.organization_id, row_id=trial.pk)
        trial.delete()
