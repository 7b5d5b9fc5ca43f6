"""SMTP submission as a sender of mail: RFC 5321, 6409, 4954, 1870, 6152, 6531.

The steps are taken one by one, so that the caller's mark lies exactly between the last recipient and DATA:

    connect ▶ EHLO ▶ [STARTTLS ▶ EHLO] ▶ AUTH ▶ MAIL ▶ RCPT… ▶ before_data ▶ DATA ▶ content ▶ answer ▶ QUIT
    └──────────── a failure raises, nothing was sent ──────┘ │ └── no clear answer: UNKNOWN ──┘
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from mailboxes.connectors.base import Became, Mark, RecipientResult, RecipientState, SendResult
from mailboxes.connectors.config import SmtpConfig
from mailboxes.connectors.envelope import Envelope, envelope_for
from mailboxes.connectors.errors import MAX_DETAIL_CHARS, ConnectorError, Reason
from mailboxes.connectors.smtp_client import SmtpClient
from mailboxes.connectors.smtp_errors import Reply, refusal, says_unknown


@dataclass(frozen=True)
class SmtpSender:
    """A submission server and the account on it."""

    config: SmtpConfig

    def send(
        self,
        content: bytes,
        *,
        mail_from: str,
        recipients: Sequence[str],
        before_data: Mark,
        earlier: str | None = None,  # noqa: ARG002  # a server keeps nothing between attempts
    ) -> SendResult:
        """The mail was offered for these recipients once; each is named in the result as the caller spelled it.

        content: RFC 5322 bytes; bare CR or LF is sent as CRLF. An empty `mail_from` is the null sender of bounces.
        If every recipient is refused there is no mark and no DATA. Raises ConnectorError before the mark only: the
        server is not to be had, it refuses us or the sender, TOO_LARGE, BAD_ARGUMENT for addresses that are none.
        """
        with connected(self.config) as client:
            envelope = envelope_for(content, mail_from=mail_from, recipients=recipients, offers=client.offers)
            client.begin(envelope)
            results = dict(envelope.refused)
            for recipient, spelled in envelope.recipients.items():
                results[recipient] = _recipient_result(client.add_recipient(spelled))
            accepted = [recipient for recipient, result in results.items() if result.state is _ACCEPTED]
            if accepted:
                before_data(accepted)
                results.update(dict.fromkeys(accepted, _delivered(client, envelope, is_for_one=len(accepted) == 1)))
            return SendResult(recipients={recipient: results[recipient] for recipient in recipients})

    def what_became_of(self, handle: str) -> Became:  # noqa: ARG002  # SMTP has none
        """UNKNOWN: a server that took a mail tells nothing of it afterwards."""
        return Became.UNKNOWN

    def check(self) -> None:
        """The server accepts the log-in; nothing is sent. Raises ConnectorError."""
        with connected(self.config):
            pass


@contextmanager
def connected(config: SmtpConfig) -> Iterator[SmtpClient]:
    """A connection that is encrypted as configured and signed in; it is closed at the end of the block."""
    client = SmtpClient(config)
    try:
        client.greet()
        client.encrypt()
        client.sign_in()
        yield client
    finally:
        client.end()


_ACCEPTED = RecipientState.SENT  # until the content's answer says otherwise


def _recipient_result(reply: Reply) -> RecipientResult:
    """What RCPT answered. A refusal that is about us and not about this recipient is raised."""
    if reply.code // 100 == 2:
        return _result(RecipientState.SENT, reply)
    if reply.code in (421, 530):
        raise refusal(reply)
    if reply.code // 100 in (4, 5):
        state = RecipientState.RETRY if reply.code // 100 == 4 else RecipientState.FAILED
        return _result(state, reply, is_for_one=True)
    raise ConnectorError(Reason.PROTOCOL, permanent=False)


def _delivered(client: SmtpClient, envelope: Envelope, *, is_for_one: bool) -> RecipientResult:
    """What became of the content, the same for all who were accepted; never raises for what the network does.

    is_for_one: only one was, whom the answer is about.
    """
    try:
        reply = client.deliver(envelope.content)
    except ConnectorError as error:
        return RecipientResult(state=RecipientState.UNKNOWN, detail=error.detail, reason=error.reason)
    states: Mapping[int, RecipientState] = {
        2: RecipientState.SENT,
        4: RecipientState.RETRY,
        5: RecipientState.FAILED,
    }
    return _result(states.get(reply.code // 100, RecipientState.UNKNOWN), reply, is_for_one=is_for_one)


def _result(state: RecipientState, reply: Reply, *, is_for_one: bool = False) -> RecipientResult:
    printable = "".join(character if character.isprintable() else " " for character in reply.words)
    reason = Reason.RECIPIENT_UNKNOWN if is_for_one and says_unknown(reply) else None
    return RecipientResult(state=state, code=max(reply.code, 0), detail=printable[:MAX_DETAIL_CHARS], reason=reason)
