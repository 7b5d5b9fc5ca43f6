"""What a program sends, taken strictly: a field that nobody knows is named, not passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request

MAX_ID = 2**63 - 1
S = TypeVar("S", bound="Strict")


class Json(JSONParser):  # type: ignore[misc]  # untyped
    """JSON that ends: brackets without end are refused like anything else that is none."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        """What the body holds. Raises ParseError."""
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise ParseError from error


class Strict(serializers.Serializer):  # type: ignore[misc]  # untyped
    """Fields of a request."""

    def to_internal_value(self, data: Any) -> Any:
        """The values. Raises ValidationError by field, for unknown ones too."""
        unknown = [name for name in data if name not in self.fields] if isinstance(data, Mapping) else []
        if unknown:
            known = ", ".join(self.fields)
            sentence = _("There is no such field here. There are: %s.") % known
            raise ValidationError({str(name)[:100]: [sentence] for name in unknown[:20]})
        return super().to_internal_value(data)


class IdField(serializers.IntegerField):  # type: ignore[misc]  # untyped
    """The id of a row."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_ID, **kwargs)


def body_of(request: Request, kind: type[S]) -> dict[str, Any]:
    """What the body says. Raises ValidationError, ParseError."""
    return _values(kind(data=request.data))


def query_of(request: Request, kind: type[S]) -> dict[str, Any]:
    """What the address says behind the question mark. Raises ValidationError."""
    return _values(kind(data=request.query_params.dict()))


def _values(serializer: Strict) -> dict[str, Any]:
    serializer.is_valid(raise_exception=True)
    values: dict[str, Any] = serializer.validated_data
    return values
