"""Which kinds of connectors there are. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mailboxes.connectors.base import Sender, Source
from mailboxes.connectors.imap import ImapSource
from mailboxes.connectors.smtp import SmtpSender

# Each builder takes the frozen config of its kind (config.py) and connects to nothing.
SOURCES: Mapping[str, Callable[[Any], Source]] = {"imap": ImapSource}
SENDERS: Mapping[str, Callable[[Any], Sender]] = {"smtp": SmtpSender}


def source_for(kind: str, config: Any) -> Source:
    """The source of this kind. Raises KeyError for a kind that is none."""
    return SOURCES[kind](config)


def sender_for(kind: str, config: Any) -> Sender:
    """The sender of this kind. Raises KeyError for a kind that is none."""
    return SENDERS[kind](config)
