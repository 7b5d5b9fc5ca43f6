"""Automatic answers on pages."""

from __future__ import annotations

from django import template

from ticketing.forms.languages import language_name as name_of

register = template.Library()


@register.filter
def language_name(code: str) -> str:
    """The language in its own words; any other for none."""
    return name_of(code)
