"""The tags of every template; `builtins` in the settings loads them, so no page needs `{% load ui %}`."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.template.context import Context
from django.template.defaultfilters import filesizeformat
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_bidi

from helpdesk.web import marks, moments, shell
from helpdesk.web.banners import banners_for
from helpdesk.web.fields import field_view
from helpdesk.web.news import News, news_for
from helpdesk.web.phrases import phrases
from helpdesk.web.shortcuts import SHORTCUTS

register = template.Library()

register.simple_tag(marks.icon, name="icon")
register.simple_tag(marks.logo, name="logo")
register.simple_tag(marks.sprite, name="icon_sprite")
register.simple_tag(marks.status_name, name="st_name")
register.simple_tag(marks.priority, name="prio")
register.simple_tag(marks.pill, name="pill")
register.simple_tag(marks.avatar, name="avatar")
register.simple_tag(marks.keys, name="kbd")
register.simple_tag(marks.fuse, name="fuse")
register.simple_tag(moments.when_html, name="when")
register.simple_tag(phrases, name="phrases")
register.filter("hue", marks.hue_of)
register.filter("initials", marks.initials)


@register.simple_tag
def st(status: str, label: bool = False) -> SafeString:  # noqa: FBT001, FBT002 (written as {% st x True %} in the design)
    """The glyph of a ticket status; with True also its word."""
    return marks.status(status, with_name=label)


@register.simple_tag
def due(moment: datetime | None, picture: str = "") -> SafeString:
    """A deadline in words, with a picture before them if named."""
    return moments.due_html(moment, marks.icon(picture) if picture else SafeString(""))


@register.filter
def filesize(size_bytes: int) -> str:
    """A size for people: "86 KB", "8.2 MB"; whole numbers up to kilobytes."""
    text = filesizeformat(size_bytes)
    return text.replace(".0\xa0", "\xa0")


@register.inclusion_tag("_field.html")
def field(bound: BoundField, css_class: str = "", size: str = "", kind: str = "", **attrs: Any) -> dict[str, Any]:
    """A form field with label, control, hint and error."""
    return {"field": field_view(bound, css_class=css_class, size=size, kind=kind, **attrs)}


@register.inclusion_tag("_form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """What is wrong with the form as a whole; a list with links to the fields when more than three are wrong."""
    wrong = [bound for bound in form if bound.errors]
    return {"form": form, "wrong": wrong if len(wrong) > 3 else []}


@register.inclusion_tag("_select.html")
def select(
    name: str, options: Any, label: str = "", current: Any = "", css_class: str = "", size: str = "", hint: str = ""
) -> dict[str, Any]:
    """A select outside a form class. options: pairs of value and word. Without label, `hint` names it."""
    chosen = str(current)
    pairs = [(str(value), word, str(value) == chosen) for value, word in options]
    return {"name": name, "options": pairs, "label": label, "css_class": css_class, "size": size, "hint": hint}


@register.inclusion_tag("_rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """The main rail; asks the registered providers now."""
    return shell.rail_context(context)


@register.inclusion_tag("_rail_parts.html", takes_context=True)
def rail_news(context: Context) -> dict[str, Any]:
    """The lists of the rail and the tabs as they are now, to be swapped in out of band."""
    return shell.rail_context(context)


@register.inclusion_tag("_rail_settings.html", takes_context=True)
def settings_rail(context: Context) -> dict[str, Any]:
    """The rail of the settings; asks the registered providers now."""
    return shell.rail_context(context)


@register.inclusion_tag("_banners.html", takes_context=True)
def banners(context: Context) -> dict[str, Any]:
    """What stands above the page; asks the registered providers now."""
    request = context.get("request")
    return {"banners": banners_for(request) if request is not None else []}


@register.simple_tag(takes_context=True)
def news(context: Context) -> list[News]:
    """What this person hears once; asks the registered providers now."""
    request = context.get("request")
    return news_for(request) if request is not None else []


@register.inclusion_tag("_tabbar.html", takes_context=True)
def tabbar(context: Context) -> dict[str, Any]:
    """The bar at the bottom on phones."""
    return shell.rail_context(context)


@register.inclusion_tag("_palette.html", takes_context=True)
def palette(context: Context) -> dict[str, Any]:
    """The command palette; it finds the entries of the rail, and what the registered address answers."""
    return {"url": shell.rail_context(context).get("palette_url", "")}


@register.simple_tag
def shortcuts_dialog() -> SafeString:
    """The keyboard map as a dialog; every page has it, the same for all who read the language."""
    return _shortcuts(get_language())


@lru_cache(maxsize=32)
def _shortcuts(_language: str | None) -> SafeString:
    return render_to_string("_shortcuts.html", {"groups": SHORTCUTS})


@register.simple_tag
def text_direction() -> str:
    """rtl or ltr, by the language of the page."""
    return "rtl" if get_language_bidi() else "ltr"
