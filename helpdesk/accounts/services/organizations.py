"""Making and changing organizations."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Counters, Membership, OldSlug, Organization, validate_slug
from helpdesk.accounts.services import audit, installation
from helpdesk.tenancy.scope import organization_scope

TAKEN = _("This address is taken. Choose another one.")


@dataclass(frozen=True)
class OrganizationProfile:
    """What an organization's page of settings holds."""

    name: str
    slug: str
    timezone: str  # IANA name
    poll_interval_s: int | None  # None: the installation's
    serves_companies: bool = False


def create_organization(*, slug: str, name: str, timezone: str = "UTC") -> Organization:
    """The organization exists, with its data key and its counters, and the installation is no longer empty.

    Raises ValidationError when the slug is malformed or taken, or a value does not fit.
    """
    organization = Organization(slug=slug, name=name.strip(), timezone=timezone)
    with transaction.atomic():
        installation.mark_set_up()
        _save(organization)
        with organization_scope(organization.id):
            Counters.objects.create()
    return organization


def change_organization(organization: Organization, *, profile: OrganizationProfile, actor: Membership) -> None:
    """The organization has these values; an address it had before keeps leading to it.

    Inside the organization's scope. Raises ValidationError as `create_organization` does.
    """
    with transaction.atomic():
        current = Organization.objects.select_for_update().get(pk=organization.pk)
        before = {field: getattr(current, field) for field in asdict(profile)}
        changes = audit.differences(before, after=asdict(profile))
        for field, (_before, after) in changes.items():
            setattr(current, field, after)
        if "slug" in changes:
            OldSlug.objects.filter(organization=current, slug=current.slug).delete()
        _save(current)
        if "slug" in changes:
            OldSlug.objects.get_or_create(slug=before["slug"], organization=current)
        if changes:
            audit.record("organization.changed", target=current, actor=actor, changes=changes)
    _copy(current, onto=organization)


def _save(organization: Organization) -> None:
    """Saved, with every refusal as a ValidationError by field, also when another process was faster."""
    validate_slug_is_free(organization.slug, organization_id=organization.pk)
    organization.full_clean(exclude=["data_keys"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            organization.save()
    except IntegrityError as error:
        raise ValidationError({"slug": [TAKEN]}) from error


def slug_from(name: str) -> str:
    """An address made from a name; empty when it holds no letter or digit of the Latin script."""
    return slugify(name).replace("_", "-")[:40].strip("-")


def validate_slug_is_free(slug: str, *, organization_id: int | None = None) -> None:
    """Raises ValidationError under "slug" when it is malformed, or is or was another organization's."""
    try:
        validate_slug(slug)
    except ValidationError as error:
        raise ValidationError({"slug": error.messages}) from error
    own_id = organization_id or 0  # ids begin at 1
    is_taken = Organization.objects.filter(slug=slug).exclude(pk=own_id).exists()
    was_taken = OldSlug.objects.filter(slug=slug).exclude(organization_id=own_id).exists()
    if is_taken or was_taken:
        raise ValidationError({"slug": [TAKEN]})


def _copy(source: Organization, *, onto: Organization) -> None:
    """The caller's object shows what was saved."""
    changed: dict[str, Any] = {field.attname: getattr(source, field.attname) for field in source._meta.concrete_fields}
    for name, value in changed.items():
        setattr(onto, name, value)
