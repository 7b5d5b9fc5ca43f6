"""HTTPS of the connectors: nothing but vetted hosts, checked certificates and bounded answers, whatever is asked."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.config import Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.http import GuardedSession, host_of, retry_after_s
from tests.connectors.configs import LOOPBACK, PATIENT
from tests.fakes.https import Answer, Fault, HttpsServer, Request, json_answer
from tests.servers.certificates import CertificateAuthority


class Echo(HttpsServer):
    """Says which path it was asked for."""

    def respond(self, request: Request) -> Answer:
        if request.path == "/moved":
            return Answer(status=302, headers={"Location": "/elsewhere", "Set-Cookie": "a=b"})
        if request.path == "/large":
            return Answer(content=b"x" * 5000)
        if request.path == "/bomb":
            return Answer(content=gzip.compress(b"x" * 5_000_000), headers={"Content-Encoding": "gzip"})
        return json_answer({"path": request.path})


@pytest.fixture
def server(certificate_authority: CertificateAuthority) -> Iterator[Echo]:
    """A provider's server."""
    with Echo(certificate_authority) as running:
        yield running


def session(server: HttpsServer, *, guard: HostGuard | None = None, **options: object) -> GuardedSession:
    settings: dict[str, object] = {
        "guard": guard or HostGuard(allowed_networks=LOOPBACK, allowed_ports=frozenset({server.port})),
        "timeouts": PATIENT,
        "ca_file": str(server.authority.ca_path),
    }
    return GuardedSession(**{**settings, **options})  # type: ignore[arg-type]  # typed above


def refusal(server: HttpsServer, url: str, *, method: str = "GET", headers: dict[str, str] | None = None, **options):
    with session(server, **options) as http, pytest.raises(ConnectorError) as caught:
        http.request(method, url, headers=headers)
    return caught.value


def test_an_answer_of_any_status_is_an_answer(server: Echo) -> None:
    server.next("/it", json_answer({"error": "invalid_client"}, status=401))
    with session(server) as http:
        refused, taken = http.get(server.url("/it")), http.post(server.url("/it"), data={"a": "b"})
    assert (refused.status_code, refused.json()) == (401, {"error": "invalid_client"})
    assert taken.json() == {"path": "/it"}
    assert server.requests[1].form == {"a": "b"}


def test_the_connection_is_kept_for_the_next_request(server: Echo) -> None:
    with session(server) as http:
        sockets = {id(http.get(server.url("/it"), max_bytes=1000).raw._pool) for _ in range(3)}
        pool = http.adapters["https://"].poolmanager.connection_from_url(server.url())
        assert pool.num_connections == 1
    assert len(sockets) == 1


def test_the_environment_changes_neither_trust_nor_the_way(server: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/etc/ssl/certs/nothing-here.pem")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    with session(server) as http:
        assert http.get(server.url("/it"), verify=False, proxies={"https": "http://127.0.0.1:1"}).status_code == 200


def test_a_certificate_nobody_vouches_for_is_refused_whatever_is_asked(server: Echo) -> None:
    with session(server, ca_file="") as http, pytest.raises(ConnectorError) as caught:
        http.get(server.url("/it"), verify=False)
    assert caught.value.reason is Reason.TLS_CERTIFICATE_UNTRUSTED
    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(certificate_authority: CertificateAuthority) -> None:
    certificate = certificate_authority.issue("login.example")
    with Echo(certificate_authority, certificate=certificate) as server:
        assert refusal(server, server.url("/it")).reason is Reason.TLS_CERTIFICATE_NAME


def test_addresses_of_our_own_network_are_refused(server: Echo) -> None:
    guard = HostGuard(allowed_ports=frozenset({server.port}))
    assert refusal(server, server.url("/it"), guard=guard).reason is Reason.HOST_NOT_ALLOWED
    assert refusal(server, server.url("/it"), guard=HostGuard(allowed_networks=LOOPBACK)).permanent
    assert server.requests == []


@pytest.mark.parametrize(
    "url", ["http://localhost/it", "ftp://localhost/it", "localhost/it", "https://", "https://a b/"]
)
def test_only_https_addresses_are_spoken_to(server: Echo, url: str) -> None:
    assert refusal(server, url).reason in (Reason.BAD_ARGUMENT, Reason.NAME_NOT_FOUND)


def test_no_redirect_is_followed_and_no_cookie_kept(server: Echo) -> None:
    with session(server) as http:
        assert http.get(server.url("/moved"), allow_redirects=True).status_code == 302
        http.get(server.url("/it"))
    assert [request.path for request in server.requests] == ["/moved", "/it"]
    assert "cookie" not in server.requests[1].headers


def test_a_token_goes_to_listed_hosts_alone(server: Echo) -> None:
    token = {"Authorization": "Bearer t0p-s3cret"}
    error = refusal(server, server.url("/it"), headers=token, authorized_hosts={"graph.microsoft.com"})
    assert (error.reason, error.permanent) == (Reason.HOST_NOT_ALLOWED, True)
    assert "t0p" not in str(error)
    with session(server, authorized_hosts={server.host}) as http:
        http.get(server.url("/it"), headers=token)
    assert [request.bearer for request in server.requests] == ["t0p-s3cret"]


def test_a_log_in_inside_an_address_is_no_way_around_the_list(server: Echo) -> None:
    url = server.url("/it").replace("https://", "https://user:password@")
    assert refusal(server, url, authorized_hosts={server.host}).reason is Reason.HOST_NOT_ALLOWED
    assert server.requests == []


@pytest.mark.parametrize("path", ["/large", "/bomb"])
def test_an_answer_longer_than_allowed_is_not_read(server: Echo, path: str) -> None:
    assert refusal(server, server.url(path), max_bytes=4096).reason is Reason.TOO_LARGE


@pytest.mark.req("F69")
def test_a_server_that_never_answers_is_a_timeout(server: Echo) -> None:
    server.next("/it", Fault.HANG)
    error = refusal(server, server.url("/it"), timeouts=Timeouts(connect_s=5, read_s=0.3))
    assert (error.reason, error.permanent) == (Reason.TIMEOUT, False)


@pytest.mark.req("F61")
def test_a_connection_cut_before_the_answer_is_told_from_a_refusal(server: Echo) -> None:
    server.next("/it", Fault.CUT)
    error = refusal(server, server.url("/it"))
    assert (error.reason, error.permanent) == (Reason.CONNECTION_LOST, False)


@pytest.mark.req("F61")
def test_a_server_that_is_away_is_unreachable(certificate_authority: CertificateAuthority) -> None:
    with Echo(certificate_authority) as server:
        url = server.url("/it")
    assert refusal(server, url).reason is Reason.UNREACHABLE


@pytest.mark.parametrize(
    ("said", "meant"), [("17", 17.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("soon", None), ("", None), ("-5", None)]
)
def test_the_wish_to_wait_is_read_as_seconds_or_date(server: Echo, said: str, meant: float | None) -> None:
    server.next("/it", json_answer({}, status=429, Retry_After=said))
    with session(server) as http:
        assert retry_after_s(http.get(server.url("/it"))) == meant


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Graph.Microsoft.com/v1.0", "graph.microsoft.com"),
        ("https://localhost:8443/x", "localhost:8443"),
        ("https://graph.microsoft.com:443/x", "graph.microsoft.com"),
        ("http://graph.microsoft.com/x", ""),
        ("https://graph.microsoft.com@evil.example/x", ""),
        ("https://evil.example\\@graph.microsoft.com/x", "evil.example"),
    ],
)
def test_the_host_of_an_address_is_where_it_leads(url: str, host: str) -> None:
    assert host_of(url) == host
