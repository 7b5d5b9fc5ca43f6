"""What the pages of an app registration show beside the form: its permissions, the link for the consent, its secret."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Mailbox
from mailboxes.services.oauth.registrations import grant_of

# Name, what it is for, and whether Postroom needs it.
PERMISSIONS: tuple[tuple[str, Promise, bool], ...] = (
    ("Mail.ReadWrite", _("Read new mail, mark it as read, move it after the import, prepare answers"), True),
    ("Mail.Send", _("Send answers from the mailbox"), True),
    ("Mail.Read", _("Read mail; part of Mail.ReadWrite, but real time asks for it by name"), False),
    ("Mail.ReadBasic", _("Read senders and subjects; part of Mail.ReadWrite"), False),
    ("Mail.ReadBasic.All", _("The same for all mailboxes; part of Mail.ReadWrite"), False),
    (
        "MailboxFolder.ReadWrite.All",
        _("Import and export whole folders. Not used here, and no policy can confine it to chosen mailboxes"),
        False,
    ),
)


def registration_context(mailbox: Mailbox) -> dict[str, object]:
    """What the page of a stored registration shows; never the secret."""
    context: dict[str, object] = {"permissions": PERMISSIONS}
    grant = grant_of(mailbox.connection)
    if grant is not None:
        context["secret_set_at"] = grant.client_secret_set_at
        context["consent_url"] = consent_url(tenant=grant.tenant, client_id=grant.client_id, cloud=grant.cloud)
    return context


def consent_url(*, tenant: str, client_id: str, cloud: str) -> str:
    """Where an administrator consents to all permissions of the app with one button.

    https://learn.microsoft.com/entra/identity/enterprise-apps/grant-admin-consent
    """
    return f"https://{CLOUDS[cloud].login}/{quote(tenant, safe='')}/adminconsent?{urlencode({'client_id': client_id})}"
