"""An answer: message, composed mail and outbox rows in one transaction. The ticket page and the API call this.

what the agent wrote ─▶ content (files on disk) ─▶ one transaction: seen everything? ▶ outbox ▶ message, events, ticket
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock, faults, files
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from mailboxes.models import OutboxMessage, RecipientKind
from mailboxes.services.sending import outbox
from ticketing.mail.compose import OutgoingFile, compose
from ticketing.mail.header_lines import Unsendable
from ticketing.mail.rich_text import clean_rich_text, from_text, plain_text, with_quote
from ticketing.mail.sanitize import sanitize_html
from ticketing.mail.values import Address
from ticketing.models import Attachment, DraftMode, Message, Status, Ticket
from ticketing.outbound.content import Content, make_content
from ticketing.outbound.envelopes import Addressed, Outside, cause_of, forward_outside, outgoing_mail, reply_outside
from ticketing.outbound.records import Written, write_reply
from ticketing.queries.unseen import Unseen, unseen_mails
from ticketing.services.history import Author
from ticketing.services.written_once import refuse_written

UNDO_S = 10.0


@dataclass(frozen=True)
class Answer:
    """What the composer hands in."""

    html: str = field(repr=False)
    to: Sequence[Address]
    seen_position: int  # of the newest event the writer had on the screen
    cc: Sequence[Address] = ()
    bcc: Sequence[Address] = ()
    attachments: Sequence[Attachment] = ()  # of the draft, in their order
    files: Sequence[OutgoingFile] = ()  # that no draft has held
    status_after: Status | None = None  # None: as it is, but a new ticket becomes open
    undo_s: float = field(default_factory=lambda: UNDO_S)  # at most a minute
    quotes_original: bool = False
    mark: str | None = None  # of the writing, see `services.written_once`


class NewerMessages(DomainError):
    """There is something to read first: `unseen` has it."""

    code = "newer_messages"

    def __init__(self, unseen: Unseen) -> None:
        self.unseen = unseen
        super().__init__(_("There is something new on this ticket. Read it, then send again."))


def queue_reply(ticket: Ticket, *, author: Author, answer: Answer, answered: Message | None) -> Message:
    """The answer is in the ticket and in the outbox; it leaves when the time to undo it is over.

    answered: the message it answers, None for a mail of its own. Inside the organization's scope; opens its own
    transaction. The draft it came from is gone.
    Raises NewerMessages; DomainError: empty, no_recipients, bad_address, no_mailbox, no_server, too_large,
    file_missing, image_too_large, status_not_allowed, storage_down, already_written.
    """
    outside = reply_outside(ticket, addressed=_addressed(answer), answered=answered, author=author)
    content = make_content(answer.html, attachments=answer.attachments, new_files=answer.files, server=outside.server)
    sent_html = _with_quote(content.html, answered) if answer.quotes_original and answered else content.html
    draft = _Draft(ticket=ticket, author=author, answer=answer, mode=DraftMode.REPLY, answered=answered)
    return _send(draft, content=content, outside=outside, sent_html=sent_html)


def queue_forward(ticket: Ticket, *, author: Author, answer: Answer, original: Message) -> Message:
    """The original, with its files and what the agent wrote above it, is in the ticket and in the outbox.

    Whom it goes to learns nothing of the ticket but this. Raises as `queue_reply`.
    """
    attachments = [*answer.attachments, *_forwarded(original)]
    outside = forward_outside(ticket, addressed=_addressed(answer), original=original, author=author)
    own = make_content(_with_original(answer.html, original), attachments=attachments, server=outside.server)
    draft = _Draft(ticket=ticket, author=author, answer=answer, mode=DraftMode.FORWARD, answered=original)
    return _send(draft, content=own, outside=outside, sent_html=own.html)


@dataclass(frozen=True)
class _Draft:
    ticket: Ticket
    author: Author
    answer: Answer
    mode: DraftMode
    answered: Message | None


def _send(draft: _Draft, *, content: Content, outside: Outside, sent_html: str) -> Message:
    _refuse_unseen(draft.ticket, seen_position=draft.answer.seen_position)
    raw = _composed(outside, html=sent_html, attached=tuple(sent.file for sent in content.files))
    send_after = clock.in_seconds(min(draft.answer.undo_s, outbox.MAX_UNDO_S))
    with transaction.atomic():
        queued = _queue(outside, raw=raw, ticket=draft.ticket, send_after=send_after, author=draft.author)
        try:
            message = _written(draft, content=content, outside=outside, queued=queued)
        except DomainError:
            files.discard([queued.storage_key])
            raise
        faults.point("reply.written")
    return message


def _written(draft: _Draft, *, content: Content, outside: Outside, queued: OutboxMessage) -> Message:
    # Locks the organization's positions: of two agents who answer at once, the second sees the first one's answer.
    counters.take()
    refuse_written(draft.ticket, mark=draft.answer.mark)
    ticket = Ticket.objects.select_for_update().get(id=draft.ticket.id)
    _refuse_unseen(ticket, seen_position=draft.answer.seen_position)
    return write_reply(
        Written(
            ticket=ticket,
            author=draft.author,
            outside=outside,
            content=content,
            outbox=queued,
            mode=draft.mode,
            answered=draft.answered,
            status_after=draft.answer.status_after,
            mark=draft.answer.mark,
        )
    )


def _addressed(answer: Answer) -> Addressed:
    return Addressed(to=answer.to, cc=answer.cc, bcc=answer.bcc)


def _composed(outside: Outside, *, html: str, attached: tuple[OutgoingFile, ...]) -> bytes:
    for address in (*outside.to, *outside.cc, *outside.bcc):
        outbox.check_address(address.address)
    try:
        return compose(outgoing_mail(outside, html=html, text=plain_text(html), files=attached))
    except Unsendable as error:
        raise DomainError(_("An address or a file name cannot be sent: %s") % error, code="bad_address") from error


def _refuse_unseen(ticket: Ticket, *, seen_position: int) -> None:
    unseen = unseen_mails(ticket, seen_position=seen_position)
    if unseen.messages:
        raise NewerMessages(unseen)


def _queue(outside: Outside, *, raw: bytes, ticket: Ticket, send_after: datetime, author: Author) -> OutboxMessage:
    kinds = ((RecipientKind.TO, outside.to), (RecipientKind.CC, outside.cc), (RecipientKind.BCC, outside.bcc))
    return outbox.queue(
        outbox.NewMail(
            mailbox=outside.mailbox,
            server=outside.server,
            content=raw,
            message_id=outside.message_id,
            subject=outside.subject,
            mail_from=outside.sender.address,
            recipients=[(kind, address.address) for kind, addresses in kinds for address in addresses],
            cause=cause_of(author),
            cause_id=str(author.pk),
            ticket_id=ticket.id,
            send_after=send_after,
        )
    )


def _with_quote(html: str, message: Message) -> str:
    """The answer with what it answers below, without the pictures of that: they would have to be sent back."""
    introduction = _("%(who)s wrote on %(when)s:") % _who_and_when(message)
    quoted = clean_rich_text(message.html or from_text(message.text), image=lambda _source: None)
    return with_quote(html, introduction=introduction, quoted=quoted)


def _with_original(html: str, message: Message) -> str:
    """What the agent wrote with the whole original below, its remote pictures no longer held back."""
    introduction = _("Forwarded message from %(who)s, %(when)s") % _who_and_when(message)
    introduction += "\n" + _("Subject: %(subject)s") % {"subject": message.subject}
    shown = sanitize_html(message.html, image_url=_if_inside, remote_url=lambda address: address).html
    return with_quote(html, introduction=introduction, quoted=shown or from_text(message.text))


def _who_and_when(message: Message) -> dict[str, str]:
    who = f"{message.from_name} <{message.from_address}>" if message.from_name else message.from_address
    return {"who": who, "when": f"{message.created_at:%Y-%m-%d %H:%M} UTC"}


def _if_inside(reference: str) -> str | None:
    return reference if reference.lower().startswith("cid:") else None


def _forwarded(original: Message) -> list[Attachment]:
    return list(original.attachments.select_related("blob").exclude(blob=None).order_by("id"))
