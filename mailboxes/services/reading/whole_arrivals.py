"""The whole of a message that was too large comes by itself: its mailbox takes more by now, and shows it once more."""

from __future__ import annotations

from helpdesk.lib import clock
from mailboxes.models import AckState, Mailbox, RawMessage, RemoteMessage, WholeFetch, WholeFetchState
from mailboxes.services.reading.inbox import acknowledge_at
from mailboxes.services.reading.whole_states import WANTED


def note_whole(head_id: int, *, whole_id: int) -> None:
    """The whole stands for its headers: nobody need fetch it, and a poll removes the header bytes.

    The sightings of the headers keep their verdict; what waited on the server for the whole is due from now on.
    A whole that was fetched on a wish before is left as it is. In the caller's transaction and scope.
    """
    head = RawMessage.objects.get(id=head_id)
    # Wished for under other headers of the same message: that wish has it, and a whole belongs to one.
    is_taken = WholeFetch.objects.filter(whole_id=whole_id).exists()
    if not is_taken and not _close_wish(head, whole_id=whole_id):
        return
    mailbox = Mailbox.objects.get(id=head.mailbox_id)
    sightings = RemoteMessage.objects.filter(raw=head)
    sightings.filter(ack_state__in=[AckState.DUE, AckState.FAILED]).update(ack_due_at=acknowledge_at(mailbox))
    sightings.update(raw_id=whole_id)


def _close_wish(head: RawMessage, *, whole_id: int) -> bool:
    """The wish is as after fetching, whether anybody had it or not; False if it was fetched before."""
    moment = clock.now()
    wish, is_new = WholeFetch.objects.get_or_create(
        raw=head,
        defaults={
            "mailbox_id": head.mailbox_id,
            "whole_id": whole_id,
            "state": WholeFetchState.STORED,
            "requested_at": moment,
            "changed_at": moment,
        },
    )
    waiting = WholeFetch.objects.filter(id=wish.pk, state__in=(*WANTED, WholeFetchState.FAILED))
    stored = {"state": WholeFetchState.STORED, "whole_id": whole_id, "reason_code": "", "detail": ""}
    return is_new or bool(waiting.update(changed_at=moment, **stored))
