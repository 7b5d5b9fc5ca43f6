"""One maildrop held open: messages by their unique ids, a lost connection made again.

The numbers of messages hold for one connection only, so that each new one begins with UIDL. A maildrop is locked while
it is open: whoever holds it keeps other programs out.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from mailboxes.connectors.base import FolderState
from mailboxes.connectors.config import Pop3Config
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.pop3_client import Pop3Client, Text, connect
from mailboxes.connectors.pop3_errors import RefusedError, errors_translated, refusal
from mailboxes.connectors.wire import ConnectionEndedError, SessionLostError

MAX_RECONNECTS = 5  # a message that costs the connection each time is given up long before
EPOCH = "uidl"  # unique ids are promised to hold for ever (RFC 1939 section 7)


class OpenMaildrop:
    """The account, signed in. `state` is what the maildrop held when it was opened first."""

    def __init__(self, config: Pop3Config) -> None:
        self._config = config
        self._reconnects = 0
        self._numbers: dict[str, list[int]] = {}
        self._sizes: dict[int, int] | None = None
        self._has_top: bool | None = None  # None: not asked yet
        self._client: Pop3Client | None = connect(config.login)
        try:
            self._look()
        except ConnectorError:
            self.drop()
            raise
        self.state = FolderState(
            epoch=EPOCH, fingerprint=self._fingerprint(), highest_id=None, count=sum(map(len, self._numbers.values()))
        )

    @property
    def names(self) -> Sequence[str]:
        """The unique ids in the order of the maildrop. Copies that share one (RFC 1939 section 7) are one."""
        return list(self._numbers)

    def holds(self, name: str) -> bool:
        """True if the message is there, as far as the last look goes."""
        return name in self._numbers

    def size_bytes(self, name: str) -> int | None:
        """How large the server says it is. Asks once a session. Raises ConnectorError."""
        if self._sizes is None:
            with self._connected() as client:
                self._sizes = client.sizes()
        return self._sizes.get(self._numbers[name][0]) if self.holds(name) else None

    def retrieve(self, name: str, *, max_bytes: int) -> Text | None:
        """The message, cut behind `max_bytes`; None: it is gone. Raises ConnectorError."""
        with self._connected() as client:
            return client.retrieve(self._numbers[name][0], max_bytes=max_bytes) if self.holds(name) else None

    def header(self, name: str, *, max_bytes: int) -> Text | None:
        """What the message begins with; None: it is gone, or the server does not give it. Raises ConnectorError."""
        with self._connected() as client:
            if not self.holds(name):
                return None
            number = self._numbers[name][0]
            with suppress(RefusedError):
                if self._has_top is not False:
                    return client.top(number, max_bytes=max_bytes)
            if self._has_top is None:
                self._has_top = "TOP" in client.capabilities()
            with suppress(RefusedError):
                if not self._has_top:
                    return client.retrieve(number, max_bytes=max_bytes)
            return None

    def delete(self, names: Sequence[str]) -> dict[str, ConnectorError | None]:
        """These are removed (None), or the error says why not. What is gone already counts as removed.

        The session ends with it, for only that removes anything; a connection lost before has removed nothing.
        Raises ConnectorError.
        """
        results: dict[str, ConnectorError | None] = dict.fromkeys(names)
        with self._connected() as client:
            there = [name for name in results if self.holds(name)]
            for name in there:
                results[name] = self._marked(client, name)
            if not there:
                return results
            self._client = None
            try:
                client.quit()
            except RefusedError as error:
                results.update(dict.fromkeys(there, refusal(error.words)))
        return results

    def leave(self) -> None:
        """Signed off and closed; harmless when that has happened already."""
        if self._client is not None:
            self._client.leave()
        self._client = None

    def drop(self) -> None:
        """Closed without signing off: Google counts as read what a session fetched that ended well."""
        if self._client is not None:
            self._client.drop()
        self._client = None

    @contextmanager
    def _connected(self) -> Iterator[Pop3Client]:
        """The connection with its numbers known; errors inside become ConnectorError."""
        client = self._client if self._client is not None and self._client.is_open else self._reconnected()
        try:
            with errors_translated(self._config.login):
                yield client
        except ConnectionEndedError:
            client.drop()
            self._client = None
            raise

    def _reconnected(self) -> Pop3Client:
        if self._reconnects >= MAX_RECONNECTS:
            raise SessionLostError(Reason.CONNECTION_LOST, permanent=False)
        self._reconnects += 1
        try:
            self._client = connect(self._config.login)
            self._look()
        except ConnectorError as error:
            self.drop()
            reason = Reason.CONNECTION_LOST if error.reason is Reason.UNREACHABLE else error.reason
            raise SessionLostError(
                reason, permanent=error.permanent, retry_after_s=error.retry_after_s, detail=error.detail
            ) from error
        return self._client

    def _look(self) -> None:
        assert self._client is not None
        numbers: dict[str, list[int]] = {}
        with errors_translated(self._config.login):
            for number, name in self._client.names():
                numbers.setdefault(name, []).append(number)
        self._numbers, self._sizes = numbers, None

    def _marked(self, client: Pop3Client, name: str) -> ConnectorError | None:
        try:
            for number in self._numbers[name]:
                client.delete(number)
        except RefusedError as error:
            return refusal(error.words)
        return None

    def _fingerprint(self) -> str:
        said = "\n".join(f"{name} {len(numbers)}" for name, numbers in self._numbers.items())
        return f"{len(self._numbers)}:{hashlib.sha256(said.encode()).hexdigest()}"
