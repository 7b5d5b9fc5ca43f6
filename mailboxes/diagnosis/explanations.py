"""Why a step failed and what to try, most likely first: from the connectors' reasons to codes for people.

A server the guard refuses looks exactly like one that cannot be reached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mailboxes.connectors import imap_errors, pop3_errors
from mailboxes.connectors.config import Security, ServerLogin
from mailboxes.connectors.errors import OF_TOKENS, ConnectorError, Reason
from mailboxes.connectors.known_hosts import is_microsoft
from mailboxes.diagnosis.results import Cause
from mailboxes.diagnosis.suggestions import probable_host
from mailboxes.diagnosis.switches import says_smtp_is_off, switch_of
from mailboxes.diagnosis.token_explanations import is_of_tokens, refused_token_causes, token_causes

MAX_SERVER_WORDS = 200
PROXY_FACTS = {
    Reason.PROXY_UNREACHABLE: "connect.proxy_unreachable",
    Reason.PROXY_LOGIN_REFUSED: "connect.proxy_sign_in",
    Reason.PROXY_REFUSED: "connect.proxy_refused",
}

USUAL_PORTS = {"imap": "993 and 143", "pop3": "995 and 110", "ews": "443", "smtp": "465 and 587"}
_NO_BASIC = re.compile(r"5\.7\.30\b|basic ?auth", re.IGNORECASE)
_APP_PASSWORD = re.compile(
    r"app(lication)?[- ]?(specific )?password|InvalidSecondFactor|WEBALERT|log in via your web browser", re.IGNORECASE
)
_PASSWORD_EXPIRED = re.compile(r"\[EXPIRED\]|password (has |is )?expired", re.IGNORECASE)
_NEEDS_TLS = re.compile(r"starttls|encrypt|\b(tls|ssl)\b", re.IGNORECASE)
_NO_AUTHENTICATE = re.compile(r"authenticate failed", re.IGNORECASE)  # Exchange Online: a token for another service
_APP_PASSWORD_HOST = re.compile(r"(^|\.)(gmail|googlemail|yahoo|aol|me|icloud|fastmail|zoho)\.[a-z.]+$")
_SAYS_SWITCHED_OFF: Mapping[str, Callable[[str], bool]] = {
    "imap": imap_errors.says_switched_off,
    "pop3": pop3_errors.says_switched_off,
    "ews": lambda _words: False,  # 403 may come from whatever stands before the server
}
_SAID_BY_SERVER = frozenset(
    {
        Reason.LOGIN_REFUSED,
        Reason.LOGIN_DISABLED,
        Reason.THROTTLED,
        Reason.TOO_MANY_CONNECTIONS,
        Reason.MAILDROP_IN_USE,
        Reason.FOLDER_NOT_FOUND,
        Reason.PERMISSION_MISSING,
        Reason.MAILBOX_NOT_FOUND,
        Reason.SENDER_REFUSED,
        Reason.RECIPIENT_REFUSED,
        Reason.SERVER_ERROR,
        *OF_TOKENS,
    }
)


@dataclass(frozen=True)
class Subject:
    """What is being tested: which server, in whose form fields."""

    login: ServerLogin
    protocol: str  # imap, pop3, ews or smtp
    address: str  # the mailbox's

    def field(self, name: str) -> str:
        """The form field of this server: port, smtp_port."""
        return f"smtp_{name}" if self.protocol == "smtp" else name


def server_words(error: ConnectorError) -> str:
    """The refusal as the server put it, one short line of printable ASCII. Never a banner: those are no refusals."""
    if error.reason not in _SAID_BY_SERVER:
        return ""
    return "".join(character for character in error.detail if " " <= character <= "~")[:MAX_SERVER_WORDS]


def name_causes(subject: Subject) -> tuple[Cause, ...]:
    """The name was not found."""
    field = subject.field("host")
    suggestion = probable_host(subject.login.host, address=subject.address)
    meant = (Cause("did_you_mean", field, {"suggestion": suggestion}),) if suggestion else ()
    return (*meant, Cause("check_spelling", field))


def reach_causes(subject: Subject) -> tuple[Cause, ...]:
    """The port did not answer, or the guard did not let us ask."""
    return (
        Cause("check_port", subject.field("port"), {"ports": USUAL_PORTS[subject.protocol]}),
        Cause("check_spelling", subject.field("host")),
        Cause("firewall"),
        Cause("operator"),
    )


def proxy_causes(error: ConnectorError) -> tuple[Cause, ...]:
    """The way through the proxy is closed."""
    if error.reason is Reason.PROXY_UNREACHABLE:
        return (Cause("check_proxy", "proxy"), Cause("operator"))
    if error.reason is Reason.PROXY_LOGIN_REFUSED:
        return (Cause("check_proxy_login", "proxy"),)
    return (Cause("allow_in_proxy", "proxy"), Cause("check_proxy", "proxy"))


def sign_in_causes(subject: Subject, error: ConnectorError) -> tuple[Cause, ...]:
    """The account was refused."""
    if error.reason in (Reason.TOO_MANY_CONNECTIONS, Reason.MAILDROP_IN_USE):
        return (Cause("close_connections"),)
    if is_of_tokens(error):
        return token_causes(error)
    if error.reason not in (Reason.LOGIN_REFUSED, Reason.LOGIN_DISABLED):
        return (Cause("try_again"),)
    if subject.login.tokens is not None:
        causes = refused_token_causes(subject.login.username, switch=_protocol_causes(subject)[0])
        is_for_another = _NO_AUTHENTICATE.search(error.detail) is not None
        return (Cause("token_scopes"), *causes) if is_for_another else causes
    if "authenticated but not connected" in error.detail.lower():
        username = subject.login.username
        return (
            Cause("mailbox_access", facts={"username": username}),
            *_protocol_causes(subject),
            *_username_causes(subject),
        )
    if is_switched_off(subject, error):
        return _switch_causes(subject, error)
    if _NO_BASIC.search(error.detail) or is_microsoft(subject.login.host):
        return (Cause("microsoft_sign_in"), *_protocol_causes(subject), *_username_causes(subject))
    if error.reason is Reason.LOGIN_DISABLED:
        return (*_encryption_causes(subject), *_protocol_causes(subject))
    return _password_causes(subject, error)


def is_switched_off(subject: Subject, error: ConnectorError) -> bool:
    """True if the server says that the account is not open to mail programs, whatever the password."""
    if subject.protocol == "smtp":
        return says_smtp_is_off(error.detail)
    return _SAYS_SWITCHED_OFF[subject.protocol](error.detail)


def needs_encryption(subject: Subject, error: ConnectorError) -> bool:
    """True if the server for sending says that it wants TLS before anything else (RFC 3207: 530)."""
    is_clear = subject.login.security is Security.NONE
    return is_clear and error.detail.startswith("530") and bool(_NEEDS_TLS.search(error.detail))


def needs_sign_in(subject: Subject, error: ConnectorError) -> bool:
    """True if the server for sending says that nobody signed in, and nobody did (RFC 4954: 530)."""
    return not subject.login.username and error.detail.startswith("530")


def sending_causes(subject: Subject) -> tuple[Cause, ...]:
    """Signed in, but the sender was refused."""
    return (
        Cause("allow_smtp"),
        Cause("check_sender", "address", {"address": subject.address}),
        *(() if subject.login.username else (Cause("smtp_username", subject.field("username")),)),
    )


def _password_causes(subject: Subject, error: ConnectorError) -> tuple[Cause, ...]:
    app_password = Cause("app_password", subject.field("password"))
    is_expired = _PASSWORD_EXPIRED.search(error.detail) is not None
    check = Cause("password_expired" if is_expired else "check_password", subject.field("password"))
    wants_app = _APP_PASSWORD.search(error.detail) or _APP_PASSWORD_HOST.search(subject.login.host.lower())
    if wants_app:
        return (app_password, *_username_causes(subject), *_protocol_causes(subject))
    return (check, *_username_causes(subject), app_password, *_protocol_causes(subject))


def _username_causes(subject: Subject) -> tuple[Cause, ...]:
    if subject.protocol == "ews":
        return (Cause("ews_username", subject.field("username")),)
    local_part, at, _ = subject.login.username.partition("@")
    if at:
        return (Cause("local_part", subject.field("username"), {"local_part": local_part}),)
    return (Cause("full_address", subject.field("username"), {"address": subject.address}),)


def _switch_causes(subject: Subject, error: ConnectorError) -> tuple[Cause, ...]:
    """The switch first; then the password, where the server leaves open which of the two it is."""
    if subject.protocol == "smtp":
        return (Cause("switch_on_smtp_microsoft"), Cause("switch_takes_time"))
    maybe = _password_causes(subject, error) if error.reason is Reason.LOGIN_REFUSED else ()
    switch = _protocol_causes(subject)
    others = (*(cause for cause in maybe if cause not in switch), *_encryption_causes(subject))
    return (*switch, *others, Cause("switch_takes_time"))


def _encryption_causes(subject: Subject) -> tuple[Cause, ...]:
    is_clear = subject.login.security is Security.NONE
    return (Cause("use_encryption", subject.field("security")),) if is_clear else ()


def _protocol_causes(subject: Subject) -> tuple[Cause, ...]:
    if subject.protocol == "smtp":
        return (Cause("allow_smtp"),)
    return (Cause(switch_of(subject.login.host, protocol=subject.protocol)),)
