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
