"""From the server's listing into the ledger: every message it shows has a row, before anything is downloaded."""

from __future__ import annotations

from mailboxes.connectors.base import is_numbered
from mailboxes.services.reading.ledger import Place
from mailboxes.services.reading.listing_names import record_named
from mailboxes.services.reading.listing_numbers import record_numbered
from mailboxes.services.reading.visit import Visit


def record_sightings(visit: Visit) -> tuple[Place, int]:
    """Everything the folder shows is in the ledger; gives its place there, and how many were new.

    Raises ConnectorError, LeaseLost.
    """
    session = visit.session
    return record_numbered(visit, session) if is_numbered(session) else record_named(visit)
