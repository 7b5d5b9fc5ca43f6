"""The ids that integrations' own systems have for tickets. Inside the organization's scope."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from ticketing.models import ExternalReference, Integration, Ticket


def ticket_known_as(external_id: str, *, integration: Integration) -> Ticket | None:
    """The ticket that the integration knows by this id."""
    found = ExternalReference.objects.filter(integration=integration, external_id=external_id)
    reference: ExternalReference | None = found.select_related("ticket").first()
    return reference.ticket if reference is not None else None


def set_external_id(ticket: Ticket, *, external_id: str | None, integration: Integration) -> None:
    """The integration knows the ticket by this id, or by none. In the caller's transaction.

    Raises DomainError (external_id_taken) where it knows another ticket by it.
    """
    references = ExternalReference.objects.filter(ticket=ticket, integration=integration)
    if not external_id:
        references.delete()
        return
    known = ticket_known_as(external_id, integration=integration)
    if known is not None and known.pk != ticket.pk:
        raise _taken(known)
    try:
        with transaction.atomic():
            ExternalReference.objects.update_or_create(
                ticket=ticket,
                integration=integration,
                defaults={"external_id": external_id},
                create_defaults={"external_id": external_id, "created_at": clock.now()},
            )
    except IntegrityError as error:
        raise _taken(None) from error


def _taken(known: Ticket | None) -> DomainError:
    which = f"#{known.number}" if known is not None else _("another ticket")
    sentence = _("This external_id belongs to %s already. Choose another one.") % which
    return DomainError(sentence, code="external_id_taken")
