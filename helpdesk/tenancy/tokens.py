"""Secret links and addresses: a random token goes out, its hash stays here and leads to organization and row."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

from helpdesk.lib import clock
from helpdesk.tenancy.models import TokenEntry, TokenPurpose
from helpdesk.tenancy.state import required_organization_id

TOKEN_BYTES = 32


def issue(purpose: TokenPurpose, *, row_id: int, expires_at: datetime) -> str:
    """A token for the row is valid from now on, earlier ones of the same row are not; it is stored nowhere.

    Inside the caller's scope and transaction. Entries of this purpose that expired a month ago are forgotten.
    """
    token = secrets.token_urlsafe(TOKEN_BYTES)
    enter(purpose, token=token, row_id=row_id, expires_at=expires_at)
    return token


def enter(purpose: TokenPurpose, *, token: str, row_id: int, expires_at: datetime) -> None:
    """This random token, made elsewhere, leads to the row; otherwise as `issue`."""
    organization_id = required_organization_id()
    forget(purpose, row_id=row_id)
    TokenEntry.objects.filter(purpose=purpose, expires_at__lt=clock.in_seconds(-30 * 86_400)).delete()
    TokenEntry.objects.create(
        token_hash=_hash(token),
        purpose=purpose,
        organization_id=organization_id,
        row_id=row_id,
        expires_at=expires_at,
    )


def look_up(purpose: TokenPurpose, *, token: str) -> TokenEntry | None:
    """Where the token leads, expired or not; None for one that we never gave out or that was replaced."""
    entries = TokenEntry.objects.select_related("organization")
    return entries.filter(purpose=purpose, token_hash=_hash(token)).first()


def forget(purpose: TokenPurpose, *, row_id: int) -> None:
    """No token leads to this row any more. Inside the caller's scope."""
    TokenEntry.objects.filter(purpose=purpose, row_id=row_id, organization_id=required_organization_id()).delete()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
