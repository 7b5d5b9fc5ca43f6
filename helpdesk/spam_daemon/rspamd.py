"""Rspamd: one HTTP request with the mail as it is, answered in JSON (rspamd.com, developers, protocol).

Of its workers the controller learns, which wants its password.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from http.client import HTTPException, RemoteDisconnected
from typing import Any

import requests
from urllib3.exceptions import ProtocolError, ReadTimeoutError

from helpdesk.spam_daemon.values import Daemon, DaemonError, Hit, Lesson, Trouble, Verdict, heaviest, points

MAX_ANSWER_BYTES = 1024 * 1024
# Of its actions those that take a mail for spam; "greylist" and "soft reject" only want it later.
_SPAM_ACTIONS = frozenset({"reject", "add header", "rewrite subject", "quarantine"})
_LEARNS = {Lesson.SPAM: "learnspam", Lesson.CLEAN: "learnham"}
_NAME = re.compile(r"[\w.:+-]{1,64}", re.ASCII)
_PIECE_BYTES = 16 * 1024


def ask(daemon: Daemon, content: bytes) -> Verdict:
    """What it makes of this mail. Raises DaemonError."""
    status, answer = posted(daemon, "checkv2", content)
    if status != HTTPStatus.OK:
        raise DaemonError(Trouble.GARBAGE)
    return read_answer(answer)


def teach(daemon: Daemon, content: bytes, lesson: Lesson) -> None:
    """Its controller knows the mail by this lesson, which is not NOTHING. Raises DaemonError."""
    status, answer = posted(daemon, _LEARNS[lesson], content)
    is_known = status == HTTPStatus.ALREADY_REPORTED or b"already learned" in answer
    if status == HTTPStatus.OK or is_known:
        return
    # Too few words, or a condition of its own; whoever has no such command (the normal worker) answers 500.
    is_refused = status == HTTPStatus.NO_CONTENT or (status == HTTPStatus.NOT_FOUND and answer.startswith(b"{"))
    raise DaemonError(Trouble.UNTEACHABLE if is_refused else Trouble.GARBAGE)


def read_answer(answer: bytes) -> Verdict:
    """The verdict in the answer. Raises DaemonError."""
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise DaemonError(Trouble.GARBAGE) from error
    if not isinstance(said, dict) or not isinstance(said.get("action"), str):
        raise DaemonError(Trouble.GARBAGE)
    score = _number(said.get("score"))
    if score is None:
        raise DaemonError(Trouble.GARBAGE)
    action = said["action"].lower()
    is_spam = action in _SPAM_ACTIONS
    hits = heaviest(_hits(said.get("symbols")), is_spam=is_spam)
    return Verdict(is_spam, score, _threshold(said), hits, action if is_spam else "")


def posted(daemon: Daemon, path: str, content: bytes) -> tuple[int, bytes]:
    """The status and body of its answer to this mail. Raises DaemonError."""
    headers = {"Accept-Encoding": "identity", "Content-Type": "message/rfc822"}
    if daemon.password:
        headers["Password"] = daemon.password
    url = f"{'https' if daemon.is_tls else 'http'}://{daemon.place}/{path}"
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxies of the environment: it stands beside us
            return _answer(session, url, content, headers=headers, timeout_s=daemon.timeout_s)
    except requests.RequestException as error:
        raise DaemonError(_trouble_of(error)) from error


def _answer(
    session: requests.Session, url: str, content: bytes, *, headers: Mapping[str, str], timeout_s: float
) -> tuple[int, bytes]:
    answer = b""
    with session.post(
        url, data=content, headers=headers, timeout=timeout_s, stream=True, allow_redirects=False
    ) as response:
        if response.status_code in (401, 403):
            raise DaemonError(Trouble.REFUSED)
        for piece in response.iter_content(_PIECE_BYTES):
            answer += piece
            if len(answer) > MAX_ANSWER_BYTES:
                raise DaemonError(Trouble.GARBAGE)
        return response.status_code, answer


def _threshold(said: Mapping[str, Any]) -> float | None:
    """The lowest score that makes a mail spam; older versions name that of a reject alone."""
    by_action = said.get("thresholds")
    known = by_action.items() if isinstance(by_action, dict) else ()
    scores = [score for action, value in known if action in _SPAM_ACTIONS and (score := _number(value)) is not None]
    return min(scores, default=None)


def _hits(symbols: object) -> list[Hit]:
    if not isinstance(symbols, dict):
        return []
    found = {name: _number(each.get("score")) for name, each in symbols.items() if isinstance(each, dict)}
    return [Hit(name, score) for name, score in found.items() if score is not None and _NAME.fullmatch(name)]


def _number(value: object) -> float | None:
    """A number that can be stored and shown."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e6 < value < 1e6:
        return None
    return points(value) if math.isfinite(value) else None


def _trouble_of(error: requests.RequestException) -> Trouble:
    cause = error.args[0] if error.args else None
    if isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError):
        return Trouble.TIMEOUT
    if not isinstance(error, requests.ConnectionError):
        return Trouble.GARBAGE
    said = cause.args[-1] if isinstance(cause, ProtocolError) and cause.args else None
    is_nonsense = isinstance(said, HTTPException) and not isinstance(said, RemoteDisconnected)
    return Trouble.GARBAGE if is_nonsense else Trouble.UNREACHABLE
