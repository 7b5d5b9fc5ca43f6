"""Calls to Exchange Web Services for one mailbox: sign-in, answers, refusals. One call at a time.

Who has a password signs in as the server offers it, over TLS: NTLM first, which shows the server no password, else
Basic. Who has tokens sends one along. There is no autodiscover: the address is the one that was entered.

A session may begin on a line that was kept (connectors.keeping): NTLM has signed in the connection itself, and what the
server offers and which version it is are known. One that the server closed meanwhile costs a new one, and no more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import requests
from exchangelib.util import is_xml
from exchangelib.version import Version
from requests.auth import AuthBase, HTTPBasicAuth
from requests_ntlm import HttpNtlmAuth

from mailboxes.connectors.config import EwsConfig, ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.ews_errors import errors_translated, refusal, refused_by_status
from mailboxes.connectors.ews_operations import Element, Operation, service_account
from mailboxes.connectors.http import GuardedSession, host_of
from mailboxes.connectors.keeping import Keeper
from mailboxes.connectors.trust import trusted_of

for _name in ("exchangelib", "spnego"):
    logging.getLogger(_name).setLevel(logging.WARNING)  # below, they write requests, answers and parts of sign-ins

PATH = "/EWS/Exchange.asmx"
MAX_ANSWER_BYTES = 768 * 1024 * 1024  # a message of 500 MB in base64; what is asked for has tighter bounds of its own
MAX_XML_BYTES = 32 * 1024 * 1024
_LOST = frozenset({Reason.CONNECTION_LOST, Reason.UNREACHABLE})
_HEADERS: Final = {"Content-Type": "text/xml; charset=utf-8", "Accept-Encoding": "gzip, deflate"}


class EwsLine:
    """A way to the server: the connection, how it was signed in to, and what version the server is."""

    def __init__(self, login: ServerLogin) -> None:
        self.url = f"https://{login.host}:{login.port}{PATH}"
        self.http = GuardedSession(
            guard=login.guard,
            timeouts=login.timeouts,
            proxy=login.proxy,
            ca_file=login.ca_file,
            authorized_hosts={host_of(self.url)},
            max_bytes=MAX_ANSWER_BYTES,
            on_certificate=login.on_certificate,
            recorder=login.recorder,
            trusted_sha256={host_of(self.url): trusted_of(login)},
        )
        self.sign_in: AuthBase | None = None
        self.version: Version | None = None

    def leave(self) -> None:
        """Closed."""
        self.http.leave()

    def abandon(self) -> None:
        """Closed in this process, without a word to the server."""
        self.http.abandon()


class EwsClient:
    """One mailbox. Every method raises ConnectorError and nothing of exchangelib.

    kept: the line of an earlier client with the same login; whose mailbox it opened makes no difference.
    """

    def __init__(self, config: EwsConfig, *, kept: EwsLine | None = None) -> None:
        self.config = config
        self._is_resumed = kept is not None
        self._line = kept or EwsLine(config.login)
        self._account = service_account(
            self._line.url, user=config.user, impersonates=config.impersonates, post=self._posted
        )
        if self._line.version is not None:
            self._account.version = self._line.version
        self._token = ""
        self._has_answered = False

    def rest(self, keeper: Keeper | None) -> None:
        """All went well: the line is the keeper's if it takes it, else it is closed."""
        self._line.version = self._account.version
        if keeper is None or not keeper.keep(self._line):
            self.close()

    def close(self) -> None:
        """No connection is open."""
        self._line.http.close()

    @property
    def suppresses_receipts(self) -> bool:
        """True if the server can be told to send no read receipts; known once it has answered."""
        return self._account.suppresses_receipts

    def ask(
        self, operation: type[Operation], payload: Element, *, max_bytes: int = MAX_XML_BYTES
    ) -> list[Element | ConnectorError]:
        """What the server says of each item or folder that was asked for, in order; an element or why not."""
        is_of_account = not self.config.impersonates
        with errors_translated(is_of_account=is_of_account):
            results = operation(self._account, max_bytes=max_bytes).results(payload)
        return [
            refusal(result, is_of_account=is_of_account) if isinstance(result, Exception) else result
            for result in results
        ]

    def ask_one(self, operation: type[Operation], payload: Element, *, max_bytes: int = MAX_XML_BYTES) -> Element:
        """The one result. Raises its refusal, and PROTOCOL where there is none."""
        for result in self.ask(operation, payload, max_bytes=max_bytes):
            if isinstance(result, ConnectorError):
                raise result
            return result
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="an answer without what was asked for")

    def _posted(self, body: bytes, *, headers: Mapping[str, str], max_bytes: int) -> bytes:
        """The answer's bytes if they are SOAP; faults come with status 500. Raises ConnectorError."""
        options: dict[str, Any] = {"data": body, "headers": {**_HEADERS, **headers}, "max_bytes": max_bytes}
        response = self._answered(**options)
        self._has_answered = True
        if response.status_code == 200 or (response.status_code == 500 and is_xml(response.content)):
            return response.content
        raise refused_by_status(response, has_token=self.config.login.tokens is not None)

    def _answered(self, **options: Any) -> requests.Response:
        """What a session asks first only reads: on a kept line that has gone meanwhile it is asked once more."""
        ask = self._with_token if self.config.login.tokens else self._with_password
        try:
            return ask(**options)
        except ConnectorError as error:
            if error.reason not in _LOST:
                raise
            if self._has_answered:
                raise ConnectorError(Reason.CONNECTION_LOST, permanent=False) from error
            if not self._is_resumed:
                raise
        return ask(**options)

    def _with_token(self, *, headers: Mapping[str, str], **options: Any) -> requests.Response:
        tokens = self.config.login.tokens
        assert tokens is not None
        self._token = self._token or tokens.token()
        bearer = {"Authorization": f"Bearer {self._token}"}
        http, url = self._line.http, self._line.url
        response = http.request("POST", url, headers={**headers, **bearer}, **options)
        if response.status_code != 401:
            return response
        self._token = tokens.token(refused=self._token)
        bearer = {"Authorization": f"Bearer {self._token}"}
        return http.request("POST", url, headers={**headers, **bearer}, **options)

    def _with_password(self, **options: Any) -> requests.Response:
        http, url = self._line.http, self._line.url
        if self._line.sign_in is None:
            response = http.request("POST", url, **options)
            if response.status_code != 401:
                return response
            self._line.sign_in = _sign_in(response, login=self.config.login)
        return http.request("POST", url, auth=self._line.sign_in, **options)


@contextmanager
def connected(config: EwsConfig, *, keeper: Keeper | None = None) -> Iterator[EwsClient]:
    """A client whose connection is closed at the end of the block, or kept if there is a keeper and all went well."""
    kept = keeper.take() if keeper is not None else None
    client = EwsClient(config, kept=kept if isinstance(kept, EwsLine) else None)
    try:
        yield client
    except BaseException:
        client.close()
        raise
    client.rest(keeper)


def _sign_in(response: requests.Response, *, login: ServerLogin) -> AuthBase:
    """The best way of signing in that the server offers. Raises LOGIN_DISABLED for none that takes a password."""
    offered = response.headers.get("WWW-Authenticate", "").casefold()
    if "ntlm" in offered or "negotiate" in offered:
        sign_in: AuthBase = HttpNtlmAuth(login.username, login.password)
        return sign_in
    if "basic" in offered:
        return HTTPBasicAuth(login.username.encode(), login.password.encode())
    raise ConnectorError(
        Reason.LOGIN_DISABLED, permanent=True, detail=f"no sign-in with a password; offered: {offered or 'none'}"
    )
