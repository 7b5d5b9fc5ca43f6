"""What POP3 servers say when they refuse, in our vocabulary (RFC 2449, 3206, and habits of servers)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mailboxes.connectors.config import ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import network_error, scrubbed

_CODE = re.compile(r"\[([A-Z][A-Z/-]*)", re.IGNORECASE)
_IN_USE = re.compile(
    r"(maildrop|mailbox).{0,40}\block|\block.{0,20}(maildrop|mailbox)|already (in use|open)|in use by", re.IGNORECASE
)
_TOO_MANY = re.compile(r"too many .{0,30}(connections|sessions)|maximum number of connections", re.IGNORECASE)
_TOO_OFTEN = re.compile(
    r"login limit|too (often|frequent)|rate.?limit|throttl|bandwidth limits|reduce the frequency|minimum interval",
    re.IGNORECASE,
)
_FIFTEEN_MINUTES = re.compile(r"15 minute", re.IGNORECASE)
_SWITCHED_OFF = re.compile(
    r"(pop3?|protocol|login).{0,40}(disabled|not enabled|switched off|turned off|deactivated)"
    r"|(not enabled|disabled) for pop|(yet|need|have) to enable pop|enable .{0,30}for pop",
    re.IGNORECASE,
)
_OR_THE_PASSWORD = re.compile(r"credentials|password", re.IGNORECASE)
_NEEDS_TLS = re.compile(
    r"plain ?text authentication (is )?(disallowed|disabled)|must (issue|use) .{0,10}(stls|tls|ssl)", re.IGNORECASE
)
_TEMPORARY = re.compile(r"temporar|try (again )?later|unavailable|internal (server )?error|timed? ?out", re.IGNORECASE)


class RefusedError(Exception):
    """The server answered -ERR. words: what it said behind that."""

    def __init__(self, words: str) -> None:
        self.words = words
        super().__init__(words)


def says_switched_off(words: str) -> bool:
    """True if a refusal says that POP3 is, or may be, switched off for the account."""
    return bool(_SWITCHED_OFF.search(words))


@contextmanager
def errors_translated(login: ServerLogin) -> Iterator[None]:
    """Whatever the server or the network does inside becomes ConnectorError, without the password."""
    try:
        yield
    except RefusedError as error:
        raise refusal(scrubbed(error.words, login=login)) from None
    except OSError as error:
        raise network_error(error) from None


@contextmanager
def sign_in_errors_translated(login: ServerLogin) -> Iterator[None]:
    """A refusal inside is about the account unless the server says that it is about itself."""
    try:
        yield
    except RefusedError as error:
        raise _sign_in_refusal(scrubbed(error.words, login=login)) from None


def refusal(words: str) -> ConnectorError:
    """What -ERR means when it is not about signing in."""
    return _general_refusal(words) or ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)


def response_code(words: str) -> str:
    """The code in square brackets of an answer (RFC 2449 section 8), upper-cased, or an empty string."""
    found = _CODE.match(words)
    return found.group(1).upper() if found else ""


def _general_refusal(words: str) -> ConnectorError | None:
    code = response_code(words)
    if code == "IN-USE" or (code in ("", "SYS/TEMP") and _IN_USE.search(words)):
        return ConnectorError(Reason.MAILDROP_IN_USE, permanent=False, detail=words)
    if _TOO_MANY.search(words):
        return ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False, detail=words)
    if code == "LOGIN-DELAY" or _TOO_OFTEN.search(words):
        wait_s = 900.0 if _FIFTEEN_MINUTES.search(words) else None
        return ConnectorError(Reason.THROTTLED, permanent=False, retry_after_s=wait_s, detail=words)
    if code == "SYS/TEMP":
        return ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)
    return None


def _sign_in_refusal(words: str) -> ConnectorError:
    code = response_code(words)
    general = _general_refusal(words)
    if general is not None:
        return general
    is_off = says_switched_off(words) and not _OR_THE_PASSWORD.search(words)
    if is_off or _NEEDS_TLS.search(words):
        return ConnectorError(Reason.LOGIN_DISABLED, permanent=True, detail=words)
    if code == "SYS/PERM":
        return ConnectorError(Reason.SERVER_ERROR, permanent=True, detail=words)
    if code != "AUTH" and _TEMPORARY.search(words):
        return ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)
    return ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail=words)
