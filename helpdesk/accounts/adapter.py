"""How allauth behaves here: nobody signs up by themselves; people come through the first run or an invitation."""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.internal import ratelimit
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from helpdesk.accounts import mails

_MAILS = {
    "account/email/password_reset_key": mails.MailTemplates(
        subject="account/email/password_reset_key_subject.txt",
        text="account/email/password_reset_key_message.txt",
        html="account/email/password_reset_key_message.html",
    ),
    "account/email/unknown_account": mails.MailTemplates(
        subject="account/email/unknown_account_subject.txt",
        text="account/email/unknown_account_message.txt",
        html="account/email/unknown_account_message.html",
    ),
}
_PASSWORD_CHANGED = mails.MailTemplates(
    subject="account/email/password_changed_subject.txt",
    text="account/email/password_changed_message.txt",
    html="account/email/password_changed_message.html",
)
_MAILS["account/email/password_changed"] = _MAILS["account/email/password_reset"] = _PASSWORD_CHANGED


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth is untyped
    """The adapter named in settings."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": gettext_lazy(
            "The email address or the password is wrong. Check both, or choose a new password with “Forgot it?”."
        ),
        "enter_current_password": gettext_lazy("This is not your current password. Type it again."),
        "account_inactive": gettext_lazy("This account is switched off. Ask whoever runs Postroom for you."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: accounts are made by the first-run page and by invitations."""
        del request
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """Never: htmx takes pages, and answers in JSON would be a second interface to guard."""
        del request
        return False

    def is_safe_url(self, url: str) -> bool:
        """True for addresses without a host: `?next=` never leads away from here."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def validation_error(self, code: str, *args: Any) -> Any:
        """As allauth's, but the refusal after too many tries says how long it lasts."""
        error = super().validation_error(code, *args)
        if code == "too_many_login_attempts":
            error.message = too_many_tries("login_failed")
        return error

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The mail is handed to the operator's server. A failure is logged and not shown: it would tell who exists."""
        mails.send(_MAILS[template_prefix], to=email, context={"email": email, **context})

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link in the mail; on BASE_URL, because the Host header is the sender's to choose."""
        uid, _hyphen, token = key.partition("-")
        return reset_url(uid=uid, token=token)

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """All sessions ended with the old password, this one too: to the sign-in page."""
        del request
        return reverse("account_login")

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        message_context: dict[str, Any] | None = None,
        extra_tags: str = "",
        message: str | None = None,
    ) -> None:
        """Only what the page does not show by itself: that the password was changed."""
        del level, message_context, extra_tags, message
        if message_template == "account/messages/password_changed.txt":
            messages.success(request, _("Your password is changed. Sign in with the new one."))


def reset_url(*, uid: str, token: str) -> str:
    """The address where a new password is set."""
    return str(settings.BASE_URL) + reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})


def too_many_tries(action: str) -> str:
    """The sentence for an exhausted rate limit, with the time after which it is over."""
    rates = ratelimit.get_rates(app="allauth.account", action=action, config=app_settings.RATE_LIMITS)
    minutes = max(1, round(max((rate.duration for rate in rates), default=60) / 60))
    return ngettext(
        "Too many tries. Wait %(minutes)d minute, then try again.",
        "Too many tries. Wait %(minutes)d minutes, then try again.",
        minutes,
    ) % {"minutes": minutes}
