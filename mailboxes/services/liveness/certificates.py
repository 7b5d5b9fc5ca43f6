"""When the certificate of a mail server ends: seen by a poll on the connection it has anyway, kept once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from helpdesk.lib import clock
from mailboxes.models import Connection

SEEN_EVERY = timedelta(days=1)


def observer_of(connection: Connection) -> Callable[[datetime], None] | None:
    """Whom the connector tells the certificate's end; None while it was seen less than a day ago."""
    seen_at = connection.certificate_seen_at
    if seen_at is not None and abs(clock.now() - seen_at) < SEEN_EVERY:  # abs: a clock may have been turned back
        return None

    def observe(ends_at: datetime) -> None:
        connection.observed_certificate_end = ends_at

    return observe


def keep_observed(connection: Connection) -> None:
    """What was seen on this very instance is stored. Inside the caller's transaction."""
    ends_at = connection.observed_certificate_end
    if ends_at is not None:
        Connection.objects.filter(pk=connection.pk).update(certificate_ends_at=ends_at, certificate_seen_at=clock.now())
        connection.observed_certificate_end = None
