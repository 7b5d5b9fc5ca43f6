"""A dry run of a mailbox of which nothing is here yet: its newest mails are read from its server, and not kept."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Mailbox
from mailboxes.services.reading.newest import newest_messages
from mailboxes.services.setup.connections import source_of
from ticketing.inbound.dry_run import delivery_to, lightened
from ticketing.inbound.envelope import Envelope, make_envelope
from ticketing.inbound.process import read_mail
from ticketing.models import DryRun
from ticketing.services.dry_runs.ending import end, tell

LOOKED_UP = 20  # mails
MAX_BYTES = 10 * 1024 * 1024  # of one mail; a larger one counts as unread


def try_looked_up(claim: work.Claim, run: DryRun) -> None:
    """The dry run has ended: over what the server gave, or with the reason why it gave nothing."""
    envelopes: list[Envelope] = []
    small: dict[str, bytes] = {}  # mails that the operator's spam daemon may be asked about, by hash
    seen, trouble = 0, ""
    try:
        with organization_scope(claim.organization_id):
            mailbox = Mailbox.objects.select_related("connection__grant", "organization").get(pk=run.mailbox_id)
            source = source_of(mailbox) if traits_of(mailbox.connection.kind).is_polled else None
        for item, content in newest_messages(source, count=LOOKED_UP, max_bytes=MAX_BYTES) if source else ():
            seen += 1
            tell(claim, run, read=seen, total=LOOKED_UP, is_looked_up=True)
            if content is not None:
                envelopes.append(_envelope(mailbox, item, content))
                if settings.SPAM_DAEMON is not None and len(content) <= settings.SPAM_DAEMON.max_bytes:
                    small[envelopes[-1].delivery.sha256] = content
    except ConnectorError as error:
        trouble = str(error.reason)
    tell(claim, run, read=seen, total=seen, is_looked_up=True)
    end(
        claim,
        run,
        envelopes=envelopes,
        unread=seen - len(envelopes),
        original_of=lambda envelope: small.get(envelope.delivery.sha256),
        trouble=trouble,
    )


def _envelope(mailbox: Mailbox, item: RemoteItem, content: bytes) -> Envelope:
    delivery = delivery_to(mailbox.pk, content, organization_id=mailbox.organization_id)
    received_at = min(item.received_at or delivery.received_at, clock.now())
    delivery = replace(delivery, received_at=received_at, size_bytes=item.size_bytes or delivery.size_bytes)
    return lightened(make_envelope(delivery, mail=read_mail(content, delivery), original=content))
