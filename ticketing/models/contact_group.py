"""Groups of contacts, and what their members may do by mail."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Company
from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox
from ticketing.models.contact import Contact

ALL_FIELDS = "*"


class ContactGroup(TenantModel):
    """People outside who have the same rights."""

    name = models.CharField(_("name"), max_length=120)
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused
    created_at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="contact_group_name_once")]

    def __str__(self) -> str:
        return self.name


class GroupMember(TenantModel):
    """A person, everybody of a company, or everybody of a domain: one of the three."""

    group = models.ForeignKey(ContactGroup, on_delete=models.CASCADE, related_name="members")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, null=True, related_name="group_memberships")
    company = models.ForeignKey(Company, on_delete=models.CASCADE, null=True, related_name="+")
    domain = models.CharField(max_length=253, blank=True)  # as it travels
    with_below = models.BooleanField(default=False)  # all domains below it, too

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "group", "contact"],
                condition=models.Q(contact__isnull=False),
                name="group_contact_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "group", "company"],
                condition=models.Q(company__isnull=False),
                name="group_company_once",
            ),
            models.UniqueConstraint(
                fields=["organization", "group", "domain"], condition=~models.Q(domain=""), name="group_domain_once"
            ),
            models.CheckConstraint(
                condition=models.Q(contact__isnull=False, company__isnull=True, domain="")
                | models.Q(contact__isnull=True, company__isnull=False, domain="")
                | (models.Q(contact__isnull=True, company__isnull=True) & ~models.Q(domain="")),
                name="group_member_is_one",
            ),
        ]
        indexes = [
            models.Index(fields=["organization", "contact"], name="group_member_contact"),
            models.Index(fields=["organization", "domain"], name="group_member_domain"),
        ]


class GroupRight(TenantModel):
    """What a group's members may do in a mailbox, or in all of them; the two add up."""

    group = models.ForeignKey(ContactGroup, on_delete=models.CASCADE, related_name="rights")
    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="+")  # None: all
    may_open = models.BooleanField(default=False)
    may_update = models.BooleanField(default=False)  # also where only people on the ticket, or its requester, may
    fields = models.JSONField(default=list)  # keys of what they may set by mail; ALL_FIELDS for any

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "group", "mailbox"], name="group_right_of_mailbox_once"),
            models.UniqueConstraint(
                fields=["organization", "group"],
                condition=models.Q(mailbox=None),
                name="group_right_of_all_once",
            ),
        ]
