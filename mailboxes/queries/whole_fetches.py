"""Messages of which only the headers are here: how large they are, and how far it is with fetching them whole."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch
from django.utils.functional import Promise

from mailboxes import whole_words
from mailboxes.models import (
    LARGEST_MESSAGE_BYTES,
    Health,
    Mailbox,
    RawMessage,
    RawState,
    RemoteMessage,
    WholeFetch,
    WholeFetchState,
)

Words = str | Promise


@dataclass(frozen=True)
class WholeMail:
    """One message whose headers alone are here."""

    raw: RawMessage  # with its mailbox
    wish: WholeFetch | None  # with who asked and the stored whole; None: nobody has asked
    hindrance: Words  # why it cannot be asked for now, and what to do; "" when it can

    @property
    def state(self) -> str:
        """Of the wish; "" when nobody has asked."""
        return self.wish.state if self.wish else ""

    @property
    def is_stuck(self) -> bool:
        """True if it came down and could not be processed: it is in quarantine."""
        return bool(self.wish and self.wish.whole and self.wish.whole.state == RawState.QUARANTINED)

    @property
    def goes_on(self) -> bool:
        """True while something happens by itself."""
        waits = (WholeFetchState.REQUESTED, WholeFetchState.FETCHING, WholeFetchState.STORED)
        return self.state in waits and not self.is_stuck

    @property
    def why(self) -> Words:
        """Why it failed and what to do; "" when it did not."""
        return whole_words.failure(self.wish) if self.wish and self.state == WholeFetchState.FAILED else ""

    @property
    def waits_for(self) -> Words:
        """What keeps a worker from it; "" when nothing does."""
        mailbox = self.raw.mailbox
        if self.state not in (WholeFetchState.REQUESTED, WholeFetchState.FETCHING):
            return ""
        if not mailbox.is_enabled:
            return whole_words.PAUSED
        is_down = mailbox.health in (Health.UNREACHABLE, Health.THROTTLED)
        return whole_words.unreachable(mailbox) if is_down else ""


def whole_mails(raw_ids: Iterable[int]) -> dict[int, WholeMail]:
    """Those of these stored mails whose headers alone are here, by id. At most three queries."""
    wishes = WholeFetch.objects.select_related("requested_by__user", "whole")
    raws = RawMessage.objects.filter(id__in=list(raw_ids), is_header_only=True).select_related("mailbox__connection")
    found = list(raws.prefetch_related(Prefetch("whole_fetches", queryset=wishes)))
    places = _places(raw.pk for raw in found)
    return {
        raw.pk: WholeMail(
            raw=raw,
            wish=next(iter(raw.whole_fetches.all()), None),
            hindrance=_hindrance(raw, mailbox=raw.mailbox, places=places.get(raw.pk, set())),
        )
        for raw in found
    }


def hindrance_of(raw: RawMessage, *, mailbox: Mailbox) -> Words:
    """Why the whole message cannot be asked for now, and what to do; "" when it can."""
    return _hindrance(raw, mailbox=mailbox, places=_places([raw.pk]).get(raw.pk, set()))


def _hindrance(raw: RawMessage, *, mailbox: Mailbox, places: set[tuple[int, str]]) -> Words:
    if not raw.is_header_only:
        return whole_words.IS_HERE
    if raw.state != RawState.DONE:
        return whole_words.NOT_PROCESSED
    if raw.size_bytes > LARGEST_MESSAGE_BYTES:
        return whole_words.too_large()
    if mailbox.deleted_at is not None:
        return whole_words.REASONS["mailbox_deleted"]
    if (mailbox.source_generation, mailbox.folder) not in places:
        return whole_words.REASONS["repointed"]
    return "" if mailbox.is_enabled else whole_words.PAUSED


def _places(raw_ids: Iterable[int]) -> dict[int, set[tuple[int, str]]]:
    """Source generations and folders in which each mail was seen."""
    found: dict[int, set[tuple[int, str]]] = {}
    wanted = list(raw_ids)
    rows = RemoteMessage.objects.filter(raw_id__in=wanted) if wanted else RemoteMessage.objects.none()
    for raw_id, generation, folder in rows.values_list("raw_id", "source_generation", "folder"):
        found.setdefault(raw_id, set()).add((generation, folder))
    return found
