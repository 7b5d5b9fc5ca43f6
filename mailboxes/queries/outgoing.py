"""Outgoing servers that stand by themselves, for their list and for the form of a mailbox."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from mailboxes.models import Mailbox, OutgoingServer
from mailboxes.services.sending.outgoing_servers import IS_STUB
from mailboxes.services.sending.pace import throttled_until


@dataclass(frozen=True)
class NamedServerRow:
    """One line of the list."""

    server: OutgoingServer
    mailbox_names: list[str]  # of those that send through it, by name
    throttled_until: datetime | None  # it asked to wait


def named_servers() -> QuerySet[OutgoingServer]:
    """Those with a name, by name."""
    return OutgoingServer.objects.exclude(name="").order_by("name", "id")


def address_to_try(server: OutgoingServer | None) -> str:
    """The address that a test of the server is from and to: of a mailbox that sends through it, else of any; or empty.

    server: None for one that is not saved yet.
    """
    boxes = Mailbox.objects.filter(deleted_at=None, is_draft=False).order_by("id").values_list("address", flat=True)
    through = boxes.filter(outgoing=server).first() if server is not None else None
    return through or boxes.first() or ""


def named_server_rows() -> list[NamedServerRow]:
    """Those with a name, each with its mailboxes; two queries."""
    servers = list(named_servers())
    default = next((server.pk for server in servers if server.is_default), None)
    names: dict[object, list[str]] = defaultdict(list)
    boxes = Mailbox.objects.filter(deleted_at=None).exclude(IS_STUB).order_by("name")
    for name, outgoing_id in boxes.values_list("name", "outgoing_id"):
        names[outgoing_id or default].append(name)
    return [NamedServerRow(server, names[server.pk], throttled_until(server)) for server in servers]
