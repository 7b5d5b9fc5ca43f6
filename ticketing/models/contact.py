"""The people outside who write, apart from the addresses they write from."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Company
from helpdesk.tenancy.models import TenantModel


class Contact(TenantModel):
    """A person outside the organization."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    is_unknown = models.BooleanField(default=False)  # the mail named nobody: the "unknown sender"
    # For whom they write; new tickets get it where their mailbox names none.
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "-id"], name="contact_newest")]

    def __str__(self) -> str:
        return self.name


class ContactAddress(TenantModel):
    """One address of a contact; an address belongs to one contact of an organization."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="addresses")
    address = models.CharField(max_length=320)  # lower-cased
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "address"], name="contact_address_once")]
