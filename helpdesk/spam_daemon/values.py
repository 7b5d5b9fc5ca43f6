"""The daemon that is asked, and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

MAX_HITS = 6  # kept of a verdict


class Kind(StrEnum):
    """Which daemons can be asked."""

    SPAMASSASSIN = "spamassassin"
    RSPAMD = "rspamd"


NAMES: dict[str, str] = {Kind.SPAMASSASSIN: "SpamAssassin", Kind.RSPAMD: "Rspamd"}


@dataclass(frozen=True, slots=True)
class Daemon:
    """Where it listens, and how it is asked."""

    kind: Kind
    host: str
    port: int
    is_tls: bool = False  # HTTPS; of Rspamd alone
    password: str = field(default="", repr=False)  # of Rspamd alone
    timeout_s: float = 10.0
    max_bytes: int = 500 * 1024  # larger mails are not shown to it

    @property
    def name(self) -> str:
        """As people call it."""
        return NAMES[self.kind]

    @property
    def place(self) -> str:
        """Host and port."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class Trouble(StrEnum):
    """Why a mail has no verdict."""

    UNREACHABLE = "unreachable"  # nobody listens, or it hung up
    TIMEOUT = "timeout"
    REFUSED = "refused"  # it does not answer us
    GARBAGE = "garbage"  # nothing that this protocol knows
    TOO_LARGE = "too_large"  # the mail
    PAUSED = "paused"  # it did not answer for others just now
    UNTEACHABLE = "unteachable"  # it will not learn this mail: too few words, or a condition of its own
    NO_TIME = "no_time"  # too many mails at once, as in a dry run


class Lesson(StrEnum):
    """What a mail is, as people have marked it."""

    SPAM = "spam"
    CLEAN = "clean"
    NOTHING = "nothing"  # no mark any more: what it taught is to be forgotten


class DaemonError(Exception):
    """The daemon gave no verdict."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        super().__init__(trouble.value)


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, or symbol."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the daemon makes of a mail."""

    is_spam: bool
    score: float
    threshold: float | None  # from which on it calls a mail spam; None: it does not say
    hits: tuple[Hit, ...] = ()  # that weighed most in the direction of the verdict, the heaviest first
    action: str = ""  # what Rspamd advises to do with spam, in its words


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of the daemon about one mail: a verdict, or why there is none."""

    kind: Kind
    verdict: Verdict | None = None
    trouble: Trouble | None = None

    @property
    def is_spam(self) -> bool:
        """True where it says so."""
        return self.verdict is not None and self.verdict.is_spam


def heaviest(hits: list[Hit], *, is_spam: bool) -> tuple[Hit, ...]:
    """Those that weighed most for this verdict, the heaviest first; of spam without such, whatever matched."""
    sign = 1 if is_spam else -1
    speaking = [hit for hit in hits if hit.score * sign > 0] or (hits if is_spam else [])
    return tuple(sorted(speaking, key=lambda hit: (-abs(hit.score), hit.name))[:MAX_HITS])


def points(number: float) -> float:
    """A score as it is kept and shown: two digits, and no minus before zero."""
    return round(number, 2) + 0.0
