"""Where a mail can be that the inbound log does not show: what somebody looks at who searched for it in vain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from mailboxes.models import Health, Mailbox

MAX_NAMED = 10


@dataclass(frozen=True)
class Place:
    """One place to look, most likely first."""

    code: str
    sentence: str


def places_to_look(organization: Organization) -> Sequence[Place]:
    """What is so now, then what may be. One query."""
    boxes = Mailbox.objects.filter(deleted_at=None, is_draft=False, holds_sent=False).order_by("name")
    boxes = boxes.values_list("name", "is_enabled", "health")
    paused = [name for name, is_enabled, _health in boxes if not is_enabled]
    away = [name for name, is_enabled, health in boxes if is_enabled and health != Health.REACHABLE]
    places = []
    if not organization.reads_mail:
        sentence = _("Email to ticket is off for the whole organization: no mailbox is read.")
        places.append(Place("switched_off", sentence))
    if paused:
        sentence = _("Paused, so that their mail waits on the server: %(names)s.") % {"names": _joined(paused)}
        places.append(Place("paused", sentence))
    if away:
        places.append(Place("away", _("Not to be read at the moment: %(names)s.") % {"names": _joined(away)}))
    return [*places, *_always()]


def _always() -> Sequence[Place]:
    return (
        Place("delay", _("It is not fetched yet: mailboxes are read at intervals, unless they are in real time.")),
        Place("folder", _("The mail server put it into another folder than the one that is read, such as spam.")),
        Place("start", _("It came in before the mailbox's start date, or was there before it was connected.")),
        Place("address", _("It was sent to an address that is none of the mailboxes connected here, or bounced.")),
    )


def _joined(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MAX_NAMED])
    return shown if len(names) <= MAX_NAMED else f"{shown}, …"
