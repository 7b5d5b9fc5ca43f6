"""Exchange Web Services: Exchange Online by an app registration, and Exchange servers of one's own."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.entra_steps import ENTRA
from mailboxes.guides.parts import Guide, Step, Value

RESOURCE = "00000002-0000-0ff1-ce00-000000000000"  # Office 365 Exchange Online
FULL_ACCESS = "dc890d15-9560-4a4c-9b7f-a736ec74ec40"  # its application permission full_access_as_app
_MANIFEST = f"""\
"requiredResourceAccess": [
    {{
        "resourceAppId": "{RESOURCE}",
        "resourceAccess": [
            {{
                "id": "{FULL_ACCESS}",
                "type": "Role"
            }}
        ]
    }}
]"""
_CONFINING = """\
New-ServicePrincipal -AppId <client ID> -ObjectId <object ID> -DisplayName Postroom
New-ManagementScope -Name Postroom -RecipientRestrictionFilter "PrimarySmtpAddress -eq 'support@example.com'"
New-ManagementRoleAssignment -App <object ID> -Role "Application EWS.AccessAsApp" -CustomResourceScope Postroom
Test-ServicePrincipalAuthorization -Identity <object ID> -Resource support@example.com"""
_ALLOW_LIST = """\
Set-OrganizationConfig -EwsAllowedAppIDs "<client ID>"
Set-OrganizationConfig -EwsEnabled $true"""

ONLINE = Guide(
    "exchange-online",
    _("Exchange Online over Exchange Web Services"),
    _(
        "The second choice for Microsoft 365, where Graph cannot be. It is less secure: its one permission opens all"
        " of every mailbox, calendars and contacts included, where Graph's open mail alone."
    ),
    warning=_(
        "Microsoft switches Exchange Web Services off in Exchange Online: from 1 October 2026 for organizations"
        " without an allow list, for all on 1 April 2027, without exceptions. Register the app for Graph instead if you"
        " can."
    ),
    needs=(
        _("An administrator of Microsoft Entra who may register apps and consent for the organization."),
        _("An Exchange administrator with Exchange Online PowerShell, to allow the app and to confine it."),
    ),
    steps=(
        Step(
            "register",
            _(
                "Open entra.microsoft.com, **App registrations**, **New registration**. Name it, choose **Accounts in"
                " this organizational directory only** (single tenant), and leave the redirect address as it is."
            ),
            link=ENTRA,
        ),
        Step(
            "ids",
            _("Copy **Application (client) ID** and **Directory (tenant) ID** from its overview."),
        ),
        Step(
            "secret",
            _(
                "**Certificates & secrets**, **New client secret**: a description, and at most 24 months. Copy its"
                " **Value** at once: it is shown only then. Enter the day it ends, too."
            ),
            warning=_("The **Secret ID** beside the value is something else."),
        ),
        Step(
            "manifest",
            _(
                "Open **Manifest**, look for `requiredResourceAccess`, put this entry between its square brackets, and"
                " **Save**. The resource is Office 365 Exchange Online, the role its full access."
            ),
            values=(
                Value(_("Resource (resourceAppId)"), RESOURCE),
                Value(_("Role (id)"), FULL_ACCESS),
            ),
            code=_MANIFEST,
            warning=_(
                "The wrong place is the common mistake: the entry belongs inside the brackets of this one list."
                " Entries that are there already stay, with a comma between."
            ),
        ),
        Step(
            "consent",
            _(
                "Open **API permissions**: `full_access_as_app` must be listed now, as an application permission of"
                " Office 365 Exchange Online. Choose **Grant admin consent**; it must show green."
            ),
            values=(Value(_("Must be listed"), "full_access_as_app"),),
            warning=_(
                "`EWS.AccessAsUser.All` is the delegated permission, for somebody who signs in. With the wrong type"
                " Exchange refuses the app."
            ),
        ),
        Step(
            "allow-list",
            _(
                "Have the app allowed in Exchange Online PowerShell, the list first. From 1 October 2026 only apps on"
                " it get in, and only while Exchange Web Services are enabled. Apps that are on the list already belong"
                " into it again."
            ),
            code=_ALLOW_LIST,
        ),
        Step(
            "confine",
            _(
                "By itself the app reaches every mailbox of the organization. Have it confined to this one mailbox."
                " The object ID is the one under **Enterprise applications**."
            ),
            code=_CONFINING,
            warning=_(
                "These rights are **added** to the consent in Entra. For the scope to count, remove"
                " `full_access_as_app` from the app's permissions again. It may take up to two hours."
            ),
        ),
        Step(
            "mailbox",
            _(
                "In Postroom choose the card for an app registration, and **Exchange Web Services** as protocol. Enter"
                " the address of the mailbox or shared mailbox, tenant ID, client ID and secret; there is no password,"
                " and nothing to clear if a browser filled one in. The server stands there already; it speaks TLS (SSL)"
                " on port 443."
            ),
            values=(Value(_("Server"), "EWS:outlook.office365.com/ews/Exchange.asmx"),),
        ),
        Step(
            "more",
            _(
                "Further mailboxes and shared mailboxes of the same app: enter their addresses as well, parted by"
                " semicolons. Each becomes a mailbox of its own. Then choose **Test connection**."
            ),
            warning=_(
                "The test tells a permission of the wrong type from a mailbox outside of the app's scope, and from a"
                " policy that keeps the app away."
            ),
        ),
    ),
    afterwards=(
        _("Other programs only read mail this way. Postroom sends through it, too; the copy lies in Sent Items."),
        _(
            "Mail is asked for by the time it was received, so what was there before is told apart by its date alone:"
            " the start date matters most with this way."
        ),
    ),
    checked=_(
        "The way is the one of Microsoft's documentation. Postroom was tested against a server written from it; no"
        " account at Microsoft was used."
    ),
)

ON_PREMISES = Guide(
    "exchange-server",
    _("Exchange server of your own"),
    _(
        "For Exchange 2010 SP2 and later on your own premises, over Exchange Web Services. The switch-off of Microsoft"
        " 365 does not concern them."
    ),
    needs=(
        _("The server is reached from Postroom over HTTPS on port 443; no mail port is needed."),
        _("Its certificate is one that is trusted, for the name you enter."),
        _("Exchange Web Services are switched on for the account (`Set-CASMailbox -EwsEnabled $true`)."),
    ),
    steps=(
        Step(
            "account",
            _(
                "Make an account for the mailbox, or for several: a service account with full access to each, and"
                " **Send as**. Or give it the role ApplicationImpersonation, and choose that it opens mailboxes by"
                " impersonation."
            ),
            code=(
                "Add-MailboxPermission -Identity support@example.com -User EXAMPLE\\postroom -AccessRights"
                " FullAccess\nAdd-ADPermission -Identity Support -User EXAMPLE\\postroom -ExtendedRights Send-As"
            ),
        ),
        Step(
            "server",
            _(
                "In Postroom choose **Exchange Web Services** as protocol. As server enter its name; a whole address"
                " may be pasted. There is no autodiscover."
            ),
            values=(Value(_("Such as"), "https://mail.example.com/EWS/Exchange.asmx"),),
        ),
        Step(
            "username",
            _(
                "The username is `DOMAIN\\user` or `user@domain`, as the server's administrator says. Postroom signs"
                " in by NTLM where the server offers it, else by Basic, over TLS only."
            ),
        ),
        Step(
            "shared",
            _(
                "For a shared mailbox enter its address as the mailbox's, and `DOMAIN\\user\\alias` as username: the"
                " user needs full access to it. An alias that is no address stands for the mailbox's address. Further"
                " addresses of the same account, parted by semicolons, become mailboxes of their own."
            ),
        ),
        Step(
            "test",
            _(
                "Choose **Test connection**. If the sign-in is refused although the password is right, ask whether"
                " Exchange Web Services are allowed for this program (`EwsApplicationAccessPolicy`)."
            ),
        ),
    ),
    afterwards=(
        _("Answers are sent through Exchange, which files the copy in Sent Items; or over SMTP, as you choose."),
        _(
            "A server that takes Microsoft's tokens (hybrid modern authentication) is opened by an app registration,"
            " too: enter its name there as the server."
        ),
        _(
            "Tokens of AD FS are not offered: Microsoft describes them for Outlook alone. Where Outlook signs in with"
            " AD FS, let this account sign in to Exchange Web Services with its password, by an authentication policy"
            " of its own."
        ),
        _(
            "Deleting after the import moves mail to Deleted Items. Meeting requests, contacts and tasks in the folder"
            " are left alone."
        ),
        _(
            "Mail is asked for by the time it was received, so what was there before is told apart by its date alone:"
            " the start date matters most with this way."
        ),
    ),
    checked=_("Tested against a server written from Microsoft's documentation. No Exchange server was used."),
)
