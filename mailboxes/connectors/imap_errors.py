"""What IMAP servers and imapclient say when something fails, in our vocabulary (RFC 5530, and habits of servers)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from mailboxes.connectors.config import ServerLogin
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.wire import AnswerTooLongError, ConnectionEndedError, network_error, scrubbed

_THROTTLE = re.compile(r"Suggested Backoff Time: (\d{1,9}) milliseconds", re.IGNORECASE)
_LIBRARY_WORDS = re.compile(
    r"(?:command: \w+ => )?(?:\w+ failed: (?P<no>.*)|\w+ command error: BAD \[b['\"](?P<bad>.*)['\"]\])", re.DOTALL
)
_CODE = re.compile(r"\[([A-Z][A-Z-]*)", re.IGNORECASE)
_EXCEEDED = "exceeded command or bandwidth limits"  # Google, with OVERQUOTA or ALERT
_NOT_CONNECTED = "authenticated but not connected"  # Exchange: sign-in fine, no way to the mailbox
_SWITCHED_OFF = re.compile(
    r"(imap|protocol|login).{0,40}(disabled|not enabled|switched off|turned off|deactivated)"
    r"|(not enabled|disabled) for imap|(yet|need|have) to enable imap",
    re.IGNORECASE,
)
_OR_THE_PASSWORD = re.compile(
    r"credentials|password", re.IGNORECASE
)  # Yandex: "invalid credentials or IMAP is disabled"
_TOO_MANY = re.compile(r"too many .{0,30}connections|maximum number of connections", re.IGNORECASE)
_TEMPORARY = re.compile(r"temporar|try (again )?later|unavailable|internal (server )?error|timed? ?out", re.IGNORECASE)


def says_switched_off(words: str) -> bool:
    """True if a refusal says that IMAP is, or may be, switched off for the account."""
    return bool(_SWITCHED_OFF.search(words))


@contextmanager
def errors_translated(login: ServerLogin) -> Iterator[None]:
    """Whatever the library or the network raises inside becomes ConnectorError, without the password."""
    try:
        yield
    except ConnectorError:
        raise
    except IMAPClientReadOnlyError as error:
        raise ConnectorError(Reason.SERVER_ERROR, permanent=True, detail=server_words(error, login=login)) from None
    except IMAPClientAbortError as error:
        raise _aborted(server_words(error, login=login), error) from None
    except IMAPClientError as error:
        raise refusal(server_words(error, login=login)) from None
    except OSError as error:
        raise network_error(error) from None
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, AssertionError) as error:
        # imapclient's parsers raise these for answers outside the grammar
        raise ConnectorError(Reason.PROTOCOL, permanent=False, detail=type(error).__name__) from None


@contextmanager
def sign_in_errors_translated(login: ServerLogin) -> Iterator[None]:
    """A refusal inside is about the account unless the server says that it is about itself."""
    try:
        yield
    except IMAPClientAbortError:
        raise
    except IMAPClientError as error:
        raise _sign_in_refusal(server_words(error, login=login)) from None


def refusal(words: str) -> ConnectorError:
    """What a NO or BAD means when it is not about signing in."""
    return _general_refusal(words) or ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)


def response_code(words: str) -> str:
    """The code in square brackets of an answer (RFC 5530), upper-cased, or an empty string."""
    found = _CODE.search(words)
    return found.group(1).upper() if found else ""


def folder_refusal(words: str) -> ConnectorError:
    """What a NO about a folder means: there is no such folder, unless the server says that the trouble is its own."""
    general = _general_refusal(words)
    if general is not None:
        return general
    if response_code(words) not in {"NONEXISTENT", "TRYCREATE"} and _TEMPORARY.search(words):
        return ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)
    return ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True, detail=words)


def _general_refusal(words: str) -> ConnectorError | None:
    code = response_code(words)
    if found := _THROTTLE.search(words):
        return ConnectorError(Reason.THROTTLED, permanent=False, retry_after_s=int(found.group(1)) / 1000, detail=words)
    if _TOO_MANY.search(words):
        return ConnectorError(Reason.TOO_MANY_CONNECTIONS, permanent=False, detail=words)
    if code == "LIMIT" or "throttl" in words.lower() or _EXCEEDED in words.lower():
        return ConnectorError(Reason.THROTTLED, permanent=False, detail=words)
    if _NOT_CONNECTED in words.lower():
        return ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail=words)
    if code in {"UNAVAILABLE", "INUSE", "SERVERBUG", "CORRUPTION"}:
        return ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)
    return None


def _sign_in_refusal(words: str) -> ConnectorError:
    code = response_code(words)
    general = _general_refusal(words)
    if general is not None:
        return general
    is_off = says_switched_off(words) and not _OR_THE_PASSWORD.search(words)
    if code == "PRIVACYREQUIRED" or is_off:
        return ConnectorError(Reason.LOGIN_DISABLED, permanent=True, detail=words)
    if code not in {"AUTHENTICATIONFAILED", "AUTHORIZATIONFAILED", "EXPIRED"} and _TEMPORARY.search(words):
        return ConnectorError(Reason.SERVER_ERROR, permanent=False, detail=words)
    return ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail=words)


def _aborted(words: str, error: Exception) -> ConnectorError:
    """The connection is over: by BYE with a reason, by a long answer or timeout inside the library, or just gone."""
    cause = error.__context__
    if isinstance(cause, TimeoutError | AnswerTooLongError):
        return network_error(cause)
    general = _general_refusal(words)
    if general is not None:
        return ConnectionEndedError(
            general.reason, permanent=general.permanent, retry_after_s=general.retry_after_s, detail=words
        )
    reason = Reason.PROTOCOL if "unexpected response" in words else Reason.CONNECTION_LOST
    return ConnectionEndedError(reason, permanent=False, detail=words if "socket error" not in words else "")


def server_words(error: Exception, *, login: ServerLogin) -> str:
    """The server's words in a library error: imaplib and imapclient each put their own in front."""
    text = error.args[0] if error.args else ""
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    if found := _LIBRARY_WORDS.match(words):
        words = found.group("no") or found.group("bad") or ""
    return scrubbed(words, login=login)
