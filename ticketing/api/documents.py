"""What stands in the OpenAPI document at many addresses."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, inline_serializer
from rest_framework import serializers

IDEMPOTENT = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key with the same request is answered the same and done once, for seven days.",
)
MATCHES = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag (or `version`) of the ticket as you know it. 412 if it has changed since.",
)
_WORDS = {
    401: "No token, or one that is not good.",
    403: "The token may only read.",
    404: "Not there, or another organization's.",
    409: "Not as things stand; `detail` says why.",
    412: "The ticket has changed since.",
    422: "Something that was sent is wrong; `errors` names it.",
    429: "Too many calls; `Retry-After` says how long to wait.",
}


class BearerDocumented(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # registers itself
    """How the token is sent, for the document."""

    target_class = "ticketing.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """As OpenAPI writes it."""
        del auto_schema
        return {"type": "http", "scheme": "bearer"}


class ErrorShown(serializers.Serializer):  # type: ignore[misc]  # untyped
    """What is wrong with a field."""

    field = serializers.CharField()
    detail = serializers.CharField()


class ProblemShown(serializers.Serializer):  # type: ignore[misc]  # untyped
    """A refusal (RFC 9457). Nothing was changed."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField(help_text="Constant, for programs.")
    detail = serializers.CharField(help_text="For people: what is wrong and what to do.")
    request_id = serializers.CharField(help_text="To quote when you ask for help.")
    errors = ErrorShown(many=True, required=False)


def problems(*statuses: int) -> dict[Any, Any]:
    """The refusals of an address, as `extend_schema` takes them; those of every address are among them."""
    wanted = sorted({401, 403, 429, *statuses})
    return {
        (status, "application/problem+json"): OpenApiResponse(ProblemShown, description=_WORDS[status])
        for status in wanted
    }


def pages_of(kind: type[serializers.Serializer]) -> Any:
    """A page of these."""
    fields = {
        "results": kind(many=True),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
    }
    return inline_serializer(f"{kind.__name__}Page", fields)
