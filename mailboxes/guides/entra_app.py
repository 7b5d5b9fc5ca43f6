"""Microsoft 365 by an app registration: Graph with application permissions."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.entra_steps import ENTRA
from mailboxes.guides.parts import Guide, Step, Value
from mailboxes.guides.permissions import OF_APPS, permission_table

_CONFINING = """\
New-ServicePrincipal -AppId <client ID> -ObjectId <object ID> -DisplayName Postroom
New-ManagementScope -Name Postroom -RecipientRestrictionFilter "CustomAttribute1 -eq 'postroom'"
New-ManagementRoleAssignment -App <object ID> -Role "Application Mail.ReadWrite" -CustomResourceScope Postroom
New-ManagementRoleAssignment -App <object ID> -Role "Application Mail.Send" -CustomResourceScope Postroom
New-ManagementRoleAssignment -App <object ID> -Role "Application Mail.Read" -CustomResourceScope Postroom
Test-ServicePrincipalAuthorization -Identity <object ID> -Resource support@example.com"""

GUIDE = Guide(
    "entra-app",
    _("Microsoft 365 by an app registration"),
    _(
        "For whole organizations, and the first choice with Microsoft 365: no password of a mailbox is stored, nobody"
        " has to stay signed in, and Conditional Access keeps its say. Mail is read and sent over Microsoft Graph."
    ),
    needs=(
        _("An administrator of Microsoft Entra who may register apps and consent for the organization."),
        _("The mailbox exists in Exchange Online. IMAP, POP and SMTP need not be allowed for it."),
        _("For confining the app: an Exchange administrator with Exchange Online PowerShell."),
    ),
    steps=(
        Step(
            "register",
            _(
                "Open entra.microsoft.com, **App registrations**, and choose **New registration**. Name it, leave"
                " **Accounts in this organizational directory only**, and give no redirect address. An app that exists"
                " already will do, such as the one for signing in to Postroom: only the permissions below are added."
            ),
            link=ENTRA,
        ),
        Step(
            "ids",
            _(
                "Copy **Application (client) ID** and **Directory (tenant) ID** from its overview into the form. The"
                " tenant ID also stands at admin.microsoft.com, under Settings."
            ),
        ),
        Step(
            "permissions",
            _(
                "Open **API permissions**, **Add a permission**, **Microsoft Graph**, then **Application"
                " permissions**. Not **Delegated permissions**: nobody is signed in while Postroom reads mail, and that"
                " is why an administrator has to consent."
            ),
        ),
        Step(
            "choose",
            _(
                "Add `Mail.ReadWrite` and `Mail.Send`. These two suffice; the other four are optional, and without"
                " them nothing fails. Only real time asks for `Mail.Read` as well."
            ),
            values=(
                Value(_("To read, mark and move"), "Mail.ReadWrite"),
                Value(_("To send"), "Mail.Send"),
            ),
            table=permission_table(_("Permissions of the app"), OF_APPS),
        ),
        Step(
            "consent",
            _(
                "Press **Grant admin consent** there, or use the button on Postroom's page, which leads an"
                " administrator to the same question. Every permission must show green. It may take up to 30 minutes to"
                " count."
            ),
        ),
        Step(
            "secret",
            _(
                "Open **Certificates & secrets**, **New client secret**: a description, and at most 24 months. Copy"
                " its **Value** at once: it is shown only then. Enter the day it ends, too: whoever manages channels is"
                " warned 30, 7 and 1 days before."
            ),
            warning=_("The **Secret ID** beside the value is something else. The form says so when it is pasted."),
        ),
        Step(
            "mailbox",
            _(
                "What is changed for the mailbox in the Microsoft 365 admin center, such as a licence or its address,"
                " takes 30 minutes and more. A mailbox that was just made may take as long to open."
            ),
        ),
        Step(
            "confine",
            _(
                "By itself the app reaches every mailbox of the organization. Have it confined to chosen ones with"
                " RBAC for Applications, in Exchange Online PowerShell. The object ID is the one under **Enterprise"
                " applications**, not the one under **App registrations**; the filter names the mailboxes, here by"
                " their first custom attribute."
            ),
            code=_CONFINING,
            warning=_(
                "These rights are **added** to those consented to in Entra. For the scope to count, remove"
                " Mail.ReadWrite and Mail.Send from the app's permissions in Entra again."
            ),
        ),
        Step(
            "test",
            _(
                "Enter everything in Postroom and choose **Test connection**. It opens the mailbox to see whether it"
                " may, reads one mail, makes a draft and removes it."
            ),
        ),
    ),
    afterwards=(
        _(
            "The older application access policies (`New-ApplicationAccessPolicy`) still work, too. Either may take up"
            " to two hours to count, even where Exchange's own test says yes already."
        ),
        _(
            "Microsoft 365 is asked for mail received after the last known time, so what was there before is told"
            " apart by its date alone: the start date, asked for when the mailbox is connected, matters most with this"
            " way."
        ),
    ),
    checked=_(
        "The way is the one of Microsoft's documentation. What Postroom does was tested against a stand-in that"
        " answers as that documentation says; no account at Microsoft was used."
    ),
)
