"""One IMAP connection: opened through the guard, signed in, closed; its errors in our vocabulary.

Built on imapclient; what is replaced is the socket and the log (imap_protocol). Used by the source (imap) and the
diagnosis.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError

from mailboxes.connectors import sasl
from mailboxes.connectors.base import FolderInfo, FolderState
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import MAX_DETAIL_CHARS, ConnectorError, Reason
from mailboxes.connectors.imap_answers import answer_groups, fetched_texts, searched_ids, uid_set
from mailboxes.connectors.imap_errors import (
    errors_translated,
    folder_refusal,
    refusal,
    server_words,
    sign_in_errors_translated,
)
from mailboxes.connectors.imap_folders import folder_info
from mailboxes.connectors.imap_protocol import ImapProtocol, quoted
from mailboxes.connectors.wire import (
    DEFAULT_ANSWER_BYTES,
    BoundedSocket,
    BoundedTlsSocket,
    context_for,
    keep_alive,
    refuse_control_characters,
    tell_certificate,
    tell_tap,
    tls_errors_translated,
)

_REV2 = frozenset({"MOVE", "UIDPLUS", "SPECIAL-USE", "LITERAL-"})


class ImapClient(IMAPClient):  # type: ignore[misc]  # imapclient is not typed
    """imapclient connected through the host guard, silent, with dates left aware.

    connected: a socket to use instead of making one; it is closed with the client.
    """

    def __init__(self, login: ServerLogin, *, connected: BoundedSocket | BoundedTlsSocket | None = None) -> None:
        self._login = login
        self._connected = connected
        super().__init__(
            login.host,
            port=login.port,
            ssl=login.security is Security.TLS,
            timeout=SocketTimeout(connect=login.timeouts.connect_s, read=login.timeouts.read_s),
        )
        self._imap.debug = 0  # imapclient would format every line, bodies included, for a log nobody reads
        self.normalise_times = False

    def _create_IMAP4(self) -> ImapProtocol:  # noqa: N802  # imapclient's name
        return ImapProtocol(self._login, self._connected)

    def upgrade(self) -> None:
        """The connection is encrypted from here on. Raises ConnectorError: not offered, certificate, TLS failed.

        What the server said before is forgotten (RFC 9051 section 6.2.1): answers sent ahead of TLS would be forged.
        """
        if self._imap.state != "NONAUTH" or not self.has_capability("STARTTLS"):
            raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=False)
        try:
            with tls_errors_translated():
                self._imap.starttls(ssl_context=context_for(self._login))
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            words = server_words(error, login=self._login)
            raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=False, detail=words) from None
        tell_tap(self._imap.sock, self._imap.sock.version() or "TLS")
        tell_certificate(self._imap.sock, login=self._login)
        self._imap.untagged_responses.clear()
        self._starttls_done = True

    def sign_in(self) -> None:
        """Signed in with password or token. Raises ConnectorError: refused, disabled, or the server's trouble."""
        login = self._login
        if self._imap.state != "NONAUTH":  # PREAUTH: whose mail would this be?
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the server asked for no sign-in")
        plain_text = login.username.isascii() and login.password.isascii()
        refuse_control_characters(login.username, login.password)
        if login.tokens is not None:
            sasl.prove(login, login.tokens, self._prove)
            return
        with sign_in_errors_translated(login):
            if plain_text and not self.has_capability("LOGINDISABLED"):
                self.login(login.username, login.password)
            elif self.has_capability("AUTH=PLAIN"):
                answer = f"\0{login.username}\0{login.password}".encode()
                self.sasl_login("PLAIN", lambda _challenge: answer)
            else:
                raise ConnectorError(Reason.LOGIN_DISABLED, permanent=True)

    def _prove(self, token: str) -> None:
        """Signed in by the token. imapclient would answer the challenge of a refusal with the token once more."""
        chosen = sasl.mechanism([name for name in sasl.MECHANISMS if self.has_capability(f"AUTH={name}")])
        said: list[bytes] = []

        def step(challenge: bytes) -> bytes:
            said.append(challenge)
            words = sasl.answer(chosen, login=self._login, token=token) if len(said) == 1 else sasl.last_word(chosen)
            return base64.b64decode(words)

        try:
            with sign_in_errors_translated(self._login):
                self.sasl_login(chosen, step)
        except ConnectorError as error:
            why = sasl.challenge_words(said[1]) if len(said) > 1 else ""
            error.detail = f"{error.detail} ({why})"[:MAX_DETAIL_CHARS] if why else error.detail
            raise

    def open_folder(self, name: str, *, writable: bool) -> FolderState:
        """The folder is selected, read-only unless `writable` (EXAMINE). Raises ConnectorError: no such folder."""
        # Dovecot tells HIGHESTMODSEQ only to those who ask (RFC 7162 section 3.1.8)
        parameters = " (CONDSTORE)" if self.has_capability("CONDSTORE") else ""
        with self.folder_refusals_translated():
            self._command_and_check("select", self.spelled(name) + parameters, not writable)
        next_uid, count = self._number("UIDNEXT"), self._number("EXISTS") or 0
        changes = self._number("HIGHESTMODSEQ")
        return FolderState(
            epoch=str(self._number("UIDVALIDITY") or ""),
            fingerprint=f"{next_uid}:{count}:{changes or ''}" if next_uid else "",
            highest_id=next_uid - 1 if next_uid else None,
            count=count,
        )

    @contextmanager
    def folder_refusals_translated(self) -> Iterator[None]:
        """A NO inside means that there is no such folder, unless the server says that the trouble is its own."""
        try:
            yield
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            words = server_words(error, login=self._login)
            raise folder_refusal(words) from None

    def _number(self, name: str) -> int | None:
        """What SELECT said of `name`; None when nothing, 0 or no number."""
        said = self._imap.untagged_responses.get(name, [b""])[-1]
        return int(said) or None if isinstance(said, bytes) and said.isdigit() and len(said) < 20 else None

    def folders(self, pattern: str = "*") -> list[FolderInfo]:
        """The folders whose names match, in the server's order; one whose answer cannot be read is left out."""
        found: list[FolderInfo] = []
        for answer in answer_groups(self.untagged("LIST", '""', self.spelled(pattern), name="LIST")):
            with suppress(IMAPClientError, ValueError, TypeError, AssertionError, AttributeError):
                found.extend(folder_info(*parsed) for parsed in self._proc_folder_list(answer))
        return found

    def has_folder(self, name: str) -> bool:
        """True if the account has a folder of exactly this name; INBOX in any case."""
        wanted = "INBOX" if name.upper() == "INBOX" else name
        return any(folder.name in (name, wanted) for folder in self.folders(name))

    def spelled(self, folder: str) -> str:
        """The folder's name as it stands in a command: modified UTF-7, quoted."""
        return str(self._normalise_folder(folder), "ascii")

    def offers(self, extension: str) -> bool:
        """True if the server has the extension, by name or as a part of IMAP4rev2 (RFC 9051 appendix E)."""
        return bool(self.has_capability(extension) or (extension in _REV2 and self.has_capability("IMAP4REV2")))

    def append_limit_bytes(self, folder: str) -> int | None:
        """The largest message the folder takes (RFC 7889); None where the server does not say."""
        for capability in self.capabilities():
            if capability.startswith(b"APPENDLIMIT="):
                number = capability.partition(b"=")[2]
                return int(number) if number.isdigit() else None
        if not self.has_capability("APPENDLIMIT"):
            return None
        with self.folder_refusals_translated():
            limit = self.folder_status(folder, ["APPENDLIMIT"]).get(b"APPENDLIMIT")
        return limit if isinstance(limit, int) else None

    def message_ids_like(self, message_id: str) -> set[bytes]:
        """The Message-IDs, without brackets, of some messages in the open folder whose Message-ID holds this text."""
        uids = searched_ids(self.untagged("UID", "SEARCH", "HEADER", "MESSAGE-ID", quoted(message_id), name="SEARCH"))
        if not uids:
            return set()
        newest = uid_set(uids[-20:])
        answers = self.untagged("UID", "FETCH", newest, "(UID BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])", name="FETCH")
        texts = fetched_texts(answers, wanted=b"BODY[HEADER.FIELDS")
        return {text.partition(b":")[2].strip().strip(b"<>") for text in texts.values() if text}

    def meaning(self, error: IMAPClientError) -> ConnectorError:
        """What a NO or BAD means when it is not about signing in or a folder."""
        return refusal(server_words(error, login=self._login))

    def allow_answer(self, cap_bytes: int = DEFAULT_ANSWER_BYTES) -> None:
        """The next answers may be `cap_bytes` long; a longer one ends the connection."""
        self._imap.sock.answer_cap_bytes = cap_bytes

    def untagged(self, *command: str, name: str) -> list[Any]:
        """The untagged `name` answers to a command, as imaplib keeps them; IMAPClientError unless it ended with OK."""
        self._imap.untagged_responses.pop(name, None)
        typ, data = self._imap._simple_command(*command)
        self._checkok(command[0], typ, data)
        answers = self._imap.untagged_responses.pop(name, [])
        return list(answers)

    @contextmanager
    def answering_within(self, seconds: float) -> Iterator[None]:
        """Inside the block reads time out after so many seconds, if that is sooner than the login's timeout."""
        sock, read_s = self._imap.sock, self._login.timeouts.read_s
        sock.settimeout(min(seconds, read_s))
        try:
            yield
        finally:
            with suppress(OSError):
                sock.settimeout(read_s)

    def can_rest(self) -> bool:
        """True if nobody uses the connection for a while: nothing was left unread, and the kernel finds a dead peer."""
        if self._imap.state != "SELECTED" or self._imap.tagged_commands:
            return False
        try:
            keep_alive(self._imap.sock)
        except OSError:
            return False
        self.allow_answer()
        return True

    def leave(self) -> None:
        """Closed; the server is told so if that costs no waiting. Never raises."""
        with suppress(OSError):
            self._imap.sock.settimeout(0)
            self._imap.sock.send(b"bye LOGOUT\r\n")
        self.abandon()

    def abandon(self) -> None:
        """Closed in this process without a word to the server: where it was forked off, another one goes on with it."""
        with suppress(OSError):
            self._imap.file.close()
        with suppress(OSError):
            self._imap.sock.close()

    def end(self) -> None:
        """Logged out if the server still listens, closed in any case; never raises."""
        with suppress(OSError, IMAPClientError):
            self._imap.sock.settimeout(min(5.0, self._login.timeouts.read_s))
            self.logout()
            return
        with suppress(OSError):
            self._imap.shutdown()


@contextmanager
def signed_in(login: ServerLogin) -> Iterator[ImapClient]:
    """A connection ready for commands, closed at the end of the block."""
    client = connect(login)
    try:
        yield client
    finally:
        client.end()


def connect(login: ServerLogin) -> ImapClient:
    """A connection that is encrypted as configured and signed in; the caller ends it. Raises ConnectorError."""
    client = greeted(login)
    try:
        with errors_translated(login):
            if login.security is Security.STARTTLS:
                client.upgrade()
            client.sign_in()
    except ConnectorError:
        client.end()
        raise
    return client


def greeted(login: ServerLogin, *, connected: BoundedSocket | BoundedTlsSocket | None = None) -> ImapClient:
    """A connection whose server has greeted, TLS done where it is implicit, not signed in. Raises ConnectorError."""
    refuse_control_characters(login.host)
    with errors_translated(login):
        return ImapClient(login, connected=connected)
