"""How many calls are under way at once. A system that answers slowly holds up no more workers than that.

Eight workers make calls (`apps.py`). Places lie in the cache and run out by themselves.
"""

from __future__ import annotations

from mailboxes.services.reading.host_places import pause_s
from mailboxes.services.reading.places import give_up_places, take_places
from ticketing.models import Webhook

__all__ = ["give_up_places", "pause_s", "take_room"]

AT_ONE_WEBHOOK = 2
OF_ONE_ORGANIZATION = 4
LONGEST_CALL_S = 90.0  # the connection's own patience ends before


def take_room(webhook: Webhook) -> tuple[str, ...] | None:
    """The places of one call, to be given up after it; None if this webhook or its organization has none free."""
    wanted = (
        (f"webhook-calls:{webhook.pk}", AT_ONE_WEBHOOK),
        (f"webhook-calls-of:{webhook.organization_id}", OF_ONE_ORGANIZATION),
    )
    return take_places(wanted, timeout_s=LONGEST_CALL_S)
