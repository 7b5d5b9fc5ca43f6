"""Why commands in a mail were not followed, as sentences."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ticketing.fields.commands import UNPROVEN, Trouble

_WHY: dict[str, Promise] = {
    Trouble.PARSE: _("is no line of “Name: value”"),
    Trouble.UNKNOWN: _("names no field"),
    Trouble.VALUE: _("has no value that the field takes"),
    Trouble.RIGHT: _("may not be set by the sender"),
    "field": _("names no field, or no value that it takes"),  # as it was told before the two were apart
}
_NO_END = _("the line that ends the commands is missing, so none was followed")
_UNPROVEN = _("may be set by whom From names, but nothing proves that the mail comes from there")
_BUILT_IN: dict[str, Promise] = {
    "priority": _("priority"),
    "team_id": _("team"),
    "category_id": _("category"),
    "status": _("status"),
    "assignee_id": _("assignee"),
    "company_id": _("company"),
    "tags": _("tags"),
}


def refusal_words(trouble: str, *, line: str, why: str = "") -> str:
    """The line and what is wrong with it; of a block without an end there is no line."""
    if not line:
        return str(_NO_END)
    reason = _UNPROVEN if why == UNPROVEN else why.rstrip(".") or _WHY.get(trouble, trouble)
    return f"“{line}” {reason}"


def built_in_words(column: str) -> str:
    """What a column that commands set is called."""
    return str(_BUILT_IN.get(column, column))
