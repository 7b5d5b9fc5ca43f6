"""A mail source that behaves as some server somewhere does: no UIDVALIDITY, late numbers, messages it cannot give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from helpdesk.lib import clock
from mailboxes.connectors.base import AfterImport, Fetched, FolderState, Order, RemoteItem
from mailboxes.connectors.errors import ConnectorError, Reason


@dataclass
class FakeMessage:
    """One message in the folder."""

    raw: bytes
    received_at: datetime | None = None
    error: ConnectorError | None = None  # instead of the content
    other_kind: str = ""  # what it is if it is no mail


@dataclass
class FakeSource:
    """A folder that the test fills and spoils; also the session on it, which is never writable by accident."""

    epoch: str = "7"
    order: Order = Order.NUMBERS  # otherwise ids are names
    messages: dict[int, FakeMessage] = field(default_factory=dict)
    trouble: ConnectorError | None = None  # met while opening
    fetch_trouble: ConnectorError | None = None  # met while fetching anything
    fetched: list[str] = field(default_factory=list)  # every id whose content was asked for
    listings: int = 0
    asked_since: list[datetime | None] = field(default_factory=list)  # of each listing by date
    acknowledged: list[tuple[str, str]] = field(default_factory=list)  # action, id
    ack_error: ConnectorError | None = None
    changes: int = 0

    def put(self, raw: bytes, *, number: int = 0, received_at: datetime | None = None) -> int:
        """The message is in the folder under this number, else under the next one."""
        number = number or max(self.messages, default=0) + 1
        moment = (received_at or clock.now()).replace(microsecond=0)
        self.messages[number] = FakeMessage(raw, received_at=moment)
        self.changes += 1
        return number

    def renumber(self, *, epoch: str, first: int = 1) -> None:
        """The same messages in the same order, numbered from `first` on, under another UIDVALIDITY."""
        self.messages = dict(enumerate(self.messages.values(), start=first))
        self.epoch = epoch
        self.changes += 1

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[FakeSource]:
        """This very object as the session."""
        if self.trouble is not None:
            raise self.trouble
        yield self

    @property
    def state(self) -> FolderState:
        """What the folder says of itself now."""
        if self.order is not Order.NUMBERS:
            return FolderState(self.epoch, "", None, len(self.messages))
        highest = max(self.messages, default=0)
        fingerprint = f"{highest + 1}:{len(self.messages)}:{self.changes}" if self.epoch else ""
        return FolderState(self.epoch, fingerprint, highest, len(self.messages))

    def count_since(self, since: datetime) -> int | None:
        if self.order is Order.NONE:
            return None
        dates = (message.received_at for message in self.messages.values())
        return sum(date is None or date >= since for date in dates)

    def list_new(self, *, cursor: int, rescan: int) -> Iterator[RemoteItem]:
        self.listings += 1
        return (self._item(number) for number in sorted(self.messages) if number > cursor - rescan)

    def list_all(self, *, since: datetime | None) -> Iterator[RemoteItem]:
        self.listings += 1
        self.asked_since.append(since)
        items = [self._item(number) for number in sorted(self.messages)]
        if self.order is Order.NONE:
            return iter(items)
        return (item for item in items if not (since and item.received_at and item.received_at < since))

    def list_ids(self) -> Iterator[int]:
        self.listings += 1
        return iter(sorted(self.messages))

    def fetch(self, items: Sequence[RemoteItem], *, max_bytes: int) -> Iterator[Fetched]:
        for item in items:
            if self.fetch_trouble is not None:
                raise self.fetch_trouble
            self.fetched.append(item.remote_id)
            yield self._fetched(item.remote_id, max_bytes=max_bytes)

    def fetch_headers(self, remote_ids: Sequence[str]) -> Mapping[str, bytes]:
        return {
            each: self.messages[self._number(each)].raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
            for each in self.still_there(remote_ids)
        }

    def still_there(self, remote_ids: Sequence[str]) -> set[str]:
        return {remote_id for remote_id in remote_ids if self._number(remote_id) in self.messages}

    def acknowledge(
        self, remote_ids: Sequence[str], *, action: AfterImport, folder: str = ""
    ) -> Mapping[str, ConnectorError | None]:
        self.acknowledged.extend((str(action), remote_id) for remote_id in remote_ids)
        return dict.fromkeys(remote_ids, self.ack_error)

    def _item(self, number: int) -> RemoteItem:
        message = self.messages[number]
        received_at = None if self.order is Order.NONE else message.received_at
        return RemoteItem(
            self._name(number), size_bytes=len(message.raw), received_at=received_at, other_kind=message.other_kind
        )

    def _name(self, number: int) -> str:
        return str(number) if self.order is Order.NUMBERS else f"<{number:04}=AaZz>"

    def _number(self, remote_id: str) -> int:
        return int(remote_id.strip("<>").removesuffix("=AaZz"))

    def _fetched(self, remote_id: str, *, max_bytes: int) -> Fetched:
        message = self.messages.get(self._number(remote_id))
        if message is None:
            return Fetched(remote_id, None, ConnectorError(Reason.MESSAGE_GONE, permanent=True))
        if message.error is not None:
            return Fetched(remote_id, None, message.error)
        if len(message.raw) > max_bytes:
            return Fetched(remote_id, None, ConnectorError(Reason.TOO_LARGE, permanent=True))
        return Fetched(remote_id, message.raw)
