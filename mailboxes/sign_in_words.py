"""What became of a sign-in, in words for people: what happened, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mailboxes.connectors.errors import Reason
from mailboxes.health_words import cause_words
from mailboxes.services.oauth.signing_in import SignInTrouble

NEEDING_ADMIN = frozenset({Reason.ADMIN_CONSENT_NEEDED, Reason.CONSENT_MISSING, Reason.CONSENT_REFUSED})
_ADVICE: dict[Reason, Promise] = {
    Reason.CONSENT_REFUSED: gettext_lazy(
        "Sign in once more and choose Accept. If the provider said “Need admin approval”, an administrator has to "
        "allow Postroom first: see below."
    ),
    Reason.CONSENT_MISSING: gettext_lazy("Sign in once more and choose Accept, or have an administrator allow it."),
    Reason.ADMIN_CONSENT_NEEDED: gettext_lazy("An administrator allows it once for everybody: see below."),
    Reason.SCOPE_NOT_GRANTED: gettext_lazy("Sign in once more, and leave every permission ticked."),
    Reason.OTHER_ACCOUNT: gettext_lazy(
        "Sign in once more as the account below. If the mailbox is a shared one that this person opens, enter the "
        "person below as the account that signs in."
    ),
    Reason.CODE_EXPIRED: gettext_lazy("Sign in once more."),
    Reason.SIGN_IN_BLOCKED: gettext_lazy(
        "Ask an administrator of your organization: a Conditional Access policy does not allow it from this network or "
        "device, or in this way."
    ),
    Reason.APP_SECRET_WRONG: gettext_lazy("Enter the secret's value below. Its ID looks alike but is something else."),
    Reason.APP_SECRET_EXPIRED: gettext_lazy("Make a new secret at the provider and enter its value below."),
    Reason.APP_SECRET_MISSING: gettext_lazy("Enter the client secret below."),
    Reason.APP_UNKNOWN: gettext_lazy("Check the client ID and the tenant below."),
    Reason.APP_SINGLE_TENANT: gettext_lazy("Enter the tenant ID below, or open the app to several organizations."),
    Reason.REDIRECT_WRONG: gettext_lazy("Register the redirect address below for the app, to the last slash."),
    Reason.SCOPES_MIXED: gettext_lazy(
        "Remove scopes of other services, such as User.Read, from the app's request: one request is for one service."
    ),
}
_OTHERWISE = gettext_lazy("Try once more in some minutes. If it stays so, give support the words below.")


@dataclass(frozen=True)
class TroubleWords:
    """A trouble as a page shows it."""

    what: str
    advice: str
    said: str  # by the provider; text, never HTML
    may_need_admin: bool


def trouble_words(trouble: SignInTrouble) -> TroubleWords:
    """The words for a trouble."""
    what = str(cause_words(trouble.reason))
    if trouble.account:
        what = _("You signed in as %(account)s, which is not the account of this mailbox.") % {
            "account": trouble.account
        }
    if trouble.missing:
        names = ", ".join(scope.rstrip("/").rpartition("/")[2] or scope for scope in trouble.missing)
        what = _("Signed in, but a permission is missing: %(names)s.") % {"names": names}
    return TroubleWords(
        what=what,
        advice=str(_ADVICE.get(Reason(trouble.reason), _OTHERWISE)),
        said=trouble.detail,
        may_need_admin=trouble.reason in NEEDING_ADMIN,
    )
