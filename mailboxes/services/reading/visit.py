"""One visit to a mailbox's folder: what every step of a poll works with."""

from __future__ import annotations

from dataclasses import dataclass

from mailboxes.connectors.base import SourceSession
from mailboxes.models import Mailbox
from mailboxes.services.reading.lease import Lease


@dataclass(frozen=True)
class Visit:
    """The open folder, the mailbox it belongs to, and the lease under which anything is written."""

    session: SourceSession
    mailbox: Mailbox
    lease: Lease
