"""Google Workspace and Gmail: signing in, and app passwords where that cannot be."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Guide, Step, Value, telling_redirect

GUIDE = Guide(
    "google",
    _("Sign in with Google"),
    _(
        "For Google Workspace and Gmail. Somebody signs in at Google for the mailbox, once; tokens renew themselves."
        " Mail is read over IMAP or POP3 and sent over SMTP. If the operator of this installation has registered an"
        " app, only the last two steps are yours."
    ),
    needs=(
        _("A Google account that may make projects in the Google Cloud console."),
        _("In Google Workspace: an administrator who allows IMAP, and third-party apps where they are restricted."),
    ),
    steps=(
        Step(
            "project",
            _("Open console.cloud.google.com, and choose or create a project."),
            link="https://console.cloud.google.com/",
        ),
        Step(
            "consent-screen",
            _(
                "**OAuth consent screen** (newer: **Google Auth Platform**, **Branding** and **Audience**): user type"
                " **Internal** for a Google Workspace of your own, else **External**; a name, a mail address for"
                " support, and the mailbox's address as developer contact. A logo is optional: square, 120 by 120, JPG,"
                " PNG or BMP, up to 1 MB."
            ),
        ),
        Step(
            "scope",
            _(
                "**Scopes** (newer: **Data access**): add this one by hand. It is the only one that reads and sends"
                " over IMAP, POP3 and SMTP."
            ),
            values=(Value(_("Scope"), "https://mail.google.com/"),),
        ),
        Step(
            "test-users",
            _(
                "External and not published: add the mailbox as a test user. Internal apps need none, and their"
                " sign-ins last."
            ),
            warning=_(
                "While an external app is in testing, Google ends each sign-in after 7 days. Publish it to make them"
                " last; with this scope a published app goes through Google's verification."
            ),
        ),
        telling_redirect(
            "client",
            _(
                "**Credentials** (newer: **Clients**), **Create credentials**, **OAuth client ID**, type **Web"
                " application**: paste the redirect address under **Authorized redirect URIs**, then copy client ID and"
                " client secret."
            ),
        ),
        Step(
            "imap",
            _(
                "In Gmail, **Settings**, **Forwarding and POP/IMAP**: switch on IMAP. In Google Workspace an"
                " administrator allows it first: admin.google.com, **Apps**, **Google Workspace**, **Gmail**, **End"
                " User Access**. That may take up to 24 hours; where only certain clients are allowed, add the client"
                " ID there."
            ),
            link="https://admin.google.com/",
        ),
        Step(
            "sign-in",
            _(
                "Save in Postroom, go to Google from there, and choose the account of the mailbox. “Google hasn't"
                " verified this app” may appear: choose **Advanced** and go on. Tick the permission for mail, and"
                " **Allow**."
            ),
        ),
    ),
    afterwards=(
        _(
            "A sign-in ends when it is not used for six months, when the account's password changes, or when it is"
            " taken back."
        ),
        _(
            "Where folders are concerned: Gmail's are labels, and one mail may lie in several. It becomes one message"
            " here."
        ),
    ),
    checked=_(
        "The way is the one of Google's documentation. What Postroom does was tested against a stand-in that answers"
        " as that documentation says; no account at Google was used."
    ),
)
APP_PASSWORD = Guide(
    "gmail-app-password",
    _("Gmail with an app password"),
    _(
        "Only where signing in cannot be. Google takes no ordinary password from other programs any more; an app"
        " password opens the whole mailbox, and the administrator of a Google Workspace may forbid it."
    ),
    needs=(_("Two-step verification is switched on for the account: without it there are no app passwords."),),
    steps=(
        Step(
            "imap",
            _(
                "In Gmail, **Settings**, **Forwarding and POP/IMAP**: switch on IMAP. In Google Workspace an"
                " administrator allows it first."
            ),
        ),
        Step(
            "two-step",
            _("At myaccount.google.com open **Security** and switch on **2-Step Verification**."),
            link="https://myaccount.google.com/security",
        ),
        Step(
            "password",
            _(
                "Make an app password there: name it Postroom, and copy the sixteen letters. The spaces between them"
                " do not matter."
            ),
            link="https://myaccount.google.com/apppasswords",
        ),
        Step(
            "form",
            _(
                "In Postroom choose Google as provider, enter the full address as username, and the app password as"
                " password."
            ),
            values=(
                Value(_("Server for receiving, TLS, port 993"), "imap.gmail.com"),
                Value(_("Server for sending, TLS, port 465"), "smtp.gmail.com"),
            ),
        ),
    ),
    afterwards=(_("Changing the account's password ends all its app passwords: make a new one then."),),
    checked=_("Names and places are from Google's documentation. No account at Google was used."),
)
