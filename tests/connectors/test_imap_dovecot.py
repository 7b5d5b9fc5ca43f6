"""IMAP against a real Dovecot: encryption, certificates, UIDVALIDITY, other people's flags, large and many mails."""

from __future__ import annotations

import tracemalloc
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from helpdesk.lib.net import HostGuard
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.config import Security, Timeouts
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.imap import ImapSource
from tests.connectors.configs import LOOPBACK
from tests.connectors.worlds import PASSWORD, ImapWorld, imap_world
from tests.servers.certificates import Certificate, CertificateAuthority
from tests.servers.dovecot import Dovecot
from tests.servers.fixtures import Proxies

pytestmark = pytest.mark.servers

MB = 1024 * 1024
SHORT = Timeouts(connect_s=5, read_s=1)


@pytest.fixture
def account(dovecot: Dovecot) -> ImapWorld:
    """A fresh account."""
    return imap_world(dovecot, f"{uuid.uuid4().hex[:12]}@fernhollow.example")


@pytest.fixture(scope="module")
def presenting(certificate_authority: CertificateAuthority) -> Iterator[Callable[[Certificate], ImapWorld]]:
    """`presenting(certificate)` is an account on a server that shows this certificate."""
    with ExitStack() as running:

        def start(certificate: Certificate) -> ImapWorld:
            server = running.enter_context(Dovecot(authority=certificate_authority, certificate=certificate))
            return imap_world(server, "ann@fernhollow.example")

        yield start


def failure(source: ImapSource) -> ConnectorError:
    with pytest.raises(ConnectorError) as error, source.open():
        pass
    return error.value


def source(account: ImapWorld, *, security: Security, port: int = 0, **changes: object) -> ImapSource:
    config = account.config(timeouts=SHORT)
    port = port or (account.dovecot.imaps_port if security is Security.TLS else account.dovecot.imap_port)
    guard = HostGuard(LOOPBACK, frozenset({port}))
    login = replace(config.login, security=security, port=port, guard=guard, **changes)  # type: ignore[arg-type]  # fields
    return ImapSource(replace(config, login=login))


# Encryption.


@pytest.mark.parametrize("security", list(Security))
def test_mail_is_read_however_the_connection_is_protected(account: ImapWorld, security: Security) -> None:
    account.deliver(b"Subject: s\r\n\r\nhello\r\n")
    with source(account, security=security).open() as session:
        [fetched] = session.fetch(list(session.list_new(cursor=0, rescan=0)), max_bytes=MB)
    assert fetched.content == b"Subject: s\r\n\r\nhello\r\n"


def test_a_certificate_for_another_name_is_told_apart(
    presenting: Callable[[Certificate], ImapWorld], certificate_authority: CertificateAuthority
) -> None:
    account = presenting(certificate_authority.issue("other.example"))
    for security in (Security.TLS, Security.STARTTLS):
        assert failure(source(account, security=security)).reason is Reason.TLS_CERTIFICATE_NAME


def test_an_expired_certificate_is_told_apart(
    presenting: Callable[[Certificate], ImapWorld], certificate_authority: CertificateAuthority
) -> None:
    account = presenting(certificate_authority.issue(expired=True))
    for security in (Security.TLS, Security.STARTTLS):
        assert failure(source(account, security=security)).reason is Reason.TLS_CERTIFICATE_EXPIRED


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_an_unknown_authority_is_not_trusted(account: ImapWorld, security: Security) -> None:
    error = failure(source(account, security=security, ca_file=""))
    assert (error.reason, error.permanent) == (Reason.TLS_CERTIFICATE_UNTRUSTED, False)


def test_an_address_is_checked_against_the_certificate_too(account: ImapWorld) -> None:
    with source(account, security=Security.TLS, host="127.0.0.1").open():
        pass


def test_tls_on_a_starttls_port_fails_and_starttls_on_a_tls_port_waits(account: ImapWorld) -> None:
    dovecot = account.dovecot
    assert failure(source(account, security=Security.TLS, port=dovecot.imap_port)).reason is Reason.TLS_FAILED
    assert failure(source(account, security=Security.STARTTLS, port=dovecot.imaps_port)).reason is Reason.TIMEOUT


def test_a_password_beyond_ascii_signs_in(dovecot: Dovecot) -> None:
    user = f"{uuid.uuid4().hex[:12]}@fernhollow.example"
    dovecot.add_user(user, "Grüße-密码")
    with source(ImapWorld(dovecot, user), security=Security.TLS, password="Grüße-密码").open():
        pass


# The guard.


def test_a_server_inside_is_refused_like_one_that_is_not_there(account: ImapWorld) -> None:
    guard = HostGuard(allowed_ports=frozenset({account.port}))
    error = failure(ImapSource(replace(account.config(), login=replace(account.config().login, guard=guard))))
    assert (error.reason, error.permanent, error.detail) == (Reason.HOST_NOT_ALLOWED, True, "")


# Identity.


@pytest.mark.req("F39", "F41")
def test_a_changed_uidvalidity_is_another_epoch_with_other_ids(account: ImapWorld) -> None:
    account.deliver(b"Subject: a\r\n\r\n1\r\n")
    account.deliver(b"Subject: b\r\n\r\n2\r\n")
    with ImapSource(account.config()).open(writable=True) as session:
        before = session.state
        first = list(session.list_ids())
        session.acknowledge([str(first[0])], action=AfterImport.DELETE)
    account.dovecot.reset_uidvalidity(account.user)
    with ImapSource(account.config()).open() as session:
        after = session.state
        assert list(session.list_ids()) == [1]
    assert before.epoch != after.epoch
    assert first == [1, 2]


# Other people's flags.


@pytest.mark.req("F18")
@pytest.mark.parametrize("action", [AfterImport.DELETE, AfterImport.MOVE])
def test_what_others_marked_as_deleted_stays(account: ImapWorld, action: AfterImport) -> None:
    for text in (b"1", b"2", b"3"):
        account.deliver(b"Subject: s\r\n\r\n" + text + b"\r\n")
    with account.dovecot.client(account.user) as owner:
        owner.select_folder("INBOX")
        owner.delete_messages([1])
    with ImapSource(account.config()).open(writable=True) as session:
        assert session.acknowledge(["2"], action=action, folder="Archive") == {"2": None}
    assert [(stored.uid, "\\Deleted" in stored.flags) for stored in account.messages()] == [(1, True), (3, False)]


# Size and number.


@pytest.mark.req("F23")
def test_a_mail_of_50_mb_is_held_in_memory_about_once(account: ImapWorld) -> None:
    account.deliver(b"Subject: s\r\n\r\n" + b"x" * 998 + b"\r\n" + (b"y" * 998 + b"\r\n") * 52_000)
    with ImapSource(account.config()).open() as session:
        [item] = session.list_new(cursor=0, rescan=0)
        tracemalloc.start()
        try:
            [fetched] = session.fetch([item], max_bytes=100 * MB)
            _, peak_bytes = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert fetched.content is not None
    assert len(fetched.content) == item.size_bytes
    assert peak_bytes < 1.2 * len(fetched.content)


def test_a_connection_serves_a_whole_session(account: ImapWorld, tcp_proxy: Proxies) -> None:
    proxy = tcp_proxy(account.port)
    for n in range(60):
        account.deliver(b"Subject: %d\r\n\r\nx\r\n" % n)
    config = account.config(port=proxy.port)
    with ImapSource(config).open(writable=True) as session:
        items = list(session.list_new(cursor=0, rescan=0))
        assert all(fetched.content for fetched in session.fetch(items, max_bytes=MB))
        session.fetch_headers([item.remote_id for item in items])
        session.acknowledge([item.remote_id for item in items], action=AfterImport.SEEN)
    assert proxy.connections == 1


def test_the_password_is_written_once(account: ImapWorld) -> None:
    assert PASSWORD not in repr(account.config())
