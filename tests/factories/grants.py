"""Connections that tokens prove, for tests."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from helpdesk.accounts.models import Organization
from helpdesk.tenancy import secrets
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.token_set import TokenSet
from mailboxes.models import Flow, OAuthGrant, Provider
from mailboxes.services.oauth import tokens as tokens_service
from tests.factories.mailboxes import make_mailbox


def make_grant(
    organization: Organization, *, secret: str = "s3cret", tokens: TokenSet | None = None, **values: Any
) -> OAuthGrant:
    """The grant of a fresh mailbox's connection: an app at Microsoft unless said otherwise."""
    mailbox = make_mailbox(organization, address=f"{uuid4().hex}@example.test")
    usual = {
        "provider": Provider.MICROSOFT,
        "flow": Flow.APP,
        "tenant": "acme.example",
        "client_id": "app-1",
        "scopes": ["https://localhost/.default"],
    }
    with organization_scope(organization.id):
        grant = OAuthGrant(organization=organization, connection=mailbox.connection, **{**usual, **values})
        grant.client_secret_sealed = secrets.seal_for(grant, "client_secret_sealed", secret)
        grant.save()
    if tokens is not None:
        tokens_service.store(grant, tokens, version=0)
        with organization_scope(organization.id):
            grant.refresh_from_db()
    return grant
