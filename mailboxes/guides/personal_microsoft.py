"""Personal Microsoft accounts: outlook.com, hotmail.com, live.com, msn.com."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.entra_steps import ENTRA, REDIRECT
from mailboxes.guides.parts import Guide, Step, Value

GUIDE = Guide(
    "personal-microsoft",
    _("Personal Microsoft accounts"),
    _(
        "For addresses at outlook.com, hotmail.com, live.com and msn.com. There is no administrator and no app"
        " registration of one's own account: somebody signs in for the mailbox, with an app that takes personal"
        " accounts."
    ),
    needs=(
        _("The address and its password; Microsoft takes no password from other programs any more, only a sign-in."),
        _("An app that takes personal accounts: the operator's, or your own from any directory of Microsoft Entra."),
    ),
    steps=(
        Step(
            "enable",
            _(
                "Over Microsoft Graph nothing has to be switched on. Only for IMAP or POP3: in Outlook.com open"
                " **Settings**, **Mail**, **Forwarding and IMAP**, and switch on **Let devices and apps use IMAP** (or"
                " POP). It is off at first."
            ),
            link="https://outlook.live.com/",
        ),
        Step(
            "app",
            _(
                "Only without an app of the operator: at entra.microsoft.com, **App registrations**, **New"
                " registration**, choose **Accounts in any organizational directory and personal Microsoft accounts**,"
                " or personal accounts only."
            ),
            link=ENTRA,
        ),
        REDIRECT,
        Step(
            "permissions",
            _(
                "**API permissions**, **Microsoft Graph**, **Delegated permissions**: add these. Nobody has to consent"
                " for others."
            ),
            values=(
                Value(_("To read over Graph"), "Mail.ReadWrite"),
                Value(_("To send over Graph"), "Mail.Send"),
                Value(_("For real time"), "Mail.Read"),
                Value(_("To stay signed in"), "offline_access"),
                Value(_("To read over IMAP instead"), "IMAP.AccessAsUser.All"),
                Value(_("To send by SMTP instead"), "SMTP.Send"),
            ),
        ),
        Step(
            "secret",
            _(
                "**Certificates & secrets**, **New client secret**: copy the **Value** at once, not the Secret ID."
                " Enter it with the **Application (client) ID**. As tenant enter `consumers`; the card for personal"
                " accounts has filled it in already."
            ),
        ),
        Step(
            "sign-in",
            _(
                "Save in Postroom, go to Microsoft from there, sign in as the address of the mailbox, and choose"
                " **Accept**."
            ),
        ),
    ),
    afterwards=(
        _(
            "Over IMAP or POP3 mail is read at outlook.office365.com, and leaves by smtp-mail.outlook.com, port 587"
            " with STARTTLS: Postroom fills in both, and changes the second where another tenant is entered later."
        ),
        _(
            "Microsoft limits how much a personal account may send. For a company take Microsoft 365 or another"
            " provider."
        ),
    ),
    checked=_("The settings are those Microsoft's help pages name. No personal account was used."),
)
