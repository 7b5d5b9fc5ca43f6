"""The stage of sending: the whole way to the SMTP server, up to a mail to the mailbox's own address."""

from __future__ import annotations

from collections.abc import Callable

from helpdesk.lib import clock
from helpdesk.lib.net import HostGuardError
from mailboxes.connectors.config import Security, SmtpConfig
from mailboxes.connectors.envelope import envelope_for
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.smtp import connected
from mailboxes.connectors.smtp_client import SmtpClient
from mailboxes.connectors.wire import ConnectionEndedError
from mailboxes.diagnosis.encryption import disagreed
from mailboxes.diagnosis.explanations import (
    PROXY_FACTS,
    Subject,
    is_switched_off,
    name_causes,
    needs_encryption,
    needs_sign_in,
    proxy_causes,
    reach_causes,
    sending_causes,
    server_words,
    sign_in_causes,
)
from mailboxes.diagnosis.plan import Step, Trial, hurried
from mailboxes.diagnosis.results import Cause, Stage, StageResult, State
from mailboxes.diagnosis.token_explanations import is_of_tokens

LOOK_AFTER_S = (0.5, 1, 1.5, 2, 3, 5, 7)  # pauses before each look for the test mail: a look is a sign-in

_TLS_REASONS = {
    Reason.TLS_CERTIFICATE_NAME,
    Reason.TLS_CERTIFICATE_EXPIRED,
    Reason.TLS_CERTIFICATE_UNTRUSTED,
    Reason.TLS_CERTIFICATE_CHANGED,
    Reason.TLS_NOT_OFFERED,
    Reason.TLS_FAILED,
    Reason.PROTOCOL,
}
_REACH_FACTS = {
    Reason.NAME_NOT_FOUND: "send.not_found",
    Reason.UNREACHABLE: "send.unreachable",
    Reason.HOST_NOT_ALLOWED: "send.unreachable",
    Reason.TIMEOUT: "send.no_answer",
}
_SIGN_IN_FACTS = {Reason.LOGIN_REFUSED: "send.sign_in_refused", Reason.LOGIN_DISABLED: "send.sign_in_disabled"}


class RecipientRefusedError(ConnectorError):
    """The server does not take mail for the mailbox's own address."""


def sending_step(trial: Trial, *, has_arrived: Callable[[bytes], bool], folder: str) -> Step:
    """The server takes mail from and to the mailbox's address; left out where none is set.

    The test mail, if there is one, is sent for real and then waited for, about 20 s; without it the attempt ends before
    the content. has_arrived: whether the folder holds this mail (arriving); may raise ConnectorError.
    """
    if trial.smtp is None:
        return Step(StageResult(Stage.SEND, State.SKIP, "send.skipped"), None)
    config = SmtpConfig(hurried(trial.smtp.login), helo_name=trial.smtp.helo_name)
    facts: dict[str, str | int] = {"host": config.login.host, "address": trial.address, "folder": folder}
    begins = StageResult(Stage.SEND, State.RUN, "send.run_mail" if trial.test_mail else "send.run", facts)

    def run() -> StageResult:
        return _sending_result(config, trial=trial, has_arrived=has_arrived, folder=folder)

    return Step(begins, run)


def _sending_result(
    config: SmtpConfig, *, trial: Trial, has_arrived: Callable[[bytes], bool], folder: str
) -> StageResult:
    subject = Subject(config.login, "smtp", trial.address)
    try:
        with connected(config) as client:
            _offer(client, address=trial.address, content=trial.test_mail)
    except ConnectorError as error:
        return _failed(error, subject=subject)
    if trial.test_mail is None:
        return StageResult(Stage.SEND, State.OK, "send.ok", {"host": config.login.host, "address": trial.address})
    return waited_for(trial.test_mail, address=trial.address, has_arrived=has_arrived, folder=folder)


def _offer(client: SmtpClient, *, address: str, content: bytes | None) -> None:
    envelope = envelope_for(content or b"", mail_from=address, recipients=[address], offers=client.offers)
    client.begin(envelope)
    for spelled in envelope.recipients.values():
        reply = client.add_recipient(spelled)
        if reply.code // 100 != 2:
            raise RecipientRefusedError(
                Reason.RECIPIENT_REFUSED, permanent=reply.code // 100 == 5, detail=f"{reply.code} {reply.words}"
            )
    if content is None:
        client.abandon()
        return
    reply = client.deliver(envelope.content)
    if reply.code // 100 != 2:
        raise ConnectorError(
            Reason.SENDER_REFUSED, permanent=reply.code // 100 == 5, detail=f"{reply.code} {reply.words}"
        )


def waited_for(mail: bytes, *, address: str, has_arrived: Callable[[bytes], bool], folder: str) -> StageResult:
    """The mail sent to ourselves is in the folder, or it was not seen in time, which is only a warning."""
    started = clock.monotonic()
    is_seen = any(_is_seen(mail, has_arrived, after_s=pause_s) for pause_s in LOOK_AFTER_S)
    facts: dict[str, str | int] = {"address": address, "seconds": max(1, round(clock.monotonic() - started))}
    if is_seen:
        return StageResult(Stage.SEND, State.OK, "send.received_back", facts, evidence={"came_back": True})
    facts["folder"] = folder
    causes = (Cause("wait_for_mail", "folder"),)
    return StageResult(Stage.SEND, State.WARN, "send.not_seen", facts, evidence={"came_back": False}, causes=causes)


def _is_seen(mail: bytes, has_arrived: Callable[[bytes], bool], *, after_s: float) -> bool:
    """True if it is there after the pause; a look that fails has not seen it."""
    clock.pause(after_s)
    try:
        return has_arrived(mail)
    except ConnectorError:
        return False


def _failed(error: ConnectorError, *, subject: Subject) -> StageResult:
    login = subject.login
    facts: dict[str, str | int] = {
        "host": login.host,
        "port": login.port,
        "address": subject.address,
        "username": login.username,
        "seconds": round(login.timeouts.connect_s),
    }
    fact, causes = _meaning(error, subject=subject)
    if error.reason in _TLS_REASONS or _said_nothing(error, subject=subject):
        try:
            vetted = login.guard.resolve(login.host, login.port, protocol="smtp")
        except HostGuardError:
            return StageResult(Stage.SEND, State.FAIL, fact, facts, causes=causes)
        verdict = disagreed(error, subject=subject, vetted=vetted)
        return StageResult(
            Stage.SEND, State.FAIL, verdict.fact, verdict.facts, evidence=verdict.evidence, causes=verdict.causes
        )
    return StageResult(Stage.SEND, State.FAIL, fact, facts, causes=causes, server_words=server_words(error))


def _said_nothing(error: ConnectorError, *, subject: Subject) -> bool:
    """The port answered, but no greeting came: perhaps it waits for TLS."""
    in_clear_text = subject.login.security is not Security.TLS
    return in_clear_text and error.reason is Reason.TIMEOUT and isinstance(error, ConnectionEndedError)


def _meaning(error: ConnectorError, *, subject: Subject) -> tuple[str, tuple[Cause, ...]]:
    if error.reason is Reason.NAME_NOT_FOUND:
        return "send.not_found", name_causes(subject)
    if error.reason in PROXY_FACTS:
        return PROXY_FACTS[error.reason], proxy_causes(error)
    if error.reason in _REACH_FACTS:
        return _REACH_FACTS[error.reason], reach_causes(subject)
    if is_of_tokens(error):
        return "send.token", sign_in_causes(subject, error)
    if subject.login.tokens is not None and error.reason is Reason.LOGIN_REFUSED:
        return "send.token_refused", sign_in_causes(subject, error)
    if needs_encryption(subject, error):
        return "send.needs_encryption", (Cause("use_encryption", subject.field("security")),)
    if needs_sign_in(subject, error):
        return "send.needs_sign_in", (Cause("smtp_username", subject.field("username")),)
    if error.reason in _SIGN_IN_FACTS and is_switched_off(subject, error):
        return "send.switched_off", sign_in_causes(subject, error)
    if error.reason in _SIGN_IN_FACTS:
        return _SIGN_IN_FACTS[error.reason], sign_in_causes(subject, error)
    if error.reason is Reason.RECIPIENT_REFUSED:
        return "send.recipient_refused", sending_causes(subject)
    if error.reason in (Reason.SENDER_REFUSED, Reason.BAD_ARGUMENT):
        return "send.refused", sending_causes(subject)
    return "send.trouble", (Cause("try_again"),)
