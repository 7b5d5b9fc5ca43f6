"""What a view of an organization asks before it does anything."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership, Organization

P = ParamSpec("P")


class OrganizationRequest(HttpRequest):
    """A request inside `/o/<slug>/`, as the middleware leaves it."""

    membership: Membership
    organization: Organization
    htmx: Any


View = Callable[Concatenate[OrganizationRequest, P], HttpResponse]


def requires(capability: Capability) -> Callable[[View[P]], Callable[Concatenate[HttpRequest, str, P], HttpResponse]]:
    """The view runs only for members who have the capability; others get 403.

    The wrapped view is called without the slug: the organization is `request.organization`.
    """

    def decorate(view: View[P]) -> Callable[Concatenate[HttpRequest, str, P], HttpResponse]:
        @wraps(view)
        def checked(request: HttpRequest, slug: str, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            del slug  # the middleware has resolved it
            membership: Membership = request.membership  # type: ignore[attr-defined]  # set by the middleware
            if not can(membership, capability):
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[arg-type]  # an OrganizationRequest by now

        checked.capability = capability  # type: ignore[attr-defined]  # read by the route table test
        return checked

    return decorate
