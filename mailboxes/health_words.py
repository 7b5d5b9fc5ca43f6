"""Why a mailbox or a message of it cannot be read, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.models import ConnectionKind, Mailbox

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
    "tls_certificate_changed": _("The mail server shows another certificate than the one you trusted."),
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
    "calls_spent": _(
        "Nearly as many calls were made for this mailbox as Microsoft takes in ten minutes. Reading goes on after that."
    ),
    "app_throttled": _(
        "The provider asked all mailboxes of the same app or account to wait. This one is read again after that."
    ),
    "no_place": _("As many connections to this account are open as we open at once. Its mail is polled for."),
    "too_many_connections": _("The account has too many connections open."),
    "maildrop_in_use": _("Another program has the mailbox open. POP3 lets in one at a time."),
    "no_unique_ids": _("The server does not number its mail (UIDL), so that known mail cannot be told from new."),
    "message_unreadable": _("The mail server failed on this message."),
    "folder_read_only": _("The account may read this folder but not change it."),
    "not_expunged": _("Marked as deleted; the mail server cannot remove single messages."),
    "not_polled": _("Mail is brought to this mailbox. There is no server to read it from."),
    "no_notifications": _(
        "Microsoft does not tell whoever signed in of new mail in a shared mailbox. Only an app registration is told."
    ),
    "telling_not_permitted": _(
        "Microsoft tells of new mail only with the permission Mail.Read. Give it to the app beside Mail.ReadWrite, and "
        "consent again."
    ),
    "not_callable": _(
        "Microsoft could not call this installation at its public address. Its operator has to let the calls through."
    ),
    "no_idle": _("The mail server does not tell of new mail by itself."),
    "server_error": _("The mail server is in trouble of its own."),
    "folder_not_found": _("The folder is gone or was renamed. Choose another one."),
    "sign_in_needed": _("Somebody has to sign in at the provider. Choose Sign in again."),
    "sign_in_blocked": _("A policy of your organization at the provider blocks this sign-in."),
    "grant_dead": _("The provider no longer accepts the sign-in. Choose Sign in again."),
    "code_expired": _("The sign-in took too long, or its code was used before. Start again."),
    "account_refused": _("The provider refuses this account: unknown, locked, disabled, or its password expired."),
    "other_account": _("Somebody signed in whose address is not the mailbox's."),
    "consent_missing": _("Nobody has allowed Postroom the permissions it asks for."),
    "consent_refused": _("The permissions were not given."),
    "admin_consent_needed": _("An administrator of your organization has to allow Postroom first."),
    "scope_not_granted": _("A permission that is needed was not given."),
    "scope_wrong": _("The provider does not know a permission that is asked for."),
    "scopes_mixed": _("Permissions of several services are asked for at once."),
    "app_unknown": _("The provider does not know this client ID in this tenant."),
    "app_secret_wrong": _("The provider refuses the client secret. It may be the secret's ID instead of its value."),
    "app_secret_expired": _("The client secret has expired. Create a new one and enter its value."),
    "app_secret_missing": _("The app needs a client secret, and none is stored."),
    "app_is_public": _("The app is registered without secrets, but one is stored. Remove it."),
    "app_single_tenant": _("The app is for one organization only. Enter its tenant ID."),
    "redirect_wrong": _("The redirect address is not registered for the app exactly as it stands here."),
    "tenant_unknown": _("The provider does not know this tenant. It may be in another cloud."),
    "cloud_wrong": _("The tenant is in another cloud. Choose that cloud."),
    "resource_missing": _("The organization has no Exchange Online, or it is not switched on."),
    "token_loop": _("The provider stopped us for asking too often. This ends by itself."),
    "database_away": _("The database of this installation was away. Senders were asked to come again."),
    "disk_full": _("The disk of this installation is full. Nothing is lost: mail waits on the server."),
    "storage_unwritable": _("The data folder of this installation cannot be written. Mail waits on the server."),
}
_OF_EWS: dict[str, Promise] = {
    "permission_missing": _(
        "The account or the app may not open this mailbox: it needs full access to it, or full_access_as_app."
    ),
    "access_blocked": _(
        "Exchange lets the app in nowhere, or a policy keeps it away from this mailbox. In Microsoft 365 Exchange Web "
        "Services are being switched off."
    ),
    "login_disabled": _("Exchange Web Services are switched off for this account, or take no passwords."),
}
_OF_PUSH: dict[str, Promise] = {
    "disk_full": _("The disk of this installation is full."),
    "storage_unwritable": _("The data folder of this installation cannot be written."),
}
_BY_KIND = {ConnectionKind.EWS: _OF_EWS, ConnectionKind.PUSH: _OF_PUSH}
_OTHERWISE = _("The mail server answered in a way that Postroom does not understand.")


def error_words(mailbox: Mailbox) -> Promise:
    """The last error of the mailbox as a sentence."""
    own = _BY_KIND.get(ConnectionKind(mailbox.connection.kind), {})
    return own.get(mailbox.error_reason) or cause_words(mailbox.error_reason)


def cause_words(reason: str, *, otherwise: Promise = _OTHERWISE) -> Promise:
    """The code of a connector's or the storage's error as a sentence."""
    return _WORDS.get(reason, otherwise)
