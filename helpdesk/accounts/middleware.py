"""From `/o/<slug>/…` to the organization's scope: strangers get 404, members without the right 403."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import Resolver404, resolve, reverse
from django.utils.http import url_has_allowed_host_and_scheme

from helpdesk.accounts.models import SLUG_PATTERN, Membership, OldSlug, User
from helpdesk.tenancy.prepared import Prepared
from helpdesk.tenancy.scope import organization_scope

PREFIX = "/o/"
_MEMBERSHIP: Prepared[Membership] = Prepared(
    lambda user_id, slug: (
        Membership.objects.filter(user_id=user_id, organization__slug=slug, is_active=True)
        .select_related("organization", "user")
        .order_by("id")[:1]
    ),
    is_scoped=False,
)


class OrganizationMiddleware:
    """Views below `/o/<slug>/` run in the scope of that organization, as an active member of it.

    Sets `request.membership` and `request.organization`, and remembers where the person was last. Signed out: to the
    sign-in page, with the way back. View and rendering are inside the scope (unless the view `opens_scope_itself`); an
    answer of 500 or more rolls the transaction back.
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
        _remember(request, membership)
        if _opens_scope_itself(request):
            return self.get_response(request)
        return self._in_scope(request, membership.organization_id)

    def _in_scope(self, request: HttpRequest, organization_id: int) -> HttpResponse:
        try:
            with organization_scope(organization_id):
                response = self.get_response(request)
                if response.status_code >= 500:
                    raise _Undo(response)
                return response
        except _Undo as undo:
            return undo.response

    def _stranger(self, request: HttpRequest, slug: str) -> HttpResponse:
        organization = _formerly(slug)
        if organization is not None and _membership(request, organization) is not None:
            path = request.get_full_path().replace(f"{PREFIX}{slug}", f"{PREFIX}{organization}", 1)
            # Not permanent: the organization may take its old address back, and browsers keep permanent ones.
            return HttpResponseRedirect(path, preserve_request=request.method not in ("GET", "HEAD"))
        request.is_stranger = True  # type: ignore[attr-defined]  # ours, read by process_view
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """Raises Http404 for strangers, as late as here so that the answer is the ordinary page."""
        if getattr(request, "is_stranger", False):
            raise Http404


class _Undo(Exception):
    """Leaves the scope so that its transaction is rolled back; carries the answer."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__()


def redirect_to_sign_in(request: HttpRequest) -> HttpResponse:
    """To the sign-in page and back; an htmx part gets 401, which opens the sign-in dialog over the page."""
    if request.headers.get("HX-Request"):
        return HttpResponse(status=401, headers={"HX-Trigger": "signin"})
    return HttpResponseRedirect(f"{reverse('account_login')}?{urlencode({'next': _way_back(request)})}")


def _way_back(request: HttpRequest) -> str:
    """Where the person wanted to go; for a form that was sent, the page it stood on."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    page = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}):
        return "/"
    parts = urlsplit(page)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _slug(path: str) -> str | None:
    return path[len(PREFIX) :].split("/", 1)[0] if path.startswith(PREFIX) else None


def _formerly(slug: str) -> str | None:
    """The present slug of the organization that once had this one."""
    if not SLUG_PATTERN.fullmatch(slug):
        return None
    old = OldSlug.objects.filter(slug=slug).select_related("organization").first()
    return old.organization.slug if old is not None else None


def _membership(request: HttpRequest, slug: str) -> Membership | None:
    # The pattern also keeps out what PostgreSQL refuses in a query: NUL, lone surrogates.
    if request.user.pk is None or not SLUG_PATTERN.fullmatch(slug):
        return None
    return _MEMBERSHIP.first(user_id=request.user.pk, slug=slug)


def _remember(request: HttpRequest, membership: Membership) -> None:
    """Where the person was last; only for pages they open, so that a second window's parts do not take turns."""
    is_page = request.method == "GET" and not request.headers.get("HX-Request")
    if is_page and membership.user.last_organization_id != membership.organization_id:
        User.objects.filter(pk=membership.user_id).update(last_organization=membership.organization_id)


def _opens_scope_itself(request: HttpRequest) -> bool:
    try:
        view = resolve(request.path_info).func
    except Resolver404:
        return False
    return getattr(view, "opens_scope_itself", False)
