"""What people set about themselves; nobody else can."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.db import transaction

from helpdesk.accounts.models import User


@dataclass(frozen=True)
class Profile:
    """What a person's page holds."""

    name: str
    timezone: str  # IANA name; empty: the organization's
    theme: str
    density: str
    single_keys: bool


def change_profile(user: User, *, profile: Profile) -> None:
    """The person is called and sees pages like this. Raises ValidationError by field."""
    with transaction.atomic():
        for field, value in asdict(profile).items():
            setattr(user, field, value)
        user.full_clean(exclude=["password", "last_organization"], validate_unique=False)
        user.save(update_fields=list(asdict(profile)))
