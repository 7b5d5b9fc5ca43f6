"""What a view of an organization asks before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership, Organization

P = ParamSpec("P")


class OrganizationRequest(HttpRequest):
    """A request inside `/o/<slug>/`, as the middleware leaves it."""

    membership: Membership
    organization: Organization
    htmx: Any


View = Callable[Concatenate[OrganizationRequest, P], HttpResponseBase]
Checked = Callable[..., HttpResponseBase]  # takes the slug as well


def requires(capability: Capability) -> Callable[[View[P]], Checked]:
    """The view runs only for members who have the capability; others get 403.

    The wrapped view is called without the slug: the organization is `request.organization`.
    """

    def decorate(view: View[P]) -> Checked:
        @wraps(view)
        def checked(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            del slug  # the middleware has resolved it
            membership: Membership = request.membership  # type: ignore[attr-defined]  # set by the middleware
            if not can(membership, capability):
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # an OrganizationRequest by now

        checked.capability = capability  # type: ignore[attr-defined]  # read by the route table test
        return checked

    return decorate


def for_members(view: View[P]) -> Checked:
    """The view runs for every active member, whatever their role. Called without the slug, as with `requires`."""

    @wraps(view)
    def checked(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        del slug  # the middleware has resolved it
        return view(request, *args, **kwargs)  # type: ignore[arg-type]  # an OrganizationRequest by now

    checked.is_for_members = True  # type: ignore[attr-defined]  # read by the route table test
    return checked


def opens_scope_itself(view: View[P]) -> View[P]:
    """The middleware checks membership but opens no scope: the view talks to the network and opens it around its rows.

    Stands below `requires`. Never render a page of the organization outside its scope: the rails read it.
    """
    view.opens_scope_itself = True  # type: ignore[attr-defined]  # read by the middleware; `wraps` carries it up
    return view
