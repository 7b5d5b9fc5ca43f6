"""Integrations and their tokens. Call inside the organization's scope."""

from __future__ import annotations

from datetime import datetime

from helpdesk.accounts.models import Membership
from ticketing.models import Integration, TokenScope
from ticketing.services.integrations.integrations import create_integration
from ticketing.services.integrations.tokens import Issued, TokenWish, issue_token


def make_token(
    integration: Integration,
    *,
    actor: Membership,
    scope: TokenScope = TokenScope.WRITE,
    expires_at: datetime | None = None,
) -> Issued:
    """A token of the integration with its secret."""
    return issue_token(integration, TokenWish(scope=scope, expires_at=expires_at), actor=actor)


def make_integration(actor: Membership, *, name: str = "Shop") -> Integration:
    """An integration without a token."""
    return create_integration(name, actor=actor)
