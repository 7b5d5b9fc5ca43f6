"""Sending where one answer is about all recipients: what becomes of single ones comes back as mails (Graph, EWS)."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.connectors.base import RecipientResult, SendResult
from mailboxes.connectors.errors import ConnectorError, Reason


def check_recipients(recipients: Sequence[str]) -> None:
    """Nothing where there is somebody to send to. Raises BAD_ARGUMENT for nobody."""
    if not recipients:
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True)


def alike(recipients: Sequence[str], result: RecipientResult) -> SendResult:
    """This result, for each of them."""
    return SendResult(recipients=dict.fromkeys(recipients, result))
