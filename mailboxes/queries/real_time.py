"""How being told of new mail stands, in words."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.registry import traits_of
from mailboxes.health_words import cause_words
from mailboxes.models import Mailbox, RealTime
from mailboxes.services.liveness.health import is_on


@dataclass(frozen=True)
class RealTimeState:
    """Whether a mailbox is in real time."""

    word: str | Promise
    is_live: bool
    why_not: str | Promise = ""


def real_time_state(mailbox: Mailbox, *, is_watched: bool) -> RealTimeState | None:
    """How it stands; None where it is not wanted. is_watched: a watcher runs."""
    if not mailbox.is_real_time or not is_on(mailbox):
        return None
    is_called = traits_of(mailbox.connection.kind).has_notifications
    is_possible = bool(settings.PUBLIC_URL) if is_called else is_watched
    if is_possible and mailbox.real_time == RealTime.LIVE:
        return RealTimeState(_("Real time"), is_live=True)
    why_not: str | Promise = _("Connecting.")
    if not is_possible and is_called:
        why_not = _("This installation has no address that Microsoft can call. Its operator sets one.")
    elif not is_possible:
        why_not = _("The watcher of this installation is not running.")
    elif mailbox.real_time_reason:
        why_not = cause_words(mailbox.real_time_reason)
    return RealTimeState(_("Not in real time"), is_live=False, why_not=why_not)
