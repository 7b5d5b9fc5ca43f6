"""Guides on pages: beside a form, in part or whole, and the marks in their texts."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.context import Context
from django.utils.functional import Promise

from mailboxes.guides.comparison import COMPARISON
from mailboxes.guides.marked import marked
from mailboxes.guides.notices import NO_PASSWORDS, PREREQUISITES, TIME_WINDOW
from mailboxes.guides.parts import REDIRECT_ADDRESS, Guide
from mailboxes.guides.permissions import OF_APPS, OF_EXCHANGE_APPS
from mailboxes.guides.shelf import guide_named
from mailboxes.services.oauth.signing_in import redirect_address

register = template.Library()

_OF_SERVERS = (
    *("gmail-app-password", "fastmail", "yahoo", "zoho", "icloud"),
    *("imap", "pop3", "exchange-server"),
)

register.filter("marked", marked)


@register.filter
def here(text: str) -> str:
    """What is to be copied, with the redirect address of this installation."""
    return text.replace(REDIRECT_ADDRESS, redirect_address())


@register.inclusion_tag("mailboxes/_guide_beside.html", takes_context=True)
def guide_beside(context: Context, *keys: str) -> dict[str, Any]:
    """The guides with these keys as a fold each, beside a form where there is room."""
    guides = [guide for key in keys if (guide := guide_named(key))]
    return {"guides": guides, "organization": context["organization"]}


@register.inclusion_tag("mailboxes/_guide_beside.html", takes_context=True)
def server_guides(context: Context) -> dict[str, Any]:
    """Those that belong to the form of mail servers; the style sheet shows the ones of what is chosen there."""
    return {**guide_beside(context, *_OF_SERVERS), "css_class": "beside--servers"}


@register.inclusion_tag("mailboxes/_permissions.html")
def app_permissions() -> dict[str, Any]:
    """What an app that acts by itself may be given at Microsoft, and what of it is needed."""
    return {"sets": (("graph", OF_APPS), ("ews", OF_EXCHANGE_APPS))}


@register.inclusion_tag("mailboxes/_guide_beside.html", takes_context=True)
def app_guides(context: Context) -> dict[str, Any]:
    """Those that belong to the form of app registrations; the style sheet shows the one of what is chosen there."""
    return {**guide_beside(context, "entra-app", "exchange-online"), "css_class": "beside--apps"}


@register.inclusion_tag("mailboxes/_guide.html")
def guide_steps(guide: Guide) -> dict[str, Any]:
    """The whole guide, without its title."""
    return {"guide": guide}


@register.inclusion_tag("mailboxes/_comparison.html")
def comparison() -> dict[str, Any]:
    """What each protocol does, side by side."""
    return {"table": COMPARISON}


@register.inclusion_tag("mailboxes/_before_connecting.html")
def before_connecting() -> dict[str, Any]:
    """What is told before a mailbox is connected."""
    return {"no_passwords": NO_PASSWORDS, "prerequisites": PREREQUISITES}


@register.simple_tag
def time_window_notice() -> str | Promise:
    """Why the start date matters most for some kinds."""
    return TIME_WINDOW
