"""Why a mailbox or a message of it cannot be read, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.models import Mailbox

_WORDS: dict[str, Promise] = {
    "name_not_found": _("The name of the mail server cannot be found."),
    "host_not_allowed": _("The mail server cannot be reached."),
    "unreachable": _("The mail server cannot be reached."),
    "proxy_unreachable": _("The proxy cannot be reached."),
    "proxy_login_refused": _("The proxy refuses the username or password."),
    "proxy_refused": _("The proxy does not connect to the mail server."),
    "timeout": _("The mail server does not answer in time."),
    "connection_lost": _("The mail server ended the connection."),
    "tls_certificate_name": _("The mail server's certificate is for another name."),
    "tls_certificate_expired": _("The mail server's certificate has expired."),
    "tls_certificate_untrusted": _("The mail server's certificate is not trusted here."),
    "tls_not_offered": _("The mail server offers no encryption, and clear text is not allowed."),
    "tls_failed": _("The mail server and Postroom cannot agree on encryption."),
    "login_refused": _("The server refuses the username or password."),
    "access_blocked": _(
        "A policy of the organization at Microsoft keeps the app away from this mailbox. Changes of such a policy can "
        "take up to two hours to count."
    ),
    "permission_missing": _("The app lacks a permission, or nobody consented to it: Mail.ReadWrite is needed to read."),
    "mailbox_not_found": _("The provider knows no mailbox of this address."),
    "mailbox_not_enabled": _(
        "The provider has no such mailbox online. It may lack a licence, be deleted, or lie on your own servers."
    ),
    "mailbox_full": _("The mailbox is full."),
    "login_disabled": _("The server does not let this account sign in. IMAP or POP3 may be switched off for it."),
    "throttled": _("The mail server asks us to wait."),
    "too_many_connections": _("The account has too many connections open."),
    "maildrop_in_use": _("Another program has the mailbox open. POP3 lets in one at a time."),
    "no_unique_ids": _("The server does not number its mail (UIDL), so that known mail cannot be told from new."),
    "message_unreadable": _("The mail server failed on this message."),
    "folder_read_only": _("The account may read this folder but not change it."),
    "not_expunged": _("Marked as deleted; the mail server cannot remove single messages."),
    "no_idle": _("The mail server does not tell of new mail by itself."),
    "server_error": _("The mail server is in trouble of its own."),
    "folder_not_found": _("The folder is gone or was renamed. Choose another one."),
    "disk_full": _("The disk of this installation is full. Nothing is lost: mail waits on the server."),
    "storage_unwritable": _("The data folder of this installation cannot be written. Mail waits on the server."),
}
_OTHERWISE = _("The mail server answered in a way that Postroom does not understand.")


def error_words(mailbox: Mailbox) -> Promise:
    """The last error of the mailbox as a sentence."""
    return cause_words(mailbox.error_reason)


def cause_words(reason: str, *, otherwise: Promise = _OTHERWISE) -> Promise:
    """The code of a connector's or the storage's error as a sentence."""
    return _WORDS.get(reason, otherwise)
