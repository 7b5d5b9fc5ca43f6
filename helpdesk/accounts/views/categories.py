"""Categories: the tree, and a page for each."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from helpdesk.accounts import queries
from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.categories import CategoryForm
from helpdesk.accounts.models import Category
from helpdesk.accounts.services.categories import change_category, create_category
from helpdesk.accounts.views.saving import saved
from helpdesk.web.rendering import page_or_part


@requires(Capability.MANAGE_TEAMS)
@require_safe
def categories(request: OrganizationRequest) -> HttpResponse:
    """All categories, as a tree."""
    context = {"categories": queries.categories()}
    return page_or_part(request, "accounts/categories.html", "accounts/_categories.html", context)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def new_category(request: OrganizationRequest) -> HttpResponse:
    """A form for another category; `below` in the address names its place."""
    below = request.GET.get("below", "")
    form = CategoryForm(request.POST or None, initial={"parent": below if below.isdecimal() else None})
    save = saved(
        request, form, lambda: create_category(form.profile(), actor=request.membership), back_to="settings_categories"
    )
    return save or _page(request, form)


@requires(Capability.MANAGE_TEAMS)
@require_http_methods(["GET", "HEAD", "POST"])
def category(request: OrganizationRequest, category_id: int) -> HttpResponse:
    """One category: name, place, and whether it is given."""
    found: Category | None = Category.objects.filter(pk=category_id).first()
    if found is None:
        raise Http404
    initial = {"name": found.name, "parent": found.parent_id, "is_active": found.is_active}
    form = CategoryForm(request.POST or None, category=found, initial=initial)
    save = saved(
        request,
        form,
        lambda: change_category(category_id, profile=form.profile(), actor=request.membership),
        back_to="settings_categories",
    )
    return save or _page(request, form, category=found)


def _page(request: OrganizationRequest, form: CategoryForm, *, category: Category | None = None) -> HttpResponse:
    context = {"form": form, "category": category}
    status = 422 if form.errors else 200
    return page_or_part(request, "accounts/category.html", "accounts/_category.html", context, status=status)
