"""Sign in with Microsoft: an app that people sign in to, and what the mailbox has to allow."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.entra_steps import ENTRA, REDIRECT
from mailboxes.guides.parts import Guide, Step, Value
from mailboxes.guides.permissions import OF_PEOPLE

_ALLOWING = """\
Set-CASMailbox -Identity support@example.com -ImapEnabled $true -PopEnabled $true
Set-CASMailbox -Identity support@example.com -SmtpClientAuthenticationDisabled $false"""

GUIDE = Guide(
    "entra-sign-in",
    _("Sign in with Microsoft"),
    _(
        "Somebody signs in at Microsoft for the mailbox, once; tokens renew themselves. Mail is read and sent over"
        " Microsoft Graph, which needs nothing switched on; or over IMAP or POP3 with SMTP, or Exchange Web Services,"
        " each with OAuth. If the operator of this installation has registered an app, begin at the seventh step."
    ),
    needs=(
        _("Somebody who may register apps in Microsoft Entra, and an administrator for the consent."),
        _("The mailbox exists and has a licence; a shared mailbox has somebody with a licence who may open it."),
        _(
            "The person who signs in may use the app: user consent is allowed for this user or group, or an admin"
            " consents."
        ),
    ),
    steps=(
        Step(
            "register",
            _(
                "Open entra.microsoft.com, **App registrations**, and choose **New registration**. Any name will do."
                " Supported account types: your organization alone, or any organization (and personal accounts) if"
                " mailboxes of others are to sign in."
            ),
            link=ENTRA,
        ),
        REDIRECT,
        Step(
            "permissions",
            _(
                "**API permissions**, **Add a permission**, **Microsoft Graph**, **Delegated permissions**: add those"
                " that the table names for the way you choose under **Read by** in Postroom, and those for all. Add"
                " nothing else."
            ),
            values=(
                Value(_("To read over Graph"), "Mail.ReadWrite"),
                Value(_("To send over Graph"), "Mail.Send"),
                Value(_("To read over IMAP"), "IMAP.AccessAsUser.All"),
                Value(_("To send by SMTP"), "SMTP.Send"),
                Value(_("To stay signed in"), "offline_access"),
            ),
            table=OF_PEOPLE,
        ),
        Step(
            "consent",
            _(
                "Choose **Grant admin consent**, so that nobody is asked for an administrator's approval later. Every"
                " permission must show green. Without it people may see “Need admin approval”; Postroom then shows an"
                " address to send to the administrator, who allows it once for everybody."
            ),
        ),
        Step(
            "ids",
            _(
                "From the overview copy **Application (client) ID** and **Directory (tenant) ID**. **Endpoints** shows"
                " the addresses for authorization and for tokens; Postroom knows them."
            ),
        ),
        Step(
            "secret",
            _(
                "**Certificates & secrets**, **New client secret**: a description, and when it ends, at most 24"
                " months. Copy the **Value** at once. It is shown only now. Enter the day it ends, too."
            ),
            warning=_("The **Secret ID** beside the value is not what is needed."),
        ),
        Step(
            "mailbox",
            _(
                "In the Microsoft 365 admin center the mailbox needs a licence. For IMAP and POP3, under **Mail**,"
                " **Manage email apps**: IMAP, POP (**Other email apps**) and **Authenticated SMTP** must be allowed."
                " Such a change takes 30 minutes and more. The same in Exchange Online PowerShell:"
            ),
            code=_ALLOWING,
        ),
        Step(
            "shared",
            _(
                "For a shared mailbox give the person who signs in the permissions **Read and manage** (full access)"
                " and **Send as**. Enter the shared address as the mailbox's, and the person as the account that signs"
                " in: sign in as that person, not as the shared mailbox."
            ),
        ),
        Step(
            "sign-in",
            _(
                "Save in Postroom and go to Microsoft from there. Sign in as the account of the mailbox, and choose"
                " **Accept**. At the first sign-in Microsoft may ask for security information; that can be put off. No"
                " code is copied by hand; you come back by yourself."
            ),
        ),
    ),
    afterwards=(
        _(
            "**Exchange Web Services.** For these the app needs `EWS.AccessAsUser.All` instead, a delegated permission"
            " of Office 365 Exchange Online. It is found under **APIs my organization uses**, or put into the manifest"
            " as in the guide for Exchange Online, with the id `3b5f3d61-589b-4a3c-a359-5dd4b5ee5bd5` and the type"
            " `Scope`. Microsoft switches these services off, for all on 1 April 2027."
        ),
        _(
            "One request is for one service: a scope of Microsoft Graph such as User.Read beside those of IMAP is"
            " refused (“No Authenticate”, AADSTS700022). The app may hold permissions of both; Postroom asks for one"
            " kind at a time."
        ),
        _(
            "A sign-in that is not used for 90 days ends. A new password set by an administrator ends it, too: sign in"
            " again."
        ),
        _(
            "**Device code.** If the way back to Postroom does not work, sign in with a device code instead; the app"
            " must allow public client flows. Many organizations block it, as Microsoft advises."
        ),
    ),
    checked=_(
        "The way is the one of Microsoft's documentation. What Postroom does was tested against a stand-in that"
        " answers as that documentation says, with Microsoft's own library; no account at Microsoft was used."
    ),
)
