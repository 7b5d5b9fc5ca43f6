"""One folder of one account held open: commands go in, answers come out, a lost connection is made again.

open ──command──▶ open
  │ connection ended: the command raises, nothing is repeated here
  ▼
lost ──next command──▶ connect, select, same UIDVALIDITY? ──▶ open   (at most MAX_RECONNECTS times)

It may begin on a connection that was kept (connectors.keeping). The folder is selected anew there, which answers both
whether the server still listens and what the folder is now; a kept connection that fails says nothing of the account.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from imapclient.exceptions import IMAPClientReadOnlyError

from mailboxes.connectors.base import FolderState
from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap_client import ImapClient, connect
from mailboxes.connectors.imap_errors import errors_translated
from mailboxes.connectors.keeping import Keeper
from mailboxes.connectors.wire import (
    DEFAULT_ANSWER_BYTES,
    ConnectionEndedError,
    SessionLostError,
    refuse_control_characters,
)

MAX_RECONNECTS = 5  # a message that costs the connection each time is given up long before
RESUMED_WITHIN_S = 10.0  # a kept connection that answers later than that is not waited for: a new one is made
_ASKED_TO_WAIT = frozenset({Reason.THROTTLED, Reason.TOO_MANY_CONNECTIONS})


class OpenFolder:
    """The configured folder, selected. `state` is what it said of itself when it was opened first."""

    def __init__(self, config: ImapConfig, *, writable: bool, keeper: Keeper | None = None) -> None:
        refuse_control_characters(config.folder)
        self.config = config
        self.writable = writable
        self.is_write_protected = False  # writing was asked for, and the server opens the folder for reading only
        self._keeper = keeper
        self._reconnects = 0
        self._client: ImapClient | None = None
        state = self._resumed()
        self.state = state if state is not None else self._begun()

    def ask(self, *command: str, name: str, cap_bytes: int = DEFAULT_ANSWER_BYTES) -> list[Any]:
        """The untagged `name` answers to a command, at most `cap_bytes` long. Raises ConnectorError for NO and BAD.

        ConnectionEndedError: the connection is gone; the next command makes a new one.
        """
        refuse_control_characters(*command)
        with self.client() as client:
            client.allow_answer(cap_bytes)
            return client.untagged(*command, name=name)

    @contextmanager
    def client(self) -> Iterator[ImapClient]:
        """The connection with the folder selected; errors inside become ConnectorError."""
        client = self._client if self._client is not None else self._reconnected()
        try:
            with errors_translated(self.config.login):
                yield client
        except ConnectionEndedError:
            self.close()
            raise

    def rest(self) -> None:
        """The session is over, and all went well: its connection is kept if there is a keeper for it, else closed."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._keeper is None or not client.can_rest() or not self._keeper.keep(client):
            client.end()

    def close(self) -> None:
        """Logged out and closed; harmless when that has happened already."""
        if self._client is not None:
            self._client.end()
        self._client = None

    def _resumed(self) -> FolderState | None:
        """What the folder says on a kept connection; None where there is none, or where it is of no use any more.

        Raises ConnectorError only where the server asks to wait: a new connection would not be waiting.
        """
        client = self._keeper.take() if self._keeper is not None else None
        if not isinstance(client, ImapClient):
            return None
        try:
            with client.answering_within(RESUMED_WITHIN_S):
                state = self._select(client)
        except ConnectorError as error:
            client.leave()
            if error.reason in _ASKED_TO_WAIT:
                raise
            return None
        self._client = client
        return state

    def _begun(self) -> FolderState:
        self._client = connect(self.config.login)
        try:
            return self._select(self._client)
        except ConnectorError:
            self.close()
            raise

    def _reconnected(self) -> ImapClient:
        if self._reconnects >= MAX_RECONNECTS:
            raise SessionLostError(Reason.CONNECTION_LOST, permanent=False)
        self._reconnects += 1
        try:
            self._client = connect(self.config.login)
            state = self._select(self._client)
        except ConnectorError as error:
            self.close()
            reason = Reason.CONNECTION_LOST if error.reason is Reason.UNREACHABLE else error.reason
            raise SessionLostError(
                reason, permanent=error.permanent, retry_after_s=error.retry_after_s, detail=error.detail
            ) from error
        if state.epoch != self.state.epoch:
            self.close()
            raise SessionLostError(Reason.CONNECTION_LOST, permanent=False, detail="the folder was numbered anew")
        return self._client

    def _select(self, client: ImapClient) -> FolderState:
        self.is_write_protected = False
        with errors_translated(self.config.login):
            try:
                return client.open_folder(self.config.folder, writable=self.writable)
            except IMAPClientReadOnlyError:
                self.is_write_protected = True
                return client.open_folder(self.config.folder, writable=False)
