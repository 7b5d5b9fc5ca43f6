"""What a program is told that asked for something wrong: RFC 9457, with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, JsonResponse

from helpdesk.web.request_ids import current_request_id

CONTENT_TYPE = "application/problem+json"
PROGRAMS = "/api/"  # whoever asks below this is no person


def is_program(request: HttpRequest) -> bool:
    """True if the answer is read by a program."""
    return request.path_info.startswith(PROGRAMS)


def problem_document(
    status: int, *, code: str, detail: str, errors: Sequence[Mapping[str, str]] = ()
) -> dict[str, Any]:
    """The problem as JSON. code: constant, for programs; errors: `field` and `detail` of each field that is wrong."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
        "request_id": current_request_id(),
    }
    return document | ({"errors": list(errors)} if errors else {})


def problem_response(status: int, *, code: str, detail: str) -> JsonResponse:
    """The same as an answer, for what happens before or outside a view of the API."""
    document = problem_document(status, code=code, detail=detail)
    return JsonResponse(document, status=status, content_type=CONTENT_TYPE)
