"""Why an outgoing mail waits or failed, in words for people."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_WORDS: dict[str, Promise] = {
    "name_not_found": _("The name of the outgoing server cannot be found."),
    "host_not_allowed": _("The outgoing server cannot be reached."),
    "unreachable": _("The outgoing server cannot be reached."),
    "timeout": _("The outgoing server did not answer in time."),
    "connection_lost": _("The outgoing server ended the connection."),
    "tls_certificate_name": _("The outgoing server's certificate is for another name."),
    "tls_certificate_expired": _("The outgoing server's certificate has expired."),
    "tls_certificate_untrusted": _("The outgoing server's certificate is not trusted here."),
    "tls_not_offered": _("The outgoing server offers no encryption, and clear text is not allowed."),
    "tls_failed": _("The outgoing server and Postroom cannot agree on encryption."),
    "login_refused": _("The outgoing server refused the username or password."),
    "login_disabled": _("The outgoing server does not let this account sign in this way."),
    "throttled": _("The outgoing server asks us to wait."),
    "too_many_connections": _("The account has too many connections open."),
    "too_large": _("The outgoing server does not take mails of this size."),
    "sender_refused": _("The outgoing server does not take mail from this sender."),
    "recipient_refused": _("The outgoing server does not take mail for this recipient."),
    "content_refused": _("The outgoing server refused the content."),
    "bad_argument": _("An address of this mail cannot be told to a server."),
    "server_error": _("The outgoing server is in trouble of its own."),
    "restored": _("Postroom was restored from a backup after this was queued; it may have been sent before."),
}
_OTHERWISE = _("The outgoing server answered in a way that Postroom does not understand.")


def reason_words(reason: str) -> Promise | str:
    """The reason code as a sentence; empty for none."""
    return _WORDS.get(reason, _OTHERWISE) if reason else ""
