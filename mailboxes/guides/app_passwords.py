"""Providers that take an app password over IMAP."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Guide, Step, Value

_RECEIVING = _("Server for receiving, TLS, port 993")
_SENDING = _("Server for sending, TLS, port 465")
_CHECKED = _("Names and places are from the provider's help pages. No account there was used.")


def _form(provider: str, *servers: Value) -> Step:
    return Step(
        "form",
        _(
            "In Postroom choose the provider, which fills in its servers. The username is the full address; the app"
            " password is the password."
        ),
        values=(Value(_("Provider"), provider), *servers),
    )


FASTMAIL = Guide(
    "fastmail",
    "Fastmail",
    _("IMAP with an app password. The account's own password does not work from other programs."),
    needs=(_("A plan with access from other programs: Basic plans have no IMAP."),),
    steps=(
        Step(
            "settings",
            _(
                "Sign in at Fastmail and open **Settings**, **Privacy & Security**, **Connected apps & API tokens**"
                " (formerly **Integrations**)."
            ),
            link="https://app.fastmail.com/",
        ),
        Step(
            "password",
            _("Choose **New app password**, name it Postroom, give it access to **Mail**, and copy what is shown."),
        ),
        _form("Fastmail", Value(_RECEIVING, "imap.fastmail.com"), Value(_SENDING, "smtp.fastmail.com")),
    ),
    checked=_CHECKED,
)
YAHOO = Guide(
    "yahoo",
    "Yahoo",
    _("IMAP with an app password, which Yahoo asks for from every program without its own sign-in page."),
    steps=(
        Step(
            "security",
            _(
                "Sign in at Yahoo and open **Account security**, in a browser you have used for Yahoo before: in"
                " another one it may refuse to make app passwords."
            ),
            link="https://login.yahoo.com/",
        ),
        Step(
            "password",
            _(
                "Under **External connections** choose **Create app password**, name it Postroom, **Generate"
                " password**, and copy it: it is shown once."
            ),
        ),
        _form("Yahoo", Value(_RECEIVING, "imap.mail.yahoo.com"), Value(_SENDING, "smtp.mail.yahoo.com")),
    ),
    afterwards=(
        _(
            "The app password goes on working when the account's password changes. Delete it in the same place to end"
            " it."
        ),
    ),
    checked=_CHECKED,
)
ZOHO = Guide(
    "zoho",
    "Zoho",
    _("IMAP, with an app password where two-step sign-in or a sign-in of your company is on."),
    needs=(_("In an organization: its administrator allows IMAP."),),
    steps=(
        Step(
            "imap",
            _(
                "Sign in at Zoho Mail, open **Settings**, **Mail accounts**, choose the address, and under **IMAP**"
                " tick **IMAP access**. Save."
            ),
            link="https://mail.zoho.com/",
        ),
        Step(
            "password",
            _(
                "With two-step sign-in: at accounts.zoho.com open **Security**, **App passwords**, **Generate new"
                " password**, name it Postroom, and copy it."
            ),
            link="https://accounts.zoho.com/",
        ),
        _form(
            "Zoho",
            Value(_("Receiving, an address at zoho.com"), "imap.zoho.com"),
            Value(_("Receiving, a domain of your own"), "imappro.zoho.com"),
            Value(_("Sending, an address at zoho.com"), "smtp.zoho.com"),
            Value(_("Sending, a domain of your own"), "smtppro.zoho.com"),
        ),
    ),
    afterwards=(
        _(
            "The servers' ending is that of the region the account lies in: .eu in Europe, .in in India, .com.au in"
            " Australia."
        ),
    ),
    checked=_CHECKED,
)
ICLOUD = Guide(
    "icloud",
    "iCloud",
    _("IMAP with an app-specific password. There is no POP3."),
    needs=(_("Two-factor authentication is switched on for the Apple account."),),
    steps=(
        Step(
            "password",
            _(
                "At account.apple.com open **Sign-In and Security**, **App-Specific Passwords**, **Generate**, name it"
                " Postroom, and copy it."
            ),
            link="https://account.apple.com/",
        ),
        _form(
            "iCloud",
            Value(_RECEIVING, "imap.mail.me.com"),
            Value(_("Server for sending, STARTTLS, port 587"), "smtp.mail.me.com"),
        ),
    ),
    afterwards=(
        _(
            "Sending takes the full address as username; if reading refuses it, enter the part before the @. A new"
            " Apple password ends all app-specific ones."
        ),
    ),
    checked=_CHECKED,
)
