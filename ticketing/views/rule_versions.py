"""What a rule said since when and by whom, and bringing one of its versions back."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.models import Rule, RuleVersion
from ticketing.queries.rules import version_lines
from ticketing.services.rules.saving import restore_version


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def rule_versions(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    """Every version of the rule, deleted or not."""
    rule = _rule_or_404(rule_id)
    return render(request, "ticketing/rule_versions.html", {"rule": rule, "lines": version_lines(rule)})


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def rule_restoration(request: OrganizationRequest, rule_id: int, number: int) -> HttpResponse:
    """The rule says again what it said in that version."""
    rule = _rule_or_404(rule_id)
    try:
        restore_version(rule, number=number, actor=request.membership)
    except RuleVersion.DoesNotExist:
        raise Http404 from None
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    else:
        words = _("“%(name)s” says again what it said in version %(number)s.")
        toast_on_next_page(request, words % {"name": rule.name, "number": number})
    return redirect(request, "rule_versions", slug=request.organization.slug, rule_id=rule.pk)


def _rule_or_404(rule_id: int) -> Rule:
    found: Rule | None = Rule.objects.filter(pk=rule_id).first()
    if found is None:
        raise Http404
    return found
