"""The version of an organization's policy, as the services of this layer know it."""

from __future__ import annotations

from helpdesk.accounts.services.policy_version import policy_changed

__all__ = ["policy_changed"]
