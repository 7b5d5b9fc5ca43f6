"""Mail that is brought here, by HTTP, SMTP or LMTP: there is no server to read it from.

`services/receiving.py` does what polling does for the other kinds.
"""

from __future__ import annotations

from typing import NoReturn

from mailboxes.connectors.base import AfterImport, Order, Traits
from mailboxes.connectors.errors import ConnectorError, Reason

TRAITS = Traits(
    order=Order.NONE,
    after_import=frozenset({AfterImport.LEAVE}),
    has_folders=False,
    has_sent=False,
    is_polled=False,
)


def no_source(config: object) -> NoReturn:
    """There is none. Raises ConnectorError."""
    del config
    raise ConnectorError(Reason.NOT_POLLED, permanent=True)
