"""What becomes of automatic mail, as people set it: told in the audit trail, heeded by the next mail."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from ticketing.inbound.automatic import DEFAULTS, Rules, places, stored_rules
from ticketing.models import AutomaticClass, AutomaticPolicy
from ticketing.services.policy_version import policy_changed


@dataclass(frozen=True)
class AutomaticInput:
    """The rules of every class as a person sets them."""

    rules: Rules
    version: int  # that the person saw


@transaction.atomic
def set_automatic_rules(data: AutomaticInput, *, actor: Membership | None = None) -> None:
    """These rules hold for mail that is decided from now on. A change is audited. Inside the organization's scope.

    Raises ChangedMeanwhile, or DomainError not_offered for a choice that a class does not have.
    """
    if any(rule.on_ticket not in places(kind) for kind, rule in data.rules.items()):
        raise DomainError(_("This cannot be chosen for mail of this kind."), code="not_offered")
    row, _made = AutomaticPolicy.objects.get_or_create()
    choices = {
        kind.value: {"new": rule.new.value, "on_ticket": rule.on_ticket.value} for kind, rule in data.rules.items()
    }
    mine = AutomaticPolicy.objects.filter(pk=row.pk, version=data.version)
    if not mine.update(version=data.version + 1, choices=choices):
        raise ChangedMeanwhile
    changes = audit.differences(_told(stored_rules(row.choices)), after=_told(data.rules))
    if changes:
        audit.record("automatic.changed", target=row, actor=actor, changes=changes, label=_("Automatic mail"))
        policy_changed()


def automatic_rules() -> AutomaticInput:
    """The rules as they stand, with their version; the defaults where none was ever set."""
    row = AutomaticPolicy.objects.first()
    return AutomaticInput(stored_rules(row.choices), row.version) if row else AutomaticInput(DEFAULTS, 0)


def _told(rules: Rules) -> dict[str, object]:
    """As the audit trail names them."""
    told: dict[str, object] = {}
    for kind in AutomaticClass:
        told[f"{kind.name.lower()}_new"] = str(rules[kind].new.label)
        told[f"{kind.name.lower()}_on_ticket"] = str(rules[kind].on_ticket.label)
    return told
