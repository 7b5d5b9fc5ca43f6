"""What the fields of a rule's form offer."""

from __future__ import annotations

from django import template

from ticketing.forms.rules.choices import Option
from ticketing.forms.rules.draft import RuleDraft
from ticketing.forms.rules.nodes import ActionNode, ConditionNode

register = template.Library()


@register.simple_tag
def condition_options(draft: RuleDraft, node: ConditionNode) -> list[Option]:
    """The values to choose from in a condition; looked up once for the whole form."""
    return node.options(draft.choices)


@register.simple_tag
def action_options(draft: RuleDraft, node: ActionNode) -> list[Option]:
    """The values to choose from in an action."""
    return node.options(draft.choices)
