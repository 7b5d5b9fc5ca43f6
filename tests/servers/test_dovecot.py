"""The private Dovecot serves mail in every way that connectors use, and fails when told to."""

import poplib
import smtplib

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import LoginError

from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.servers

MAIL = b"Subject: Printer\r\n\r\nIt is on fire.\r\n"


@pytest.fixture
def user(dovecot: Dovecot, request: pytest.FixtureRequest) -> str:
    name = f"{request.node.name}@acme.test"
    dovecot.add_user(name, "secret")
    return name


def test_delivered_mail_is_read_back_byte_for_byte_and_unseen(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, MAIL)
    assert [(mail.raw, "\\Seen" in mail.flags) for mail in dovecot.folder_messages(user)] == [(MAIL, False)]


def test_a_folder_with_any_name_is_made_on_delivery(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, MAIL, folder="Ablage/Störung & mehr")
    assert [mail.raw for mail in dovecot.folder_messages(user, "Ablage/Störung & mehr")] == [MAIL]


def test_mail_delivered_over_lmtp_arrives(dovecot: Dovecot, user: str) -> None:
    with smtplib.LMTP("127.0.0.1", dovecot.lmtp_port) as client:
        client.sendmail("anna@example.org", [user], MAIL)
    assert dovecot.folder_messages(user)[0].raw.endswith(MAIL)


def test_the_usual_folders_are_marked_by_special_use(dovecot: Dovecot, user: str) -> None:
    with dovecot.client(user) as client:
        assert client.find_special_folder(b"\\Sent") == "Sent"


def test_a_wrong_password_is_refused(dovecot: Dovecot, user: str) -> None:
    with IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False) as client, pytest.raises(LoginError):
        client.login(user, "wrong")


def test_a_changed_password_replaces_the_old_one(dovecot: Dovecot, user: str) -> None:
    dovecot.add_user(user, "new")
    with IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False) as client:
        with pytest.raises(LoginError):
            client.login(user, "secret")
        client.login(user, "new")


def test_tls_from_the_first_byte_and_starttls_show_a_trusted_certificate(dovecot: Dovecot, user: str) -> None:
    context = dovecot.authority.client_context
    with IMAPClient("localhost", port=dovecot.imaps_port, ssl_context=context) as client:
        client.login(user, "secret")
    with IMAPClient("localhost", port=dovecot.imap_port, ssl=False) as client:
        client.starttls(context)
        client.login(user, "secret")


def test_pop3_with_tls_lists_the_same_mail(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, MAIL)
    client = poplib.POP3_SSL("localhost", dovecot.pop3s_port, context=dovecot.authority.client_context)
    client.user(user)
    client.pass_("secret")
    assert client.stat()[0] == 1
    client.quit()


def test_a_bearer_token_signs_in_only_its_own_user(dovecot: Dovecot, user: str) -> None:
    dovecot.add_token(user, f"token of {user}")
    with IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False) as client:
        with pytest.raises(LoginError):
            client.oauth2_login("another@acme.test", f"token of {user}")
        client.oauth2_login(user, f"token of {user}")


def test_a_uidvalidity_reset_keeps_the_mail_and_numbers_it_anew(dovecot: Dovecot, user: str) -> None:
    for number in range(3):
        dovecot.deliver(user, MAIL.replace(b"Printer", b"%d" % number))
    with dovecot.client(user) as client:
        before = client.select_folder("INBOX")[b"UIDVALIDITY"]
        client.delete_messages([1])
        client.expunge([1])
    after = dovecot.reset_uidvalidity(user)
    assert after > before
    with dovecot.client(user) as client:
        assert client.select_folder("INBOX")[b"UIDVALIDITY"] == after
    assert [mail.uid for mail in dovecot.folder_messages(user)] == [1, 2]


def test_a_restart_cuts_connections_and_keeps_mail(dovecot: Dovecot, user: str) -> None:
    dovecot.deliver(user, MAIL)
    with dovecot.client(user) as client:
        dovecot.restart()
        with pytest.raises((OSError, IMAPClient.AbortError)):
            client.noop()
        client.shutdown()
        client.logout = lambda: None  # the block's end would talk to a dead server
    assert len(dovecot.folder_messages(user)) == 1


def test_mail_delivered_to_a_stopped_server_is_there_after_its_start(dovecot: Dovecot, user: str) -> None:
    dovecot.kill()
    dovecot.deliver(user, MAIL)
    dovecot.start()
    assert len(dovecot.folder_messages(user)) == 1


def test_a_paused_server_accepts_and_says_nothing(dovecot: Dovecot, user: str) -> None:
    dovecot.pause()
    with pytest.raises(TimeoutError):
        IMAPClient("127.0.0.1", port=dovecot.imap_port, ssl=False, timeout=0.3)
    dovecot.resume()
    assert dovecot.folder_messages(user) == []


def test_an_idle_client_is_told_of_a_delivery(dovecot: Dovecot, user: str) -> None:
    with dovecot.client(user) as client:
        client.select_folder("INBOX")
        client.idle()
        dovecot.deliver(user, MAIL)
        assert (1, b"EXISTS") in client.idle_check(timeout=10)
        client.idle_done()
