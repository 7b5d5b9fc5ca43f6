"""Calls to Microsoft Graph for one mailbox: bearer, immutable ids, pages, refusals. One call at a time.

A token goes to the cloud's one host and nowhere else, whatever an answer names as its next page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Final
from urllib.parse import quote

import requests

from mailboxes.connectors.config import GraphConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.graph_errors import refusal
from mailboxes.connectors.http import GuardedSession, host_of
from mailboxes.connectors.keeping import Keeper

MAX_ANSWER_BYTES = 768 * 1024 * 1024  # a message of 500 MB as JSON; what is asked for has tighter bounds of its own
MAX_JSON_BYTES = 16 * 1024 * 1024
# https://learn.microsoft.com/graph/outlook-immutable-id: on every call, or ids change when a message is moved.
IMMUTABLE: Final = 'IdType="ImmutableId"'
_LOST = frozenset({Reason.CONNECTION_LOST, Reason.UNREACHABLE})


class GraphClient:
    """One mailbox. Every method raises ConnectorError; what Graph refuses is told by `graph_errors`.

    kept: the session of an earlier client, made with the same config but for its user and tokens.
    """

    def __init__(self, config: GraphConfig, *, kept: GuardedSession | None = None) -> None:
        self.config = config
        self._is_resumed = kept is not None
        self._http = kept or GuardedSession(
            guard=config.guard,
            timeouts=config.timeouts,
            proxy=config.proxy,
            ca_file=config.ca_file,
            authorized_hosts={config.hosts.graph},
            max_bytes=MAX_ANSWER_BYTES,
            recorder=config.recorder,
        )
        self._service = f"https://{config.hosts.graph}/v1.0"
        self._base = f"{self._service}/{place_of(config)}"
        self._token = ""
        self._has_answered = False

    def rest(self, keeper: Keeper | None) -> None:
        """All went well: the connection is the keeper's if it takes it, else it is closed."""
        if keeper is None or not keeper.keep(self._http):
            self._http.close()

    def close(self) -> None:
        """No connection is open."""
        self._http.close()

    def json(
        self,
        method: str,
        path: str,
        *,
        expected: int = 200,
        **options: Any,
    ) -> dict[str, Any]:
        """The object that is answered. Options as those of `call`."""
        return _object(self.call(method, path, expected=expected, **options))

    def pages(self, path: str, *, params: Mapping[str, str]) -> Iterator[dict[str, Any]]:
        """Each page of a collection, as far as its links lead."""
        page = self.json("GET", path, params=params)
        yield page
        while link := self.next_link(page):
            page = self.follow(link)
            yield page

    def next_link(self, page: Mapping[str, Any]) -> str:
        """Where the next page is; "" after the last. Raises PROTOCOL for an address that is not the cloud's own."""
        link = page.get("@odata.nextLink")
        if link is None:
            return ""
        if not isinstance(link, str) or host_of(link) != self.config.hosts.graph:
            raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the next page lies at a foreign address")
        return link

    def follow(self, link: str) -> dict[str, Any]:
        """The page at an address that `next_link` gave."""
        return _object(self._asked("GET", link, expected=200, max_bytes=MAX_JSON_BYTES))

    def raw(self, path: str, *, max_bytes: int) -> bytes:
        """The raw content at the path. Raises TOO_LARGE for more than `max_bytes`."""
        return self.call("GET", path, max_bytes=max_bytes).content

    def call(
        self,
        method: str,
        path: str,
        *,
        expected: int = 200,
        params: Mapping[str, str] | None = None,
        body: object = None,
        content: bytes | None = None,
        media_type: str = "",
        prefer: str = "",
        max_bytes: int = MAX_JSON_BYTES,
        is_of_mailbox: bool = True,
    ) -> requests.Response:
        """The answer with the one status that is documented for success; any other is raised.

        is_of_mailbox: the path lies below the mailbox, else below Graph itself.
        """
        if body is not None:
            content, media_type = json.dumps(body).encode(), "application/json"
        return self._asked(
            method,
            (self._base if is_of_mailbox else self._service) + path,
            expected=expected,
            params=params,
            data=content,
            prefer=prefer,
            media_type=media_type,
            max_bytes=max_bytes,
        )

    def put_piece(self, address: str, piece: bytes, *, start: int, total: int) -> int:
        """The piece of an attachment lies at an upload session's address; gives the status.

        The address is its own proof, so no token goes with it; it must be one of the cloud's hosts. Raises PROTOCOL.
        """
        hosts = self.config.hosts
        if host_of(address) not in {hosts.exchange, host_of(hosts.exchange_resource)}:
            raise ConnectorError(Reason.PROTOCOL, permanent=True, detail="the upload lies at a foreign address")
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Range": f"bytes {start}-{start + len(piece) - 1}/{total}",
        }
        response = self._http.request("PUT", address, data=piece, headers=headers, max_bytes=MAX_JSON_BYTES)
        if response.status_code not in (200, 201):
            raise refusal(response)
        return response.status_code

    def _asked(
        self, method: str, url: str, *, expected: int, prefer: str = "", media_type: str = "", **options: Any
    ) -> requests.Response:
        headers = {"Prefer": f"{IMMUTABLE}, {prefer}" if prefer else IMMUTABLE, "Accept": "*/*"}
        if media_type:
            headers["Content-Type"] = media_type
        self._token = self._token or self.config.tokens.token()
        response = self._answered(method, url, headers=headers, **options)
        if response.status_code == 401:
            self._token = self.config.tokens.token(refused=self._token)
            response = self._answered(method, url, headers=headers, **options)
        if response.status_code != expected:
            raise refusal(response)
        return response

    def _answered(self, method: str, url: str, *, headers: Mapping[str, str], **options: Any) -> requests.Response:
        """What only reads is asked again once if the connection went: a kept one may have been closed meanwhile."""
        told = {**headers, "Authorization": f"Bearer {self._token}"}
        self._count()
        try:
            response = self._http.request(method, url, headers=told, **options)
        except ConnectorError as lost:
            if not (self._has_answered or self._is_resumed) or lost.reason not in _LOST:
                raise
            if method != "GET":
                raise _connection_lost() from lost
            self._count()
            with _as_lost() if self._has_answered else nullcontext():
                response = self._http.request(method, url, headers=told, **options)
        self._has_answered = True
        return response

    def _count(self) -> None:
        """Whoever counts calls knows of one more. Raises what they raise."""
        if self.config.on_call is not None:
            self.config.on_call()


def place_of(config: GraphConfig) -> str:
    """The mailbox as Graph's paths name it. Whoever signed in has `me`, since a user name need not be an address."""
    return "me" if config.is_own else f"users/{quote(config.user, safe='@')}"


@contextmanager
def connected(config: GraphConfig, *, keeper: Keeper | None = None) -> Iterator[GraphClient]:
    """A client whose connection is closed at the end of the block, or kept if there is a keeper and all went well."""
    kept = keeper.take() if keeper is not None else None
    client = GraphClient(config, kept=kept if isinstance(kept, GuardedSession) else None)
    try:
        yield client
    except BaseException:
        client.close()
        raise
    client.rest(keeper)


def segment(identifier: str) -> str:
    """An id as one step of a path."""
    return quote(identifier, safe="")


@contextmanager
def _as_lost() -> Iterator[None]:
    """A server that has answered before and is away now: the connection was lost."""
    try:
        yield
    except ConnectorError as error:
        if error.reason in _LOST:
            raise _connection_lost() from error
        raise


def _connection_lost() -> ConnectorError:
    return ConnectorError(Reason.CONNECTION_LOST, permanent=False)


def _object(response: requests.Response) -> dict[str, Any]:
    try:
        found = json.loads(response.content)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail="the answer is no JSON object")
    return found
