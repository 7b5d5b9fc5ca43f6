"""Companies: the list, and a page for each; there only while the organization serves several."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.companies import CompanyForm
from helpdesk.accounts.models import Company
from helpdesk.accounts.services.companies import change_company, create_company
from helpdesk.accounts.views.saving import saved
from helpdesk.web.rendering import page_or_part


@requires(Capability.MANAGE_TEAMS)
@require_safe
def companies(request: OrganizationRequest) -> HttpResponse:
    """All companies by name."""
    _must_be_served(request)
    context = {"companies": queries.companies()}
    return page_or_part(request, "accounts/companies.html", "accounts/_companies.html", context)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_company(request: OrganizationRequest) -> HttpResponse:
    """A form for another company."""
    _must_be_served(request)
    form = CompanyForm(request.POST or None)
    save = saved(
        request, form, lambda: create_company(form.profile(), actor=request.membership), back_to="settings_companies"
    )
    return save or _page(request, form)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def company(request: OrganizationRequest, company_id: int) -> HttpResponse:
    """One company: name, note, and whether it is given."""
    _must_be_served(request)
    found: Company | None = Company.objects.filter(pk=company_id).first()
    if found is None:
        raise Http404
    initial = {"name": found.name, "note": found.note, "is_active": found.is_active}
    form = CompanyForm(request.POST or None, initial=initial)
    save = saved(
        request,
        form,
        lambda: change_company(company_id, profile=form.profile(), actor=request.membership),
        back_to="settings_companies",
    )
    return save or _page(request, form, company=found)


def _must_be_served(request: OrganizationRequest) -> None:
    if not request.organization.serves_companies:
        raise Http404


def _page(request: OrganizationRequest, form: CompanyForm, *, company: Company | None = None) -> HttpResponse:
    context = {"form": form, "company": company}
    status = 422 if form.errors else 200
    return page_or_part(request, "accounts/company.html", "accounts/_company.html", context, status=status)
