"""What members did with single mails, as the inbound log says it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

Data = Mapping[str, Any]


def released(data: Data) -> str:
    """Who let it in although a step would have kept it out."""
    return _("%(name)s let it in.") % {"name": _name(data["released"]["by"])}


def put_in(data: Data) -> str:
    """Who put it into which ticket."""
    if "from" in data:
        words = _("%(name)s moved it from ticket #%(former)s to ticket #%(ticket)s.")
        return words % {"name": _name(data["by"]), "former": data["from"], "ticket": data["ticket"]}
    return _("%(name)s put it into ticket #%(ticket)s.") % {"name": _name(data["by"]), "ticket": data["ticket"]}


def split_off(data: Data) -> str:
    """Who took it out of which ticket."""
    words = _("%(name)s split it off from ticket #%(former)s: what answers it never goes there again.")
    said = words % {"name": _name(data["by"]), "former": data["from"]}
    return f"{said} {left_spam()}" if data.get("left_spam") else said


def left_spam() -> str:
    """That the ticket which was split off has not got the mark of its former one."""
    return _("Its former ticket is among the spam; the new one is not.")


def discarded(data: Data) -> str:
    """Who threw it away while it waited; "" by: the setting did."""
    if not data["by"]:
        return _("It waited until its time was over. Setting: how long held mail waits.")
    return _("It waited for a person, and %(name)s discarded it.") % {"name": data["by"]}


def _name(by: str) -> str:
    return by or _("Somebody")
