"""Contact groups: the list of all, and the page of one."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.contact_groups import GroupForm, right_forms
from ticketing.models import ContactGroup
from ticketing.queries.contact_groups import group_lines
from ticketing.services.contact_groups import delete_group, save_group


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def contact_groups(request: OrganizationRequest) -> HttpResponse:
    """Every group."""
    return render(request, "ticketing/contact_groups.html", {"groups": group_lines()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def add_contact_group(request: OrganizationRequest) -> HttpResponse:
    """A new group; posted, it is there."""
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def contact_group(request: OrganizationRequest, group_id: int) -> HttpResponse:
    """The group; posted, its members and rights are these from the next mail on."""
    return _edited(request, get_object_or_404(ContactGroup, pk=group_id))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def contact_group_deletion(request: OrganizationRequest, group_id: int) -> HttpResponse:
    """What goes with the group; posted, it is gone."""
    group = get_object_or_404(ContactGroup, pk=group_id)
    if request.method != "POST":
        return render(request, "ticketing/contact_group_deletion.html", {"group": group})
    delete_group(group, actor=request.membership)
    toast_on_next_page(request, _("The group %(name)s is deleted.") % {"name": group.name})
    return redirect(request, "contact_groups", slug=request.organization.slug)


def _edited(request: OrganizationRequest, group: ContactGroup | None) -> HttpResponse:
    if request.method != "POST":
        return _page(request, group, GroupForm.of(group), right_forms(None, group=group))
    form, rights = GroupForm(request.POST), right_forms(request.POST, group=group)
    if form.is_valid() and rights.is_valid():
        try:
            data = form.to_input([right.to_right() for right in rights.forms])
            saved = save_group(group, data, actor=request.membership)
        except DomainError as refused:
            form.add_error(_FIELDS.get(refused.code), refused.sentence)
        else:
            toast_on_next_page(request, _("Saved. It holds from the next mail on."))
            return redirect(request, "contact_group", slug=request.organization.slug, group_id=saved.pk)
    return _page(request, group, form, rights, status=422)


_FIELDS = {"name_missing": "name", "name_taken": "name", "unknown_person": "people", "bad_address": "people"}


def _page(
    request: OrganizationRequest, group: ContactGroup | None, form: GroupForm, rights: object, *, status: int = 200
) -> HttpResponse:
    context = {"group": group, "form": form, "rights": rights}
    return render(request, "ticketing/contact_group.html", context, status=status)
