"""How a text looks to who gets it: filled in as if a mail had just come in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from helpdesk.accounts.models import Organization
from helpdesk.accounts.services.business_hours import opening_hours
from helpdesk.lib import clock
from mailboxes.models import Mailbox
from ticketing.answering.texts import Text, filled
from ticketing.answering.vocabulary import Occasion
from ticketing.mail.message_ids import subject_tag
from ticketing.mail.rich_text import plain_text
from ticketing.mail.subjects import own_subject
from ticketing.models import TextKind, Ticket
from ticketing.services.answer_texts import Place, TextInput

NUMBER = 1234
_WITHOUT_TICKET = (TextKind.NOT_WORKED, TextKind.REFUSED)


@dataclass(frozen=True)
class Preview:
    """What arrives."""

    subject: str
    html: str  # cleaned
    text: str


def preview_of(written: TextInput, *, place: Place, organization: Organization) -> Preview:
    """The text, tidied, on an occasion that might be now. A query or two; inside the organization's scope."""
    moment = clock.now()
    hours = opening_hours()
    mailbox = place.mailbox or Mailbox.objects.filter(deleted_at=None, is_draft=False).order_by("id").first()
    has_ticket = place.kind not in _WITHOUT_TICKET
    occasion = Occasion(
        organization=organization,
        mailbox=mailbox or Mailbox(name=organization.name, address="support@example.com"),
        ticket=Ticket(number=NUMBER) if has_ticket else None,
        received_at=moment,
        opens_at=(hours.next_opening(moment) if hours else None) or moment + timedelta(hours=12),
    )
    said = filled(Text(written.subject, written.html, place.language), occasion)
    subject = own_subject(said.subject, tag=subject_tag(NUMBER) if has_ticket else "")
    return Preview(subject, said.html, plain_text(said.html))
