"""The one table of who may do what. Views and services ask `can`, never for a role."""

from __future__ import annotations

from enum import StrEnum

from helpdesk.accounts.models.membership import Membership, Role


class Capability(StrEnum):
    """Something a member may be allowed to do in their organization."""

    VIEW_TICKETS = "view_tickets"
    WORK_TICKETS = "work_tickets"  # reply, note, assign, change status, spam mark
    VIEW_INBOUND_LOG = "view_inbound_log"
    VIEW_OUTBOX = "view_outbox"
    WORK_OUTBOX = "work_outbox"  # retry, cancel, decide unknown ones
    MANAGE_CHANNELS = "manage_channels"  # mailboxes, outgoing servers, quarantine
    MANAGE_TEAMS = "manage_teams"
    MANAGE_PEOPLE = "manage_people"  # invite, change role, deactivate
    MANAGE_ORGANIZATION = "manage_organization"
    MANAGE_OWNERS = "manage_owners"  # make or unmake an owner
    VIEW_AUDIT = "view_audit"


_VIEWER = frozenset({Capability.VIEW_TICKETS})
_AGENT = _VIEWER | {
    Capability.WORK_TICKETS,
    Capability.VIEW_INBOUND_LOG,
    Capability.VIEW_OUTBOX,
    Capability.WORK_OUTBOX,
}
_ADMIN = _AGENT | {
    Capability.MANAGE_CHANNELS,
    Capability.MANAGE_TEAMS,
    Capability.MANAGE_PEOPLE,
    Capability.MANAGE_ORGANIZATION,
    Capability.VIEW_AUDIT,
}
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN | {Capability.MANAGE_OWNERS},
}


def can(membership: Membership, capability: Capability) -> bool:
    """True if the member is active and their role has the capability."""
    return membership.is_active and capability in CAPABILITIES[Role(membership.role)]
