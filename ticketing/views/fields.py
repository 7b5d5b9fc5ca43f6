"""The custom fields of the organization: the list in its order, and a page for each."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.views.saving import saved
from helpdesk.web.rendering import page_or_part, redirect
from ticketing.forms.fields import FieldForm, NewFieldForm
from ticketing.models import TYPE_KEY, FieldKind, TicketField
from ticketing.queries.fields import ticket_fields
from ticketing.services.ticket_fields import change_field, create_field, move_field


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def fields(request: OrganizationRequest) -> HttpResponse:
    """All fields in their order."""
    return _list(request)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def new_field(request: OrganizationRequest) -> HttpResponse:
    """A form for another field; `?for=type` fills in the ticket type."""
    initial = _type() if request.GET.get("for") == TYPE_KEY else None
    form = NewFieldForm(request.POST or None, initial=initial)

    def save() -> None:
        data = form.cleaned_data
        create_field(form.profile(), kind=FieldKind(data["kind"]), key=data["key"], actor=request.membership)

    return saved(request, form, save, back_to="fields") or _page(request, form)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def field(request: OrganizationRequest, field_id: int) -> HttpResponse:
    """One field: its name, its words, and whether tickets can get it."""
    row = TicketField.objects.filter(pk=field_id).first()
    if row is None:
        raise Http404
    form = FieldForm.of(row, request.POST or None)
    save = saved(
        request,
        form,
        lambda: change_field(field_id, profile=form.profile(), actor=request.membership),
        back_to="fields",
    )
    return save or _page(request, form, row=row)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def field_order(request: OrganizationRequest, field_id: int) -> HttpResponse:
    """The field is one place further `up` or down (`to`)."""
    try:
        move_field(field_id, up=request.POST.get("to") == "up", actor=request.membership)
    except TicketField.DoesNotExist as error:
        raise Http404 from error
    return redirect(request, "fields", slug=request.organization.slug)


def _type() -> dict[str, object]:
    words = (_("Question"), _("Incident"), _("Problem"), _("Request"))
    return {"label": _("Type"), "kind": FieldKind.CHOICE, "key": TYPE_KEY, "choices": "\n".join(words)}


def _list(request: OrganizationRequest) -> HttpResponse:
    rows = ticket_fields()
    has_type = any(row.key == TYPE_KEY for row in rows)
    return render(request, "ticketing/fields.html", {"fields": rows, "has_type": has_type})


def _page(request: OrganizationRequest, form: FieldForm, *, row: TicketField | None = None) -> HttpResponse:
    status = 422 if form.errors else 200
    context = {"form": form, "row": row}
    return page_or_part(request, "ticketing/field.html", "ticketing/_field_form.html", context, status=status)
