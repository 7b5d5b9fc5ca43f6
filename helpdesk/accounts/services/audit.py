"""The audit trail: every service that changes a setting writes one entry, in the transaction of the change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from django.db import models

from helpdesk.accounts.models import AuditEntry, Membership

Origin = Literal["web", "command", "worker"]
Changes = Mapping[str, tuple[Any, Any]]
CHANGED = "changed"  # stands for a secret, before and after


def record(
    action: str,
    *,
    target: models.Model,
    actor: Membership | None = None,
    changes: Changes | None = None,
    label: str = "",
    origin: Origin = "web",
) -> AuditEntry:
    """The entry is written. Inside the caller's transaction and scope.

    action: constant, area first, e.g. "mailbox.paused". changes: field to (before, after); a secret is CHANGED, never
    its value. label: what people call the target; its text, unless given.
    """
    entry: AuditEntry = AuditEntry.objects.create(
        action=action,
        actor=actor,
        origin=origin,
        target_kind=target._meta.model_name or "",
        target_id=str(target.pk),
        target_label=(label or str(target))[:200],
        changes={field: [_plain(before), _plain(after)] for field, (before, after) in (changes or {}).items()},
    )
    return entry


def differences(before: Mapping[str, Any], *, after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields of `after` whose value is another one in `before`, as `record` takes them."""
    return {field: (before.get(field), value) for field, value in after.items() if before.get(field) != value}


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | float) else str(value)
