"""Which organization the running code works for: the scope of django-scopes, read in one place."""

from __future__ import annotations

from django_scopes import ScopeError, get_scope

DIMENSION = "organization"


def current_organization_id() -> int | None:
    """The organization of the open scope, or None outside any."""
    value = get_scope().get(DIMENSION)
    return None if value is None else int(value)


def required_organization_id() -> int:
    """The organization of the open scope.

    Raises ScopeError outside a scope: no query without an organization.
    """
    organization_id = current_organization_id()
    if organization_id is None:
        raise ScopeError("This needs an organization: open organization_scope(…) around it.")
    return organization_id
