"""How a mailbox's policies stand, in a line each: for the page that copies them to other mailboxes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy

from ticketing.models.filters import FilterMode
from ticketing.models.mapping import KeptFiles, MailMapping, RequesterFrom
from ticketing.models.writers import Openers, Updaters


def mapping_words(state: Mapping[str, Any]) -> str:
    """What differs from mail that is taken as it comes."""
    usual = MailMapping()
    said = [
        _counted(state["tags"], ngettext_lazy("%(n)d tag", "%(n)d tags", "n")),
        _counted(state["fields"], ngettext_lazy("%(n)d value", "%(n)d values", "n")),
        _counted(state["copies"], ngettext_lazy("%(n)d copy", "%(n)d copies", "n")),
        _("commands are read") if state["reads_commands"] else "",
        _("requester from %s") % RequesterFrom(state["requester"]).label
        if state["requester"] != usual.requester
        else "",
        _("files: %s") % KeptFiles(state["kept_files"]).label if state["kept_files"] != usual.kept_files else "",
    ]
    rest = {name for name, value in state.items() if name not in _SAID and value != getattr(usual, name)}
    return _listed(said, rest, none=_("as mail comes"))


_SAID = ("tags", "fields", "copies", "reads_commands", "requester", "kept_files")


def writer_words(state: Mapping[str, Any]) -> str:
    """Who may open tickets, and who may add to them."""
    if state["follows"]:
        return _("as all mailboxes")
    opening, updating = Openers(state["openers"]).label, Updaters(state["updaters"]).label
    return _("new tickets: %(opening)s; answers: %(updating)s") % {"opening": opening, "updating": updating}


def answer_words(state: tuple[Mapping[str, bool | None], Mapping[Any, Any]]) -> str:
    """Whether new tickets are acknowledged, what else is told, and how many texts are the mailbox's own."""
    policy, texts = state
    said = [
        f"{label}: {_('on') if policy[name] else _('off')}"
        for name, label in (
            ("acknowledges", _("acknowledgement")),
            ("tells_not_worked", _("not worked on")),
            ("tells_too_large", _("too large")),
        )
        if policy[name] is not None
    ]
    return _listed(
        [*said, _counted(texts, ngettext_lazy("%(n)d text", "%(n)d texts", "n"))], (), none=_("as all mailboxes")
    )


def filter_words(state: tuple[Mapping[str, str], Collection[Any]]) -> str:
    """What it does, and with how much."""
    columns, entries = state
    mode = str(FilterMode(columns["mode"]).label)
    return _listed([mode, _counted(entries, ngettext_lazy("%(n)d entry", "%(n)d entries", "n"))], (), none=mode)


def right_words(state: Mapping[int, Mapping[str, Any]]) -> str:
    """The groups that may do something."""
    return ", ".join(right["name"] for right in state.values()) or _("none")


def _counted(things: Collection[Any], words: Promise) -> str:
    """words: with a plural."""
    return str(words % {"n": len(things)}) if things else ""


def _listed(said: Sequence[str], rest: Collection[str], *, none: str) -> str:
    found = [each for each in said if each]
    if rest:
        found.append(_("other choices of its own"))
    return ", ".join(found) or none
