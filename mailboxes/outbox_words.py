"""Why an outgoing mail waits or failed, in words for people."""

from __future__ import annotations

import re

from django.template.defaultfilters import filesizeformat
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from mailboxes.health_words import cause_words
from mailboxes.models import OutgoingKind, OutgoingServer

_WORDS: dict[str, Promise] = {
    "name_not_found": _("The name of the outgoing server cannot be found."),
    "host_not_allowed": _("The outgoing server cannot be reached."),
    "unreachable": _("The outgoing server cannot be reached."),
    "timeout": _("The outgoing server did not answer in time."),
    "connection_lost": _("The outgoing server ended the connection."),
    "tls_certificate_name": _("The outgoing server's certificate is for another name."),
    "tls_certificate_expired": _("The outgoing server's certificate has expired."),
    "tls_certificate_untrusted": _("The outgoing server's certificate is not trusted here."),
    "tls_certificate_changed": _("The outgoing server shows another certificate than the one you trusted."),
    "tls_not_offered": _("The outgoing server offers no encryption, and clear text is not allowed."),
    "tls_failed": _("The outgoing server and Postroom cannot agree on encryption."),
    "login_refused": _("The outgoing server refused the username or password."),
    "login_disabled": _("The outgoing server does not let this account sign in this way."),
    "rate": _("It waits for its turn: only so many mails a minute may leave through this server."),
    "throttled": _("The outgoing server asks us to wait."),
    "calls_spent": _("As many calls were made for this mailbox as Microsoft takes in ten minutes."),
    "too_many_connections": _("The account has too many connections open."),
    "too_large": _("The outgoing server does not take mails of this size."),
    "sender_refused": _("The outgoing server does not take mail from this sender."),
    "recipient_refused": _("The outgoing server does not take mail for this recipient."),
    "recipient_unknown": _(
        "The server says that there is no such address, so nothing automatic is sent there any more."
    ),
    "access_blocked": _("A policy of the organization at Microsoft keeps the app away from this mailbox."),
    "permission_missing": _("The app may not send: it lacks Mail.Send, or nobody consented to it."),
    "mailbox_not_found": _("The provider knows no mailbox of this address."),
    "mailbox_not_enabled": _("The provider has no such mailbox online."),
    "mailbox_full": _("The mailbox is full, so nothing can leave from it."),
    "content_refused": _("The outgoing server refused the content."),
    "no_international": _("The outgoing server does not take addresses with letters beyond a to z before the @."),
    "internal": _("Postroom itself failed while sending."),
    "bad_argument": _("An address of this mail cannot be told to a server."),
    "server_error": _("The outgoing server is in trouble of its own."),
    "suppressed": _("It is on the list of who gets no mail."),
    "restored": _("Postroom was restored from a backup after this was queued; it may have been sent before."),
}
_OF_EWS: dict[str, Promise] = {
    "permission_missing": _(
        "Exchange does not allow sending from this mailbox: an app needs full_access_as_app, somebody who signed in"
        " EWS.AccessAsUser.All, and an account access to the mailbox."
    ),
}
_FILING: dict[str, Promise] = {
    "folder_not_found": _("The account has no folder for sent mail that can be found."),
    "too_large": _("The mail server does not take mails of this size."),
    "cannot_file": _(
        "Microsoft Graph cannot put a copy of mail that left another way into Sent. Switch it off in the mailbox."
    ),
    "file_missing": _("The composed mail is missing in storage."),
}
_OTHERWISE: Promise = _("The outgoing server answered in a way that Postroom does not understand.")


_SIZE = re.compile(r"SIZE (\d{1,18})")  # as the server told its limit in EHLO


def reason_words(reason: str, said: str = "", *, server: OutgoingServer | None = None) -> Promise | str:
    """The reason code as a sentence; empty for none.

    said: the server's words, which may hold a limit. server: what the mail leaves through, whose permissions are named.
    """
    if server is not None and server.kind == OutgoingKind.EWS and reason in _OF_EWS:
        return _OF_EWS[reason]
    limit = _SIZE.fullmatch(said)
    if reason == "too_large" and limit:
        return gettext("The outgoing server takes mails of up to %(size)s.") % {"size": filesizeformat(limit[1])}
    return _WORDS.get(reason) or cause_words(reason, otherwise=_OTHERWISE) if reason else ""


def filing_words(reason: str) -> Promise | str:
    """Why the copy in Sent could not be filed, as a sentence; empty for no reason."""
    return _FILING.get(reason, cause_words(reason)) if reason else ""
