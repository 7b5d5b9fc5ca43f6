"""The one table of who may do what. Views and services ask `can`, never for a role."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _

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
    MANAGE_INTEGRATIONS = "manage_integrations"  # programs that work on tickets, and their tokens
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
    Capability.MANAGE_INTEGRATIONS,
    Capability.VIEW_AUDIT,
}
CAPABILITIES: dict[Role, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.AGENT: _AGENT,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN | {Capability.MANAGE_OWNERS},
}

# In words, in the order of the page of roles.
CAPABILITY_NAMES = {
    Capability.VIEW_TICKETS: _("See tickets"),
    Capability.WORK_TICKETS: _("Answer tickets, add notes, assign, change status"),
    Capability.VIEW_INBOUND_LOG: _("See the inbound log"),
    Capability.VIEW_OUTBOX: _("See the outbox"),
    Capability.WORK_OUTBOX: _("Send again, cancel, decide what became of a reply"),
    Capability.MANAGE_CHANNELS: _("Set up mailboxes and sending, release held mail"),
    Capability.MANAGE_TEAMS: _("Make and change teams, categories and companies"),
    Capability.MANAGE_PEOPLE: _("Invite people, change roles, switch members off"),
    Capability.MANAGE_ORGANIZATION: _("Change the organization's name, address and time zone"),
    Capability.MANAGE_INTEGRATIONS: _("Connect other programs and give them tokens"),
    Capability.VIEW_AUDIT: _("See the configuration log"),
    Capability.MANAGE_OWNERS: _("Make and unmake owners"),
}


def can(membership: Membership, capability: Capability) -> bool:
    """True if the member is active and their role has the capability."""
    return membership.is_active and capability in CAPABILITIES[Role(membership.role)]
