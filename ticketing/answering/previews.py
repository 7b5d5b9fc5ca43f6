"""How a text looks to who gets it: filled in as if a mail had just come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdesk.accounts.models import Organization
from helpdesk.accounts.services.business_hours import opening_hours
from helpdesk.lib import clock
from mailboxes.models import Mailbox
from ticketing.answering.canned import filled_reply
from ticketing.answering.texts import Text, filled
from ticketing.answering.vocabulary import Occasion
from ticketing.mail.message_ids import subject_tag
from ticketing.mail.rich_text import plain_text
from ticketing.mail.subjects import own_subject
from ticketing.models import CannedReply, TextKind, Ticket
from ticketing.services.answer_texts import Place, TextInput

NUMBER = 1234
_WITHOUT_TICKET = (TextKind.NOT_WORKED, TextKind.SWITCHED_OFF, TextKind.REFUSED)


@dataclass(frozen=True)
class Preview:
    """What arrives."""

    subject: str
    html: str  # cleaned
    text: str


def preview_of(written: TextInput, *, place: Place, organization: Organization) -> Preview:
    """The text, tidied, on an occasion that might be now. A query or two; inside the organization's scope."""
    has_ticket = place.kind not in _WITHOUT_TICKET
    occasion = _occasion(place.mailbox, organization=organization, has_ticket=has_ticket)
    return _preview(filled(Text(written.subject, written.html, place.language), occasion), has_ticket=has_ticket)


def preview_of_reply(subject: str, html: str, *, organization: Organization) -> Preview:
    """The canned reply, tidied, as a rule would send it now. A query or two; inside the organization's scope."""
    occasion = _occasion(None, organization=organization, has_ticket=True)
    return _preview(filled_reply(CannedReply(subject=subject, html=html), occasion), has_ticket=True)


def _occasion(mailbox: Mailbox | None, *, organization: Organization, has_ticket: bool) -> Occasion:
    moment = clock.now()
    hours = opening_hours()
    mailbox = mailbox or Mailbox.objects.filter(deleted_at=None, is_draft=False).order_by("id").first()
    return Occasion(
        organization=organization,
        mailbox=mailbox or Mailbox(name=organization.name, address="support@example.com"),
        ticket=Ticket(number=NUMBER) if has_ticket else None,
        received_at=moment,
        opens_at=(hours.next_opening(moment) if hours else None) or moment + timedelta(hours=12),
    )


def _preview(said: Text, *, has_ticket: bool) -> Preview:
    subject = own_subject(said.subject, tag=subject_tag(NUMBER) if has_ticket else "")
    return Preview(subject, said.html, plain_text(said.html))
