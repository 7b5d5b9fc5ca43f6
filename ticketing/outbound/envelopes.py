"""The outside of an outgoing mail: server, sender, ids, token, subject, references. `replies` puts the content in."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Cause, Mailbox, OutgoingServer
from mailboxes.queries.sender_checks import sender_for
from mailboxes.services.sending.outgoing_servers import server_for
from mailboxes.services.sending.primary import answering_mailbox
from ticketing.mail import message_ids
from ticketing.mail.compose import Origin, OutgoingFile, OutgoingMail
from ticketing.mail.header_lines import header_address
from ticketing.mail.subjects import answer_subject, forward_subject, own_subject
from ticketing.mail.values import Address
from ticketing.models import Integration, MailPolicy, Message, MessageKind, Ticket
from ticketing.services.history import Author
from ticketing.services.thread_keys import thread_keys

MAX_CHAIN = 40  # of the newest ids of a ticket; compose trims what is still too long


@dataclass(frozen=True)
class Outside:
    """Everything about a mail but its content."""

    mailbox: Mailbox
    server: OutgoingServer
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    bcc: tuple[Address, ...]
    subject: str
    token_id: str
    token: str
    message_id: str
    origin: Origin
    in_reply_to: str = ""
    references: tuple[str, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class Answered:
    """The mail that an automatic answer is to."""

    message_id: str  # without angle brackets; "" if it has none
    message: Message | None  # on the ticket, if there is one


@dataclass(frozen=True)
class Addressed:
    """The recipients as the agent left them."""

    to: Sequence[Address]
    cc: Sequence[Address] = ()
    bcc: Sequence[Address] = ()


def reply_outside(ticket: Ticket, *, addressed: Addressed, answered: Message | None, author: Author) -> Outside:
    """The outside of an agent's answer to `answered`, or of a new mail on the ticket.

    Raises DomainError: no_mailbox, no_server.
    """
    subject = answered.subject if answered is not None and answered.subject else ticket.subject
    return _outside(
        ticket,
        addressed=addressed,
        subject=answer_subject(subject, tag=_subject_tag(ticket)),
        in_reply_to=answered.message_id if answered is not None else "",
        references=_chain(ticket, answered=answered),
        by=_by(author),
        answers=answered,
    )


def forward_outside(ticket: Ticket, *, addressed: Addressed, original: Message, author: Author) -> Outside:
    """The outside of a mail that hands `original` on: it belongs to nobody's thread but the ticket's.

    Raises DomainError: no_mailbox, no_server.
    """
    return _outside(
        ticket,
        addressed=addressed,
        subject=forward_subject(original.subject or ticket.subject, tag=_subject_tag(ticket)),
        in_reply_to="",
        references=(),
        by=_by(author),
    )


def automatic_outside(
    ticket: Ticket | None, *, mailbox: Mailbox, to: Address, subject: str, answered: Answered, by: tuple[Cause, str]
) -> Outside:
    """The outside of an answer that nobody writes, to a mail that came to `mailbox` and is on the ticket, if any.

    subject: words of our own. by: cause, and what it names. Raises DomainError: no_mailbox, no_server.
    """
    addressed = Addressed(to=[to])
    references = _chain(ticket, answered=answered.message) if ticket is not None and answered.message else ()
    return _outside(
        ticket,
        addressed=addressed,
        subject=own_subject(subject, tag=_subject_tag(ticket) if ticket is not None else ""),
        in_reply_to=answered.message_id,
        references=references or tuple(filter(None, [answered.message_id])),
        by=by,
        mailbox=mailbox,
        answers=answered.message,
    )


def sender_of(mailbox: Mailbox, server: OutgoingServer, *, answers: Message | None) -> str:
    """The address of the mailbox that an answer to the message leaves from; no query without other addresses."""
    return sender_for(mailbox, server, written_to=_written_to(answers) if answers and mailbox.aliases else ())


def _written_to(message: Message) -> tuple[str, ...]:
    """Whom a customer wrote to with the mail, in lower case; of a mail of ours, where it left from."""
    if message.kind == MessageKind.OUTBOUND:
        return (message.from_address.lower(),)
    named = message.recipients.filter(header__in=("to", "cc")).order_by("-header", "id")
    return tuple(address.lower() for address in named.values_list("address", flat=True))


def outgoing_mail(
    outside: Outside, *, html: str, text: str, files: tuple[OutgoingFile, ...] = (), automatic: str = ""
) -> OutgoingMail:
    """The whole mail, for `compose`. automatic: as `OutgoingMail` has it."""
    mailbox = outside.mailbox
    plus = Address(outside.sender.name, message_ids.plus_address(mailbox.address, token=outside.token))
    return OutgoingMail(
        sender=outside.sender,
        to=outside.to,
        cc=outside.cc,
        reply_to=(plus,) if mailbox.has_plus_addresses and outside.origin.ticket else (),
        subject=outside.subject,
        date=clock.now(),
        message_id=outside.message_id,
        in_reply_to=outside.in_reply_to,
        references=outside.references,
        html=html,
        text=text,
        files=files,
        origin=outside.origin,
        thread_token=outside.token if outside.origin.ticket else "",
        automatic=automatic,
        first_line=_first_line(),
    )


def _first_line() -> str:
    """What asks to answer above it, where that is set; `mail.quote_words` knows it again in answers."""
    return _("##- Please write your reply above this line -##") if MailPolicy.objects.filter(asks_above=True) else ""


def _outside(
    ticket: Ticket | None,
    *,
    addressed: Addressed,
    subject: str,
    in_reply_to: str,
    references: tuple[str, ...],
    by: tuple[Cause, str],
    mailbox: Mailbox | None = None,
    answers: Message | None = None,
) -> Outside:
    mailbox = _answering(mailbox if mailbox is not None or ticket is None else ticket.mailbox)
    server = server_for(mailbox)
    if server is None:
        sentence = _("%(mailbox)s has no outgoing server. Add one in the mailbox's settings, then send again.")
        raise DomainError(sentence % {"mailbox": mailbox.name}, code="no_server")
    keys = thread_keys()
    token_id = message_ids.new_token_id(secrets.token_bytes(message_ids.ID_BYTES))
    token = message_ids.make_token(token_id, keys=keys)
    domain = header_address(mailbox.address).rpartition("@")[2]
    return Outside(
        mailbox=mailbox,
        server=server,
        sender=Address(clean_line(mailbox.from_name or mailbox.name), sender_of(mailbox, server, answers=answers)),
        to=_tidy(addressed.to),
        cc=_tidy(addressed.cc),
        bcc=_tidy(addressed.bcc),
        subject=subject,
        token_id=token_id,
        token=token,
        message_id=message_ids.message_id_for(token, domain=domain),
        in_reply_to=in_reply_to,
        references=references,
        origin=_origin(ticket, by=by),
    )


def _answering(own: Mailbox | None) -> Mailbox:
    mailbox = answering_mailbox(own)
    if mailbox is None:
        sentence = _("No mailbox can answer this ticket. Make one the primary mailbox, then send again.")
        raise DomainError(sentence, code="no_mailbox")
    return mailbox


def _by(author: Author) -> tuple[Cause, str]:
    return cause_of(author), str(author.pk)


def cause_of(author: Author) -> Cause:
    """Why a mail by this author leaves."""
    return Cause.INTEGRATION if isinstance(author, Integration) else Cause.AGENT


def _origin(ticket: Ticket | None, *, by: tuple[Cause, str]) -> Origin:
    public_id = Organization.objects.values_list("public_id", flat=True).get(id=required_organization_id())
    return Origin(
        installation=urlsplit(settings.BASE_URL).netloc,
        organization=str(public_id),
        ticket=str(ticket.number) if ticket is not None else "",
        cause=by[0].value,
        cause_id=by[1],
    )


def _subject_tag(ticket: Ticket) -> str:
    if ticket.mailbox is not None and ticket.mailbox.has_subject_token:
        return message_ids.signed_subject_tag(ticket.number, keys=thread_keys())
    return message_ids.subject_tag(ticket.number)


def _chain(ticket: Ticket, *, answered: Message | None) -> tuple[str, ...]:
    """The ids of the ticket's mails up to the answered one, which comes last."""
    if answered is None:
        return ()
    earlier = Message.objects.filter(ticket=ticket, position__lt=answered.position).exclude(message_id="")
    first = list(earlier.order_by("position").values_list("message_id", flat=True)[:1])
    newest = list(earlier.order_by("-position").values_list("message_id", flat=True)[:MAX_CHAIN])
    own = [answered.message_id] if answered.message_id else []  # one that came through the API has none
    return tuple(dict.fromkeys([*first, *reversed(newest), *own]))


def _tidy(addresses: Sequence[Address]) -> tuple[Address, ...]:
    return tuple(Address(clean_line(a.name)[:200], a.address.strip()) for a in addresses if a.address.strip())
