"""Mail whose sender is proven: a header that the mail server writes, and an admin who believes that server."""

from __future__ import annotations

from dataclasses import replace

from ticketing.services.writer_policies import save_writers, stored_writers

SERVER = "mx.fernhollow.test"
PROVEN = [("Authentication-Results", f"{SERVER}; dmarc=pass")]


def believe() -> None:
    """The server is believed wherever a mailbox has no policy of its own. Inside the organization's scope."""
    save_writers(None, replace(stored_writers(None), servers=(SERVER,)))
