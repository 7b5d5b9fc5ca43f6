"""The process of the test SMTP server: `python -m tests.servers.smtp_process FOLDER`.

FOLDER has `settings.json` (ports and certificate) and `behaviour.json`; every accepted mail goes to `received/`
as `<number>.eml` with its envelope beside it as `<number>.json`, the envelope last.
"""

import asyncio
import base64
import json
import signal
import ssl
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session, syntax

from tests.servers.smtp_behaviour import Behaviour, Step

FORGOTTEN = "forgotten"  # the file that answers SIGHUP
LINE_LIMIT_BYTES = 1 << 20  # Longer lines than RFC 5321 allows: whether to send them is for the sender's tests.


@dataclass(frozen=True)
class Received:
    """A mail the server took, and the facts about its delivery as they are written down."""

    raw: bytes
    envelope: dict[str, Any]


class Handler:
    """Answers one connection as its behaviour says, and keeps what it accepts."""

    def __init__(self, behaviour: Behaviour, store: Callable[[Received], None]) -> None:
        self.has_judged_mail = False  # the content came, and its answer is the next thing sent
        self._behaviour = behaviour
        self._store = store

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """The capabilities that the behaviour offers."""
        await self._pause("ehlo")
        session.host_name = hostname
        hidden = ("250-AUTH",) if self._behaviour.eight_bit else ("250-AUTH", "250-8BITMIME")
        offered = [line for line in responses if not line.startswith(hidden)]
        if self._behaviour.requires_sign_in:
            offered.insert(1, f"250-AUTH {' '.join(self._behaviour.auth_mechanisms)}")
        return offered

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The sender is noted unless it is refused."""
        await self._step(server, "mail")
        if self._behaviour.sender_answer is not None:
            return self._behaviour.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The recipient is noted unless it is refused."""
        await self._step(server, "rcpt")
        answer = self._behaviour.recipient_answers.get(address.lower(), "250 2.1.5 ok")
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """The mail is kept unless it is refused or lost."""
        if self._behaviour.drop == "end_lost":
            _cut(server)
        answer = self._behaviour.end_answer or "250 2.0.0 queued"
        if answer.startswith("2"):
            self._store(_received(server, session, envelope))
        await self._pause("end")
        if self._behaviour.drop == "end_kept":
            _cut(server)
        self.has_judged_mail = True
        return answer

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        """Whether name and password are right, or what the behaviour says instead."""
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        name, password = data.login.decode(), data.password.decode()
        return self._result(name=name, right=self._behaviour.users.get(name) == password)

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        """Whether the bearer token belongs to the name."""
        if len(arguments) > 1:
            response = base64.b64decode(arguments[1])
        else:
            answer = await server.challenge_auth("")
            if not isinstance(answer, bytes):
                return AuthResult(success=False)  # the client gave up, and aiosmtpd has answered
            response = answer
        name, bearer = response.decode().split("\1")[:2]
        name = name.removeprefix("user=")
        token = self._behaviour.tokens.get(name)
        return self._result(name=name, right=token is not None and bearer == f"auth=Bearer {token}")

    def _result(self, *, name: str, right: bool) -> AuthResult:
        if right and self._behaviour.auth_answer is not None:
            return AuthResult(success=False, handled=False, message=self._behaviour.auth_answer)
        return AuthResult(success=right, handled=False, auth_data=name)

    async def _step(self, server: SMTP, step: Step) -> None:
        await self._pause(step)
        if self._behaviour.drop == step:
            _cut(server)

    async def _pause(self, step: Step) -> None:
        await asyncio.sleep(self._behaviour.delays_s.get(step, 0))


class Connection(SMTP):
    """aiosmtpd's protocol with the faults that its hooks cannot make."""

    line_length_limit = LINE_LIMIT_BYTES

    def __init__(self, behaviour: Behaviour, handler: Handler, context: ssl.SSLContext | None) -> None:
        self._behaviour = behaviour
        self._handler = handler
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # It warns of clear-text AUTH, which some tests need.
            super().__init__(
                handler,
                hostname="localhost",
                ident="Postroom test server",
                loop=asyncio.get_running_loop(),
                data_size_limit=behaviour.size_limit_bytes,
                enable_SMTPUTF8=behaviour.smtputf8,
                tls_context=context,
                auth_required=behaviour.requires_sign_in,
                auth_require_tls=False,
                authenticator=handler.authenticate,
                auth_exclude_mechanism={"PLAIN", "LOGIN", "XOAUTH2"} - set(behaviour.auth_mechanisms),
            )

    def cut(self) -> asyncio.Task[None] | None:
        """The client sees the connection end; what answered it, and now only has to end, if it was open."""
        if isinstance(self.transport, asyncio.WriteTransport):
            self.transport.abort()
        if self._handler_coroutine is not None:
            self._handler_coroutine.cancel()
        return self._handler_coroutine

    async def push(self, status: str | bytes) -> None:
        """The reply is sent, or what the behaviour has instead of it."""
        text = status if isinstance(status, str) else status.decode()
        if text.startswith("220 localhost"):
            text = await self._greet(text)
        await super().push(text)
        if self._behaviour.drop == "after_answer" and self._handler.has_judged_mail:
            self._writer.close()

    @syntax("DATA")
    async def smtp_DATA(self, arg: str) -> None:
        """The content is asked for, unless the behaviour refuses or cuts here."""
        await asyncio.sleep(self._behaviour.delays_s.get("data", 0))
        if self._behaviour.drop == "data":
            _cut(self)
        if self._behaviour.data_answer is not None:
            await self.push(self._behaviour.data_answer)
            return
        await super().smtp_DATA(arg)

    async def _greet(self, usual: str) -> str:
        await asyncio.sleep(self._behaviour.delays_s.get("connect", 0))
        if self._behaviour.drop == "connect":
            _cut(self)
        return self._behaviour.greeting or usual


def _cut(server: SMTP) -> None:
    """The client sees the connection end; nothing more is answered."""
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()
    raise ConnectionResetError("cut as the test asked")


class Server:
    """The listening ports and the folder they fill."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        settings = json.loads((folder / "settings.json").read_text())
        self._ports: dict[str, int] = settings["ports"]
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(settings["certificate"])
        self._count = len(list((folder / "received").glob("*.json")))
        self._connections: WeakSet[Connection] = WeakSet()
        self._forgetting: asyncio.Task[None] | None = None

    async def serve(self) -> None:
        """Accepts connections until the process ends."""
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, self._forget)
        await loop.create_server(lambda: self._connection(starttls=True), "127.0.0.1", self._ports["clear"])
        tls = await loop.create_server(
            lambda: self._connection(starttls=False), "127.0.0.1", self._ports["tls"], ssl=self._context
        )
        await tls.serve_forever()

    def _connection(self, *, starttls: bool) -> Connection:
        behaviour = Behaviour.load(self._folder / "behaviour.json")
        context = self._context if starttls and behaviour.starttls else None
        connection = Connection(behaviour, Handler(behaviour, self._store), context)
        self._connections.add(connection)
        return connection

    def _forget(self) -> None:
        """Every connection is cut; once nothing of them can be stored any more, `forgotten` says so."""
        self._forgetting = asyncio.create_task(self._cut_all())

    async def _cut_all(self) -> None:
        tasks = [task for connection in self._connections if (task := connection.cut()) is not None]
        await asyncio.gather(*tasks, return_exceptions=True)
        self._count = 0
        (self._folder / FORGOTTEN).touch()

    def _store(self, received: Received) -> None:
        self._count += 1
        path = self._folder / "received" / f"{self._count:06}.json"
        path.with_suffix(".eml").write_bytes(received.raw)
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(received.envelope))
        draft.rename(path)


def _received(server: SMTP, session: Session, envelope: Envelope) -> Received:
    assert server.transport is not None
    assert isinstance(envelope.original_content, bytes)
    facts = {
        "sender": envelope.mail_from,
        "recipients": envelope.rcpt_tos,
        "options": envelope.mail_options,
        "user": session.auth_data,
        "was_encrypted": server.transport.get_extra_info("ssl_object") is not None,
    }
    return Received(envelope.original_content, facts)


if __name__ == "__main__":
    asyncio.run(Server(Path(sys.argv[1])).serve())
