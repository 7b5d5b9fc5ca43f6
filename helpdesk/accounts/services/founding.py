"""An organization together with its owner: from the first-run page, or from the shell."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Organization, Role, User
from helpdesk.accounts.services import audit, installation
from helpdesk.accounts.services.organizations import create_organization
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.scope import organization_scope


class AlreadySetUp(DomainError):
    """Somebody else has made the first organization."""

    code = "already_set_up"


@dataclass(frozen=True)
class Founder:
    """Who will own the organization. An existing user keeps their name and password."""

    email: str
    name: str = ""
    password: str = field(default="", repr=False)  # empty: nobody can sign in as them until they set one


def set_up_installation(founder: Founder, *, slug: str, name: str, timezone: str) -> Membership:
    """The first organization and its owner exist.

    Of several callers at once exactly one succeeds. Raises AlreadySetUp for the others and ever after, ValidationError
    by field (slug, name, email, password).
    """
    with transaction.atomic():
        if not installation.mark_set_up() or Organization.objects.exists():
            raise AlreadySetUp(str(_("Postroom is set up already. Sign in.")))
        return found_organization(founder, slug=slug, name=name, timezone=timezone)


def found_organization(
    founder: Founder, *, slug: str, name: str, timezone: str = "UTC", origin: audit.Origin = "web"
) -> Membership:
    """The organization exists and the founder owns it.

    Raises ValidationError by field: slug, name, timezone, email, password.
    """
    with transaction.atomic():
        user = _user(founder)
        organization = create_organization(slug=slug, name=name, timezone=timezone)
        membership = Membership.objects.create(organization=organization, user=user, role=Role.OWNER)
        User.objects.filter(pk=user.pk).update(last_organization=organization)
        with organization_scope(organization.pk):
            audit.record("organization.created", target=organization, actor=membership, origin=origin)
    return membership


def _user(founder: Founder) -> User:
    existing = User.objects.filter(email=founder.email.strip().lower()).first()
    if existing is not None:
        if not existing.is_active:
            raise ValidationError({"email": [_("This account is switched off. Use another address.")]})
        return existing
    return new_user(founder.email, name=founder.name, password=founder.password)


def new_user(email: str, *, name: str, password: str) -> User:
    """A user with this address exists; without a password nobody can sign in as them until they set one.

    Raises ValidationError by field: email, name, password.
    """
    user = User(email=email.strip().lower(), name=name.strip())
    user.set_unusable_password()
    user.full_clean(exclude=["password", "last_organization"], validate_unique=False)
    if password:
        check_password(password, user=user)
        user.set_password(password)
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError as error:
        raise ValidationError({"email": [_("There is an account with this address already.")]}) from error
    return user


def check_password(password: str, *, user: User) -> None:
    """Raises ValidationError under "password" when it is too easy to guess."""
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise ValidationError({"password": error.messages}) from error
