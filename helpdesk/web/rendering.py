"""The same address as a whole page, or as the part that htmx swaps in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render, resolve_url
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect, HttpResponseLocation

Request = TypeVar("Request", bound=HttpRequest)
# Sent by htmx after `redirect`: it swaps the whole body, so it needs a page although it is htmx.
FULL_PAGE_HEADER = "X-Full-Page"
_VARIES_BY = ("HX-Request", "HX-Boosted", "HX-History-Restore-Request", FULL_PAGE_HEADER)


def wants_part(request: HttpRequest) -> bool:
    """True if htmx will swap the answer into a region; False for pages, boosted links and restored history."""
    headers = request.headers
    whole = ("HX-Boosted", "HX-History-Restore-Request", FULL_PAGE_HEADER)
    return headers.get("HX-Request") == "true" and not any(headers.get(name) == "true" for name in whole)


def page_or_part(
    request: HttpRequest,
    page_template: str,
    part_template: str,
    context: Mapping[str, Any] | None = None,
    *,
    status: int = 200,
    also: Sequence[str] = (),
) -> HttpResponse:
    """The page, or for htmx only the part. The page includes the part, so both show the same.

    status: 422 for a form with errors. also: templates of out-of-band parts, appended for htmx only; each marks
    itself with `hx-swap-oob`, and may ask `{% if is_part %}`.
    """
    is_part = wants_part(request)
    values = {**(context or {}), "is_part": is_part}
    if is_part:
        content = "".join(render_to_string(name, values, request) for name in (part_template, *also))
        response = HttpResponse(content, status=status)
    else:
        response = render(request, page_template, values, status=status)
    patch_vary_headers(response, _VARIES_BY)
    return response


def as_on_screen(request: Request) -> Request:
    """The request as if the page had been asked for on which htmx stands; for drawing that page's parts after a POST.

    The address is the browser's word: check with `resolve` what it leads to before drawing something else by it.
    """
    try:
        address = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        address = urlsplit("")
    shown = copy(request)
    shown.path = shown.path_info = address.path
    shown.GET = QueryDict(address.query)
    shown.META = {**request.META, "QUERY_STRING": address.query}
    return shown


def redirect(request: HttpRequest, to: Any, *args: Any, reload: bool = False, **kwargs: Any) -> HttpResponse:
    """To a view name with its arguments, a model's address or a path: by HX-Location for htmx, else 302.

    reload: a full load also for htmx; needed when the layout changes (signing in or out) or the way leads elsewhere.
    """
    url = resolve_url(to, *args, **kwargs)
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(url)
    if reload:
        return HttpResponseClientRedirect(url)
    return HttpResponseLocation(url, target="body", headers={FULL_PAGE_HEADER: "true"})
