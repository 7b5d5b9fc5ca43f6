"""The OpenAPI document of the API: the same for everybody, made once."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator


@require_safe
def schema(request: HttpRequest) -> JsonResponse:
    """The document as JSON, without a token: it holds nothing of any organization."""
    del request
    return JsonResponse(
        document(), headers={"Access-Control-Allow-Origin": "*", "Cache-Control": "public, max-age=300"}
    )


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The document."""
    generator: Any = SchemaGenerator(urlconf="ticketing.api.urls")  # type: ignore[no-untyped-call]  # drf-spectacular types none
    made: dict[str, Any] = generator.get_schema(request=None, public=True)
    return made
