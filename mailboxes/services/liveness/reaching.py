"""Which of those who are to know a notice may reach: nobody who gets no mail, and nobody from whom mail came back.

A notice to the others must not fail for them, so they are left out, and the configuration log says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpdesk.accounts.models import AuditEntry
from helpdesk.accounts.services import audit
from mailboxes.services.sending.bouncing import bounced
from mailboxes.services.sending.suppressing import suppressed

LEFT_OUT, REACHED_NOBODY = "outbox.notice_left_out", "outbox.notice_reached_nobody"


@dataclass(frozen=True)
class Reach:
    """Those who are to know, by whether a notice goes to them."""

    reached: Sequence[str]
    suppressed: Sequence[str]  # on the list of who gets no mail
    bounced: Sequence[str]  # mail to them came back


def reach_of(addresses: Sequence[str]) -> Reach:
    """How far a notice to these addresses goes. Two queries. Inside the organization's scope."""
    listed = suppressed(addresses)
    failed = bounced(addresses) - listed.keys()
    return Reach(
        reached=[address for address in addresses if address not in listed and address not in failed],
        suppressed=sorted(listed),
        bounced=sorted(failed),
    )


def record_left_out(reach: Reach, *, about: AuditEntry) -> None:
    """The configuration log says who was left out of the notice. Inside the caller's transaction and scope."""
    left_out = {"suppressed": reach.suppressed, "bounced": reach.bounced}
    changes = {field: ("", ", ".join(addresses)) for field, addresses in left_out.items() if addresses}
    if changes:
        action = LEFT_OUT if reach.reached else REACHED_NOBODY
        audit.record(action, target=about, label=about.target_label, changes=changes, origin="worker")
