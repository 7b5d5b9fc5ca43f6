"""Objects of people, tickets and contacts for the access table; see `access_makers`."""

from __future__ import annotations

from typing import Any

from helpdesk.lib import clock
from tests.access_makers import maker


@maker
def member(people: Any) -> int:
    """An agent beside those who ask."""
    from tests.factories.people import make_member

    made: int = make_member(people.owner.organization).pk
    return made


@maker
def invitation(people: Any) -> int:
    """An open invitation."""
    from helpdesk.accounts.models import Role
    from helpdesk.accounts.services.invitations import invite

    made: int = invite("nora@fernhollow.test", role=Role.AGENT, actor=people.admin)[0].pk
    return made


@maker
def invitation_token(people: Any) -> str:
    """The secret of an open invitation for somebody without an account."""
    from helpdesk.accounts.models import Role
    from helpdesk.accounts.services.invitations import invite

    return invite("nora@fernhollow.test", role=Role.AGENT, actor=people.admin)[1]


@maker
def team(people: Any) -> int:
    """A team without members."""
    from helpdesk.accounts.models import Team

    made: int = Team.objects.create(name="Repairs").pk
    return made


@maker
def category(people: Any) -> int:
    """A category at the top."""
    from helpdesk.accounts.models import Category

    made: int = Category.objects.create(name="Hardware", path="Hardware").pk
    return made


@maker
def company(people: Any) -> int:
    """A company, in an organization that serves several."""
    from helpdesk.accounts.models import Company, Organization

    Organization.objects.filter(pk=people.owner.organization_id).update(serves_companies=True)
    made: int = Company.objects.create(name="Elm Street Bakery").pk
    return made


@maker
def ticket_number(people: Any) -> int:
    """The number of a ticket."""
    from tests.factories.tickets import make_ticket

    return make_ticket().number


@maker
def rule(people: Any) -> int:
    """A rule that is on."""
    from ticketing.inbound.rules.written import Action, Group
    from ticketing.models.rules import Act
    from ticketing.services.rules.saving import RuleInput, create_rule

    return int(create_rule(RuleInput("Stoves", Group(), [Action(Act.PRIORITY, "high")])).pk)


@maker
def rule_of_otherco(people: Any) -> int:
    """A rule of another organization."""
    from helpdesk.tenancy.scope import organization_scope

    with organization_scope(people.stranger.organization_id):
        return int(rule(people))


@maker
def canned_reply(people: Any) -> int:
    """A canned reply that is in use."""
    from ticketing.services.canned_replies import CannedInput, create_canned_reply

    return int(create_canned_reply(CannedInput("Serial number", "<p>It is below.</p>")).pk)


@maker
def canned_reply_of_otherco(people: Any) -> int:
    """A canned reply of another organization."""
    from helpdesk.tenancy.scope import organization_scope

    with organization_scope(people.stranger.organization_id):
        return int(canned_reply(people))


@maker
def bulk_change_of_admin(people: Any) -> int:
    """The admin's change of all tickets of a view; it is nobody else's business."""
    from ticketing.queries.tickets import VIEWS
    from ticketing.services.bulk_changes import start_bulk_change

    change = start_bulk_change(what="priority", value="high", view=VIEWS[0], words="", actor=people.admin)
    return int(change.pk)


@maker
def message_of_the_ticket(people: Any) -> int:
    """The id of the message of the ticket that the row has named before."""
    from ticketing.models import Message

    made: int = Message.objects.get().pk
    return made


@maker
def attached_mail(people: Any) -> str:
    """A mail attached to the message of the ticket that the row has named before."""
    from helpdesk.lib import clock
    from ticketing.models import Attachment, Message
    from ticketing.outbound.content import store_blobs

    blob_id = store_blobs({"a": b"Subject: Old\r\n\r\nNews\r\n"})["a"]
    kind = {"content_type": "message/rfc822", "filename": "old.eml", "created_at": clock.now()}
    return str(Attachment.objects.create(message=Message.objects.get(), blob_id=blob_id, **kind).public_id)


@maker
def draft(people: Any) -> int:
    """A mailbox that is being set up, whose folder has been counted already."""
    from django.core.cache import cache

    from mailboxes.services.setup.counting import FolderCount
    from tests.factories.mailboxes import make_mailbox

    made = make_mailbox(people.owner.organization, is_draft=True)
    cache.set(f"folder-count:{made.organization_id}:{made.pk}:{made.source_generation}", FolderCount(count=3))
    return made.pk


@maker
def breaker(people: Any) -> int:
    """Mail of a sender that is stopped."""
    from ticketing.models import Breaker

    ends = clock.in_seconds(3600)
    made: int = Breaker.objects.create(
        scope="sender", key="anna@customer.test", count=60, window_minutes=60, tripped_at=clock.now(), until=ends
    ).pk
    return made


@maker
def log_batch_of_admin(people: Any) -> int:
    """What the admin does with many messages of the log."""
    from ticketing.models import LogBatch

    batch = LogBatch.objects.create(membership=people.admin, what="release", total=1, upto_id=1, started_at=clock.now())
    made: int = batch.pk
    return made


@maker
def ticket_field(people: Any) -> int:
    """A custom field of tickets."""
    from ticketing.models import FieldKind, TicketField

    del people
    return int(TicketField.objects.create(key="order_number", label="Order number", kind=FieldKind.TEXT).pk)


@maker
def key_of_ticket_field(people: Any) -> str:
    """The key of a custom field."""
    ticket_field(people)
    return "order_number"


@maker
def contact_group(people: Any) -> int:
    """A group with one member."""
    from ticketing.services.contact_groups import GroupInput, save_group

    return int(save_group(None, GroupInput(name="Partners", people=["anna@customer.test"])).pk)


@maker
def contact(people: Any) -> int:
    """Anna, with one address."""
    from ticketing.services.contacts import add_contact

    return int(add_contact("anna@customer.test", name="Anna", at=clock.now()).pk)


@maker
def contact_address(people: Any) -> int:
    """The address of the contact."""
    from ticketing.models import ContactAddress

    return int(ContactAddress.objects.get(address="anna@customer.test").pk)


@maker
def other_contact(people: Any) -> int:
    """Anna once more, from another address."""
    from ticketing.services.contacts import add_contact

    return int(add_contact("anna@home.test", name="", at=clock.now()).pk)
