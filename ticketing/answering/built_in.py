"""The words of automatic answers where nobody has written any."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ticketing.models import TextKind


@dataclass(frozen=True)
class Words:
    """Subject and body, with placeholders; the body in paragraphs."""

    subject: Promise
    paragraphs: tuple[Promise, ...]


BUILT_IN: dict[TextKind, Words] = {
    TextKind.ACKNOWLEDGEMENT: Words(
        _("We have received your message"),
        (
            _("Thank you for writing to {{ organization.name }}. Your message is here, and somebody will answer it."),
            _("It has the number {{ ticket.number }}. To add something, answer this mail."),
        ),
    ),
    TextKind.OUTSIDE_HOURS: Words(
        _("We have received your message"),
        (
            _("Thank you for writing to {{ organization.name }}. Your message is here. We are closed at the moment."),
            _("We are back on {{ hours.opens }}, and somebody will answer it then."),
            _("It has the number {{ ticket.number }}. To add something, answer this mail."),
        ),
    ),
    TextKind.NOT_WORKED: Words(
        _("Your message was not read"),
        (
            _("Nobody reads new messages to {{ mailbox.address }}, so nobody will answer yours."),
            _("If you have a conversation with {{ organization.name }}, answer the last mail of it."),
        ),
    ),
    TextKind.SWITCHED_OFF: Words(
        _("Your message was not read"),
        (
            _("{{ organization.name }} takes no new messages by e-mail at the moment, so nobody will read yours."),
            _("If you have a conversation with us, answer the last mail of it."),
        ),
    ),
    TextKind.REFUSED: Words(
        _("Your message was not accepted"),
        (_("{{ organization.name }} does not take messages to {{ mailbox.address }} from your address."),),
    ),
    TextKind.TOO_LARGE: Words(
        _("Your message was too large"),
        (
            _("Your message to {{ mailbox.address }} is larger than we take. Only its beginning has arrived."),
            _("Please send what matters again in a smaller message."),
        ),
    ),
}
