"""Servers that answer exactly what a test says: for hostile and broken answers that no real server gives on request."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from types import TracebackType
from typing import Self


class Act(Enum):
    """What a server does instead of answering."""

    HANG = "hang"  # says nothing more and keeps the connection open
    CLOSE = "close"


@dataclass(frozen=True)
class Encrypt:
    """TLS begins right behind these bytes, which are sent in clear text."""

    said: bytes
    context: ssl.SSLContext


Answer = bytes | Act | Encrypt
Answers = Mapping[str, Answer | Sequence[Answer]]


class ScriptedServer:
    """A server that answers a line by the longest matching beginning; a list is used up, its last answer stays.

    `commands` are the lines it was sent, on all connections, without tags. A subclass knows one protocol.
    """

    greeting: bytes = b""

    def __init__(self, answers: Answers | None = None, *, greeting: Answer | None = None) -> None:
        self.answers = {**self.defaults(), **(answers or {})}
        self._greeting = self.greeting if greeting is None else greeting
        self._used: dict[str, int] = {}
        self.commands: list[str] = []
        self.connections = 0
        self._open: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def defaults(self) -> Answers:
        """What a well-meaning server answers."""
        return {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join()

    def sent(self, beginning: str) -> list[str]:
        """The commands that begin so."""
        return [command for command in self.commands if command.startswith(beginning)]

    def _accept(self) -> None:
        threads = []
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                threads.append(threading.Thread(target=self._converse, args=(connection,), daemon=True))
                threads[-1].start()
        for thread in threads:
            thread.join()

    def _converse(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as open_now:
            open_now.enter_context(connection)
            lines = open_now.enter_context(connection.makefile("rb"))
            answer = self._greeting
            while answer is not Act.HANG:
                if isinstance(answer, Encrypt):
                    connection.sendall(answer.said)
                    connection = open_now.enter_context(answer.context.wrap_socket(connection, server_side=True))
                    lines = open_now.enter_context(connection.makefile("rb"))
                elif answer is Act.CLOSE:
                    return
                else:
                    assert isinstance(answer, bytes)
                    connection.sendall(answer)
                line = lines.readline()
                if not line:
                    return
                answer = self.reply(line.rstrip(b"\r\n"))
            self._wait_for_end(connection)

    @staticmethod
    def _wait_for_end(connection: socket.socket) -> None:
        while connection.recv(65536):
            pass

    def reply(self, line: bytes) -> Answer:
        """The bytes for one line."""
        raise NotImplementedError

    def chosen(self, command: str) -> Answer:
        """The scripted answer to a command."""
        self.commands.append(command)
        matching = [beginning for beginning in self.answers if command.upper().startswith(beginning.upper())]
        key = max(matching, key=len, default=None)
        if key is None:
            return b""
        answer = self.answers[key]
        if isinstance(answer, bytes | Act | Encrypt):
            return answer
        position = self._used.get(key, 0)
        self._used[key] = position + 1
        return answer[min(position, len(answer) - 1)]


class ScriptedImap(ScriptedServer):
    """IMAP: untagged answers as scripted, then `TAG OK done` unless the script holds a TAG of its own."""

    greeting = b"* OK ready\r\n"

    def defaults(self) -> Answers:
        """An inbox of three messages."""
        folder = b"* 3 EXISTS\r\n* OK [UIDVALIDITY 77] ok\r\n* OK [UIDNEXT 4] ok\r\n"
        return {
            "CAPABILITY": b"* CAPABILITY IMAP4rev1 UIDPLUS MOVE\r\n",
            "EXAMINE": folder + b"TAG OK [READ-ONLY] done\r\n",
            "SELECT": folder + b"TAG OK [READ-WRITE] done\r\n",
            "LOGOUT": b"* BYE bye\r\n",
        }

    def reply(self, line: bytes) -> Answer:
        """The answer with this command's tag."""
        tag, _, command = line.partition(b" ")
        answer = self.chosen(command.decode("utf-8", "replace"))
        if isinstance(answer, Act):
            return answer
        if isinstance(answer, Encrypt):
            return replace(answer, said=answer.said.replace(b"TAG ", tag + b" "))
        return (answer if b"TAG " in answer else answer + b"TAG OK done\r\n").replace(b"TAG ", tag + b" ")


class ScriptedPop3(ScriptedServer):
    """POP3: the answer as scripted, +OK for what the script does not name."""

    greeting = b"+OK ready\r\n"

    def defaults(self) -> Answers:
        """A maildrop of three messages, on a server that tells what it can."""
        return {
            "CAPA": b"+OK\r\nTOP\r\nUIDL\r\nUSER\r\n.\r\n",
            "UIDL": b"+OK\r\n1 one\r\n2 two\r\n3 three\r\n.\r\n",
            "LIST": b"+OK\r\n1 7\r\n2 7\r\n3 7\r\n.\r\n",
            "RETR": b"+OK\r\nhello\r\n.\r\n",
            "TOP": b"+OK\r\nSubject: s\r\n\r\n.\r\n",
        }

    def reply(self, line: bytes) -> Answer:
        """The answer; +OK where none is scripted."""
        return self.chosen(line.decode("utf-8", "replace")) or b"+OK done\r\n"


class ScriptedSmtp(ScriptedServer):
    """SMTP: the reply as scripted, 250 for what the script does not name; `END` is the reply to the final dot."""

    greeting = b"220 ready\r\n"

    def __init__(self, answers: Answers | None = None, *, greeting: Answer | None = None) -> None:
        super().__init__(answers, greeting=greeting)
        self._in_content = False
        self.content: list[bytes] = []

    def defaults(self) -> Answers:
        """A server without extensions that takes everything."""
        return {"DATA": b"354 go on\r\n", "QUIT": b"221 bye\r\n", "END": b"250 taken\r\n"}

    def reply(self, line: bytes) -> Answer:
        """The reply; nothing to lines of content."""
        if self._in_content and line != b".":
            self.content.append(line)
            return b""
        answer = self.chosen("END" if self._in_content else line.decode("utf-8", "replace"))
        self._in_content = isinstance(answer, bytes) and answer.startswith(b"354")
        return b"250 ok\r\n" if answer == b"" else answer
