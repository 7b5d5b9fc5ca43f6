"""Which kinds of connectors there are. A new kind is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mailboxes.connectors import graph, imap, pop3, push
from mailboxes.connectors.base import AfterImport, Order, Sender, Source, Traits
from mailboxes.connectors.graph_sending import GraphSender
from mailboxes.connectors.later import later
from mailboxes.connectors.smtp import SmtpSender


@dataclass(frozen=True)
class SourceKind:
    """One kind of source. `build` takes the frozen config of the kind (config.py) and connects to nothing."""

    build: Callable[[Any], Source]
    traits: Traits


_EWS = Traits(order=Order.DATES, after_import=frozenset(AfterImport), has_folders=True, has_sent=True, has_junk=True)

SOURCES: Mapping[str, SourceKind] = {
    "imap": SourceKind(imap.ImapSource, imap.TRAITS),
    "graph": SourceKind(graph.GraphSource, graph.TRAITS),
    "pop3": SourceKind(pop3.Pop3Source, pop3.TRAITS),
    "ews": SourceKind(later("mailboxes.connectors.ews:EwsSource"), _EWS),
    "push": SourceKind(push.no_source, push.TRAITS),
}
SENDERS: Mapping[str, Callable[[Any], Sender]] = {
    "smtp": SmtpSender,
    "graph": GraphSender,
    "ews": later("mailboxes.connectors.ews_sending:EwsSender"),
}


def source_for(kind: str, config: Any) -> Source:
    """The source of this kind. Raises KeyError for a kind that is none, ConnectorError for one that is not polled."""
    return SOURCES[kind].build(config)


def traits_of(kind: str) -> Traits:
    """What sources of this kind can do. Raises KeyError for a kind that is none."""
    return SOURCES[kind].traits


def sender_for(kind: str, config: Any) -> Sender:
    """The sender of this kind. Raises KeyError for a kind that is none."""
    return SENDERS[kind](config)
