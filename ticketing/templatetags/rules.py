"""What the fields of a rule's form offer, and what texts for the team can hold."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise

from ticketing.forms.rules.choices import Option
from ticketing.forms.rules.draft import RuleDraft
from ticketing.forms.rules.nodes import ActionNode, ConditionNode
from ticketing.inbound.notice_texts import MEANINGS

register = template.Library()


@register.simple_tag
def condition_options(draft: RuleDraft, node: ConditionNode) -> list[Option]:
    """The values to choose from in a condition; looked up once for the whole form."""
    return node.options(draft.choices)


@register.simple_tag
def action_options(draft: RuleDraft, node: ActionNode) -> list[Option]:
    """The values to choose from in an action."""
    return node.options(draft.choices)


@register.simple_tag
def notice_placeholders() -> list[tuple[str, Promise]]:
    """Each placeholder as it is written, with what it stands for."""
    return [(f"{{{{ {name} }}}}", meaning) for name, meaning in MEANINGS.items()]
