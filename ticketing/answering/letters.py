"""An automatic answer as a mail: to whom, with which outside, and its way into the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from helpdesk.lib import clock
from mailboxes.models import Cause, OutboxMessage, RecipientKind, RemoteMessage
from mailboxes.services.sending import outbox
from ticketing.answering.texts import Text, text_of
from ticketing.mail.compose import compose
from ticketing.mail.rich_text import plain_text
from ticketing.mail.values import Address
from ticketing.models import AnswerCause, AutomaticAnswer, Message
from ticketing.outbound.envelopes import Answered, Outside, automatic_outside, outgoing_mail

AUTOMATIC = "auto-replied"  # RFC 3834 section 5
_CAUSES = {AnswerCause.ACKNOWLEDGEMENT: Cause.ACKNOWLEDGEMENT, AnswerCause.CANNED: Cause.RULE}


@dataclass(frozen=True)
class Letter:
    """A mail that may be queued."""

    outside: Outside
    text: Text


def letter_of(answer: AutomaticAnswer) -> Letter | None:
    """The mail; None if there is nothing to say. Inside the organization's scope.

    It goes to the address in From, or to whom an agent has forwarded it from: not to Reply-To, which anybody can point
    at a stranger.
    Raises DomainError: no_mailbox, no_server.
    """
    mailbox = answer.raw.mailbox
    text = text_of(answer)
    if text is None:
        return None
    outside = automatic_outside(
        answer.ticket,
        mailbox=mailbox,
        to=Address("", answer.recipient),
        subject=text.subject,
        answered=_answered(answer),
        by=(_CAUSES.get(AnswerCause(answer.cause), Cause.NOTICE), answer.cause_id or answer.cause),
    )
    return Letter(outside, text)


def queue_letter(letter: Letter, *, answer: AutomaticAnswer) -> OutboxMessage:
    """The mail is in the outbox, due at once. In the caller's transaction.

    Its envelope sender is the mailbox: intake answers no report, and one that it cannot be delivered marks the address.
    Raises DomainError: bad_address, too_large, storage_down.
    """
    outside = letter.outside
    outbox.check_address(answer.recipient)
    mail = outgoing_mail(outside, html=letter.text.html, text=plain_text(letter.text.html), automatic=AUTOMATIC)
    return outbox.queue(
        outbox.NewMail(
            mailbox=outside.mailbox,
            server=outside.server,
            content=compose(mail),
            message_id=outside.message_id,
            subject=outside.subject,
            mail_from=outside.sender.address,
            recipients=[(RecipientKind.TO, answer.recipient)],
            cause=Cause(outside.origin.cause),
            cause_id=outside.origin.cause_id,
            ticket_id=answer.ticket_id,
            send_after=clock.now(),
        )
    )


def _answered(answer: AutomaticAnswer) -> Answered:
    """The mail as its message has it, else as the ledger; nothing of one that somebody else has forwarded.

    Whoever it was forwarded from never saw its Message-ID, nor need they.
    """
    message = Message.objects.filter(raw=answer.raw).first() if answer.ticket_id is not None else None
    if message is not None and message.from_address.lower() != answer.recipient:
        return Answered("", None)
    if message is not None:
        return Answered(message.message_id, message)
    seen = RemoteMessage.objects.filter(raw=answer.raw).order_by("id").values_list("message_id", flat=True)
    return Answered(seen.first() or "", None)
