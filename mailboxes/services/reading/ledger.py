"""Where in the ledger a folder's sightings stand: the ids of one mailbox, source generation, folder and epoch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import NamedTuple, TypeVar

from django.db import connection
from django.db.models import QuerySet

from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.base import FolderState
from mailboxes.models import IgnoredRange, Mailbox, RemoteMessage

T = TypeVar("T")
CHUNK = 500  # rows of one statement
_UNNUMBERED = "?"  # epochs of our own, for servers without UIDVALIDITY: ?1, ?2, …
_AGAIN = "#"  # likewise for servers that number anew under an old UIDVALIDITY: 77, 77#2, …


class Look(NamedTuple):
    """What tells a message from another."""

    size_bytes: int | None
    received_at: datetime | None
    message_id: str


@dataclass(frozen=True)
class Place:
    """A numbering of one folder. Its methods need the organization's scope."""

    mailbox_id: int
    source_generation: int
    folder: str
    epoch: str

    @property
    def is_unnumbered(self) -> bool:
        """True if the server gives no UIDVALIDITY: ids may mean other messages at any time (F40)."""
        return self.epoch.startswith(_UNNUMBERED)

    def sightings(self) -> QuerySet[RemoteMessage]:
        """What the server showed us here."""
        return RemoteMessage.objects.filter(
            mailbox_id=self.mailbox_id,
            source_generation=self.source_generation,
            folder=self.folder,
            epoch=self.epoch,
        )

    def earlier(self) -> QuerySet[RemoteMessage]:
        """What the server showed us in the same folder under other numberings."""
        return RemoteMessage.objects.filter(
            mailbox_id=self.mailbox_id, source_generation=self.source_generation, folder=self.folder
        ).exclude(epoch=self.epoch)

    def known(self, remote_ids: Sequence[str]) -> dict[str, RemoteMessage]:
        """The sightings of at most CHUNK ids, by id."""
        return {sighting.remote_id: sighting for sighting in self.sightings().filter(remote_id__in=remote_ids)}

    def looks(self, remote_ids: Sequence[str]) -> dict[str, Look]:
        """How the messages of at most CHUNK ids looked when they were seen, by id."""
        rows = self.sightings().filter(remote_id__in=remote_ids)
        values = rows.values_list("remote_id", "size_bytes", "received_at", "message_id")
        return {remote_id: Look(size, received_at, message_id) for remote_id, size, received_at, message_id in values}

    def known_ids(self, remote_ids: Sequence[str]) -> set[str]:
        """Which of at most CHUNK ids have a sighting."""
        return set(self.sightings().filter(remote_id__in=remote_ids).values_list("remote_id", flat=True))

    def ignored_ranges(self) -> QuerySet[IgnoredRange]:
        """The ignored history here: at most one."""
        return IgnoredRange.objects.filter(
            mailbox_id=self.mailbox_id,
            source_generation=self.source_generation,
            folder=self.folder,
            epoch=self.epoch,
        )

    def ignored_upto(self) -> int:
        """Ids up to this one without a sighting are ignored history; 0 when there is none."""
        return self.ignored_ranges().values_list("upto_id", flat=True).first() or 0


def place_of(mailbox: Mailbox, *, epoch: str) -> Place:
    """Where sightings of this mailbox under this epoch stand."""
    return Place(mailbox_id=mailbox.id, source_generation=mailbox.source_generation, folder=mailbox.folder, epoch=epoch)


def epoch_of(mailbox: Mailbox, state: FolderState) -> str:
    """The epoch the folder is in: the server's, or the one we invented for it already."""
    if state.epoch:
        return mailbox.epoch if mailbox.epoch.startswith(state.epoch + _AGAIN) else state.epoch
    return mailbox.epoch if mailbox.epoch.startswith(_UNNUMBERED) else f"{_UNNUMBERED}1"


def next_numbering(epoch: str) -> str:
    """The invented epoch after this one, which the server does not tell apart."""
    if epoch.startswith(_UNNUMBERED):
        return f"{_UNNUMBERED}{int(epoch.removeprefix(_UNNUMBERED)) + 1}"
    server_epoch, _, number = epoch.partition(_AGAIN)
    return f"{server_epoch}{_AGAIN}{int(number or 1) + 1}"


def save_columns(sightings: Sequence[RemoteMessage], names: Sequence[str]) -> None:
    """These fields of the rows are in the database. Inside the caller's transaction and scope.

    One statement, run for each row: Django's bulk_update builds a CASE for each value, at ten times the cost.
    """
    fields = [field for field in RemoteMessage._meta.concrete_fields if field.name in names]
    quote = connection.ops.quote_name
    assignments = ", ".join(f"{quote(field.column or field.name)} = %s" for field in fields)
    table = quote(RemoteMessage._meta.db_table)
    values = [
        (
            *(field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields),
            required_organization_id(),
            row.pk,
        )
        for row in sightings
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET {assignments} WHERE organization_id = %s AND id = %s",  # noqa: S608  names are ours
            values,
        )


def chunks(items: Iterable[T], *, size: int = CHUNK) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
