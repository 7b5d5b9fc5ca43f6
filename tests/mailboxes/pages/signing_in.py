"""The form of a mailbox that is signed in to, the way to the provider, and the way back."""

from __future__ import annotations

import html
import re
from typing import Any

from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OAuthGrant
from tests.mailboxes.pages.entering import MAILBOXES

CALLBACK = "/oauth/callback/"
ENTERED = {"name": "Help", "address": "Ann@acme.example", "kind": "imap"}
APP = {"client_id": "app-1", "client_secret": "s3cret", "tenant": "acme.example", "cloud": "global"}


def add(admin: Client, provider: str = "microsoft", **changes: str) -> Any:
    """The answer to the form of a new mailbox."""
    return admin.post(f"{MAILBOXES}new/{provider}/", {**ENTERED, **APP, **changes})


def grant_of(organization: Any) -> OAuthGrant:
    """The only sign-in."""
    with organization_scope(organization.id):
        return OAuthGrant.objects.select_related("connection").get()


def mailbox_of(organization: Any) -> Mailbox:
    """The only mailbox."""
    with organization_scope(organization.id):
        return Mailbox.objects.select_related("connection", "outgoing").get()


def sign_in_page(admin: Client, organization: Any) -> str:
    """Its page for signing in."""
    return f"{MAILBOXES}{mailbox_of(organization).pk}/sign-in/"


def way_there(admin: Client, page: str) -> str:
    """Where its button leads."""
    found = re.search(r'href="([^"]+)"[^>]*id="to-provider"', admin.get(page).content.decode())
    assert found is not None
    return html.unescape(found[1])


def come_back(client: Client, url: str) -> Any:
    """What the product answers when the provider sends somebody back."""
    assert url.startswith("https://desk.example/oauth/callback/?")
    return client.get(url.removeprefix("https://desk.example"))
