"""Unsent answers: saved while they are written, one for each member, ticket and mode. The composer calls this."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import transaction

from helpdesk.accounts.models import Membership
from helpdesk.lib import clock
from helpdesk.tenancy.prepared import Prepared
from ticketing.mail.rich_text import clean_rich_text
from ticketing.models import Draft, DraftMode, Message, MessageKind, Ticket

MAX_RECIPIENTS = 200
_MAX_TOKEN_CHARS = 600
_DRAFT: Prepared[Draft] = Prepared(
    lambda mode, ticket, author: Draft.objects.filter(ticket=ticket, membership=author, mode=mode).select_related(
        "answers"
    )[:1]
)
_PUBLIC_ID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True)
class Writing:
    """What stands in the composer."""

    mode: DraftMode
    html: str = field(repr=False)
    to: Sequence[str] = ()  # as typed: addresses with or without names, also unfinished ones
    cc: Sequence[str] = ()
    bcc: Sequence[str] = ()
    answers_id: int | None = None
    seen_position: int = 0  # of the newest event the writer had on the screen


def draft_of(ticket: Ticket, *, author: Membership, mode: DraftMode) -> Draft | None:
    """The member's draft of this kind, with the message it answers, or None."""
    return _DRAFT.first(mode, ticket=ticket, author=author)


@transaction.atomic
def save_draft(ticket: Ticket, *, author: Membership, writing: Writing) -> Draft:
    """The draft holds exactly this, cleaned; its files stay. Images uploaded into it are kept as `cid:` links."""
    draft: Draft = Draft.objects.update_or_create(
        ticket=ticket,
        membership=author,
        mode=writing.mode,
        defaults={
            "html": clean_rich_text(writing.html, image=stored_image),
            "to": _tokens(writing.to),
            "cc": _tokens(writing.cc),
            "bcc": _tokens(writing.bcc),
            "answers": _mail(ticket, message_id=writing.answers_id),
            "seen_position": min(writing.seen_position, ticket.last_position),
            "saved_at": clock.now(),
        },
    )[0]
    return draft


@transaction.atomic
def choose_message(
    ticket: Ticket, *, author: Membership, mode: DraftMode, message: Message, to: Sequence[str], cc: Sequence[str]
) -> Draft:
    """The draft answers or forwards this very message; what was written stays. A reply goes to these people."""
    draft = draft_for_files(ticket, author=author, mode=mode)
    draft.answers = message
    if mode is DraftMode.REPLY:
        draft.to, draft.cc = _tokens(to), _tokens(cc)
    draft.seen_position = ticket.last_position
    draft.saved_at = clock.now()
    draft.save()
    return draft


def draft_for_files(ticket: Ticket, *, author: Membership, mode: DraftMode) -> Draft:
    """The draft that an upload belongs to; made when there is none yet."""
    draft: Draft = Draft.objects.get_or_create(
        ticket=ticket, membership=author, mode=mode, defaults={"saved_at": clock.now()}
    )[0]
    return draft


def discard_draft(ticket: Ticket, *, author: Membership, mode: DraftMode) -> None:
    """Nothing is left of the draft, its files included."""
    Draft.objects.filter(ticket=ticket, membership=author, mode=mode).delete()


def stored_image(reference: str) -> str | None:
    """How a draft names an image of the editor: our own addresses expire, so by the id of the file."""
    if match := _PUBLIC_ID.search(reference):
        return f"cid:{match[0].replace('-', '').lower()}@postroom"
    return reference if reference.lower().startswith(("cid:", "data:image/", "https://", "http://")) else None


def _mail(ticket: Ticket, *, message_id: int | None) -> Message | None:
    """The message if it is a mail of this ticket: a note is neither answered nor forwarded."""
    if message_id is None:
        return None
    mails = Message.objects.filter(ticket=ticket).exclude(kind=MessageKind.NOTE)
    return mails.filter(pk=message_id).first()


def _tokens(texts: Sequence[str]) -> list[str]:
    kept = (text.replace("\x00", "").strip()[:_MAX_TOKEN_CHARS] for text in texts)
    return list(dict.fromkeys(text for text in kept if text))[:MAX_RECIPIENTS]
