"""What ends, and what to do about it, as sentences."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from mailboxes.deadlines import DeadlineKind

NAMES: dict[str, Promise] = {
    DeadlineKind.SECRET: gettext_lazy("Client secret"),
    DeadlineKind.SIGN_IN: gettext_lazy("Sign-in, if it is not used"),
    DeadlineKind.TESTING: gettext_lazy("Sign-in of an app in testing"),
    DeadlineKind.CERTIFICATE: gettext_lazy("Certificate of the mail server"),
    DeadlineKind.SENDING_CERTIFICATE: gettext_lazy("Certificate of the outgoing server"),
    DeadlineKind.PROVIDER_CERTIFICATE: gettext_lazy("Certificate of the sign-in's token address"),
    DeadlineKind.EWS: gettext_lazy("Exchange Web Services at Microsoft"),
    DeadlineKind.SMTP_PASSWORD: gettext_lazy("Sending with a password at Microsoft"),
}
_WILL_END: dict[str, Promise] = {
    DeadlineKind.SECRET: gettext_lazy("The client secret ends on %(day)s."),
    DeadlineKind.SIGN_IN: gettext_lazy("The sign-in ends on %(day)s unless the mailbox is read before."),
    DeadlineKind.TESTING: gettext_lazy("Google ends the sign-in on %(day)s, because the app is in testing."),
    DeadlineKind.CERTIFICATE: gettext_lazy("The mail server's certificate ends on %(day)s."),
    DeadlineKind.SENDING_CERTIFICATE: gettext_lazy("The outgoing server's certificate ends on %(day)s."),
    DeadlineKind.PROVIDER_CERTIFICATE: gettext_lazy("The certificate of the token address ends on %(day)s."),
    DeadlineKind.EWS: gettext_lazy("Microsoft switches off Exchange Web Services on %(day)s."),
    DeadlineKind.SMTP_PASSWORD: gettext_lazy("Microsoft takes no passwords for sending after %(day)s."),
}
_HAS_ENDED: dict[str, Promise] = {
    DeadlineKind.SECRET: gettext_lazy("The client secret ended on %(day)s."),
    DeadlineKind.SIGN_IN: gettext_lazy("The sign-in was not used until %(day)s and has probably ended."),
    DeadlineKind.TESTING: gettext_lazy("Google ended the sign-in on %(day)s, because the app is in testing."),
    DeadlineKind.CERTIFICATE: gettext_lazy("The mail server's certificate ended on %(day)s."),
    DeadlineKind.SENDING_CERTIFICATE: gettext_lazy("The outgoing server's certificate ended on %(day)s."),
    DeadlineKind.PROVIDER_CERTIFICATE: gettext_lazy("The certificate of the token address ended on %(day)s."),
    DeadlineKind.EWS: gettext_lazy("Microsoft switched off Exchange Web Services on %(day)s."),
    DeadlineKind.SMTP_PASSWORD: gettext_lazy("Microsoft takes no passwords for sending since %(day)s."),
}
_RENEW = gettext_lazy("Whoever runs the server has to renew it: with an expired certificate Postroom does not connect.")
_TO_DO: dict[str, Promise] = {
    DeadlineKind.SECRET: gettext_lazy("Make a new secret at the provider and enter it here with its end."),
    DeadlineKind.SIGN_IN: gettext_lazy("Resume the mailbox, or sign in again, before then."),
    DeadlineKind.TESTING: gettext_lazy(
        "Publish the app at Google, or make its consent screen internal; say so here, and sign in again."
    ),
    DeadlineKind.CERTIFICATE: _RENEW,
    DeadlineKind.SENDING_CERTIFICATE: _RENEW,
    DeadlineKind.PROVIDER_CERTIFICATE: _RENEW,
    DeadlineKind.EWS: gettext_lazy(
        "Connect the mailbox by Microsoft Graph before then. An Exchange server of your own is not concerned."
    ),
    DeadlineKind.SMTP_PASSWORD: gettext_lazy(
        "Send through Microsoft Graph or with a sign-in before then, or have an administrator at Microsoft allow it."
    ),
}


def end_sentence(kind: str, ends_on: date, *, today: date) -> str:
    """What ends when, or ended."""
    sentence = (_WILL_END if today <= ends_on else _HAS_ENDED)[kind]
    return str(sentence) % {"day": date_format(ends_on, _("j F Y"))}


def to_do(kind: str) -> Promise:
    """What somebody should do."""
    return _TO_DO[kind]


def left_words(days: int) -> str:
    """How long is left."""
    if days < 0:
        return _("over")
    return ngettext("%(n)d day left", "%(n)d days left", days) % {"n": days} if days else _("today")
