"""`python -m helpdesk.sandbox.smtp FOLDER PORT [HOST]`: takes any mail and puts it into the sandbox's inboxes."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from helpdesk.sandbox.accounts import PASSWORD, Sandbox

MAX_BYTES = 60 * 1024 * 1024


class Inboxes:
    """What aiosmtpd hands each mail to."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802  aiosmtpd's name
        del server, session
        content = envelope.original_content or b""
        for recipient in envelope.rcpt_tos:
            self._sandbox.deliver(recipient, content)
        return "250 In the inbox"


def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    """Anybody who knows the sandbox's password is in."""
    del server, session, envelope, mechanism
    return AuthResult(success=isinstance(data, LoginPassword) and data.password == PASSWORD.encode())


async def serve(folder: Path, port: int, *, host: str) -> None:
    """Runs until cancelled; the accounts are made first."""
    Sandbox(folder).prepare()

    def protocol() -> SMTP:
        return SMTP(
            Inboxes(Sandbox(folder)),
            authenticator=authenticate,
            auth_require_tls=False,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
        )

    server = await asyncio.get_running_loop().create_server(protocol, host, port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    host_name = sys.argv[3] if len(sys.argv) > 3 else "127.0.0.1"  # in a container: all of its own network
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2]), host=host_name))
