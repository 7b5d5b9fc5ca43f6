"""What people and organizations tell those above them."""

from __future__ import annotations

from django.dispatch import Signal

# A team is about to be gone: `team_id`, `name`. Sent inside the scope and the transaction that deletes it.
team_deleted = Signal()
