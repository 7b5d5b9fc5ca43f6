"""The record of a connection: every line, and never a secret or what a mail contains."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk.lib import clock
from mailboxes.connectors.config import ImapConfig, Pop3Config, Security, ServerLogin, SmtpConfig
from mailboxes.connectors.errors import ConnectorError
from mailboxes.connectors.graph_client import GraphClient
from mailboxes.connectors.imap_idle import listen
from mailboxes.connectors.imap_protocol import quoted
from mailboxes.connectors.registry import sender_for, source_for
from mailboxes.connectors.trace import Secrets, Tap, tap_of
from mailboxes.connectors.trace_lines import DIALECTS
from tests.connectors.configs import SHORT, imap, login
from tests.connectors.graph_worlds import graph_world
from tests.connectors.scripted import Act, ScriptedImap
from tests.servers.dovecot import Dovecot
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.req("S5.29")
WORD = "pass-word of the session"
BODY = "the-word-in-the-body"
MAIL = f"From: ann@x.example\r\nSubject: s3cret-subject\r\n\r\n{BODY}\r\n".encode()


class Kept:
    """A recorder that keeps lines in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []
        self.flushed = 0

    def line(self, session: str, direction: str, text: str) -> None:
        del session
        self.lines.append((direction, text))

    def flush(self) -> None:
        self.flushed += 1

    @property
    def text(self) -> str:
        return "\n".join(f"{direction} {text}" for direction, text in self.lines)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def user(dovecot: Dovecot) -> str:
    name = f"{uuid.uuid4().hex[:12]}@fernhollow.example"
    dovecot.add_user(name, WORD)
    dovecot.deliver(name, MAIL)
    return name


def recorded(server: Dovecot, port: int, user: str, kept: Kept, *, security: Security) -> ServerLogin:
    account = login(port, security=security, username=user, password=WORD, ca_path=server.ca_path)
    return replace(account, recorder=kept)


@pytest.mark.servers
@pytest.mark.parametrize("security", list(Security))
def test_a_session_over_imap_is_kept_without_password_and_mail(
    dovecot: Dovecot, user: str, kept: Kept, security: Security
) -> None:
    port = dovecot.imaps_port if security is Security.TLS else dovecot.imap_port
    account = recorded(dovecot, port, user, kept, security=security)
    with source_for("imap", ImapConfig(account)).open() as session:
        items = list(session.list_all(since=None))
        [fetched] = session.fetch(items, max_bytes=10_000)
        session.fetch_headers([items[0].remote_id])
    assert fetched.content is not None
    assert f'LOGIN "{user}" ***' in kept.text
    assert "UID FETCH" in kept.text
    assert "[content not kept]" in kept.text
    assert kept.lines[-1] == ("-", "closed")
    assert kept.flushed == 1
    for hidden in (WORD, BODY, "s3cret-subject", base64.b64encode(WORD.encode()).decode()):
        assert hidden not in kept.text


@pytest.mark.servers
@pytest.mark.parametrize("security", list(Security))
def test_a_session_over_pop3_is_kept_without_password_and_mail(
    dovecot: Dovecot, user: str, kept: Kept, security: Security
) -> None:
    port = dovecot.pop3s_port if security is Security.TLS else dovecot.pop3_port
    with source_for("pop3", Pop3Config(recorded(dovecot, port, user, kept, security=security))).open() as session:
        items = list(session.list_all(since=None))
        [fetched] = session.fetch(items, max_bytes=10_000)
    assert fetched.content is not None
    assert "> PASS ***" in kept.text
    assert f"USER {user}" in kept.text
    assert "< [message, " in kept.text
    for hidden in (WORD, BODY, "s3cret-subject"):
        assert hidden not in kept.text


@pytest.mark.servers
@pytest.mark.parametrize("security", list(Security))
def test_a_session_over_smtp_is_kept_without_password_and_mail(
    smtp_server: SmtpServer, kept: Kept, security: Security
) -> None:
    smtp_server.behave(users={"ann": WORD})
    port = smtp_server.tls_port if security is Security.TLS else smtp_server.port
    account = login(port, security=security, username="ann", password=WORD, ca_path=smtp_server.ca_path)
    sender = sender_for("smtp", SmtpConfig(replace(account, recorder=kept)))
    sender.send(MAIL, mail_from="ann@x.example", recipients=["bo@x.example"], before_data=lambda *_, **__: None)
    assert "> AUTH " in kept.text
    assert "RCPT TO:<bo@x.example>" in kept.text
    assert f"> [message, {len(MAIL)} bytes]" in kept.text
    plain = base64.b64encode(f"\0ann\0{WORD}".encode()).decode()
    for hidden in (WORD, BODY, "s3cret-subject", plain):
        assert hidden not in kept.text


@pytest.mark.servers
def test_listening_for_mail_is_kept(dovecot: Dovecot, user: str, kept: Kept) -> None:
    account = recorded(dovecot, dovecot.imaps_port, user, kept, security=Security.TLS)
    listen(ImapConfig(account), now=clock.monotonic()).close()
    assert "> idle IDLE" in kept.text
    assert kept.lines[-1] == ("-", "closed")


class _Tokens:
    def token(self, *, refused: str = "") -> str:
        return "bearer-token-2" if refused else "bearer-token-1"


def test_a_token_is_never_kept_even_where_the_server_repeats_it(kept: Kept) -> None:
    answer = "user=ann@fernhollow.example\1auth=Bearer bearer-token-1\1\1"
    encoded = base64.b64encode(answer.encode()).decode()
    tap = Tap(kept, DIALECTS["imap"](), Secrets(spared="ann@fernhollow.example"))
    tap.sent(f"a1 AUTHENTICATE XOAUTH2 {encoded}\r\n".encode())
    tap.received(f"a1 NO no {encoded} nor bearer-token-1 for ann@fernhollow.example\r\n".encode())
    assert kept.text == "> a1 AUTHENTICATE XOAUTH2 ***\n< a1 NO no *** nor *** for ann@fernhollow.example"


def test_a_server_that_says_nothing_is_seen_in_the_record(kept: Kept) -> None:
    with ScriptedImap({"LOGIN": Act.HANG}) as server:
        config = imap(server.port, timeouts=SHORT)
        with (
            pytest.raises(ConnectorError),
            source_for("imap", replace(config, login=replace(config.login, recorder=kept))).open(),
        ):
            pass
    assert ("-", "no answer in time") in kept.lines
    assert kept.flushed == 1


def test_a_call_of_graph_is_kept_by_method_path_and_status(graph: Any, kept: Kept) -> None:
    world = graph_world(graph, "ann@x.example")
    client = GraphClient(replace(world.config(), recorder=kept))
    client.json("GET", "/mailFolders/inbox", params={"$select": "id", "$skiptoken": "s3cret-token"})
    client.close()
    assert "/mailFolders/inbox?$select=id&$skiptoken=***" in kept.text
    assert any(direction == "<" and text.startswith("200 ") for direction, text in kept.lines)
    assert "s3cret-token" not in kept.text
    assert "Bearer" not in kept.text
    assert kept.flushed == 1


SECRET = st.text(
    alphabet=st.characters(max_codepoint=0x24F, exclude_characters="*", exclude_categories=("Cc",)),
    min_size=6,
    max_size=40,
)


@given(secret=SECRET, cut=st.integers(1, 30), protocol=st.sampled_from(sorted(DIALECTS)), is_known=st.booleans())
@example(secret='00000"', cut=1, protocol="imap", is_known=False)
def test_no_secret_of_a_session_is_ever_kept(secret: str, cut: int, protocol: str, is_known: bool) -> None:
    kept = Kept()
    account = login(993, username="ann", password=secret if is_known else "")  # else told by its place alone
    tap = tap_of(replace(account, recorder=kept), protocol=protocol)
    assert tap is not None
    for sends, line in _session(protocol, secret):
        for piece in (line[at : at + cut] for at in range(0, len(line), cut)):
            (tap.sent if sends else tap.received)(piece)
    tap.ended()
    in_base64 = base64.b64encode(secret.encode()).decode()
    plain = base64.b64encode(f"\0ann\0{secret}".encode()).decode()
    for _, text in kept.lines:
        assert secret not in text
        assert in_base64 not in text
        assert plain not in text
        assert BODY not in text
    assert kept.lines[-1] == ("-", "closed")


def _session(protocol: str, secret: str) -> Iterator[tuple[bool, bytes]]:
    """Lines to the server (True) and from it, which repeats what it hears and then hands over a mail."""
    plain = base64.b64encode(f"\0ann\0{secret}".encode()).decode()
    word = base64.b64encode(secret.encode()).decode()
    echo = f"{secret} {plain} {word}"
    told = {
        "imap": [
            (True, f'a1 LOGIN "ann" {quoted(secret)}'),
            (False, f"a1 NO {echo}"),
            (True, "a2 AUTHENTICATE PLAIN"),
            (False, "+ "),
            (True, plain),
            (False, f"a2 OK {echo}"),
            (True, "a3 UID FETCH 1 (BODY[])"),
            (False, f'* 1 FETCH (UID 1 BODY[] {{{len(MAIL)}}}\r\n{MAIL.decode()} BODY[1] "{BODY}")'),
            (False, f"a3 OK {echo}"),
        ],
        "pop3": [
            (True, "USER ann"),
            (False, "+OK"),
            (True, f"PASS {secret}"),
            (False, f"-ERR {echo}"),
            (True, "AUTH PLAIN"),
            (False, "+ "),
            (True, plain),
            (False, f"+OK {echo}"),
            (True, "RETR 1"),
            (False, f"+OK\r\n{MAIL.decode()}."),
            (False, f"-ERR {echo}"),
        ],
        "smtp": [
            (True, f"AUTH PLAIN {plain}"),
            (False, f"535 {echo}"),
            (True, "AUTH LOGIN"),
            (False, "334 VXNlcm5hbWU6"),
            (True, base64.b64encode(b"ann").decode()),
            (False, "334 UGFzc3dvcmQ6"),
            (True, word),
            (False, f"235 {echo}"),
            (True, "DATA"),
            (False, "354 go"),
            (True, f"{MAIL.decode()}."),
            (False, f"250 {echo}"),
        ],
    }
    return ((sends, f"{line}\r\n".encode()) for sends, line in told[protocol])


@pytest.mark.parametrize(
    ("protocol", "server_line", "shown"),
    [
        ("imap", b'* 1 FETCH (UID 7 INTERNALDATE "01-Jan-2026 00:00:00 +0000" RFC822.SIZE 12)', "01-Jan-2026"),
        ("imap", b"* CAPABILITY IMAP4rev1 " + b"X" * 3000, "more bytes]"),
        ("smtp", b"250-SIZE 1000", "250-SIZE 1000"),
        ("pop3", b"-ERR [IN-USE] locked", "[IN-USE] locked"),
    ],
)
def test_what_helps_is_kept(kept: Kept, protocol: str, server_line: bytes, shown: str) -> None:
    Tap(kept, DIALECTS[protocol](), Secrets()).received(server_line + b"\r\n")
    assert shown in kept.text


def test_a_long_line_before_a_literal_hides_the_literal(kept: Kept) -> None:
    tap = Tap(kept, DIALECTS["imap"](), Secrets())
    flags = b" ".join(b"flag%d" % number for number in range(600))
    tap.received(b"* 1 FETCH (FLAGS (" + flags + b") BODY[] {%d}\r\n" % len(MAIL) + MAIL + b")\r\n* 2 EXISTS\r\n")
    assert BODY not in kept.text
    assert kept.lines[-1] == ("<", "* 2 EXISTS")
