"""What to check when a mailbox cannot be read, most likely first: by its kind, and by what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.deadlines import ended_like_in_testing, grant_of
from mailboxes.models import ConnectionKind, Mailbox


@dataclass(frozen=True)
class Check:
    """One thing to look at."""

    code: str
    sentence: Promise
    field: str = ""  # of the mailbox's form


_ADDRESS = Check("address", _("The server name is right."), "host")
_FIREWALL = Check("firewall", _("No firewall or proxy is in between."))
_PASSWORD = Check(
    "credentials", _("Username and password are right; with two-step sign-in it is an app password."), "username"
)
_PASSWORD_CHANGED = Check(
    "expired",
    _("It worked before: the password has been changed or has expired. Enter the new one."),
    "password",
)
_SIGNED_IN = Check(
    "credentials", _("The account that signed in may open this mailbox, and no policy keeps Postroom away from it.")
)
_GRANT_EXPIRED = Check(
    "expired",
    _(
        "It worked before: the sign-in or the client secret has expired, or was withdrawn. Sign in again, or enter a "
        "new secret."
    ),
)
_IN_TESTING = Check(
    "testing",
    _(
        "The sign-in ended after 7 days, as Google ends those of apps in testing. Publish the app there, or make its "
        "consent screen internal, then sign in again."
    ),
)
_PASSES = frozenset({"calls_spent", "app_throttled"})  # nothing is set up wrongly
_OF_SERVER: Mapping[str, tuple[Check, ...]] = {
    ConnectionKind.IMAP: (
        _ADDRESS,
        Check("port", _("Port and security belong together: 993 with TLS, 143 with STARTTLS."), "security"),
        Check("enabled", _("IMAP is switched on for the account.")),
    ),
    ConnectionKind.POP3: (
        _ADDRESS,
        Check("port", _("Port and security belong together: 995 with TLS, 110 with STARTTLS."), "security"),
        Check("enabled", _("POP3 is switched on for the account.")),
        Check("in_use", _("No other program keeps the mailbox open: POP3 lets in one at a time.")),
    ),
    ConnectionKind.EWS: (
        _ADDRESS,
        Check("port", _("The port is 443, unless the server's administrator chose another."), "port"),
        Check(
            "enabled",
            _("Exchange Web Services are switched on for the account, which may open the mailbox that is read."),
        ),
    ),
}
_OF_PROVIDER: tuple[Check, ...] = (
    Check("address", _("The address of the mailbox is right, and the mailbox has a licence.")),
    Check("enabled", _("The app has the permissions it needs, and an administrator consented to them.")),
)
_OF_OURSELVES: tuple[Check, ...] = (
    Check("room", _("The disk of this installation has room for the largest mail the mailbox takes.")),
    Check("writable", _("Its data folder is there, and Postroom may write in it.")),
    Check("doctor", _("The operator of this installation runs manage.py doctor, which says what is wrong.")),
)
# What a reason points at, most likely first; the rest follows in its own order.
_FIRST: Mapping[str, tuple[str, ...]] = {
    "name_not_found": ("address",),
    "host_not_allowed": ("address", "port", "firewall"),
    "unreachable": ("address", "port", "firewall"),
    "timeout": ("firewall", "port", "address"),
    "connection_lost": ("port", "firewall"),
    "proxy_unreachable": ("firewall",),
    "proxy_login_refused": ("firewall",),
    "proxy_refused": ("firewall",),
    "tls_certificate_name": ("address",),
    "tls_not_offered": ("port",),
    "tls_failed": ("port",),
    "login_refused": ("credentials", "expired", "enabled"),
    "login_disabled": ("enabled", "credentials"),
    "maildrop_in_use": ("in_use",),
    "access_blocked": ("credentials",),
    "permission_missing": ("enabled",),
    "mailbox_not_found": ("address",),
    "mailbox_not_enabled": ("address",),
    "sign_in_needed": ("expired",),
    "grant_dead": ("testing", "expired"),
    "app_secret_wrong": ("expired",),
    "app_secret_expired": ("expired",),
}


def check_list(mailbox: Mailbox) -> Sequence[Check]:
    """The list for the mailbox's kind and last error; nothing where only waiting helps.

    Needs `connection__grant` where queries count.
    """
    if mailbox.error_reason in _PASSES:
        return ()
    if mailbox.connection.kind == ConnectionKind.PUSH:
        return _OF_OURSELVES
    grant = grant_of(mailbox.connection)
    has_grant = grant is not None
    account = (_SIGNED_IN, _FIREWALL, _GRANT_EXPIRED) if has_grant else (_PASSWORD, _FIREWALL, _PASSWORD_CHANGED)
    checks = (*_OF_SERVER.get(mailbox.connection.kind, _OF_PROVIDER), *account)
    if grant is not None and ended_like_in_testing(grant):
        checks += (_IN_TESTING,)
    first = _FIRST.get(mailbox.error_reason, ())
    return sorted(checks, key=lambda check: first.index(check.code) if check.code in first else len(first))
