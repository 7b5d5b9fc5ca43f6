"""Error pages: what happened, where to go, an id to quote.

They are rendered without the request, so that no context processor runs: they stand when the database is down.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from helpdesk.web.problems import is_program, problem_response
from helpdesk.web.request_ids import current_request_id
from helpdesk.web.viewer import viewer_of

REFUSED_HEADER = "X-Refused"  # read by static/js/session.js


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request makes no sense."""
    del exception
    if is_program(request):
        return problem_response(400, code="malformed", detail=_("This request makes no sense. Look at its address."))
    return _error_page(request, status=400, template="400.html")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a member without the right."""
    del exception
    return _error_page(request, status=403, template="403.html")


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: nothing here, or nothing that this person may know of. Does not repeat the address."""
    del exception
    if is_program(request):
        return problem_response(404, code="not_found", detail=_("There is no such address. See /api/v1/schema/."))
    return _error_page(request, status=404, template="404.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: our fault."""
    if is_program(request):
        sentence = _("Something went wrong here. Nothing was changed: send it again later, or ask with the request_id.")
        return problem_response(500, code="our_fault", detail=sentence)
    return _error_page(request, status=500, template="500.html")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a form that came without its token: too old a page, or blocked cookies. Scripts know it by the header."""
    del reason
    response = _error_page(request, status=403, template="403_csrf.html")
    response.headers[REFUSED_HEADER] = "csrf"
    return response


def too_large(request: HttpRequest, *, limit_mb: int) -> HttpResponse:
    """413 for more than is taken at once; a script that uploads gets the sentence alone."""
    sentence = _("At most %(limit)d MB are taken at once. Send less, or several files one after another.") % {
        "limit": limit_mb
    }
    if is_program(request):
        return problem_response(413, code="too_large", detail=sentence)
    if request.headers.get("HX-Request"):
        return HttpResponse(sentence, status=413, content_type="text/plain; charset=utf-8")
    return _error_page(request, status=413, template="413.html", sentence=sentence)


def _error_page(request: HttpRequest, *, status: int, template: str, sentence: str = "") -> HttpResponse:
    context = {"viewer": viewer_of(request), "request_id": current_request_id(), "sentence": sentence}
    return HttpResponse(render_to_string(template, context), status=status)
