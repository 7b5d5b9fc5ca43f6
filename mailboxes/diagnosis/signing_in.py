"""A server that somebody is let in to by a name and a proof of it: after the way there the sign-in, then the folder."""

from __future__ import annotations

from abc import abstractmethod

from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis.explanations import is_switched_off, server_words, sign_in_causes
from mailboxes.diagnosis.plan import Step
from mailboxes.diagnosis.reaching import ReadingTest
from mailboxes.diagnosis.results import Stage, StageResult, State
from mailboxes.diagnosis.token_explanations import is_of_tokens

_SIGN_IN_FACTS = {
    Reason.LOGIN_REFUSED: "sign_in.refused",
    Reason.LOGIN_DISABLED: "sign_in.disabled",
    Reason.TOO_MANY_CONNECTIONS: "sign_in.too_many",
    Reason.MAILDROP_IN_USE: "sign_in.in_use",
    Reason.THROTTLED: "sign_in.throttled",
    Reason.CONNECTION_LOST: "sign_in.lost",
    Reason.TIMEOUT: "sign_in.silent",
}


class SignInTest(ReadingTest):
    """The steps against a server that is signed in to."""

    def steps(self) -> tuple[Step, ...]:
        """From the name of the server to what is in the folder."""
        return (
            *super().steps(),
            self._step(Stage.SIGN_IN, self._sign_in),
            self._step(Stage.FOLDER, self._open_folder),
        )

    @abstractmethod
    def _authenticate(self) -> tuple[str, ...]:
        """Signed in; gives what the server says it can do. Raises ConnectorError."""

    def _sign_in(self) -> StageResult:
        try:
            capabilities = self._authenticate()
        except ConnectorError as error:
            return self._refused_sign_in(error)
        facts = {"host": self._login.host, "username": self._login.username}
        evidence = {"capabilities": capabilities}
        return StageResult(Stage.SIGN_IN, State.OK, "sign_in.ok", facts, evidence=evidence)

    def _refused_sign_in(self, error: ConnectorError) -> StageResult:
        fact = _SIGN_IN_FACTS.get(error.reason, "sign_in.trouble")
        if is_of_tokens(error):
            fact = "sign_in.token"
        elif self._login.tokens is not None and error.reason is Reason.LOGIN_REFUSED:
            fact = "sign_in.token_refused"
        elif "authenticated but not connected" in error.detail.lower():
            fact = "sign_in.no_access"
        elif error.reason is Reason.LOGIN_DISABLED and is_switched_off(self._subject, error):
            fact = "sign_in.switched_off"
        return StageResult(
            Stage.SIGN_IN,
            State.FAIL,
            fact,
            {
                "host": self._login.host,
                "username": self._login.username,
                "seconds": round(self._login.timeouts.read_s),
                "protocol": self._protocol.upper(),
            },
            causes=sign_in_causes(self._subject, error),
            server_words=server_words(error),
        )
