"""The tags of an organization."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from django.db.models import Count

from helpdesk.tenancy.prepared import Prepared, Question
from ticketing.models import Tag

_BY_ID: Prepared[Tag] = Prepared(lambda ids: Tag.objects.filter(pk__in=ids).order_by("name"))


def spam_tags() -> list[Tag]:
    """Those that a ticket gets when it is recognised as spam, by name."""
    return list(Tag.objects.filter(is_for_spam=True).order_by("name"))


def asked_of_tags(ids: Sequence[int]) -> Iterator[Question]:
    """What `tags_by_id` asks."""
    if ids:
        yield _BY_ID.asking(ids=list(ids))


def tags_by_id(ids: Sequence[int]) -> list[Tag]:
    """Those of the tags that are there, by name. No query for none."""
    return [tag for question in asked_of_tags(ids) for tag in question.rows()]


def tags_with_use() -> list[Tag]:
    """All of them by name; `use` says how many tickets carry each."""
    return list(Tag.objects.annotate(use=Count("taggings")).order_by("name"))
