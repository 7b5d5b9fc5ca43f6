"""Letting people in: an address gets a link that works once, for seven days.

open ─accept─▶ accepted; open ─revoke─▶ revoked; open ─time─▶ expired. Renewing replaces the link and begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.accounts.models import Invitation, Membership, Organization, Role, User
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.founding import check_password, new_user
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import tokens
from helpdesk.tenancy.models import TokenPurpose
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.state import required_organization_id

VALID_S = 7 * 86_400


class State(StrEnum):
    """What has become of an invitation."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"


class NotOpen(DomainError):
    """The invitation was accepted, taken back, or is too old."""

    code = "not_open"


@dataclass(frozen=True)
class Offer:
    """What a link offers, read before anybody is known."""

    invitation_id: int
    organization: Organization
    email: str  # lower-cased
    role: Role
    inviter: str  # empty if they have left
    state: State


def invite(email: str, *, role: Role, actor: Membership) -> tuple[Invitation, str]:
    """The invitation, and the token for its link, which is stored nowhere. Inside the organization's scope.

    Raises ValidationError under "email" when the address is malformed, a member's or invited already; PermissionDenied
    when somebody who is no owner invites one.
    """
    email = email.strip().lower()
    _require_right(role, actor=actor)
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=required_organization_id())
        _check_address(email)
        invitation = Invitation.objects.create(
            email=email, role=role, invited_by=actor, expires_at=clock.in_seconds(VALID_S)
        )
        token = _new_token(invitation)
        audit.record("invitation.sent", target=invitation, actor=actor, label=email, changes={"role": (None, role)})
    return invitation, token


def renew(invitation_id: int, *, actor: Membership) -> tuple[Invitation, str]:
    """The invitation is valid for another seven days under a new link; the old one is dead. Inside the scope.

    Raises NotOpen when it was accepted or taken back, Invitation.DoesNotExist, PermissionDenied as `invite` does.
    """
    with transaction.atomic():
        invitation: Invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
        _require_right(Role(invitation.role), actor=actor)
        if state_of(invitation) not in (State.OPEN, State.EXPIRED):
            raise NotOpen(_("This invitation was accepted or taken back meanwhile."))
        invitation.expires_at = clock.in_seconds(VALID_S)
        invitation.save(update_fields=["expires_at"])
        token = _new_token(invitation)
        audit.record("invitation.renewed", target=invitation, actor=actor, label=invitation.email)
    return invitation, token


def revoke(invitation_id: int, *, actor: Membership) -> None:
    """The link works no more; doing it twice changes nothing. Inside the organization's scope.

    Raises Invitation.DoesNotExist, NotOpen when it was accepted meanwhile.
    """
    with transaction.atomic():
        invitation: Invitation = Invitation.objects.select_for_update().get(pk=invitation_id)
        if invitation.accepted_at is not None:
            raise NotOpen(_("This invitation was accepted meanwhile. You can switch the member off instead."))
        if invitation.revoked_at is None:
            invitation.revoked_at = clock.now()
            invitation.save(update_fields=["revoked_at"])
            audit.record("invitation.revoked", target=invitation, actor=actor, label=invitation.email)


def revoke_invitations_of(email: str) -> None:
    """No open invitation of this address is left. Inside the caller's scope and transaction."""
    Invitation.objects.filter(email=email, accepted_at=None, revoked_at=None).update(revoked_at=clock.now())


def find_offer(token: str) -> Offer | None:
    """What the token offers, whatever became of it; None for one that never was, or was replaced."""
    entry = tokens.look_up(TokenPurpose.INVITATION, token=token)
    if entry is None:
        return None
    with organization_scope(entry.organization_id):
        invitation = Invitation.objects.filter(pk=entry.row_id).select_related("invited_by__user").first()
        if invitation is None:
            return None
        return Offer(
            invitation_id=invitation.pk,
            organization=entry.organization,
            email=invitation.email,
            role=Role(invitation.role),
            inviter=str(invitation.invited_by) if invitation.invited_by else "",
            state=state_of(invitation),
        )


def accept(offer: Offer, *, user: User) -> Membership:
    """The user is a member. However often and by however many at once, there is one membership.

    Outside any scope. Somebody who is a member already stays what they are. Raises NotOpen, PermissionDenied when the
    user is not the invited one.
    """
    if user.email != offer.email:
        raise PermissionDenied
    with organization_scope(offer.organization.pk), transaction.atomic():
        _claim(offer)
        return _join(offer, user=user)


def accept_as_new(offer: Offer, *, name: str, password: str) -> Membership:
    """There is an account with the invited address, with this name and password, and it is a member's.

    An account that was made without a password gets its first one; one that has a password is not touched. Raises
    NotOpen, ValidationError by field (name, password).
    """
    with organization_scope(offer.organization.pk), transaction.atomic():
        _claim(offer)
        return _join(offer, user=_account(offer, name=name, password=password))


def state_of(invitation: Invitation) -> State:
    """What has become of it by now."""
    if invitation.accepted_at is not None:
        return State.ACCEPTED
    if invitation.revoked_at is not None:
        return State.REVOKED
    return State.EXPIRED if invitation.has_expired() else State.OPEN


def _claim(offer: Offer) -> None:
    """Exactly one caller gets past here: the others wait, then see that it is taken."""
    now = clock.now()
    still_open = Invitation.objects.filter(
        pk=offer.invitation_id, accepted_at=None, revoked_at=None, expires_at__gt=now
    )
    if not still_open.update(accepted_at=now):
        raise NotOpen(_("This invitation was used, taken back or has run out."))


def _account(offer: Offer, *, name: str, password: str) -> User:
    existing = User.objects.filter(email=offer.email).first()
    if existing is None:
        return new_user(offer.email, name=name, password=password)
    if existing.has_usable_password() or not existing.is_active:
        raise NotOpen(_("There is an account with this address by now. Sign in to accept."))
    check_password(password, user=existing)
    existing.name = existing.name or name.strip()
    existing.set_password(password)
    existing.save()
    return existing


def _join(offer: Offer, *, user: User) -> Membership:
    membership, is_new = Membership.objects.get_or_create(
        organization=offer.organization, user=user, defaults={"role": offer.role}
    )
    if is_new:
        role = (None, membership.role)
        audit.record("member.joined", target=membership, actor=membership, changes={"role": role})
    return membership


def _new_token(invitation: Invitation) -> str:
    return tokens.issue(TokenPurpose.INVITATION, row_id=invitation.pk, expires_at=invitation.expires_at)


def _require_right(role: Role, *, actor: Membership) -> None:
    if role == Role.OWNER and not can(actor, Capability.MANAGE_OWNERS):
        raise PermissionDenied


def _check_address(email: str) -> None:
    try:
        validate_email(email)
    except ValidationError as error:
        raise ValidationError({"email": [_("This is no mail address. Write it like name@example.com.")]}) from error
    member = Membership.objects.filter(organization_id=required_organization_id(), user__email=email).first()
    if member is not None and member.is_active:
        raise ValidationError({"email": [_("This person is a member already.")]})
    if member is not None:
        raise ValidationError({"email": [_("This person was switched off. Switch them on again instead.")]})
    open_ones = Invitation.objects.filter(email=email, accepted_at=None, revoked_at=None, expires_at__gt=clock.now())
    if open_ones.exists():
        raise ValidationError({"email": [_("This address has an open invitation. Send that one again instead.")]})
