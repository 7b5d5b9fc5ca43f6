"""How the test SMTP server behaves: written by the test, read by the server's process for each connection."""

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Self

Drop = Literal["connect", "mail", "rcpt", "data", "end_lost", "end_kept", "after_answer"]
Step = Literal["connect", "ehlo", "mail", "rcpt", "data", "end"]


@dataclass(frozen=True)
class Behaviour:
    """What the server answers; the default accepts everything from everybody.

    An answer is a whole SMTP reply such as "550 5.1.1 no such user".
    """

    greeting: str | None = None  # instead of 220; a 421 or 554 also ends the connection
    starttls: bool = True  # offered on the clear-text port
    auth_mechanisms: tuple[str, ...] = ("PLAIN", "LOGIN", "XOAUTH2")  # offered when somebody may sign in
    users: dict[str, str] = field(default_factory=dict)  # password by name; any entry makes AUTH required
    tokens: dict[str, str] = field(default_factory=dict)  # bearer token by name; likewise
    auth_answer: str | None = None  # instead of accepting right credentials, such as "454 4.7.0 try later"
    sender_answer: str | None = None  # to MAIL
    recipient_answers: dict[str, str] = field(default_factory=dict)  # to RCPT, by lower-cased address
    data_answer: str | None = None  # to DATA, before the content
    end_answer: str | None = None  # after the content; 4xx and 5xx keep nothing
    size_limit_bytes: int | None = None  # announced as SIZE and enforced
    smtputf8: bool = True
    eight_bit: bool = True  # 8BITMIME is announced
    delays_s: dict[Step, float] = field(default_factory=dict)  # before the answer to each step
    drop: Drop | None = None
    """Where the connection is cut: at `connect`, on MAIL, RCPT or DATA instead of the answer; after the content
    without an answer, having forgotten (`end_lost`) or kept (`end_kept`) the mail; right `after_answer`."""

    @property
    def requires_sign_in(self) -> bool:
        """Whether anybody has to sign in before MAIL."""
        return bool(self.users or self.tokens)

    def save(self, path: Path) -> None:
        """The file holds this behaviour; a reader sees the old or the new one, never half of it."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(dataclasses.asdict(self)))
        draft.rename(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The behaviour that `save` wrote."""
        values = json.loads(path.read_text())
        return cls(**(values | {"auth_mechanisms": tuple(values["auth_mechanisms"])}))
