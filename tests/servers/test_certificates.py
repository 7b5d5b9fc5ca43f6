"""The certificates are good, or bad in the way that was asked for."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from tests.servers.certificates import Certificate, CertificateAuthority


@pytest.fixture
def authority(tmp_path: Path) -> CertificateAuthority:
    return CertificateAuthority(tmp_path)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1"])
def test_a_client_that_trusts_the_authority_accepts_the_certificate(authority: CertificateAuthority, name: str) -> None:
    assert _handshake(authority.issue(), authority.client_context, name=name) == "TLSv1.3"


def test_a_client_that_does_not_know_the_authority_refuses(authority: CertificateAuthority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="issuer"):
        _handshake(authority.issue(), ssl.create_default_context(), name="localhost")


def test_a_certificate_for_another_host_is_refused(authority: CertificateAuthority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        _handshake(authority.issue("mail.acme.test"), authority.client_context, name="localhost")


def test_an_expired_certificate_is_refused(authority: CertificateAuthority) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match="expired"):
        _handshake(authority.issue(expired=True), authority.client_context, name="localhost")


def _handshake(certificate: Certificate, client_context: ssl.SSLContext, *, name: str) -> str | None:
    """The TLS version that client and server agree on over a socket pair."""
    server_end, client_end = socket.socketpair()
    thread = threading.Thread(target=_serve, args=(server_end, certificate))
    thread.start()
    try:
        with client_context.wrap_socket(client_end, server_hostname=name) as connection:
            return connection.version()
    finally:
        client_end.close()
        thread.join()


def _serve(end: socket.socket, certificate: Certificate) -> None:
    try:
        certificate.server_context.wrap_socket(end, server_side=True).close()
    except OSError:
        end.close()  # The client's refusal, which the test sees on its own side.
