"""The permissions an app may be given at Microsoft, what each is for, and whether Postroom needs it."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from mailboxes.guides.parts import Table, Text


@dataclass(frozen=True)
class Permission:
    """One permission by Microsoft's name."""

    name: str
    purpose: Text
    is_needed: bool = False


# Of an app that acts by itself: Microsoft Graph, Application permissions.
OF_APPS = (
    Permission(
        "Mail.ReadWrite", _("Read new mail, mark it as read, move it after the import, prepare answers"), is_needed=True
    ),
    Permission("Mail.Send", _("Send answers from the mailbox"), is_needed=True),
    Permission("Mail.Read", _("Read mail; part of Mail.ReadWrite, but real time asks for it by name")),
    Permission("Mail.ReadBasic", _("Read senders and subjects; part of Mail.ReadWrite")),
    Permission("Mail.ReadBasic.All", _("The same for all mailboxes; part of Mail.ReadWrite")),
    Permission(
        "MailboxFolder.ReadWrite.All",
        _("Import and export whole folders. Not used here, and no policy can confine it to chosen mailboxes"),
    ),
)
# Of an app that acts by itself over Exchange Web Services: Office 365 Exchange Online, Application permissions.
OF_EXCHANGE_APPS = (
    Permission(
        "full_access_as_app",
        _("Read, mark, move and send mail. It opens all of every mailbox: confine the app to the ones it reads"),
        is_needed=True,
    ),
)
# Of an app that people sign in to: Delegated permissions, and what each is needed for.
OF_PEOPLE = Table(
    _("Permissions of the app"),
    (_("Permission"), _("Why"), _("Needed for")),
    (
        ("`Mail.ReadWrite`", _("Read and write the mail of whoever signs in"), "Graph"),
        ("`Mail.Send`", _("Send answers"), "Graph"),
        ("`Mail.Read`", _("Real time, which asks for it by name"), "Graph"),
        ("`Mail.ReadWrite.Shared`", _("Read and write the mail of a shared mailbox"), _("Graph, shared mailbox")),
        ("`Mail.Send.Shared`", _("Send as another user, such as a shared mailbox"), _("Graph, shared mailbox")),
        ("`IMAP.AccessAsUser.All`", _("The mailbox via IMAP"), "IMAP"),
        ("`POP.AccessAsUser.All`", _("The mailbox via POP3"), "POP3"),
        ("`SMTP.Send`", _("Send answers by SMTP AUTH"), _("IMAP and POP3")),
        ("`EWS.AccessAsUser.All`", _("All of the mailbox; of Office 365 Exchange Online"), "Exchange Web Services"),
        ("`offline_access`", _("Lasting access: without it there is no refresh token"), _("All")),
        ("`profile`", _("The name of who signed in, to compare it with the mailbox"), _("All")),
    ),
)


def permission_table(title: Text, permissions: tuple[Permission, ...]) -> Table:
    """The permissions of an app as a table of a guide."""
    rows = [(f"`{it.name}`", it.purpose, _("Needed") if it.is_needed else _("Optional")) for it in permissions]
    return Table(title, (_("Permission"), _("Why"), _("Needed")), rows)
