"""Lists of the API: by keys that stand still, so that no row is skipped or comes twice while others change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from helpdesk.web.pagination import MAX_CURSOR_LENGTH, is_cursor, paginate
from ticketing.api.parsing import Strict, query_of
from ticketing.api.problems import FieldProblem

MAX_LIMIT = 100


class PageQuery(Strict):
    """Which page of a list."""

    cursor = serializers.CharField(
        required=False, max_length=MAX_CURSOR_LENGTH, help_text="From `next` or `previous` of another page."
    )
    limit = serializers.IntegerField(required=False, default=50, min_value=1, max_value=MAX_LIMIT)


def page_response(
    request: Request,
    rows: QuerySet[Any],
    *,
    asked: dict[str, Any],
    order_by: Sequence[str],
    shown: Callable[[list[Any]], Any],
) -> Response:
    """The page with the addresses of the next and the previous one. Raises FieldProblem for what is no cursor."""
    cursor = asked.get("cursor", "")
    if cursor and not is_cursor(cursor, model=rows.model, order_by=order_by):
        raise FieldProblem("cursor", _("This is no cursor of this list. Begin without one."))
    page = paginate(rows, order_by=order_by, cursor=cursor, page_size=asked["limit"])
    return Response(
        {
            "results": shown(page.rows),
            "next": _address(request, page.next),
            "previous": _address(request, page.previous),
        }
    )


def list_response(
    request: Request, rows: QuerySet[Any], *, order_by: Sequence[str], shown: Callable[..., Any]
) -> Response:
    """A page of a list that is asked for nothing but its page."""
    return page_response(request, rows, asked=query_of(request, PageQuery), order_by=order_by, shown=shown)


def _address(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    asked = request.query_params.copy()
    asked["cursor"] = cursor
    return str(request.build_absolute_uri(f"{request.path}?{asked.urlencode()}"))
