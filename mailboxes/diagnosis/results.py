"""What the stages of a connection test say. Codes, not sentences: the sentences are in `words`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum


class Stage(StrEnum):
    """The steps there are; each kind of connection has its own, in its own order (plans)."""

    RESOLVE = "resolve"
    CONNECT = "connect"
    TLS = "tls"
    SIGN_IN = "sign_in"
    TOKEN = "token"  # noqa: S105  # a stage
    MAILBOX = "mailbox"
    FOLDER = "folder"
    READ = "read"
    SEND = "send"


class State(StrEnum):
    """How far a stage is."""

    RUN = "run"
    OK = "ok"
    WARN = "warn"  # works, with something to know
    FAIL = "fail"
    SKIP = "skip"  # not tried: an earlier one failed, or it is not configured


@dataclass(frozen=True)
class Cause:
    """One likely cause and what to try; `form_field` is the field that fixes it, empty when none does."""

    code: str  # key of words.CAUSES
    form_field: str = ""  # host, port, security, username, password, folder, smtp_…, address
    facts: Mapping[str, str | int | date] = field(default_factory=dict)  # for the sentence


@dataclass(frozen=True)
class StageResult:
    """One stage, running or done."""

    stage: Stage
    state: State
    fact: str = ""  # key of words.FACTS: what was seen in one sentence
    facts: Mapping[str, str | int | date] = field(default_factory=dict)  # for that sentence
    took_s: float = 0.0
    evidence: Mapping[str, object] = field(default_factory=dict)  # addresses, tls_version, folders, message_count, …
    causes: tuple[Cause, ...] = ()  # most likely first; only with FAIL and WARN
    server_words: str = ""  # the refusal as the server put it: one line, printable ASCII, at most 200 characters
    said_at: datetime | None = None  # when the server said so
