"""Mails about commands that were not followed, to the addresses that the mailbox's mapping names.

Queued in the transaction that records the mail, so that each is written once. A mail that cannot be queued, or that
would be one too many, is no reason to lose the customer's: the ticket's history says that it was not written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Cause, Mailbox, OutboxMessage, RecipientKind
from mailboxes.services.sending import outbox
from mailboxes.services.sending.bouncing import refuse_bounced
from ticketing.command_words import refusal_words
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.mapping.applying import Mapped
from ticketing.inbound.mapping.rules import CommandRules
from ticketing.inbound.notice_texts import notice_filler
from ticketing.mail.compose import compose
from ticketing.mail.rich_text import from_text, plain_text
from ticketing.mail.values import Address
from ticketing.models import EventKind, Ticket, TicketEvent
from ticketing.models.mapping import ThenDo
from ticketing.outbound.envelopes import Answered, automatic_outside, outgoing_mail

MOST_IN_AN_HOUR = 20  # of one mailbox
CAUSE_ID = "commands"
_AUTOMATIC = "auto-generated"  # RFC 3834 section 5


def write_notices(envelope: Envelope, mapped: Mapped, rules: CommandRules | None, *, ticket_id: int) -> None:
    """Whoever is to hear of commands that were not followed has a mail in the outbox. After the ticket was written.

    Not of a dry run, which would leave the file of the mail behind.
    """
    wanted = _wanted(mapped, rules) if rules is not None and not envelope.delivery.is_tried else {}
    if not wanted:
        return
    mailbox = Mailbox.objects.get(pk=envelope.delivery.mailbox_id)
    ticket = Ticket.objects.only("number").get(pk=ticket_id)
    filled = notice_filler(envelope, mapped, number=ticket.number)
    for address, (texts, lines) in wanted.items():
        try:
            with transaction.atomic():
                _queue(mailbox, ticket, address=address, texts=[filled(text) for text in texts], lines=lines)
        except DomainError:
            _note_unsent(ticket)


def _wanted(mapped: Mapped, rules: CommandRules) -> Mapping[str, tuple[list[str], list[str]]]:
    """By address: what is written above, and the lines."""
    found: dict[str, tuple[list[str], list[str]]] = defaultdict(lambda: ([], []))
    for each in mapped.refused:
        then = rules.then(each.trouble)
        if then.do is ThenDo.MAIL and then.address:
            texts, lines = found[then.address]
            lines.append(refusal_words(each.trouble, line=each.line, why=each.why))
            if then.text and then.text not in texts:
                texts.append(then.text)
    return found


def _queue(mailbox: Mailbox, ticket: Ticket, *, address: str, texts: list[str], lines: list[str]) -> None:
    refuse_bounced(address)
    since = clock.now() - timedelta(hours=1)
    written = OutboxMessage.objects.filter(mailbox=mailbox, cause_id=CAUSE_ID, queued_at__gt=since).count()
    if written >= MOST_IN_AN_HOUR:
        raise DomainError("The mailbox has written enough of these.", code="too_many")
    outside = automatic_outside(
        None,
        mailbox=mailbox,
        to=Address("", address),
        subject=_("Commands of a mail were not followed: ticket #%d") % ticket.number,
        answered=Answered("", None),
        by=(Cause.NOTICE, CAUSE_ID),
    )
    html = _html(ticket, texts, lines)
    mail = outgoing_mail(outside, html=html, text=plain_text(html), automatic=_AUTOMATIC)
    outbox.queue(
        outbox.NewMail(
            mailbox=outside.mailbox,
            server=outside.server,
            content=compose(mail),
            message_id=outside.message_id,
            subject=outside.subject,
            mail_from=outside.sender.address,
            recipients=[(RecipientKind.TO, address)],
            cause=Cause.NOTICE,
            cause_id=CAUSE_ID,
            ticket_id=ticket.pk,
            send_after=clock.now(),
        )
    )


def _html(ticket: Ticket, texts: list[str], lines: list[str]) -> str:
    slug = Organization.objects.values_list("slug", flat=True).get(pk=required_organization_id())
    url = f"{settings.BASE_URL}{reverse('ticket', kwargs={'slug': slug, 'number': ticket.number})}"
    said = mark_safe("".join(from_text(text) for text in texts))  # noqa: S308  made of escaped lines
    items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
    return format_html('{}<ul>{}</ul><p><a href="{}">#{}</a></p>', said, items, url, ticket.number)


def _note_unsent(ticket: Ticket) -> None:
    event = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.COMMANDS_REFUSED).order_by("-position").first()
    if event is not None:
        event.data = {**event.data, "unsent": True}
        event.save(update_fields=["data"])
