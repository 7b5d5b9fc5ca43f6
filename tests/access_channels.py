"""Mailboxes, servers, the outbox and what was received, for the access table; see `access_makers`."""

from __future__ import annotations

from typing import Any

from helpdesk.lib import clock
from tests.access_makers import maker


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
def refused_address(people: Any) -> str:
    """An address that could not join the connection of the newest mailbox."""
    from mailboxes.models import Mailbox, RefusedAddress

    connection = Mailbox.objects.latest("id").connection
    refused = {"address": "sales@fernhollow.test", "sentence": "It is taken.", "refused_at": clock.now()}
    return str(RefusedAddress.objects.create(connection=connection, **refused).pk)
