"""Companies: those whom an organization works for, where it serves several."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel


class Company(TenantModel):
    """For whom a request is; only where `Organization.serves_companies`. Mailboxes give it and tickets carry it."""

    name = models.CharField(_("name"), max_length=120)
    note = models.TextField(_("note"), max_length=2000, blank=True)
    is_active = models.BooleanField(default=True)  # off: retired; tickets keep it, and none gets it any more
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="company_name_once")]

    def __str__(self) -> str:
        return self.name
