"""What all views of the API have in common: the scope of the caller's organization, one transaction, one answer."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import transaction
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from helpdesk.lib import faults
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import IntegrationToken
from ticketing.services.integrations import answers

View = TypeVar("View", bound="ApiView")
Handler = Callable[..., Response]
KEY_HEADER = "Idempotency-Key"


class ApiView(APIView):  # type: ignore[misc]  # untyped
    """A view for programs. Its handlers stand below `in_scope` or `in_transaction`: else they find no organization."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The caller is known, may do this, and not too often; the body is not too large."""
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig


def in_scope(handler: Handler) -> Handler:
    """The handler runs in the scope of the caller's organization."""

    @wraps(handler)
    def run(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        token: IntegrationToken = request.auth
        with organization_scope(token.organization_id):
            return handler(view, request, *args, **kwargs)

    return run


def in_transaction(handler: Handler) -> Handler:
    """Likewise, and in one transaction: a refusal undoes all of it. Under an Idempotency-Key it is done once."""

    @wraps(handler)
    @sensitive_variables("request")
    def run(view: ApiView, request: Request, *args: Any, **kwargs: Any) -> Response:
        token: IntegrationToken = request.auth
        asked = _asked(request) if request.method == "POST" else None
        with organization_scope(token.organization_id), transaction.atomic():
            given = answers.reserve(asked) if asked is not None else None
            if given is not None:
                return Response(given.body, status=given.status, headers={**given.headers, "Idempotent-Replay": "true"})
            response = handler(view, request, *args, **kwargs)
            if asked is not None:
                answers.keep(asked, answers.Answer(response.status_code, response.data, dict(response.headers)))
            faults.point("api.answered")
        faults.point("api.committed")
        return response

    return run


def _asked(request: Request) -> answers.Request | None:
    """None without a key. Reads the body, which stays readable."""
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None:
        return None
    content = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode() + request._request.body)
    return answers.Request(integration=request.user, key=key, fingerprint=content.hexdigest())
