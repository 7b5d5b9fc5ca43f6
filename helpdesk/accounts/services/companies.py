"""Companies: making, changing and retiring them. What carries a retired one keeps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Company, Membership
from helpdesk.accounts.services import audit

NAME_TAKEN = _("There is a company with this name. Choose another name.")


@dataclass(frozen=True)
class CompanyProfile:
    """What a company's page holds."""

    name: str
    note: str = ""
    is_active: bool = True


@transaction.atomic
def create_company(profile: CompanyProfile, *, actor: Membership) -> Company:
    """The company exists. Inside the organization's scope.

    Raises ValidationError by field: name (empty, taken, too long), note (too long).
    """
    company = Company()
    _take(company, profile)
    audit.record("company.created", target=company, actor=actor, changes={"name": (None, company.name)})
    return company


@transaction.atomic
def change_company(company_id: int, *, profile: CompanyProfile, actor: Membership) -> Company:
    """The company has these values. Inside the organization's scope.

    Raises ValidationError as `create_company` does; Company.DoesNotExist.
    """
    company: Company = Company.objects.select_for_update().get(pk=company_id)
    before = {name: getattr(company, name) for name in asdict(profile)}
    _take(company, profile)
    changes = audit.differences(before, after={name: getattr(company, name) for name in before})
    if changes:
        audit.record("company.changed", target=company, actor=actor, changes=changes)
    return company


def _take(company: Company, profile: CompanyProfile) -> None:
    company.name = " ".join(profile.name.split())
    company.note, company.is_active = profile.note.strip(), profile.is_active
    company.claim_organization()
    company.full_clean(exclude=["organization"], validate_unique=False, validate_constraints=False)
    try:
        with transaction.atomic():
            company.save()
    except IntegrityError as error:
        raise ValidationError({"name": [NAME_TAKEN]}) from error
