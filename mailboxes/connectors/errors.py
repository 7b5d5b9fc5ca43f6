"""The one vocabulary of what can go wrong at a mail server.

`permanent` and `retry_after_s` decide everything a caller does; `reason` picks the words a person reads.
"""

from __future__ import annotations

from enum import StrEnum

MAX_DETAIL_CHARS = 300


class Reason(StrEnum):
    """Why a step at a server failed; the words for people live with the pages."""

    NAME_NOT_FOUND = "name_not_found"
    HOST_NOT_ALLOWED = "host_not_allowed"  # the host guard refused; looks like `unreachable` to people
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    TLS_CERTIFICATE_NAME = "tls_certificate_name"
    TLS_CERTIFICATE_EXPIRED = "tls_certificate_expired"
    TLS_CERTIFICATE_UNTRUSTED = "tls_certificate_untrusted"
    TLS_NOT_OFFERED = "tls_not_offered"  # STARTTLS missing; never a fall back to clear text
    TLS_FAILED = "tls_failed"  # e.g. the port speaks no TLS
    LOGIN_REFUSED = "login_refused"
    LOGIN_DISABLED = "login_disabled"  # the protocol is switched off for the account, or LOGINDISABLED
    THROTTLED = "throttled"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    MAILDROP_IN_USE = "maildrop_in_use"  # POP3: another session holds it
    NO_UNIQUE_IDS = "no_unique_ids"  # POP3 without UIDL: known mail cannot be told from new
    FOLDER_NOT_FOUND = "folder_not_found"
    FOLDER_READ_ONLY = "folder_read_only"  # opened so, or the account may not change it
    MESSAGE_GONE = "message_gone"
    MESSAGE_UNREADABLE = "message_unreadable"  # the server failed on this one message
    NOT_EXPUNGED = "not_expunged"  # marked as deleted; the server cannot remove single messages
    TOO_LARGE = "too_large"
    SENDER_REFUSED = "sender_refused"
    RECIPIENT_REFUSED = "recipient_refused"
    NO_INTERNATIONAL = "no_international"  # a local part beyond ASCII, and a server without SMTPUTF8
    CONTENT_REFUSED = "content_refused"
    NO_IDLE = "no_idle"  # the server cannot tell of new mail (RFC 2177)
    ACCESS_BLOCKED = "access_blocked"  # a policy of the organization keeps the app away from this mailbox
    PERMISSION_MISSING = "permission_missing"  # the app, or who signed in, was not granted what this takes
    MAILBOX_NOT_FOUND = "mailbox_not_found"  # signed in, but the provider knows no such mailbox
    MAILBOX_NOT_ENABLED = "mailbox_not_enabled"  # the provider knows it, but has no mailbox of it online
    MAILBOX_FULL = "mailbox_full"
    CANNOT_FILE = "cannot_file"  # this kind of connection cannot put a copy into Sent
    BAD_ARGUMENT = "bad_argument"  # CR, LF or NUL in something meant for the server
    PROTOCOL = "protocol"
    SERVER_ERROR = "server_error"
    INTERNAL = "internal"  # our own failure, not the server's


class ConnectorError(Exception):
    """A step at a server failed.

    permanent: doing the same again cannot help (wrong password, no such folder, 5xx).
    retry_after_s: the server's own wish, or None.
    detail: the server's words, at most 300 printable characters; for the admin of the mailbox only, never a secret.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        permanent: bool,
        retry_after_s: float | None = None,
        detail: str = "",
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.detail = "".join(c if c.isprintable() else " " for c in detail)[:MAX_DETAIL_CHARS]
        super().__init__(f"{reason}: {self.detail}" if self.detail else str(reason))
