"""Why a server and we do not agree on encryption, found out by looking again: another knock, nothing secret said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from helpdesk.lib import clock
from helpdesk.lib.net import VettedHost
from mailboxes.connectors.config import Security, ServerLogin, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.trust import may_be_trusted, spelled, trusted_by
from mailboxes.connectors.wire import BoundedSocket, BoundedTlsSocket, bounded, connected
from mailboxes.diagnosis.certificates import CertificateFacts, TrustOffer, facts_of, shown_certificate
from mailboxes.diagnosis.explanations import USUAL_PORTS, Subject
from mailboxes.diagnosis.results import Cause, State

GREETING_TIMEOUT_S = 5.0
EXPIRES_SOON = timedelta(days=14)
_GREETINGS = {
    "imap": (b"* OK", b"* PREAUTH", b"* BYE"),
    "pop3": (b"+OK", b"-ERR"),
    "smtp": (b"220", b"421", b"554"),
}
_STARTTLS_STEPS = {  # what to send, and how the last line of each answer begins
    "imap": ((b"a1 STARTTLS\r\n", b"a1 "),),
    "pop3": ((b"STLS\r\n", b"+OK"),),
    "smtp": ((b"EHLO [127.0.0.1]\r\n", b"250 "), (b"STARTTLS\r\n", b"220 ")),
}
_CERTIFICATE_REASONS = {
    Reason.TLS_CERTIFICATE_NAME,
    Reason.TLS_CERTIFICATE_EXPIRED,
    Reason.TLS_CERTIFICATE_UNTRUSTED,
    Reason.TLS_CERTIFICATE_CHANGED,
}


@dataclass(frozen=True)
class Verdict:
    """What a stage makes of it."""

    state: State
    fact: str
    facts: Mapping[str, str | int | date] = field(default_factory=dict)
    causes: tuple[Cause, ...] = ()
    evidence: Mapping[str, object] = field(default_factory=dict)


def agreed(sock: BoundedTlsSocket) -> Verdict:
    """TLS stands and the certificate is right: which version, until when."""
    shown = facts_of(sock.getpeercert(binary_form=True))
    version = (sock.version() or "TLS").replace("TLSv", "TLS ")
    if shown is None:
        return Verdict(State.OK, "tls.ok", {"version": version, "expires_on": ""})
    facts: dict[str, str | int | date] = {"version": version, "expires_on": shown.expires_on}
    evidence = {"tls_version": version, **_evidence(shown)}
    if trusted_by(sock):
        by_fingerprint = {"version": version, "fingerprint": shown.fingerprint}
        return Verdict(State.OK, "tls.trusted", by_fingerprint, evidence=evidence)
    if shown.expires_at - clock.now() > EXPIRES_SOON:
        return Verdict(State.OK, "tls.ok", facts, evidence=evidence)
    soon = Cause("renew_certificate_soon", facts={"expires_on": shown.expires_on})
    return Verdict(State.WARN, "tls.expires_soon", facts, (soon,), evidence)


def disagreed(error: ConnectorError, *, subject: Subject, vetted: VettedHost) -> Verdict:
    """Why TLS was not agreed on."""
    facts: dict[str, str | int | date] = {"host": subject.login.host, "port": subject.login.port}
    security = subject.field("security")
    if error.reason in _CERTIFICATE_REASONS:
        return _bad_certificate(error, subject=subject, vetted=vetted)
    if error.reason is Reason.TLS_NOT_OFFERED:
        causes = (Cause("use_tls", security), Cause("fix_certificate"))
        return Verdict(State.FAIL, "tls.not_offered", facts, causes[:1])
    greeting = b"" if error.reason is Reason.TIMEOUT else _greeting(subject.login, vetted)
    if greeting.startswith(_GREETINGS.get(subject.protocol, ())):
        if subject.login.security is Security.TLS:
            return Verdict(State.FAIL, "tls.speaks_starttls", facts, (Cause("use_starttls", security),))
        return Verdict(State.FAIL, "tls.failed", facts, (Cause("use_tls", security), Cause("try_again")))
    if greeting:
        return Verdict(
            State.FAIL, "tls.not_mail", facts, (Cause("check_port", subject.field("port"), _ports(subject)),)
        )
    if subject.login.security is not Security.TLS and _shown(subject, vetted, is_behind_starttls=False) is not None:
        return Verdict(State.FAIL, "tls.speaks_tls", facts, (Cause("use_tls", security),))
    fact = "tls.failed" if subject.login.security is Security.TLS else "tls.no_greeting"
    usual = (Cause("check_security", security),) if subject.protocol == "smtp" else ()
    causes = (*usual, Cause("check_port", subject.field("port"), _ports(subject)), Cause("try_again"))
    return Verdict(State.FAIL, fact, facts, causes)


def _bad_certificate(error: ConnectorError, *, subject: Subject, vetted: VettedHost) -> Verdict:
    shown = _shown(subject, vetted, is_behind_starttls=subject.login.security is Security.STARTTLS)
    login, host = subject.login, subject.login.host
    if shown is None:
        return Verdict(State.FAIL, "tls.failed", {"host": host}, (Cause("fix_certificate"),))
    evidence = _evidence(shown)
    trust: tuple[Cause, ...] = ()
    if subject.protocol in USUAL_PORTS and may_be_trusted(login):
        evidence, trust = evidence | {"offer": TrustOffer(host, login.port, shown)}, (Cause("trust_certificate"),)
    names = ", ".join(shown.names)
    if error.reason is Reason.TLS_CERTIFICATE_CHANGED:
        prints = {"host": host, "trusted": spelled(login.trusted_sha256), "shown": shown.fingerprint}
        return Verdict(State.FAIL, "tls.changed", prints, (Cause("ask_for_fingerprint"), *trust), evidence)
    if error.reason is Reason.TLS_CERTIFICATE_NAME:
        use = Cause("use_certificate_name", subject.field("host"), {"names": names})
        causes = (*((use,) if names else ()), Cause("fix_certificate"), *trust)
        return Verdict(State.FAIL, "tls.name", {"names": names, "host": host}, causes, evidence)
    if error.reason is Reason.TLS_CERTIFICATE_EXPIRED:
        renew = (Cause("renew_certificate"), *trust)
        if shown.starts_at > clock.now():
            return Verdict(State.FAIL, "tls.not_yet_valid", {"starts_on": shown.starts_at.date()}, renew, evidence)
        return Verdict(State.FAIL, "tls.expired", {"expires_on": shown.expires_on}, renew, evidence)
    fact = "tls.self_signed" if shown.is_self_signed else "tls.untrusted"
    causes = (Cause("fix_certificate"), *trust, Cause("add_authority"))
    return Verdict(State.FAIL, fact, {"issuer": shown.issuer or "?"}, causes, evidence)


def _evidence(shown: CertificateFacts) -> dict[str, object]:
    return {
        "certificate_names": shown.names,
        "certificate_expires_at": shown.expires_at,
        "certificate_issuer": shown.issuer,
    }


def _ports(subject: Subject) -> dict[str, str]:
    return {"ports": USUAL_PORTS[subject.protocol]}


def _knock(login: ServerLogin, vetted: VettedHost) -> BoundedSocket | None:
    """Another connection the way the first one went; None when there is none to be had."""
    short = Timeouts(connect_s=GREETING_TIMEOUT_S, read_s=GREETING_TIMEOUT_S)
    try:
        return bounded(connected(replace(login, timeouts=short), vetted), read_s=GREETING_TIMEOUT_S)
    except ConnectorError:
        return None


def _greeting(login: ServerLogin, vetted: VettedHost) -> bytes:
    """How the server begins in clear text; empty when it says nothing. Only compared, never shown."""
    sock = _knock(login, vetted)
    if sock is None:
        return b""
    with sock:
        return _line(sock)


def _shown(subject: Subject, vetted: VettedHost, *, is_behind_starttls: bool) -> CertificateFacts | None:
    """The certificate the server shows, at once or after STARTTLS."""
    sock = _knock(subject.login, vetted)
    if sock is None:
        return None
    if is_behind_starttls and not _started(sock, subject.protocol):
        sock.close()
        return None
    return shown_certificate(sock, host=vetted.name)


def _started(sock: BoundedSocket, protocol: str) -> bool:
    """STARTTLS was said and granted."""
    _line(sock)
    for command, last in _STARTTLS_STEPS[protocol]:
        sock.sendall(command)
        answer = _line(sock)
        while answer and not answer.startswith(last):
            answer = _line(sock)
        if not answer:
            return False
    return True


def _line(sock: BoundedSocket) -> bytes:
    """One line of at most 1,000 bytes; empty when none comes. Byte by byte, since TLS may begin right behind it."""
    line = bytearray()
    buffer = bytearray(1)
    try:
        while len(line) < 1000 and not line.endswith(b"\n") and sock.recv_into(buffer):
            line += buffer
    except OSError:
        return b""
    return bytes(line)


def protection(security: Security) -> str:
    """The word for people."""
    return {Security.TLS: "TLS", Security.STARTTLS: "STARTTLS", Security.NONE: "clear text"}[security]
