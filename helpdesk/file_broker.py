"""The embedded broker: kombu's transport over files, such that nobody ever meets half a file.

A message is written under another name and appears whole; whoever removes it has taken it. What cannot be read, such as
what a power cut has left, is dropped: it was a wake-up, and a sweep finds the work. All of it lies in the folders that
the transport's options name: `data_folder_in` and `data_folder_out` (the same), `control_folder`, and `new_folder`
beside them, on the same disk.
"""

from __future__ import annotations

import fcntl
import logging
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

from helpdesk.lib import clock

SCHEME = "files"
logger = logging.getLogger(__name__)
_packed: Callable[[Any], str] = dumps
_unpacked: Callable[[str], Any] = loads


class Channel(filesystem.Channel):
    """One user of the folders. Any number of processes and threads may be at them at once."""

    def _put(self, queue: str, payload: Any, **_options: Any) -> None:  # type: ignore[override]  # its parents differ
        name = f"{round(clock.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        try:
            self._appear(Path(self.data_folder_out, name), _packed(payload))
        except OSError as error:
            raise ChannelError(f"Cannot add {name!r} to the queue") from error

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        del timeout  # the transport asks again by itself
        for name in sorted(name for name in os.listdir(self.data_folder_in) if _is_of(name, queue)):
            path = Path(self.data_folder_in, name)
            try:
                content = path.read_bytes()
                path.unlink()
            except OSError:  # somebody else has it
                continue
            try:
                return _unpacked(content.decode())
            except ValueError:
                logger.warning("broker.message_dropped", extra={"queue": queue, "size_bytes": len(content)})
        raise Empty

    def get_table(self, exchange: str) -> list[Any]:
        """The bindings of the exchange; none if its file cannot be read, which the next binding writes anew."""
        try:
            return list(super().get_table(exchange))  # type: ignore[no-untyped-call]  # kombu is untyped
        except ValueError:
            return []

    def _queue_bind(self, exchange: str, routing_key: str, pattern: str, queue: str) -> None:
        binding = filesystem.exchange_queue_t(routing_key or "", pattern or "", queue or "")
        with self._alone():
            bindings = self.get_table(exchange)
            if binding not in bindings:
                file: Path = self._exchange_file(exchange)  # type: ignore[no-untyped-call]  # kombu is untyped
                self._appear(file, _packed([binding, *bindings]))

    def _appear(self, path: Path, content: str) -> None:
        """The file is there, whole."""
        draft = Path(self.transport_options["new_folder"], uuid.uuid4().hex)
        try:
            draft.write_text(content)
            os.replace(draft, path)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else changes bindings meanwhile."""
        with Path(self.control_folder, "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class Transport(filesystem.Transport):
    """As kombu's, by the channel above."""

    Channel = Channel


def _is_of(name: str, queue: str) -> bool:
    return name.partition(".")[2] == f"{queue}.msg"


TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
