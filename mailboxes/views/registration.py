"""What the pages of an app registration show beside the form: the link for the consent, its secret."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Mailbox
from mailboxes.services.oauth.registrations import grant_of


def registration_context(mailbox: Mailbox) -> dict[str, object]:
    """What the page of a stored registration shows; never the secret."""
    context: dict[str, object] = {}
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
