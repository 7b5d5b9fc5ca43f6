"""When the certificate of a server ends: seen on the connection that is made anyway, kept once a day.

Polls see that of the mail server, deliveries that of the outgoing one, renewals of tokens that of the token address.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from helpdesk.lib import clock
from mailboxes.models import Connection, OAuthGrant, OutgoingServer

SEEN_EVERY = timedelta(days=1)

Seen = Connection | OutgoingServer | OAuthGrant


def observer_of(row: Seen) -> Callable[[datetime], None] | None:
    """Whom the connector tells the certificate's end; None while it was seen less than a day ago."""
    seen_at = row.certificate_seen_at
    if seen_at is not None and abs(clock.now() - seen_at) < SEEN_EVERY:  # abs: a clock may have been turned back
        return None

    def observe(ends_at: datetime) -> None:
        row.observed_certificate_end = ends_at

    return observe


def keep_observed(row: Seen) -> None:
    """What was seen on this very instance is stored. Inside the caller's transaction."""
    ends_at = row.observed_certificate_end
    if ends_at is not None:
        same = type(row).objects.filter(pk=row.pk)
        same.update(certificate_ends_at=ends_at, certificate_seen_at=clock.now())
        row.observed_certificate_end = None


def forget_certificate(row: Seen) -> None:
    """The row, to be saved, leads to another server, whose certificate nobody has seen."""
    row.certificate_ends_at = row.certificate_seen_at = None
