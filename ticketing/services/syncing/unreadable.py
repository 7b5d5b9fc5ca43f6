"""Why a call of another system cannot be read."""

from __future__ import annotations

from helpdesk.lib.errors import DomainError


class Unreadable(DomainError):
    """The call does not say what it has to, or says what nobody told us the meaning of."""
