"""Certificates that nobody vouches for in the connection test: shown, offered to be trusted, and known again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mailboxes.connectors.config import Security
from mailboxes.connectors.trust import spelled
from mailboxes.diagnosis.certificates import TrustOffer
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.words import sentence
from tests.connectors.configs import smtp
from tests.connectors.worlds import PASSWORD, ImapWorld
from tests.diagnosis.runs import ADDRESS, causes, configured, done, failed, run
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.smtp import SmtpServer

pytestmark = [pytest.mark.servers, pytest.mark.req("S4.47")]
OTHER = "ab" * 32


@pytest.fixture(scope="module")
def certificate(certificate_authority: CertificateAuthority) -> Certificate:
    """Self-signed, for another name."""
    return certificate_authority.self_signed("mail.inside.example")


@pytest.fixture(scope="module")
def account(presenting: Callable[[Certificate], ImapWorld], certificate: Certificate) -> ImapWorld:
    return presenting(certificate)


def offer_of(result: StageResult) -> TrustOffer:
    offer = result.evidence["offer"]
    assert isinstance(offer, TrustOffer)
    return offer


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_self_signed_certificate_is_shown_and_may_be_trusted(
    account: ImapWorld, certificate: Certificate, security: Security
) -> None:
    port = account.dovecot.imaps_port if security is Security.TLS else account.dovecot.imap_port
    config = configured(account, security=security, port=port)
    fault = failed(config)
    assert sentence(fault) == "The certificate is self-signed"
    assert ("trust_certificate", "") in causes(fault)
    offer = offer_of(fault)
    assert (offer.host, offer.port) == ("localhost", port)
    shown = offer.certificate
    assert (shown.subject, shown.issuer) == ("mail.inside.example", "mail.inside.example")
    assert (shown.names, shown.sha256) == (("mail.inside.example",), certificate.sha256)
    trusting = configured(account, security=security, port=port, trusted_sha256=shown.sha256)
    tls = done(run(trusting))[Stage.TLS]
    assert tls.state is State.OK
    assert sentence(tls).endswith(f"This is the certificate that you trusted, {shown.fingerprint}")


def test_another_certificate_than_the_trusted_one_is_told_apart(account: ImapWorld, certificate: Certificate) -> None:
    port = account.dovecot.imaps_port
    fault = failed(configured(account, security=Security.TLS, port=port, trusted_sha256=OTHER))
    words = "localhost shows another certificate than the one you trusted. Trusted: {}. Shown: {}"
    assert sentence(fault) == words.format(spelled(OTHER), spelled(certificate.sha256))
    assert [code for code, _ in causes(fault)] == ["ask_for_fingerprint", "trust_certificate"]
    assert offer_of(fault).certificate.sha256 == certificate.sha256


class Tokens:
    def token(self, *, refused: str = "") -> str:
        del refused
        return "bearer"


def test_whoever_shows_tokens_is_offered_no_trust(account: ImapWorld) -> None:
    port = account.dovecot.imaps_port
    fault = failed(configured(account, security=Security.TLS, port=port, tokens=Tokens()))
    assert sentence(fault) == "The certificate is self-signed"
    assert "offer" not in fault.evidence
    assert "trust_certificate" not in [code for code, _ in causes(fault)]


def test_the_certificate_of_the_sending_server_may_be_trusted_too(
    dovecot: object, certificate_authority: CertificateAuthority, certificate: Certificate, account: ImapWorld
) -> None:
    del dovecot
    reading = configured(
        account, security=Security.TLS, port=account.dovecot.imaps_port, trusted_sha256=certificate.sha256
    )
    with SmtpServer(authority=certificate_authority, certificate=certificate) as server:
        server.behave(users={ADDRESS: PASSWORD})
        sending = smtp(server.port, username=ADDRESS, security=Security.STARTTLS)
        fault = done(run(reading, sending=sending))[Stage.SEND]
    assert offer_of(fault).port == server.port
    assert offer_of(fault).certificate.sha256 == certificate.sha256
