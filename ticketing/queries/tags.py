"""The tags of an organization."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from django.db.models import Count

from helpdesk.tenancy.prepared import Prepared, Question, Row
from ticketing.models import Tag


class KnownTag(NamedTuple):
    """A tag, as far as who puts it on a ticket needs it."""

    pk: int
    name: str
    hue: int


_BY_ID: Prepared[Row] = Prepared(
    lambda ids: Tag.objects.filter(pk__in=ids).order_by("name").values_list(*KnownTag._fields)
)


def spam_tags() -> list[KnownTag]:
    """Those that a ticket gets when it is recognised as spam, by name."""
    return [
        KnownTag(*row) for row in Tag.objects.filter(is_for_spam=True).order_by("name").values_list(*KnownTag._fields)
    ]


def asked_of_tags(ids: Sequence[int]) -> Iterator[Question]:
    """What `tags_by_id` asks."""
    if ids:
        yield _BY_ID.asking(ids=list(ids))


def tags_by_id(ids: Sequence[int]) -> list[KnownTag]:
    """Those of the tags that are there, by name. No query for none."""
    return [KnownTag(*row) for question in asked_of_tags(ids) for row in question.rows()]


def tags_with_use() -> list[Tag]:
    """All of them by name; `use` says how many tickets carry each."""
    return list(Tag.objects.annotate(use=Count("taggings")).order_by("name"))
