"""How the wish for a whole message moves from state to state. Each function is part of the caller's transaction."""

from __future__ import annotations

from helpdesk.lib import clock
from helpdesk.lib.text import clean_line
from mailboxes.connectors.errors import MAX_DETAIL_CHARS
from mailboxes.models import Mailbox, WholeFetch, WholeFetchState

WANTED = (WholeFetchState.REQUESTED, WholeFetchState.FETCHING)
ALLOWED: dict[WholeFetchState, tuple[WholeFetchState, ...]] = {
    WholeFetchState.REQUESTED: (WholeFetchState.FAILED,),  # from these to the key
    WholeFetchState.FETCHING: WANTED,  # again: the worker before died
    WholeFetchState.STORED: (WholeFetchState.FETCHING,),
    WholeFetchState.DONE: (WholeFetchState.STORED,),
    WholeFetchState.FAILED: WANTED,
}


def move(wish_id: int, *, to: WholeFetchState, **values: object) -> bool:
    """The wish is in this state with these values; False if it was in none that leads there."""
    rows = WholeFetch.objects.filter(id=wish_id, state__in=ALLOWED[to])
    return bool(rows.update(state=to, changed_at=clock.now(), **values))


def fail(wish_id: int, *, reason_code: str, detail: str = "") -> bool:
    """The wish has failed for this reason; False if it is no longer waiting."""
    return move(
        wish_id, to=WholeFetchState.FAILED, reason_code=reason_code, detail=clean_line(detail)[:MAX_DETAIL_CHARS]
    )


def give_up_whole(mailbox: Mailbox, *, reason_code: str) -> None:
    """Nothing more is fetched whole from this mailbox as it was; what waited has failed for this reason."""
    waiting = WholeFetch.objects.filter(mailbox=mailbox, state__in=WANTED)
    waiting.update(state=WholeFetchState.FAILED, reason_code=reason_code, detail="", changed_at=clock.now())
