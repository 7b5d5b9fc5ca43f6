"""What happens to a member: another role, switched off, switched on again.

An organization always keeps an active owner: each of these holds the organization's row until commit, so that two
owners cannot unmake each other at once.
"""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Membership, Organization, Role
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.invitations import revoke_invitations_of
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.state import required_organization_id


class LastOwner(DomainError):
    """The organization would have no active owner left."""

    code = "last_owner"


class Yourself(DomainError):
    """Nobody switches off their own account."""

    code = "yourself"


def change_role(member_id: int, *, role: Role, actor: Membership) -> Membership:
    """The member has this role. Inside the organization's scope.

    Raises PermissionDenied unless the actor may make and unmake owners where one is concerned, LastOwner,
    Membership.DoesNotExist for somebody of another organization.
    """
    with transaction.atomic():
        member = _held(member_id)
        if Role.OWNER in (role, Role(member.role)) and role != member.role:
            _require_owner(actor)
        before, member.role = member.role, role
        if before == role:
            return member
        if before == Role.OWNER and member.is_active:
            _require_another_owner(member)
        member.save(update_fields=["role"])
        audit.record("member.role_changed", target=member, actor=actor, changes={"role": (before, role)})
    return member


def deactivate(member_id: int, *, actor: Membership) -> Membership:
    """The member has no access from the next request on, and is signed out; what they are assigned stays theirs.

    Their open invitations are gone as well. Inside the organization's scope. Raises as `change_role` does, Yourself.
    """
    with transaction.atomic():
        member = _held(member_id)
        if member.pk == actor.pk:
            raise Yourself(_("You can't switch yourself off. Ask another admin to do it."))
        if member.role == Role.OWNER:
            _require_owner(actor)
            _require_another_owner(member)
        if member.is_active:
            member.is_active = False
            member.save(update_fields=["is_active"])
            member.user.end_sessions()
            revoke_invitations_of(member.user.email)
            audit.record("member.deactivated", target=member, actor=actor)
    return member


def reactivate(member_id: int, *, actor: Membership) -> Membership:
    """The member has access again, in their old role. Inside the organization's scope. Raises as `change_role` does."""
    with transaction.atomic():
        member = _held(member_id)
        if member.role == Role.OWNER:
            _require_owner(actor)
        if not member.is_active:
            member.is_active = True
            member.save(update_fields=["is_active"])
            audit.record("member.reactivated", target=member, actor=actor)
    return member


def _held(member_id: int) -> Membership:
    """The member as they are now, with the organization's row held until commit."""
    organization_id = required_organization_id()
    Organization.objects.select_for_update().get(pk=organization_id)
    return Membership.objects.select_related("user").get(pk=member_id, organization_id=organization_id)


def _require_owner(actor: Membership) -> None:
    if not can(actor, Capability.MANAGE_OWNERS):
        raise PermissionDenied


def _require_another_owner(member: Membership) -> None:
    others = Membership.objects.filter(organization_id=member.organization_id, role=Role.OWNER, is_active=True).exclude(
        pk=member.pk
    )
    if not others.exists():
        raise LastOwner(_("This is the only owner. Make somebody else an owner first."))
