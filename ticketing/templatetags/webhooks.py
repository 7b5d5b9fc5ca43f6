"""Why a call had no answer, as a sentence."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise

from ticketing.webhook_words import trouble_words

register = template.Library()


@register.filter(name="trouble_words")
def words(trouble: str) -> Promise | str:
    """The reason as a sentence."""
    return trouble_words(trouble)
