"""Changes of many tickets, as sentences."""

from __future__ import annotations

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ticketing.models import BulkChange, BulkRefusal, BulkState, Priority, Status

register = template.Library()


@register.simple_tag
def bulk_name(change: BulkChange) -> str:
    """What is being done, as escaped text."""
    words = {"value": _value(change)}
    if change.undoes_id:
        return _("Changing back from: %(value)s") % words
    return _("Changing tickets: %(value)s") % words


@register.simple_tag
def bulk_progress(change: BulkChange) -> str:
    """How far it is."""
    if change.total is None:
        return _("Starting")
    return _("%(done)s of %(total)s") % {"done": f"{change.looked_at:,}", "total": f"{change.total:,}"}


@register.simple_tag
def bulk_ended(change: BulkChange) -> str:
    """What came of it: how many, to what, how many not, and why it went no further."""
    return " ".join([f"{_head(change)}.", *_rest(change)])


def _head(change: BulkChange) -> str:
    count = {"count": f"{change.changed:,}"}
    if change.undoes_id:
        words = ngettext("%(count)s ticket changed back", "%(count)s tickets changed back", change.changed) % count
    else:
        words = ngettext("%(count)s ticket changed", "%(count)s tickets changed", change.changed) % count
        words = f"{words}: {_value(change)}"
    if change.state == BulkState.STOPPED:
        return _("Stopped. %(words)s") % {"words": words}
    return words


def _rest(change: BulkChange) -> list[str]:
    said: list[str] = []
    if change.unchanged:
        said.append(_counted(_("%(count)s were so already."), change.unchanged))
    if change.kept and change.undoes_id:
        said.append(_counted(_("%(count)s were changed since and stay as they are."), change.kept))
    elif change.kept:
        said.append(_counted(_("%(count)s cannot have this status and stay as they are."), change.kept))
    if change.elsewhere and not change.undoes_id:
        said.append(_counted(_("%(count)s were changed meanwhile and stay as they are."), change.elsewhere))
    if 0 < change.left < change.elsewhere:
        said.append(_counted(_("%(count)s of them are still in this view."), change.left))
    if change.state == BulkState.REFUSED:
        said.append(_REFUSED[BulkRefusal(change.refusal)]())
    return said


def _counted(sentence: str, count: int) -> str:
    return sentence % {"count": f"{count:,}"}


_REFUSED = {
    BulkRefusal.NO_RIGHT: lambda: _("It went no further: your role does not allow it any more."),
    BulkRefusal.NO_VIEW: lambda: _("It went no further: the team of this view is gone."),
    BulkRefusal.NO_VALUE: lambda: _("It went no further: what tickets were to get is not there any more."),
}


def _value(change: BulkChange) -> str:
    values = {
        "status": lambda: str(Status(change.value).label),
        "priority": lambda: str(Priority(change.value).label),
        "spam": lambda: _("Spam") if change.value == "yes" else _("Not spam"),
        "assignment": lambda: change.value_name or _("Nobody"),
        "team": lambda: change.value_name or _("No team"),
        "category": lambda: change.value_name or _("No category"),
        "company": lambda: change.value_name or _("No company"),
    }
    return values.get(change.what, lambda: change.value_name)()
