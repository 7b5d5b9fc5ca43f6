"""A mailbox and a team of fernhollow, in whose scope these tests run."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    """support@fernhollow.test."""
    from tests.factories.outgoing import make_mailbox

    return make_mailbox(address="support@fernhollow.test")


@pytest.fixture
def team(fernhollow: Any, in_fernhollow: Any) -> Any:
    """Repairs with three who can work on tickets, and one who cannot."""
    from helpdesk.accounts.models import Role, Team, TeamMember
    from tests.factories.people import make_member

    made = Team.objects.create(name="Repairs")
    members = [make_member(fernhollow, name=name) for name in ("Ada", "Ben", "Cleo")]
    viewer = make_member(fernhollow, role=Role.VIEWER)
    TeamMember.objects.bulk_create(TeamMember(team=made, membership=each) for each in (*members, viewer))
    made.people = members
    return made
