"""A discarded mail as a mail to whom the policy names: its text, what was written, and its files if wanted."""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from helpdesk.lib import clock
from mailboxes.models import Cause, Mailbox, OutboxMessage, RecipientKind
from mailboxes.services.sending import outbox
from mailboxes.services.sending.bouncing import refuse_bounced
from ticketing.inbound.envelope import Envelope
from ticketing.mail.compose import OutgoingFile, OutgoingMail, compose
from ticketing.mail.rich_text import from_text
from ticketing.mail.subjects import forward_subject
from ticketing.mail.values import Address
from ticketing.models import WriterPolicy
from ticketing.outbound.envelopes import Answered, Outside, automatic_outside, outgoing_mail

AUTOMATIC = "auto-generated"  # RFC 3834 section 5


@dataclass(frozen=True)
class ForwardLetter:
    """A mail that may be queued."""

    outside: Outside
    mail: OutgoingMail


def letter_for(envelope: Envelope, *, mailbox: Mailbox, policy: WriterPolicy) -> ForwardLetter:
    """The mail. Inside the organization's scope. Raises DomainError: no_mailbox, no_server."""
    outside = automatic_outside(
        None,
        mailbox=mailbox,
        to=Address("", policy.forward_to),
        subject="",
        answered=Answered("", None),
        by=(Cause.NOTICE, "discarded"),
    )
    outside = replace(outside, subject=forward_subject(envelope.subject, tag=""))
    text = "\n\n".join(filter(None, [policy.forward_text.strip(), _quoted(envelope), envelope.mail.text]))
    files = _files(envelope) if policy.forward_files else ()
    mail = outgoing_mail(outside, html=from_text(text), text=text, files=files, automatic=AUTOMATIC)
    return ForwardLetter(outside, mail)


def queue_letter(letter: ForwardLetter) -> OutboxMessage:
    """The mail is in the outbox, due at once. In the caller's transaction.

    Raises DomainError: bad_address, bounced, suppressed, too_large, storage_down.
    """
    outside = letter.outside
    [recipient] = outside.to
    refuse_bounced(recipient.address)
    return outbox.queue(
        outbox.NewMail(
            mailbox=outside.mailbox,
            server=outside.server,
            content=compose(letter.mail),
            message_id=outside.message_id,
            subject=outside.subject,
            mail_from=outside.sender.address,
            recipients=[(RecipientKind.TO, recipient.address)],
            cause=Cause.NOTICE,
            cause_id=outside.origin.cause_id,
            ticket_id=None,
            send_after=clock.now(),
        )
    )


def _quoted(envelope: Envelope) -> str:
    """Whose mail it was, above what was written."""
    named = envelope.sender_name
    lines = [
        (_("From"), f"{named} <{envelope.from_address}>" if named else envelope.from_address),
        (_("To"), ", ".join(each.address for each in envelope.recipients if each.header == "to")),
        (_("Date"), envelope.mail.header("Date") or ""),
        (_("Subject"), envelope.subject),
    ]
    return "\n".join(f"{name}: {value}" for name, value in lines if value)


def _files(envelope: Envelope) -> tuple[OutgoingFile, ...]:
    return tuple(OutgoingFile(each.filename, each.content_type, each.content) for each in envelope.mail.attachments)
