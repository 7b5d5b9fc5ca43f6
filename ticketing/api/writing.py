"""What programs ask for, done by the services that serve the pages. Inside the caller's transaction."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from ticketing.api import found
from ticketing.api.problems import FieldProblem
from ticketing.mail.compose import OutgoingFile
from ticketing.mail.rich_text import from_text
from ticketing.mail.values import Address
from ticketing.models import Integration, Message, MessageKind, Priority, Status, Tag, Ticket
from ticketing.outbound.recipients import recipients_for
from ticketing.outbound.replies import Answer, queue_reply
from ticketing.queries.composer import newest_mail
from ticketing.services import changes
from ticketing.services.field_values import set_field
from ticketing.services.history import By, by_author
from ticketing.services.incoming import Words, add_incoming, make_incoming
from ticketing.services.integrations.references import set_external_id, ticket_known_as
from ticketing.services.notes import add_note
from ticketing.services.opening import Opening, open_ticket


def create_ticket(asked: dict[str, Any], *, integration: Integration) -> tuple[Ticket, bool]:
    """The ticket, and whether it is new: one with this external_id is given as it is.

    Raises FieldProblem, DomainError as the services do.
    """
    counters.take()  # of two who bring the same external_id at once, the second finds the first one's ticket
    external_id = asked.get("external_id", "")
    known = ticket_known_as(external_id, integration=integration) if external_id else None
    if known is not None:
        return known, False
    contact, address = found.contact(asked["contact"])
    opening = Opening(
        subject=asked["subject"],
        contact=contact,
        address=address,
        mailbox=found.mailbox(asked),
        team=found.team(asked),
        assignee=found.member(asked),
        company=found.company(asked),
        priority=Priority(asked["priority"]),
        status=Status(asked.get("status", Status.NEW)),
        tags=asked["tags"],
    )
    values = found.field_values(asked)
    is_inbound = asked["kind"] == MessageKind.INBOUND
    first = make_incoming(_words(asked, contact=contact, address=address)) if is_inbound else None
    ticket, _message = open_ticket(opening, first=first, by=by_author(integration))
    for field, value in values:
        set_field([ticket], field=field, value=value, by=by_author(integration))
    if not is_inbound:
        to = [Address(contact.name, address)]
        _say(ticket, asked | {"to": to, "status": asked.get("status")}, integration=integration)
    if external_id:
        set_external_id(ticket, external_id=external_id, integration=integration)
    return ticket, True


def change_ticket(ticket: Ticket, asked: dict[str, Any], *, integration: Integration) -> None:
    """The ticket is as asked for. Raises FieldProblem, DomainError: subject_empty, status_not_allowed, …"""
    by = by_author(integration)
    if "subject" in asked:
        changes.rename(ticket, subject=asked["subject"], by=by)
    if "priority" in asked:
        changes.set_priority([ticket], priority=Priority(asked["priority"]), by=by)
    if "team" in asked:
        changes.set_team([ticket], team=found.team(asked), by=by)
    if "assignee" in asked:
        changes.assign([ticket], assignee=found.member(asked), by=by)
    if "category" in asked:
        changes.set_category([ticket], category=found.category(asked), by=by)
    if "company" in asked:
        changes.set_company([ticket], company=found.company(asked), by=by)
    for field, value in found.field_values(asked):
        set_field([ticket], field=field, value=value, by=by)
    if "tags" in asked:
        _set_tags(ticket, names=asked["tags"], by=by)
    if "is_spam" in asked and asked["is_spam"] != ticket.is_spam:
        changes.mark_spam([ticket], is_spam=asked["is_spam"], by=by)
    if "status" in asked:
        changes.change_status([ticket], status=Status(asked["status"]), by=by)
    if "external_id" in asked:
        set_external_id(ticket, external_id=asked["external_id"], integration=integration)


def add_message(ticket: Ticket, asked: dict[str, Any], *, integration: Integration) -> Message:
    """The message is in the ticket, and on its way if it is outbound. Raises FieldProblem, DomainError."""
    if asked["kind"] != MessageKind.INBOUND:
        return _say(ticket, asked, integration=integration)
    who = asked.get("contact") or {"id": ticket.requester_id}
    contact, address = found.contact(who)
    words = _words(asked, contact=contact, address=address)
    return add_incoming(ticket, words=words, by=by_author(integration))


def _say(ticket: Ticket, asked: dict[str, Any], *, integration: Integration) -> Message:
    """A note, or a mail to the customer."""
    html = asked["html"] if "html" in asked else from_text(asked.get("text", ""))
    files = _files(asked)
    if asked["kind"] == MessageKind.NOTE:
        return add_note(ticket, author=integration, html=html, new_files=files)
    answered = _answered(ticket, asked)
    to, cc = _people(asked, answered=answered)
    answer = Answer(
        html=html,
        to=to,
        cc=cc,
        bcc=[Address("", address) for address in asked.get("bcc", ())],
        seen_position=ticket.last_position,
        files=files,
        status_after=Status(asked["status"]) if asked.get("status") else None,
        undo_s=0,
    )
    return queue_reply(ticket, author=integration, answer=answer, answered=answered)


def _answered(ticket: Ticket, asked: dict[str, Any]) -> Message | None:
    """The message that is answered; None on a ticket without any mail."""
    if "answers" not in asked:
        return newest_mail(ticket)
    mails = Message.objects.filter(ticket=ticket).exclude(kind=MessageKind.NOTE)
    message: Message | None = mails.filter(pk=asked["answers"]).first()
    if message is None:
        raise FieldProblem("answers", _("This ticket has no such mail. See its messages."))
    return message


def _people(asked: dict[str, Any], *, answered: Message | None) -> tuple[list[Address], list[Address]]:
    """To and Cc: as asked for, else as an answer goes to."""
    proposed = recipients_for(answered) if answered is not None else None
    to = [_address(each) for each in asked["to"]] if "to" in asked else list(proposed.to if proposed else ())
    cc = [_address(each) for each in asked["cc"]] if "cc" in asked else []
    if "to" not in asked and "cc" not in asked and proposed is not None:
        cc = list(proposed.cc)
    if not to:
        raise DomainError(_("Nobody is known to send this to. Name somebody in “to”."), code="no_recipients")
    return to, cc


def _address(each: Address | str) -> Address:
    return each if isinstance(each, Address) else Address("", each)


def _words(asked: dict[str, Any], *, contact: Any, address: str) -> Words:
    return Words(
        contact=contact, address=address, text=asked.get("text", ""), html=asked.get("html", ""), files=_files(asked)
    )


def _files(asked: dict[str, Any]) -> list[OutgoingFile]:
    return [each["file"] for each in asked["attachments"]]


def _set_tags(ticket: Ticket, *, names: list[str], by: By) -> None:
    """The ticket carries these tags and no others, whatever their case."""
    wanted = {" ".join(name.split()).lower() for name in names}
    for tag in Tag.objects.filter(taggings__ticket=ticket).order_by("name"):
        if tag.name.lower() not in wanted:
            changes.remove_tag(ticket, tag=tag, by=by)
    for name in dict.fromkeys(names):
        changes.add_tag([ticket], name=name, by=by)
