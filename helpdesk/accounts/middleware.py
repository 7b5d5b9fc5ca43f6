"""From `/o/<slug>/…` to the organization's scope: strangers get 404, members without the right 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import redirect

from helpdesk.accounts.models import Membership, OldSlug
from helpdesk.tenancy.scope import organization_scope

PREFIX = "/o/"


class OrganizationMiddleware:
    """Views below `/o/<slug>/` run in the scope of that organization, as a member of it.

    Sets `request.membership` and `request.organization`. Signed out: to the sign-in page, with the way back. The view
    and its rendering are inside the scope; a response of 500 or more rolls the transaction back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        slug = _slug(request.path_info)
        if slug is None:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return redirect_to_sign_in(request)
        membership = _membership(request, slug)
        if membership is None:
            return self._stranger(request, slug)
        request.membership = membership  # type: ignore[attr-defined]  # ours, read by the views
        request.organization = membership.organization  # type: ignore[attr-defined]  # ours, read by the views
        with organization_scope(membership.organization_id):
            response = self.get_response(request)
            if response.status_code >= 500 and transaction.get_connection().in_atomic_block:
                transaction.set_rollback(True)
            return response

    def _stranger(self, request: HttpRequest, slug: str) -> HttpResponse:
        old = OldSlug.objects.filter(slug=slug).select_related("organization").first()
        if old is not None and _membership(request, old.organization.slug) is not None:
            path = request.get_full_path().replace(f"{PREFIX}{slug}", f"{PREFIX}{old.organization.slug}", 1)
            return HttpResponsePermanentRedirect(path)
        request.is_stranger = True  # type: ignore[attr-defined]  # ours, read by process_view
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Raises Http404 for strangers, as late as here so that the answer is the ordinary page."""
        if getattr(request, "is_stranger", False):
            raise Http404


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; an htmx part gets 401, which opens the sign-in dialog over the page."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Trigger": "signin"})
    response = redirect("account_login")
    response["Location"] += f"?next={request.get_full_path()}"
    return response


def _slug(path: str) -> str | None:
    return path[len(PREFIX) :].split("/", 1)[0] if path.startswith(PREFIX) else None


def _membership(request: HttpRequest, slug: str) -> Membership | None:
    return (
        Membership.objects.filter(user_id=request.user.pk, organization__slug=slug, is_active=True)
        .select_related("organization", "user")
        .first()
    )
