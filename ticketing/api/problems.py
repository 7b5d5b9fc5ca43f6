"""Refusals of the API as problems (RFC 9457); REST framework calls `answer_to` with whatever a view raised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from helpdesk.lib.errors import DomainError
from helpdesk.web.problems import CONTENT_TYPE, problem_document

# Refusals of the services that are not about what was sent but about how things stand.
_CONFLICTS = frozenset(
    {
        "status_not_allowed",
        "external_id_taken",
        "ticket_closed",
        "ticket_merged",
        "no_mailbox",
        "no_server",
    }
)
_STATUSES = {"key_reused": 422, "key_malformed": 400, "storage_down": 503, "newer_messages": 412, "version": 412}
_CODES = {
    400: "malformed",
    401: "not_authenticated",
    403: "not_allowed",
    404: "not_found",
    405: "method",
    415: "media_type",
    429: "throttled",
}


class FieldProblem(Exception):
    """A field names something that is not there, or says what cannot be."""

    def __init__(self, field: str, sentence: str) -> None:
        self.field, self.sentence = field, sentence
        super().__init__(sentence)


def answer_to(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The problem; None for what nobody expected, which becomes a 500."""
    del context
    if isinstance(error, DomainError):
        return _response(_status_of(error), code=error.code, detail=error.sentence)
    if isinstance(error, FieldProblem):
        return _invalid([{"field": error.field, "detail": error.sentence}])
    if isinstance(error, exceptions.ValidationError):
        return _invalid(list(_wrong_fields(error.detail)))
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("There is no such thing in this organization, or not any more."))
    if isinstance(error, RequestDataTooBig):
        return _response(413, code="too_large", detail=_("At most 5 MB are taken at once. Send less."))
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    return None


def _status_of(error: DomainError) -> int:
    return _STATUSES.get(error.code, 409 if error.code in _CONFLICTS else 422)


def _invalid(errors: list[dict[str, str]]) -> Response:
    detail = _("Nothing was changed. Correct what “errors” names and send it again.")
    return _response(422, code="invalid", detail=detail, errors=errors)


def _of_framework(error: exceptions.APIException) -> Response:
    codes = error.get_codes()
    code = codes if isinstance(codes, str) and codes in ("expired", "paused", "token") else ""
    response = _response(error.status_code, code=code or _CODES.get(error.status_code, "refused"), detail=_said(error))
    if getattr(error, "auth_header", None):
        response["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        response["Retry-After"] = str(int(error.wait) + 1)
    return response


def _said(error: exceptions.APIException) -> str:
    if isinstance(error, exceptions.Throttled):
        return _("Too many calls with this token. Wait as many seconds as Retry-After says.")
    if isinstance(error, exceptions.ParseError):
        return _("The body is not valid JSON. Send one JSON object, encoded as UTF-8.")
    if isinstance(error, exceptions.UnsupportedMediaType):
        return _("Send JSON, with the header Content-Type: application/json.")
    if isinstance(error, exceptions.MethodNotAllowed):
        return _("This address does not take that method. The reference says which it takes.")
    return str(error.detail)


def _wrong_fields(detail: Any, *, path: str = "") -> Iterator[dict[str, str]]:
    """Each wrong field by its path, such as `attachments.0.content`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            below = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _wrong_fields(inner, path=below)
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            is_nested = isinstance(inner, Mapping | list)
            yield from _wrong_fields(inner, path=f"{path}.{number}" if is_nested else path)
    else:
        yield {"field": path, "detail": str(detail)}


def _response(status: int, *, code: str, detail: str, errors: list[dict[str, str]] | None = None) -> Response:
    document = problem_document(status, code=code, detail=detail, errors=errors or ())
    return Response(document, status=status, content_type=CONTENT_TYPE)
