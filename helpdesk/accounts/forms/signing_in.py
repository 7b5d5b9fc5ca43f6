"""The forms of allauth with our words, and without placeholders in place of labels."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from allauth.account.adapter import get_adapter
from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

_ENTER_EMAIL = _("Enter your email address.")
_ENTER_PASSWORD = _("Enter your password.")


def _word(form: forms.Form, name: str, *, label: Any, missing: Any, hint: Any = "") -> None:
    field = form.fields[name]
    field.label = label
    field.help_text = hint
    field.error_messages["required"] = missing
    field.widget.attrs.pop("placeholder", None)


class SignInForm(allauth_forms.LoginForm):  # type: ignore[misc]  # allauth is untyped
    """Address and password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "login", label=_("Work email"), missing=_ENTER_EMAIL)
        _word(self, "password", label=_("Password"), missing=_ENTER_PASSWORD)
        self.fields["login"].widget.attrs.update(autocomplete="username", autofocus=True)
        self.fields["remember"].label = _("Keep me signed in on this computer")
        self.fields["remember"].initial = True


class AskForPasswordForm(allauth_forms.ResetPasswordForm):  # type: ignore[misc]  # allauth is untyped
    """Whoever owns the address gets a link, or a note that there is no account; the page says the same for both."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "email", label=_("Work email"), missing=_ENTER_EMAIL)
        self.fields["email"].widget.attrs.update(autocomplete="username", autofocus=True)

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """The mail is on its way. Gives the address."""
        email: str = self.cleaned_data["email"]
        if not self.users:
            # Not allauth's: that one offers to sign up, which nobody can here.
            get_adapter().send_mail("account/email/unknown_account", email, {"request": request})
            return email
        return str(super().save(request, **kwargs))


class NewPasswordForm(allauth_forms.ResetPasswordKeyForm):  # type: ignore[misc]  # allauth is untyped
    """A new password, after the link from the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word_new_password(self)
        self.fields["password1"].widget.attrs.update(autofocus=True)


class ChangePasswordForm(allauth_forms.ChangePasswordForm):  # type: ignore[misc]  # allauth is untyped
    """A new password for somebody who is signed in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _word(self, "oldpassword", label=_("Current password"), missing=_ENTER_PASSWORD)
        _word_new_password(self)


def _word_new_password(form: forms.Form) -> None:
    hint = _("At least 10 characters. A few words in a row are easy to remember and hard to guess.")
    _word(form, "password1", label=_("New password"), missing=_("Choose a password."), hint=hint)
    _word(form, "password2", label=_("New password, once more"), missing=_("Type the new password once more."))
