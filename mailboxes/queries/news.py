"""What people who manage channels hear of once: refused grants and ends that were warned of. Asked with every page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from helpdesk.tenancy.prepared import Prepared
from mailboxes.models import ExpiryWarning, GrantState, OAuthGrant
from mailboxes.services.oauth.tokens import grant_label

MAX_TOLD = 50

_WARNINGS: Prepared[tuple[str, UUID, int, date, str]] = Prepared(
    lambda: ExpiryWarning.objects.order_by("id").values_list("kind", "subject_id", "told_days", "ends_on", "label")[
        :MAX_TOLD
    ]
)
_REFUSED: Prepared[tuple[UUID]] = Prepared(
    lambda: OAuthGrant.objects.exclude(outage_notified_at=None).order_by("id").values_list("id")[:MAX_TOLD]
)


def warnings_given() -> Sequence[tuple[str, UUID, int, date, str]]:
    """Kind, subject, days, end and mailboxes of the warnings that stand, at most 50. One query."""
    return _WARNINGS.rows()


def refused_grants() -> set[str]:
    """The ids of the grants whose refusal admins were told of, and that are not back yet, at most 50. One query."""
    return {str(grant_id) for (grant_id,) in _REFUSED.rows()}


def grant_names(ids: Sequence[str], *, alive_only: bool = False) -> dict[str, str]:
    """What people call these grants, by id."""
    grants: Any = OAuthGrant.objects.filter(id__in=ids).select_related("connection")
    if alive_only:
        grants = grants.filter(state=GrantState.ALIVE, outage_notified_at=None)
    return {str(grant.pk): grant_label(grant) for grant in grants}
