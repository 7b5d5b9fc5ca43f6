"""Who is in the organization: the list, and what happens to a member."""

from __future__ import annotations

from collections.abc import Callable

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.forms.people import ROLE_HINTS, RoleForm, role_choices
from helpdesk.accounts.models import Membership, Role
from helpdesk.accounts.services.members import change_role, deactivate, reactivate
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.web.pagination import paginate
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page

ORDER = ("-is_active", "user__name", "user__email", "id")


@requires(Capability.MANAGE_PEOPLE)
@require_safe
def people(request: OrganizationRequest) -> HttpResponse:
    """Members, and who is invited; for htmx the members alone."""
    search = clean_line(request.GET.get("q", ""))[:200]
    page = paginate(queries.members(search), order_by=ORDER, cursor=request.GET.get("cursor", ""))
    context = {"page": page, "search": search, "invitations": queries.open_invitations()}
    return page_or_part(request, "accounts/people.html", "accounts/_people.html", context)


@requires(Capability.MANAGE_PEOPLE)
@require_safe
def member(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """One member: role, teams, access."""
    return _member_page(request, _found(member_id))


@requires(Capability.MANAGE_PEOPLE)
@require_POST
def member_role(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """The member gets another role."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        return _member_page(request, _found(member_id), refusal=_("Choose one of the roles."))
    role = Role(form.cleaned_data["role"])
    return _changed(request, member_id, lambda: change_role(member_id, role=role, actor=request.membership))


@requires(Capability.MANAGE_PEOPLE)
@require_POST
def member_deactivation(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """The member loses access at once."""
    return _changed(request, member_id, lambda: deactivate(member_id, actor=request.membership))


@requires(Capability.MANAGE_PEOPLE)
@require_POST
def member_reactivation(request: OrganizationRequest, member_id: int) -> HttpResponse:
    """The member has access again."""
    return _changed(request, member_id, lambda: reactivate(member_id, actor=request.membership))


def _changed(request: OrganizationRequest, member_id: int, change: Callable[[], Membership]) -> HttpResponse:
    try:
        change()
    except Membership.DoesNotExist as error:
        raise Http404 from error
    except (DomainError, ValidationError) as error:
        sentence = error.sentence if isinstance(error, DomainError) else " ".join(error.messages)
        return _member_page(request, _found(member_id), refusal=sentence)
    toast_on_next_page(request, _("Saved"))
    return redirect(request, "settings_member", slug=request.organization.slug, member_id=member_id)


def _found(member_id: int) -> Membership:
    found = queries.members().filter(pk=member_id).first()
    if found is None:
        raise Http404
    return found


def _member_page(request: OrganizationRequest, found: Membership, *, refusal: str = "") -> HttpResponse:
    context = {
        "member": found,
        "roles": [(value, label, ROLE_HINTS[Role(value)]) for value, label in role_choices(request.membership)],
        "may_change": found.role != Role.OWNER or can(request.membership, Capability.MANAGE_OWNERS),
        "is_self": found.pk == request.membership.pk,
        "refusal": refusal,
    }
    status = 422 if refusal else 200
    return page_or_part(request, "accounts/member.html", "accounts/_member.html", context, status=status)
