"""The connection test from the first stage to the last, for the wizard to show while it runs."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import replace
from datetime import date

from helpdesk.lib import clock
from mailboxes.connectors.config import ImapConfig, ServerLogin, SmtpConfig, Timeouts
from mailboxes.diagnosis.encryption import protection
from mailboxes.diagnosis.reading import ReadingTest
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.sending import sending_result

CONNECT_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 20.0


def run_connection_test(
    imap: ImapConfig, *, smtp: SmtpConfig | None, address: str, test_mail: bytes | None = None
) -> Generator[StageResult]:
    """Each stage twice: when it begins (`run`) and when it is done. After a failure the rest is `skip`, once each.

    address: the mailbox's own, which sending is tried from and to. test_mail: RFC 5322 bytes that are then really sent,
    and looked for in the folder.
    Never raises for what servers do; nothing is left open, also when the iteration is given up.
    """
    imap = replace(imap, login=_hurried(imap.login))
    smtp = replace(smtp, login=_hurried(smtp.login)) if smtp is not None else None
    reading = ReadingTest(imap, address=address)
    has_failed = False
    try:
        for stage in Stage:
            if has_failed:
                yield StageResult(stage, State.SKIP, "waiting")
                continue
            if stage is Stage.SEND and smtp is None:
                yield StageResult(stage, State.SKIP, "send.skipped")
                continue
            sends_mail = stage is Stage.SEND and test_mail is not None
            running = _running(stage, imap=imap, smtp=smtp, address=address)
            yield replace(running, fact="send.run_mail") if sends_mail else running
            began = clock.monotonic()
            if stage is Stage.SEND and smtp is not None:
                result = sending_result(smtp, address=address, test_mail=test_mail, arrives_in=imap)
            else:
                result = reading.steps[stage]()
            has_failed = result.state is State.FAIL
            said_at = clock.now() if result.server_words else None
            yield replace(result, took_s=clock.monotonic() - began, said_at=said_at)
    finally:
        reading.close()


def _hurried(login: ServerLogin) -> ServerLogin:
    """A person is waiting."""
    timeouts = Timeouts(
        connect_s=min(CONNECT_TIMEOUT_S, login.timeouts.connect_s), read_s=min(READ_TIMEOUT_S, login.timeouts.read_s)
    )
    return replace(login, timeouts=timeouts)


def _running(stage: Stage, *, imap: ImapConfig, smtp: SmtpConfig | None, address: str) -> StageResult:
    login = smtp.login if stage is Stage.SEND and smtp is not None else imap.login
    facts: dict[str, str | int | date] = {
        "host": login.host,
        "port": login.port,
        "username": login.username,
        "protection": protection(login.security),
        "folder": imap.folder,
        "address": address,
    }
    return StageResult(stage, State.RUN, f"{stage}.run", facts)
