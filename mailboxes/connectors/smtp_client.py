"""One SMTP connection through the guard, step by step; its errors in our vocabulary. For sender and diagnosis."""

from __future__ import annotations

import base64
import select
import smtplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from mailboxes.connectors import sasl
from mailboxes.connectors.config import Security, SmtpConfig
from mailboxes.connectors.envelope import FINAL_DOT, Envelope, stuffed
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.smtp_errors import Reply, refusal, sign_in_refusal
from mailboxes.connectors.wire import (
    AnswerTooLongError,
    BoundedSocket,
    BoundedTlsSocket,
    ConnectionEndedError,
    network_error,
    open_socket,
    refuse_control_characters,
    scrubbed,
    wrap_tls,
)

MAX_ANSWER_BYTES = 1024 * 1024
MAX_FORGOTTEN_PIECES = 16
FINAL_ANSWER_TIMEOUTS = (
    2  # read timeouts the server has after the content (RFC 5321 section 4.5.3.2.6 asks for minutes)
)


class _Protocol(smtplib.SMTP):
    """smtplib on our socket."""

    sock: BoundedSocket | BoundedTlsSocket

    def __init__(self, sock: BoundedSocket | BoundedTlsSocket, *, helo_name: str) -> None:
        super().__init__(local_hostname=helo_name)
        self.sock = sock
        self.file = None

    def getreply(self) -> tuple[int, bytes]:
        """As smtplib's own, but read no further than the answer: what comes behind it stays to be noticed."""
        if self.file is None:
            self.file = self.sock.makefile("rb", buffering=0)
        return super().getreply()

    def forget_unread_answers(self) -> None:
        """What was said in clear text and not read is gone; the server has no more to say until TLS begins."""
        for _ in range(MAX_FORGOTTEN_PIECES):
            if not self.has_unread_answer() or not self.sock.recv(4096):
                return

    def has_unread_answer(self) -> bool:
        """True if the server said something that nobody asked for."""
        if isinstance(self.sock, ssl.SSLSocket):
            return self.sock.pending() > 0  # the raw socket also carries what TLS says to itself
        return bool(select.select([self.sock], [], [], 0)[0])


class SmtpClient:
    """A connection in one state after another: made, greeted, encrypted, signed in, in a mail.

    Every step raises ConnectorError when it fails.
    """

    def __init__(self, config: SmtpConfig) -> None:
        refuse_control_characters(config.login.host, config.helo_name)
        self._config = config
        sock = open_socket(config.login, protocol="smtp")
        sock.answer_cap_bytes = MAX_ANSWER_BYTES
        self._smtp = _Protocol(sock, helo_name=config.helo_name or _address_literal(sock))

    def greet(self) -> None:
        """The server greeted and told its extensions; HELO where it knows no EHLO."""
        self._expect(self._reply(self._smtp.getreply), 220)
        self._hello()

    def encrypt(self) -> None:
        """STARTTLS done where it is configured; what the server said before is forgotten (RFC 3207 section 4.2)."""
        if self._config.login.security is not Security.STARTTLS:
            return
        if self.offers("starttls") is None:
            raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=False)
        reply = self.command("STARTTLS")
        if reply.code != 220:
            raise ConnectorError(Reason.TLS_NOT_OFFERED, permanent=False, detail=reply.words)
        with self._errors_translated():
            self._smtp.forget_unread_answers()
        assert isinstance(self._smtp.sock, BoundedSocket)
        self._smtp.sock = wrap_tls(self._smtp.sock, login=self._config.login)
        self._smtp.sock.answer_cap_bytes = MAX_ANSWER_BYTES
        self._smtp.file = None
        self._hello()

    def sign_in(self) -> None:
        """Signed in, unless the configuration has no user name."""
        login = self._config.login
        if not login.username:
            return
        refuse_control_characters(login.username, login.password)
        if login.tokens is not None:
            sasl.prove(login, login.tokens, self._prove)
            return
        offered = (self.offers("auth") or "").upper().split()
        mechanism = next((name for name in self._preferred() if name in offered), None)
        if mechanism is None:
            raise ConnectorError(Reason.LOGIN_DISABLED, permanent=True)
        reply = self._mechanisms[mechanism](self)
        if reply.code not in (235, 503):  # 503: signed in already
            raise sign_in_refusal(reply)

    def begin(self, envelope: Envelope) -> None:
        """The server takes mail of this sender and size."""
        if "SMTPUTF8" in envelope.options:
            self._smtp.command_encoding = "utf-8"
        options = "".join(f" {option}" for option in envelope.options)
        reply = self.command("MAIL", f"FROM:<{envelope.mail_from}>{options}")
        if reply.code != 250:
            raise refusal(reply)

    def add_recipient(self, address: str) -> Reply:
        """What the server answers to this recipient."""
        return self.command("RCPT", f"TO:<{address}>")

    def deliver(self, content: bytes) -> Reply:
        """The server's final word on the content, or its refusal of DATA. Raises when there is no word."""
        reply = self.command("DATA")
        if reply.code != 354:
            return reply if reply.code >= 400 else Reply(-1, reply.words)
        self._stay_in_step()
        with self._errors_translated():
            self._smtp.send(stuffed(content))
            self._smtp.send(FINAL_DOT)  # by itself: joining it would copy the whole mail once more
            self._smtp.sock.settimeout(FINAL_ANSWER_TIMEOUTS * self._config.login.timeouts.read_s)
        return self._reply(self._smtp.getreply)

    def abandon(self) -> None:
        """The mail begun is forgotten."""
        self._expect(self.command("RSET"), 250)

    def offers(self, extension: str) -> str | None:
        """The parameters of an extension (lower-cased name), None if the server has it not."""
        return self._smtp.esmtp_features.get(extension)

    def command(self, verb: str, arguments: str = "") -> Reply:
        """The answer to one command."""
        self._stay_in_step()
        return self._reply(lambda: self._smtp.docmd(verb, arguments))

    def end(self) -> None:
        """QUIT is said if the server still listens, and the connection is closed; never raises."""
        if getattr(self._smtp, "sock", None) is None:
            return
        with suppress(OSError, smtplib.SMTPException):
            self._smtp.sock.settimeout(min(5.0, self._config.login.timeouts.read_s))
            self._smtp.docmd("QUIT")
        self._smtp.close()

    def _stay_in_step(self) -> None:
        """The server has answered what it was asked and no more; else its next answer would be taken for another's.

        Raises ConnectorError, also for a 421 with which it says that it is going.
        """
        if not self._smtp.has_unread_answer():
            return
        reply = self._reply(self._smtp.getreply)
        raise refusal(reply) if reply.code == 421 else ConnectionEndedError(Reason.PROTOCOL, permanent=False)

    def _hello(self) -> None:
        with self._errors_translated():
            code, words = self._smtp.ehlo()
            if code // 100 == 5 and code != 530:
                code, words = self._smtp.helo()
        self._expect(self._as_reply(code, words), 250)

    def _prove(self, token: str) -> None:
        """Signed in by the token."""
        chosen = sasl.mechanism((self.offers("auth") or "").upper().split())
        reply = self.command("AUTH", f"{chosen} {sasl.answer(chosen, login=self._config.login, token=token).decode()}")
        why = ""
        if reply.code == 334:  # why not, in base64; the refusal itself follows once that is answered
            why = sasl.challenge_words(sasl.decoded(reply.words))
            reply = self.command(sasl.last_word(chosen).decode())
        if reply.code not in (235, 503):
            raise sign_in_refusal(Reply(reply.code, f"{reply.words} ({why})" if why else reply.words))

    def _preferred(self) -> tuple[str, ...]:
        """One mechanism is tried, not one after another: each refusal brings the account nearer to being locked."""
        login = self._config.login
        if login.security is Security.NONE and (login.username + login.password).isascii():
            return "CRAM-MD5", "PLAIN", "LOGIN"
        return "PLAIN", "LOGIN", "CRAM-MD5"

    def _plain(self) -> Reply:
        login = self._config.login
        return self.command("AUTH", "PLAIN " + _encoded(f"\0{login.username}\0{login.password}"))

    def _login(self) -> Reply:
        reply = self.command("AUTH", "LOGIN")
        for secret in (self._config.login.username, self._config.login.password):
            if reply.code == 334:
                reply = self.command(_encoded(secret))
        return reply

    def _cram_md5(self) -> Reply:
        self._smtp.user, self._smtp.password = self._config.login.username, self._config.login.password
        try:
            return self._reply(lambda: self._smtp.auth("CRAM-MD5", self._smtp.auth_cram_md5))
        except smtplib.SMTPAuthenticationError as error:
            return self._as_reply(error.smtp_code, error.smtp_error)

    _mechanisms = {"PLAIN": _plain, "LOGIN": _login, "CRAM-MD5": _cram_md5}

    def _reply(self, ask: Callable[[], tuple[int, bytes]]) -> Reply:
        with self._errors_translated():
            return self._as_reply(*ask())

    def _as_reply(self, code: int, words: bytes | str) -> Reply:
        text = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
        return Reply(code=code, words=scrubbed(text, login=self._config.login))

    @staticmethod
    def _expect(reply: Reply, code: int) -> None:
        if reply.code != code:
            raise refusal(reply)

    @contextmanager
    def _errors_translated(self) -> Iterator[None]:
        """What smtplib and the network raise becomes ConnectorError; refused passwords pass."""
        try:
            yield
        except smtplib.SMTPAuthenticationError:
            raise
        except smtplib.SMTPServerDisconnected as error:
            cause = error.__context__
            if isinstance(cause, AnswerTooLongError):
                raise ConnectionEndedError(Reason.PROTOCOL, permanent=False, detail=str(cause)) from None
            raise network_error(cause if isinstance(cause, OSError) else error) from None
        except (smtplib.SMTPException, ValueError) as error:
            raise ConnectionEndedError(Reason.PROTOCOL, permanent=False, detail=type(error).__name__) from None
        except OSError as error:
            raise network_error(error) from None


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _address_literal(sock: BoundedSocket | BoundedTlsSocket) -> str:
    """How we name ourselves without asking DNS, which smtplib would do without any timeout (RFC 5321 section 4.1.3)."""
    address = str(sock.getsockname()[0])
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
