"""HTTPS for the connectors: vetted addresses, checked certificates, no redirects, bounded answers, no environment.

One session serves one provider. OAuth (through msal or by itself) and the kinds that speak HTTP share it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import PoolManager
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Recorder, Security, ServerLogin, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http_trace import HttpTrace
from mailboxes.connectors.proxies import ProxyConfig
from mailboxes.connectors.wire import AnswerTooLongError, BoundedTlsSocket, network_error, open_socket

logging.getLogger("urllib3").setLevel(logging.INFO)  # below, it writes addresses, and some are secrets

DEFAULT_MAX_BYTES = 1024 * 1024  # far more than any OAuth answer is long
MAX_RETRY_AFTER_S = 24 * 3600.0
_HEADER_BYTES = 256 * 1024
_PIECE_BYTES = 64 * 1024
_HTTPS_PORT = 443


class GuardedSession(requests.Session):
    """A requests session that speaks nothing but HTTPS, to hosts the guard vets, and follows no redirect.

    authorized_hosts: the only ones an Authorization header is sent to, as `host`, or `host:port` beyond 443. What an
    answer names as its next page or as an upload address gets no token unless it is one of them.
    max_bytes: how long an answer may be, decoded; `request(max_bytes=…)` may ask for less.
    on_certificate: told when the certificate of a server ends that was connected to.
    trusted_sha256: the one certificate that a host (spelled as in `authorized_hosts`) may show, by its fingerprint.
    recorder: kept is what was asked and answered, without secrets and bodies.
    Every method raises ConnectorError and nothing else of its own; an answer of any status is an answer.
    """

    def __init__(
        self,
        *,
        guard: HostGuard,
        timeouts: Timeouts,
        ca_file: str = "",
        authorized_hosts: Collection[str] = (),
        max_bytes: int = DEFAULT_MAX_BYTES,
        proxy: ProxyConfig | None = None,
        on_certificate: Callable[[datetime], None] | None = None,
        trusted_sha256: Mapping[str, str] | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        super().__init__()
        self.trust_env = False  # neither proxies nor netrc nor REQUESTS_CA_BUNDLE
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.authorized_hosts = frozenset(authorized_hosts)
        self._timeouts = timeouts
        self._max_bytes = max_bytes
        self._trace = HttpTrace(recorder) if recorder is not None else None
        self.adapters.clear()

        def connect(host: str, port: int) -> BoundedTlsSocket:
            login = ServerLogin(host, port, Security.TLS, "", "", guard, timeouts, proxy=proxy, ca_file=ca_file)
            trusted = (trusted_sha256 or {}).get(_place(host, port), "")
            login = replace(login, on_certificate=on_certificate, trusted_sha256=trusted)
            sock = open_socket(login, protocol="https")
            sock.answer_cap_bytes = max_bytes + _HEADER_BYTES
            assert isinstance(sock, BoundedTlsSocket)
            return sock

        self.mount("https://", _GuardedAdapter(connect))

    def request(  # type: ignore[override]  # what would weaken the session is no argument of ours
        self, method: str, url: str, *, max_bytes: int | None = None, **kwargs: Any
    ) -> requests.Response:
        """The answer, read to its end. Raises ConnectorError: address, host, network, certificate, too large."""
        for ours in ("verify", "cert", "proxies", "timeout", "stream", "allow_redirects"):
            kwargs.pop(ours, None)
        timeout = (self._timeouts.connect_s, self._timeouts.read_s)
        with self._recorded(method, url, kwargs.get("params")), _errors_translated():
            response = super().request(method, url, stream=True, allow_redirects=False, timeout=timeout, **kwargs)
            try:
                _read(response, max_bytes=min(self._max_bytes, max_bytes or self._max_bytes))
            except BaseException:
                response.close()
                raise
            if self._trace is not None:
                self._trace.answered(response)
        return response

    @contextmanager
    def _recorded(self, method: str, url: str, params: Mapping[str, str] | None) -> Iterator[None]:
        if self._trace is not None:
            self._trace.asked(method, url, params)
        try:
            yield
        except ConnectorError as error:
            if self._trace is not None:
                self._trace.failed(error)
            raise

    def close(self) -> None:
        """No connection is open."""
        super().close()
        if self._trace is not None:
            self._trace.ended()

    def leave(self) -> None:
        """No connection is open, as after `close`; for who keeps the session between two uses (keeping)."""
        self.close()

    def abandon(self) -> None:
        """As `leave`: closing says nothing to the server."""
        self.close()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """As the session's own. Raises ConnectorError for an Authorization header to a host that is not listed."""
        if "Authorization" in request.headers and host_of(request.url or "") not in self.authorized_hosts:
            raise ConnectorError(Reason.HOST_NOT_ALLOWED, permanent=True, detail="no sign-in is sent to this host")
        return super().send(request, **kwargs)

    def get_redirect_target(self, resp: requests.Response) -> None:  # requests' signature
        """None: a redirect is an answer like any other."""


def host_of(url: str) -> str:
    """Where the URL would be connected to: `host` in lower case, with `:port` unless it is 443; "" for no HTTPS URL."""
    try:
        parsed = parse_url(url)
    except LocationParseError:
        return ""
    if parsed.scheme != "https" or not parsed.host or parsed.auth is not None:
        return ""
    return _place(parsed.host, parsed.port or _HTTPS_PORT)


def _place(host: str, port: int) -> str:
    name = f"[{host.lower()}]" if ":" in host and not host.startswith("[") else host.lower()
    return name if port == _HTTPS_PORT else f"{name}:{port}"


def retry_after_s(response: requests.Response) -> float | None:
    """The server's own wish: Retry-After in seconds or as a date (RFC 9110 section 10.2.3); None without one."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), MAX_RETRY_AFTER_S)
    try:
        wait_s = (parsedate_to_datetime(said) - clock.now()).total_seconds()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return min(max(wait_s, 0.0), MAX_RETRY_AFTER_S)


class _GuardedAdapter(HTTPAdapter):
    """requests' transport whose connections come from `connect`, which checks certificates by itself."""

    def __init__(self, connect: Callable[[str, int], BoundedTlsSocket]) -> None:
        self._connect = connect
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """As the adapter's own, with our connections."""
        connect = self._connect

        class Connection(HTTPSConnection):
            def connect(self) -> None:
                self.sock = connect(self.host, self.port or _HTTPS_PORT)
                self.is_verified = True

        class Pool(HTTPSConnectionPool):
            ConnectionCls = Connection

        self.poolmanager = PoolManager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        """Host and port alone: there is one way to check certificates."""
        host_parameters, _ = super().build_connection_pool_key_attributes(request, verify, cert)
        return host_parameters, {}

    def cert_verify(self, *args: Any) -> None:
        """Nothing: `connect` does it."""


def _read(response: requests.Response, *, max_bytes: int) -> None:
    content = bytearray()
    for piece in response.iter_content(_PIECE_BYTES):
        content += piece
        if len(content) > max_bytes:
            raise ConnectorError(Reason.TOO_LARGE, permanent=False, detail="the answer is longer than allowed")
    response._content = bytes(content)  # where requests itself keeps what it has read


@contextmanager
def _errors_translated() -> Iterator[None]:
    """What requests and urllib3 raise becomes ConnectorError; certificates and addresses are told by `connect`."""
    try:
        yield
    except (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError) as error:
        raise _lost(error, otherwise=Reason.PROTOCOL) from None
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True, detail="this is not an https address") from None
    except (requests.exceptions.RequestException, HTTPError, OSError) as error:
        raise _lost(error, otherwise=Reason.CONNECTION_LOST) from None
    except ValueError:  # requests and http.client refuse control characters in addresses and headers so
        raise ConnectorError(Reason.BAD_ARGUMENT, permanent=True) from None


def _lost(error: BaseException, *, otherwise: Reason) -> ConnectorError:
    """What lies at the bottom of the libraries' errors: too slow, too long, or just gone."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, TimeoutError | AnswerTooLongError):
            return network_error(cause)
        cause = cause.__cause__ or cause.__context__
    return ConnectorError(otherwise, permanent=False)
