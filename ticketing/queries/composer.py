"""What the composer shows: the draft if there is one, else an empty answer to the newest mail."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q

from helpdesk.accounts.models import Membership
from mailboxes.models import Mailbox, OutgoingServer
from mailboxes.queries.sender_checks import sender_verified_at
from mailboxes.services.sending.outgoing_servers import server_for, size_limit_bytes
from mailboxes.services.sending.primary import answering_mailbox
from ticketing.mail.addresses import parse_addresses
from ticketing.mail.rich_text import clean_rich_text, plain_text
from ticketing.mail.values import Address
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    Attachment,
    Draft,
    DraftMode,
    Message,
    MessageKind,
    Status,
    Ticket,
)
from ticketing.outbound.envelopes import sender_of
from ticketing.outbound.recipients import recipients_for
from ticketing.queries.files import image_in
from ticketing.queries.last_answer import last_recipients
from ticketing.services.drafts import draft_of

MB = 1024 * 1024
MAX_FILE_MB = 25
SEND_STATUSES = (Status.OPEN, Status.WAITING, Status.HOLD, Status.SOLVED)


@dataclass(frozen=True)
class Token:
    """One recipient in a field of the composer."""

    value: str  # what the form sends: the address alone where it is one
    label: str
    is_bad: bool = False  # no address, kept as it was typed
    is_new: bool = False  # the last answer did not go there


@dataclass(frozen=True)
class Composer:
    """The composer of one member on one ticket in one mode."""

    mode: DraftMode
    html: str  # for the editor
    text: str  # the same for browsers without script
    to: list[Token]
    cc: list[Token]
    bcc: list[Token]
    left_out: list[str]  # whom the last answer went to, and this one does not: names or addresses
    answers: Message | None  # the mail it answers or forwards
    is_chosen: bool  # it is not the newest one
    seen_position: int
    files: list[Attachment]
    forwarded: list[Attachment]  # of the mail that is forwarded; they go along
    saved_at: datetime | None  # None: no draft
    sender: str  # the address it leaves from, "" when it cannot
    sender_verified_at: datetime | None  # a test mail came back from it
    stands_in: bool  # the sender is the primary mailbox, since the ticket's own cannot answer
    statuses: list[tuple[str, str]]  # that sending may set
    status_after: str  # the one it sets unless told otherwise
    total_limit_mb: int
    key: str  # of this opening; sent along, it tells a second press from a second message


def composer_of(
    ticket: Ticket, *, author: Membership, mode: DraftMode, newest: Message | None = None, seen_position: int = 0
) -> Composer:
    """The composer as it stands. newest: of the thread, if the caller has it; seen_position: else the ticket's last."""
    draft = draft_of(ticket, author=author, mode=mode)
    newest = None if mode is DraftMode.NOTE else newest or newest_mail(ticket)
    answers = _answered(draft=draft, newest=newest)
    files = list(draft.attachments.order_by("id")) if draft else []
    names = names_on(answers) if answers else {}
    to, cc, bcc = _people(draft, answers=answers, mode=mode)
    before = last_recipients(ticket) if mode is DraftMode.REPLY and answers else {}
    html = clean_rich_text(draft.html, image=image_in(files)) if draft else ""
    mailbox = answering_mailbox(ticket.mailbox) if mode is not DraftMode.NOTE else None
    server = server_for(mailbox) if mailbox is not None else None
    sender, verified_at = _sender(mailbox, server, answers=answers if mode is DraftMode.REPLY else None)
    return Composer(
        mode=mode,
        html=html,
        text=plain_text(html),
        to=_marked(tokens(to, names=names), before=before),
        cc=_marked(tokens(cc, names=names), before=before),
        bcc=tokens(bcc, names=names),
        left_out=_left_out([*to, *cc, *bcc], before=before),
        answers=answers,
        is_chosen=answers is not None and newest is not None and answers.pk != newest.pk,
        seen_position=seen_position or ticket.last_position,
        files=[file for file in files if not file.is_inline],
        forwarded=_forwarded(answers) if mode is DraftMode.FORWARD else [],
        saved_at=draft.saved_at if draft else None,
        sender=sender,
        sender_verified_at=verified_at,
        stands_in=mailbox is not None and mailbox.pk != ticket.mailbox_id,
        statuses=send_statuses(ticket),
        status_after=default_status(ticket),
        total_limit_mb=size_limit_bytes(server) // MB if server else MAX_FILE_MB,
        key=uuid.uuid4().hex,
    )


def _sender(
    mailbox: Mailbox | None, server: OutgoingServer | None, *, answers: Message | None
) -> tuple[str, datetime | None]:
    """The address the mail leaves from, "" when it cannot; and when a test mail came back from it."""
    if mailbox is None or server is None:
        return "", None
    sender = sender_of(mailbox, server, answers=answers)
    return sender, sender_verified_at(mailbox, server, address=sender)


def send_statuses(ticket: Ticket) -> list[tuple[str, str]]:
    """The statuses that sending may set, with their words."""
    allowed = {ticket.status, *ALLOWED_TRANSITIONS[ticket.status]}
    return [(status.value, str(status.label)) for status in SEND_STATUSES if status in allowed]


def default_status(ticket: Ticket) -> str:
    """Waiting for the customer, or what is nearest to it from a closed ticket."""
    offered = [value for value, _ in send_statuses(ticket)]
    return Status.WAITING.value if Status.WAITING in offered else offered[0]


def newest_mail(ticket: Ticket) -> Message | None:
    """The newest mail of a customer, else the newest of ours."""
    mails = Message.objects.filter(ticket=ticket)
    inbound = mails.filter(kind=MessageKind.INBOUND).order_by("-position").first()
    return inbound or mails.filter(kind=MessageKind.OUTBOUND).order_by("-position").first()


def names_on(message: Message) -> dict[str, str]:
    """The names of everybody the message mentions, by address in lower case."""
    named = {row.address.lower(): row.name for row in message.recipients.all() if row.name}
    return named | {message.from_address.lower(): message.from_name}


def parse_people(texts: Iterable[str], *, names: dict[str, str]) -> list[Address]:
    """Addresses out of what stands in a recipients field; names come from `names` where none is written."""
    found = [address for text in texts for address in parse_addresses(text, limit=200)[0]]
    return [Address(a.name or names.get(a.address.lower(), ""), a.address) for a in found]


def tokens(texts: Sequence[str], *, names: dict[str, str]) -> list[Token]:
    """One token for each address; what is no address stays as it was typed, marked."""
    made: list[Token] = []
    for address in parse_people(texts, names=names):
        if "@" not in address.address.strip("@"):
            typed = address.name or address.address
            made.append(Token(typed, typed, is_bad=True))
            continue
        written = f"{address.name} <{address.address}>" if address.name else address.address
        is_known = names.get(address.address.lower()) == address.name
        made.append(Token(address.address if is_known else written, address.name or address.address))
    return made


def _marked(people: list[Token], *, before: Mapping[str, str]) -> list[Token]:
    """The tokens; those that the last answer did not go to are marked. Without one before, nobody is new."""
    if not before:
        return people
    return [replace(token, is_new=not token.is_bad and _address_of(token) not in before) for token in people]


def _address_of(token: Token) -> str:
    [found] = parse_people([token.value], names={})
    return found.address.lower()


def _left_out(texts: Sequence[str], *, before: Mapping[str, str]) -> list[str]:
    now = {person.address.lower() for person in parse_people(texts, names={})}
    return [name for address, name in before.items() if address not in now]


def _answered(*, draft: Draft | None, newest: Message | None) -> Message | None:
    if draft is None or draft.answers is None or newest is None or draft.answers.pk == newest.pk:
        return newest
    if draft.seen_position >= newest.position:  # the newest was seen, and the other one chosen
        return draft.answers
    is_changed = (draft.to, draft.cc) != proposed_people(draft.answers)
    return draft.answers if is_changed else newest


def _people(draft: Draft | None, *, answers: Message | None, mode: DraftMode) -> tuple[list[str], list[str], list[str]]:
    """To, Cc and Bcc: as saved, else as proposed. A draft made by an upload alone has nobody yet."""
    is_begun = draft is not None and bool(draft.answers_id or draft.to or draft.cc)
    if draft is not None and is_begun and (mode is not DraftMode.REPLY or answers == draft.answers):
        return draft.to, draft.cc, draft.bcc
    if mode is not DraftMode.REPLY or answers is None:
        return [], [], draft.bcc if draft else []
    to, cc = proposed_people(answers)
    return to, cc, draft.bcc if draft else []


def proposed_people(message: Message) -> tuple[list[str], list[str]]:
    """To and Cc of an answer to this message."""
    people = recipients_for(message)
    return [address.address for address in people.to], [address.address for address in people.cc]


def _forwarded(message: Message | None) -> list[Attachment]:
    if message is None:
        return []
    return list(message.attachments.filter(~Q(blob=None), is_inline=False).order_by("id"))
