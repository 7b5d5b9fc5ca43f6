"""The version of an organization's policy: intake keeps what it has read of the policy while the version stands."""

from __future__ import annotations

import secrets

from helpdesk.accounts.models import Counters


def policy_changed() -> None:
    """Mail that is decided from the caller's commit on sees what the caller has changed. In its transaction and scope.

    A random number, not the next one: it is never one that somebody has kept the settings of an undone change under.
    """
    Counters.objects.update(policy_version=secrets.randbits(62) + 1)
