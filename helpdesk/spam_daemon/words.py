"""The daemon in sentences that people read."""

from __future__ import annotations

from django.utils.translation import gettext as _

from helpdesk.spam_daemon.values import NAMES


def name_of(kind: str) -> str:
    """As people call it. kind: of a daemon, as it was kept."""
    return NAMES.get(kind, kind)


def switch_words(kind: str) -> str:
    """How the switches are named that let it be asked. kind: of a daemon, as it was kept."""
    return _("Ask %(name)s about new mail") % {"name": name_of(kind)}


def taught_words(help_text: str, *, is_taught: bool) -> str:
    """What is said of the switch, and that the daemon is told people's marks, where it is."""
    if not is_taught:
        return help_text
    told = _(
        "It is also told what people mark as spam and as no spam, and learns from that for the whole installation."
    )
    return f"{help_text} {told}"
