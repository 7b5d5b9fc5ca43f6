"""What the addresses of the access table need to exist, made when a row names it.

A maker is called once for its row, inside fernhollow's scope, with the `people` fixture; it gives the value that
stands in the address. Another area adds its own here, one function each, and names it in its rows.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from helpdesk.lib import clock

Maker = Callable[[Any], Any]
MAKERS: dict[str, Maker] = {}


def maker(function: Maker) -> Maker:
    """Rows may name the function as the value of an argument."""
    MAKERS[function.__name__] = function
    return function


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
def named_server(people: Any) -> str:
    """An outgoing server that stands by itself, and that no mailbox sends through."""
    from mailboxes.models import OutgoingServer

    return str(OutgoingServer.objects.create(name="Idle", host="smtp.example").pk)


@maker
def signed_in_mailbox(people: Any) -> int:
    """A mailbox that somebody signs in for at Microsoft, by an app that is none: nobody is asked for anything."""
    from tests.factories.grants import make_grant

    made = make_grant(people.owner.organization, flow="user", client_id="", secret="")
    return made.connection.mailboxes.get().pk


@maker
def proxy(people: Any) -> str:
    """A proxy that no mailbox goes through."""
    from mailboxes.models import Proxy

    return str(Proxy.objects.create(name="Idle", host="proxy.example").pk)


@maker
def trusted_certificate(people: Any) -> str:
    """A certificate trusted for a server that no mailbox goes to."""
    from helpdesk.lib import clock
    from mailboxes.models import TrustedCertificate

    known = {"host": "mail.example", "port": 993, "sha256": "ab" * 32}
    return str(TrustedCertificate.objects.create(**known, ends_at=clock.now(), trusted_at=clock.now()).pk)


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
def integration(people: Any) -> int:
    """A program that works on tickets."""
    from ticketing.services.integrations.integrations import create_integration

    return int(create_integration("Phone system", actor=people.admin).pk)


@maker
def integration_token(people: Any) -> int:
    """A token of the integration that the row has named before."""
    from tests.factories.integrations import make_token
    from ticketing.models import Integration

    return int(make_token(Integration.objects.get(), actor=people.admin).token.pk)


@maker
def integration_of_otherco(people: Any) -> int:
    """A program of another organization."""
    from helpdesk.tenancy.scope import organization_scope
    from ticketing.services.integrations.integrations import create_integration

    with organization_scope(people.stranger.organization_id):
        return int(create_integration("Shop of theirs", actor=people.stranger).pk)


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
def webhook(people: Any) -> str:
    """A webhook of the integration that the row has named before."""
    from ticketing.models import EventType, Integration
    from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

    data = WebhookInput(url="https://desk.example/hook", types=EventType.values)
    return str(create_webhook(Integration.objects.get(), data, actor=people.admin)[0].pk)


@maker
def webhook_delivery(people: Any) -> int:
    """A test event of the webhook that the row has named before."""
    from ticketing.models import Webhook
    from ticketing.services.webhooks.subscriptions import send_test

    return int(send_test(Webhook.objects.get(), actor=people.admin).pk)


@maker
def webhook_of_otherco(people: Any) -> str:
    """A webhook of another organization."""
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.integrations import make_integration
    from ticketing.models import EventType
    from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

    data = WebhookInput(url="https://desk.example/hook", types=EventType.values)
    with organization_scope(people.stranger.organization_id):
        theirs = make_integration(people.stranger)
        return str(create_webhook(theirs, data, actor=people.stranger)[0].pk)


@maker
def called_integration(people: Any) -> int:
    """An integration with an address to be called at."""
    from tests.factories.integrations import make_integration
    from ticketing.models import Proof
    from ticketing.services.syncing.hooks import create_hook

    integration = make_integration(people.admin)
    create_hook(integration, proof=Proof.SIGNATURE, actor=people.admin)
    return int(integration.pk)


@maker
def incoming_call(people: Any) -> int:
    """A call that was not understood, of the integration that the row has named before."""
    from ticketing.models import IncomingCall, IncomingHook

    hook = IncomingHook.objects.get()
    return int(IncomingCall.objects.create(hook=hook, call_id="1", body="{", received_at=clock.now()).pk)


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
def message_of_headers(people: Any) -> int:
    """The id of the message of the ticket that the row has named before, now made from headers alone."""
    from mailboxes.models import RemoteMessage
    from ticketing.models import Message

    sighting = RemoteMessage.objects.get(id=sighting_of_headers(people))
    message = Message.objects.get()
    Message.objects.filter(id=message.pk).update(raw_id=sighting.raw_id)
    made: int = message.pk
    return made


@maker
def sighting_of_headers(people: Any) -> int:
    """A message of which the headers alone are here."""
    from mailboxes.models import Outcome, RawMessage, RawState, RemoteMessage
    from tests.factories.mailboxes import make_mailbox

    box = make_mailbox(people.owner.organization)
    raw = RawMessage.objects.create(
        mailbox=box, size_bytes=1, is_header_only=True, state=RawState.DONE, stored_at=clock.now()
    )
    made = RemoteMessage.objects.create(
        mailbox=box,
        source_generation=1,
        folder="INBOX",
        remote_id="1",
        seen_at=clock.now(),
        raw=raw,
        outcome=Outcome.CREATED,
    )
    key: int = made.pk
    return key


@maker
def mailbox(people: Any) -> int:
    """A mailbox whose folder has been counted already, so that no page goes looking for its server."""
    from django.core.cache import cache

    from mailboxes.services.setup.counting import FolderCount
    from tests.factories.mailboxes import make_mailbox

    made = make_mailbox(people.owner.organization)
    key = f"folder-count:{made.organization_id}:{made.pk}:{made.source_generation}"
    cache.set(key, FolderCount(count=3))
    return made.pk


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
def push_mailbox(people: Any) -> int:
    """A mailbox that mail is brought to."""
    from tests.factories.mailboxes import make_push_mailbox

    return make_push_mailbox(people.owner.organization)[0].pk


@maker
def push_token(people: Any) -> str:
    """The token of a mailbox that mail is brought to."""
    from tests.factories.mailboxes import make_push_mailbox

    return make_push_mailbox(people.owner.organization)[1]


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
def outgoing_server(people: Any) -> str:
    """A server that mail leaves through, paused."""
    from tests.factories.outgoing import make_outgoing_server

    return str(make_outgoing_server(paused_at=clock.now()).pk)


@maker
def outbox_mail(people: Any) -> int:
    """A mail that failed."""
    from mailboxes.models import Cause, DeliveryState, OutboxMessage, OutboxRecipient
    from tests.factories.outgoing import make_outgoing_server

    made = OutboxMessage.objects.create(
        outgoing=make_outgoing_server(),
        message_id="failed@fernhollow.test",
        size_bytes=0,
        cause=Cause.AGENT,
        epoch=1,
        state=DeliveryState.FAILED,
        queued_at=clock.now(),
        send_after=clock.now(),
    )
    OutboxRecipient.objects.create(outbox=made, address="anna@customer.test", state=DeliveryState.FAILED)
    key: int = made.pk
    return key


@maker
def outbox_recipient(people: Any) -> int:
    """Somebody whom a mail did not reach."""
    from mailboxes.models import OutboxRecipient

    key: int = OutboxRecipient.objects.get(outbox_id=outbox_mail(people)).pk
    return key


@maker
def unfetched_message(people: Any) -> int:
    """A message that could not be fetched."""
    from mailboxes.models import Outcome, RemoteMessage
    from tests.factories.mailboxes import make_mailbox

    made = RemoteMessage.objects.create(
        mailbox=make_mailbox(people.owner.organization),
        source_generation=1,
        folder="INBOX",
        remote_id="1",
        seen_at=clock.now(),
        outcome=Outcome.FAILED,
    )
    key: int = made.pk
    return key


@maker
def log_batch_of_admin(people: Any) -> int:
    """What the admin does with many messages of the log."""
    from ticketing.models import LogBatch

    batch = LogBatch.objects.create(membership=people.admin, what="release", total=1, upto_id=1, started_at=clock.now())
    made: int = batch.pk
    return made


@maker
def refused_address(people: Any) -> str:
    """An address that could not join the connection of the newest mailbox."""
    from mailboxes.models import Mailbox, RefusedAddress

    connection = Mailbox.objects.latest("id").connection
    refused = {"address": "sales@fernhollow.test", "sentence": "It is taken.", "refused_at": clock.now()}
    return str(RefusedAddress.objects.create(connection=connection, **refused).pk)


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
