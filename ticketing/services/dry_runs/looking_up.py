"""A dry run of a mailbox of which nothing is here yet: its newest mails are read from its server, and not kept.

The newest come first, so that where time or room is spent the oldest are left out.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.base import RemoteItem
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.registry import traits_of
from mailboxes.models import Mailbox
from mailboxes.services.reading.newest import Lying, newest_messages
from mailboxes.services.setup.connections import source_of
from ticketing.inbound.dry_run import delivery_to, lightened
from ticketing.inbound.envelope import Envelope, make_envelope
from ticketing.inbound.process import read_mail
from ticketing.models import DryRun, Spent
from ticketing.services.dry_runs.ending import end, tell

MAX_BYTES = 10 * 1024 * 1024  # of one mail; a larger one counts as unread
ALL_BYTES = 300 * 1024 * 1024  # of all of them
READ_S = 240.0
_IN_MEMORY_BYTES = 8 * 1024 * 1024


def try_looked_up(claim: work.Claim, run: DryRun) -> None:
    """The dry run has ended: over what the server gave, or with the reason why it gave nothing."""
    envelopes: list[Envelope] = []
    seen, size_bytes, until = 0, 0, clock.monotonic() + READ_S
    trouble, spent = "", ""
    with _Small() as small:
        try:
            mailbox = _mailbox(claim, run)
            for lying in _lying(claim, run, mailbox):
                seen, size_bytes = seen + 1, size_bytes + len(lying.content or b"")
                tell(claim, run, read=seen, total=lying.of, is_looked_up=True)
                if lying.content is not None:
                    envelopes.append(_envelope(mailbox, lying.item, lying.content))
                    small.keep(envelopes[-1].delivery.sha256, lying.content)
                spent = _spent(until=until, size_bytes=size_bytes) if seen < lying.of else ""
                if spent:
                    break
        except ConnectorError as error:
            trouble = str(error.reason)
        tell(claim, run, read=seen, total=seen, is_looked_up=True, spent=spent)
        end(
            claim,
            run,
            envelopes=envelopes[::-1],
            unread=seen - len(envelopes),
            original_of=lambda envelope: small.of(envelope.delivery.sha256),
            trouble=trouble,
        )


def _mailbox(claim: work.Claim, run: DryRun) -> Mailbox:
    with organization_scope(claim.organization_id):
        joined = Mailbox.objects.select_related("connection__grant", "organization")
        found: Mailbox = joined.get(pk=run.mailbox_id)
        return found


def _lying(claim: work.Claim, run: DryRun, mailbox: Mailbox) -> Iterator[Lying]:
    if not traits_of(mailbox.connection.kind).is_polled:
        return iter(())
    with organization_scope(claim.organization_id):
        source = source_of(mailbox)
    return newest_messages(
        source,
        count=run.wanted,
        max_bytes=MAX_BYTES,
        alive=lambda: tell(claim, run, read=0, total=run.wanted, is_looked_up=True),
    )


def _spent(*, until: float, size_bytes: int) -> str:
    if clock.monotonic() > until:
        return Spent.TIME.value
    return Spent.ROOM.value if size_bytes > ALL_BYTES else ""


class _Small:
    """Mails that the operator's spam daemon may be asked about, in a file that nobody else sees."""

    def __init__(self) -> None:
        self._file: Any = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES)  # noqa: SIM115  closed below
        self._places: dict[str, tuple[int, int]] = {}  # where, and how long, by hash

    def __enter__(self) -> _Small:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def keep(self, sha256: str, content: bytes) -> None:
        """Larger ones than the daemon is shown are not kept."""
        if settings.SPAM_DAEMON is not None and len(content) <= settings.SPAM_DAEMON.max_bytes:
            self._places[sha256] = (self._file.seek(0, 2), len(content))
            self._file.write(content)

    def of(self, sha256: str) -> bytes | None:
        """The bytes of the mail with this hash."""
        place = self._places.get(sha256)
        if place is None:
            return None
        self._file.seek(place[0])
        found: bytes = self._file.read(place[1])
        return found


def _envelope(mailbox: Mailbox, item: RemoteItem, content: bytes) -> Envelope:
    delivery = delivery_to(mailbox.pk, content, organization_id=mailbox.organization_id)
    received_at = min(item.received_at or delivery.received_at, clock.now())
    delivery = replace(delivery, received_at=received_at, size_bytes=item.size_bytes or delivery.size_bytes)
    return lightened(make_envelope(delivery, mail=read_mail(content, delivery), original=content))
