"""Copying settings from one mailbox to others: chosen, seen beforehand, done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.copy_words import setting_words
from mailboxes.models import Mailbox
from mailboxes.policy_copies import Policy
from mailboxes.services.setup.copying import Setting, TargetPlan, copy_settings, plan_copy, settings_of


@dataclass(frozen=True)
class _Chosen:
    """What stands in the form."""

    source: Mailbox | None
    targets: Sequence[Mailbox]
    codes: frozenset[str]

    @property
    def trouble(self) -> str:
        """What is missing, in words; empty for nothing."""
        if self.source is None:
            return _("Choose the mailbox that settings are copied from.")
        if not self.targets:
            return _("Choose at least one other mailbox.")
        return "" if self.codes else _("Choose at least one setting.")


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def copy_mailbox_settings(request: OrganizationRequest) -> HttpResponse:
    """The choice with what it would change; posted, it is done."""
    boxes = list(
        Mailbox.objects.filter(deleted_at=None, is_draft=False)
        .select_related("connection", "team", "assignee__user", "category", "company")
        .order_by("name", "id")
    )
    data = request.POST if request.method == "POST" else request.GET
    offered = settings_of(request.organization)
    chosen = _chosen(data, boxes, offered)
    source = chosen.source
    is_preview = "preview" in data
    trouble = chosen.trouble if request.method == "POST" else ""
    if request.method == "POST" and not is_preview and not trouble and source is not None:
        try:
            plans = copy_settings(source, targets=chosen.targets, codes=chosen.codes, actor=request.membership)
        except DomainError as error:
            trouble = _("Nothing was copied: %(why)s") % {"why": error.sentence}
        else:
            toast_on_next_page(request, _done_words(plans))
            return redirect(request, "mailboxes", slug=request.organization.slug)
    context = {"boxes": boxes, "chosen": chosen, "settings": offered, "trouble": trouble}
    if request.method == "POST" and not trouble and source is not None:
        plans = plan_copy(source, targets=chosen.targets, codes=chosen.codes)
        context |= {"plans": [_shown(plan, source) for plan in plans], "has_changes": any(p.has_changes for p in plans)}
    return render(request, "mailboxes/copy_settings.html", context, status=422 if trouble else 200)


def _chosen(data: QueryDict, boxes: Sequence[Mailbox], offered: Sequence[Setting | Policy]) -> _Chosen:
    by_id = {str(box.pk): box for box in boxes}
    source = by_id.get(data.get("source", ""))
    targets = [by_id[pk] for pk in dict.fromkeys(data.getlist("target")) if pk in by_id]
    known = {setting.code for setting in offered}
    is_sent = any(name in data for name in ("source", "setting"))  # else as one comes to the page: all are chosen
    codes = known.intersection(data.getlist("setting")) if is_sent else known
    return _Chosen(source, [box for box in targets if box != source], frozenset(codes))


def _shown(plan: TargetPlan, source: Mailbox) -> tuple[Mailbox, list[tuple[Promise, str, str]], object]:
    """The mailbox, its changes as label, before and after, and what is left out."""
    changes = [
        (setting.label, setting_words(plan.mailbox, setting.code), setting_words(source, setting.code))
        for setting in plan.changes
    ]
    changes += [(change.policy.label, change.before, change.after) for change in plan.policies]
    return plan.mailbox, changes, [(setting.label, why) for setting, why in plan.refused]


def _done_words(plans: Sequence[TargetPlan]) -> str:
    count = sum(plan.has_changes for plan in plans)
    if not count:
        return _("Nothing had to be changed.")
    return ngettext("Settings are copied to %(n)d mailbox.", "Settings are copied to %(n)d mailboxes.", count) % {
        "n": count
    }
