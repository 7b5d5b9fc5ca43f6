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
    PROXY_UNREACHABLE = "proxy_unreachable"
    PROXY_LOGIN_REFUSED = "proxy_login_refused"
    PROXY_REFUSED = "proxy_refused"  # it does not make the connection that was asked for
    TIMEOUT = "timeout"
    CONNECTION_LOST = "connection_lost"
    TLS_CERTIFICATE_NAME = "tls_certificate_name"
    TLS_CERTIFICATE_EXPIRED = "tls_certificate_expired"
    TLS_CERTIFICATE_UNTRUSTED = "tls_certificate_untrusted"
    TLS_CERTIFICATE_CHANGED = "tls_certificate_changed"  # another than the one trusted by its fingerprint
    TLS_NOT_OFFERED = "tls_not_offered"  # STARTTLS missing; never a fall back to clear text
    TLS_FAILED = "tls_failed"  # e.g. the port speaks no TLS
    LOGIN_REFUSED = "login_refused"
    LOGIN_DISABLED = "login_disabled"  # the protocol is switched off for the account, or LOGINDISABLED
    THROTTLED = "throttled"
    CALLS_SPENT = "calls_spent"  # the provider would refuse the next call: so many it takes in a time were made
    APP_THROTTLED = "app_throttled"  # so is another mailbox, and with it all of its app: this one is not asked for
    TOO_MANY_CONNECTIONS = "too_many_connections"
    NO_PLACE = "no_place"  # we open no more connections to this account
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
    RECIPIENT_UNKNOWN = "recipient_unknown"  # the server says that there is no such address
    NO_INTERNATIONAL = "no_international"  # a local part beyond ASCII, and a server without SMTPUTF8
    CONTENT_REFUSED = "content_refused"
    NOT_POLLED = "not_polled"  # mail is brought here: there is no server to read it from
    NO_IDLE = "no_idle"  # the server cannot tell of new mail (RFC 2177)
    NO_NOTIFICATIONS = "no_notifications"  # the provider does not tell of changes here
    TELLING_NOT_PERMITTED = "telling_not_permitted"  # reading is, but not being told of changes
    NOT_CALLABLE = "not_callable"  # the provider could not call the address that it was to tell of changes
    ACCESS_BLOCKED = "access_blocked"  # a policy of the organization keeps the app away from this mailbox
    PERMISSION_MISSING = "permission_missing"  # the app, or who signed in, was not granted what this takes
    MAILBOX_NOT_FOUND = "mailbox_not_found"  # signed in, but the provider knows no such mailbox
    MAILBOX_NOT_ENABLED = "mailbox_not_enabled"  # the provider knows it, but has no mailbox of it online
    MAILBOX_FULL = "mailbox_full"
    CANNOT_FILE = "cannot_file"  # this kind of connection cannot put a copy into Sent
    BAD_ARGUMENT = "bad_argument"  # CR, LF or NUL in something meant for the server
    PROTOCOL = "protocol"
    SERVER_ERROR = "server_error"
    # Of tokens (connectors/oauth):
    SIGN_IN_NEEDED = "sign_in_needed"  # nobody did yet, or the provider wants a person: a second factor, a new password
    SIGN_IN_BLOCKED = "sign_in_blocked"  # a policy of the organization at the provider
    GRANT_DEAD = "grant_dead"  # the refresh token expired, was revoked or replaced
    CODE_EXPIRED = "code_expired"  # of a sign-in under way: it works once, for minutes
    ACCOUNT_REFUSED = "account_refused"  # unknown, locked or disabled at the provider
    OTHER_ACCOUNT = "other_account"  # somebody signed in who is not the mailbox
    CONSENT_MISSING = "consent_missing"
    CONSENT_REFUSED = "consent_refused"  # the person pressed Cancel
    ADMIN_CONSENT_NEEDED = "admin_consent_needed"
    SCOPE_NOT_GRANTED = "scope_not_granted"  # signed in, but a permission that was asked for is missing
    SCOPE_WRONG = "scope_wrong"  # no such scope
    SCOPES_MIXED = "scopes_mixed"  # of several resources in one request
    APP_UNKNOWN = "app_unknown"  # no such client id in the tenant
    APP_SECRET_WRONG = "app_secret_wrong"  # noqa: S105  # a code
    APP_SECRET_EXPIRED = "app_secret_expired"  # noqa: S105  a code, no secret
    APP_SECRET_MISSING = "app_secret_missing"  # noqa: S105  a code, no secret
    APP_IS_PUBLIC = "app_is_public"  # a secret was sent for an app that has none
    APP_SINGLE_TENANT = "app_single_tenant"  # asked for without its tenant
    REDIRECT_WRONG = "redirect_wrong"  # the callback address is not registered
    TENANT_UNKNOWN = "tenant_unknown"
    CLOUD_WRONG = "cloud_wrong"
    RESOURCE_MISSING = "resource_missing"  # no Exchange in the tenant
    TOKEN_LOOP = "token_loop"  # noqa: S105  # the same was asked for again and again
    INTERNAL = "internal"  # our own failure, not the server's


_ALL = tuple(Reason)
OF_TOKENS = frozenset(_ALL[_ALL.index(Reason.SIGN_IN_NEEDED) : _ALL.index(Reason.TOKEN_LOOP) + 1])


class ConnectorError(Exception):
    """A step at a server failed.

    permanent: doing the same again cannot help (wrong password, no such folder, 5xx).
    retry_after_s: the server's own wish, or None.
    is_shared: it holds for everything that is asked by the same app or account, not for this mailbox alone.
    detail: the server's words, at most 300 printable characters; for the admin of the mailbox only, never a secret.
    """

    def __init__(
        self,
        reason: Reason,
        *,
        permanent: bool,
        retry_after_s: float | None = None,
        is_shared: bool = False,
        detail: str = "",
    ) -> None:
        self.reason = reason
        self.permanent = permanent
        self.retry_after_s = retry_after_s
        self.is_shared = is_shared
        self.detail = "".join(c if c.isprintable() else " " for c in detail)[:MAX_DETAIL_CHARS]
        super().__init__(f"{reason}: {self.detail}" if self.detail else str(reason))

    @property
    def asks_to_wait(self) -> bool:
        """True if the server wants to be asked later: it has had enough of us, or says itself when to come back."""
        has_wish = self.reason is Reason.SERVER_ERROR and self.retry_after_s is not None  # 503 with Retry-After
        return self.reason in (Reason.THROTTLED, Reason.CALLS_SPENT) or has_wish
