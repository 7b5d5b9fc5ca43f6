"""One attempt to send at a scripted SMTP server, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from mailboxes.connectors.base import SendResult
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.smtp import SmtpSender
from tests.connectors.configs import smtp
from tests.connectors.scripted import ScriptedSmtp

MAIL = b"Subject: s\r\n\r\nhello\r\n"
AUTH = {"EHLO": b"250-me\r\n250 AUTH PLAIN LOGIN\r\n"}


class Sent:
    """What one attempt did: result or error, and what the mark was told."""

    def __init__(self, server: ScriptedSmtp, *, to: Sequence[str] = ("bob@y.example",), **options: object) -> None:
        self.marks: list[list[str]] = []
        self.commands_at_mark: list[str] = []
        self.result: SendResult | None = None
        self.error: ConnectorError | None = None
        content = options.pop("content", MAIL)
        mail_from = options.pop("mail_from", "ann@x.example")
        assert isinstance(content, bytes)
        assert isinstance(mail_from, str)

        def mark(accepted: Sequence[str]) -> None:
            self.marks.append(list(accepted))
            self.commands_at_mark = list(server.commands)

        sender = SmtpSender(smtp(server.port, **options))  # type: ignore[arg-type]  # options of the configuration
        try:
            self.result = sender.send(content, mail_from=mail_from, recipients=to, before_data=mark)
        except ConnectorError as error:
            self.error = error

    @property
    def states(self) -> list[str]:
        assert self.result is not None
        return [str(result.state) for result in self.result.recipients.values()]

    @property
    def failure(self) -> tuple[Reason, bool]:
        assert self.error is not None
        assert self.marks == []
        return self.error.reason, self.error.permanent
