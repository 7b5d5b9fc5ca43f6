"""The tenant: it owns everything but users. Old slugs keep leading to it."""

from __future__ import annotations

import re
import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy import secrets
from helpdesk.tenancy.models import TenantModel

SLUG_PATTERN = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
MIN_POLL_INTERVAL_S = 10
MAX_POLL_INTERVAL_S = 86_400


def validate_slug(value: str) -> None:
    """Raises ValidationError unless `value` is 1-40 of a-z, 0-9 and inner hyphens."""
    if not SLUG_PATTERN.fullmatch(value):
        raise ValidationError(_("Use 1 to 40 small letters, digits and hyphens, with no hyphen at either end."))


class Organization(models.Model):
    """A tenant of the installation."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(_("address"), max_length=40, unique=True, validators=[validate_slug])
    name = models.CharField(_("name"), max_length=120)
    timezone = models.CharField(_("time zone"), max_length=64, default="UTC")
    poll_interval_s = models.PositiveIntegerField(
        _("poll interval"),
        null=True,
        blank=True,
        validators=[MinValueValidator(MIN_POLL_INTERVAL_S), MaxValueValidator(MAX_POLL_INTERVAL_S)],
    )
    serves_companies = models.BooleanField(default=False)  # tickets belong to the companies it works for
    takes_mail = models.BooleanField(default=True)  # off: mail opens no tickets
    # While it takes none: mail is read all the same, and its sender is told. Else it waits on its servers.
    tells_while_off = models.BooleanField(default=False)
    data_keys = models.TextField(editable=False)  # see helpdesk.tenancy.secrets
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name

    @property
    def reads_mail(self) -> bool:
        """True where mailboxes are read, and what is brought is processed."""
        return self.takes_mail or self.tells_while_off

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self.data_keys:
            self.data_keys = secrets.with_new_data_key("", public_id=str(self.public_id))
        super().save(*args, **kwargs)


class OldSlug(models.Model):
    """A slug an organization once had; its links redirect."""

    slug = models.CharField(max_length=40, unique=True)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="old_slugs")


class Counters(TenantModel):
    """The organization's running numbers, taken as late as possible in a transaction.

    The row stays locked until commit, so that event positions are given in commit order.
    """

    ticket_number = models.BigIntegerField(default=0)
    event_position = models.BigIntegerField(default=0)
    policy_version = models.BigIntegerField(default=0)  # another with each change of the policy; 0: none yet
    is_followed = models.BooleanField(default=False)  # somebody wants to be told of every event: FOLLOW is due

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="counters_once")]
