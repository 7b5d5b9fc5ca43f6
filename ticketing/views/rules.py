"""Rules: the list of all in their order, one of them open to be changed; switching, moving and deleting them."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.rules.draft import RuleDraft
from ticketing.models import Rule, RuleTrial
from ticketing.queries.rules import deleted_rules, kept_rules, rule_lines
from ticketing.rule_trial_words import trial_view
from ticketing.services.rules.saving import change_rule, create_rule, delete_rule, place_rule, switch_rule
from ticketing.services.rules.trials import drop_trial

NEW = "new"
MAX_ID_DIGITS = 18


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def rules(request: OrganizationRequest) -> HttpResponse:
    """Every rule, top to bottom."""
    return page(request)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def rule(request: OrganizationRequest, which: str) -> HttpResponse:
    """The rule open in the list, as it was tried last if that is not saved; posted, it is saved."""
    if request.method != "POST" and (gone := _deleted(which)) is not None:
        return redirect(request, "rule_versions", slug=request.organization.slug, rule_id=gone.pk)
    shown = rule_or_404(which)
    if request.method != "POST":
        return page(request, shown=shown, is_new=shown is None)
    draft = RuleDraft.posted(request.POST)
    if not draft.check():
        return page(request, shown=shown, is_new=shown is None, draft=draft, status=422)
    try:
        saved = (
            create_rule(draft.rule_input(), actor=request.membership)
            if shown is None
            else change_rule(shown, draft.rule_input(), actor=request.membership)
        )
    except DomainError as refused:
        draft.problems.append(refused.sentence)
        return page(request, shown=shown, is_new=shown is None, draft=draft, status=422)
    drop_trial(shown, actor=request.membership)
    toast_on_next_page(request, _("“%(name)s” is saved. It acts on mail from now on.") % {"name": saved.name})
    return redirect(request, "rules", slug=request.organization.slug)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def rule_draft(request: OrganizationRequest, which: str) -> HttpResponse:
    """The form with what its button asks for; nothing is saved."""
    shown = rule_or_404(which)
    draft = RuleDraft.posted(request.POST)
    draft.change(request.POST.get("do", ""), without=request.POST.get("without", ""))
    return page(request, shown=shown, is_new=shown is None, draft=draft)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def rule_switch(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    """On or off (`on`: yes or no)."""
    shown = kept_or_404(rule_id)
    switch_rule(shown, is_active=request.POST.get("on") == "yes", actor=request.membership)
    return _list(request, focus=f"switch-{shown.pk}")


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def rule_place(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    """The rule is the so-manieth (`place`, from 1)."""
    shown = kept_or_404(rule_id)
    text = request.POST.get("place", "")
    if not (text.isascii() and text.isdecimal() and len(text) <= MAX_ID_DIGITS):
        raise Http404
    place = place_rule(shown, place=int(text), actor=request.membership)
    total = len(kept_rules())
    words = ngettext("Moved to %(n)s of %(total)s", "Moved to %(n)s of %(total)s", place)
    return _list(request, focus=f"grip-{shown.pk}", announced=words % {"n": place, "total": total})


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def rule_deletion(request: OrganizationRequest, rule_id: int) -> HttpResponse:
    """The rule is deleted; it can be brought back."""
    shown = kept_or_404(rule_id)
    delete_rule(shown, actor=request.membership)
    words = _("“%(name)s” is deleted. It stands among the deleted rules and can be brought back.")
    toast_on_next_page(request, words % {"name": shown.name})
    return redirect(request, "rules", slug=request.organization.slug)


def rule_or_404(which: str) -> Rule | None:
    """The rule of an address; None for a new one. Raises Http404."""
    if which == NEW:
        return None
    if not (which.isascii() and which.isdecimal() and len(which) <= MAX_ID_DIGITS):
        raise Http404
    return kept_or_404(int(which))


def _deleted(which: str) -> Rule | None:
    """A rule that histories name still."""
    is_id = which.isascii() and which.isdecimal() and len(which) <= MAX_ID_DIGITS
    return Rule.objects.filter(pk=int(which)).exclude(deleted_at=None).first() if is_id else None


def kept_or_404(rule_id: int) -> Rule:
    """A rule that is not deleted. Raises Http404."""
    found: Rule | None = Rule.objects.filter(pk=rule_id, deleted_at=None).first()
    if found is None:
        raise Http404
    return found


def page(
    request: OrganizationRequest,
    *,
    shown: Rule | None = None,
    is_new: bool = False,
    draft: RuleDraft | None = None,
    status: int = 200,
) -> HttpResponse:
    """The list with a form in it; for htmx the form alone."""
    is_open = shown is not None or is_new
    trial = RuleTrial.objects.filter(rule=shown, membership=request.membership).first() if is_open else None
    is_tried = draft is None and trial is not None and "saved" not in request.GET
    if is_open and draft is None:
        draft = _draft(shown, trial if is_tried else None)
    context: dict[str, Any] = {
        "lines": rule_lines(),
        "deleted": deleted_rules(),
        "open": shown,
        "is_new": is_new,
        "which": shown.pk if shown else NEW,
        "draft": draft,
        "trial": trial_view(trial) if trial else None,
        "is_tried": is_tried,
    }
    part = "ticketing/_rule_form.html" if draft is not None else "ticketing/_rule_list.html"
    return page_or_part(request, "ticketing/rules.html", part, context, status=status)


def _draft(shown: Rule | None, trial: RuleTrial | None) -> RuleDraft:
    version = shown.version if shown else 0
    if trial is not None:
        return RuleDraft.of(trial, version=version)
    return RuleDraft.of(shown, version=version) if shown else RuleDraft.blank()


def _list(request: OrganizationRequest, *, focus: str, announced: str = "") -> HttpResponse:
    """The list after a change in it."""
    if request.headers.get("HX-Request") != "true":
        return redirect(request, "rules", slug=request.organization.slug)
    context = {"lines": rule_lines(), "focus": focus, "announced": announced}
    return page_or_part(request, "ticketing/rules.html", "ticketing/_rule_list.html", context)
