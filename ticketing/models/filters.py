"""Filters: which mail may open tickets, and which is ignored. One for the organization, one for each mailbox."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox


class FilterMode(models.TextChoices):
    """What matching an entry means."""

    EVERYTHING = "everything", _("Accept everything")
    ALLOW = "allow", _("Allow only")  # of new mail; answers to tickets come in all the same
    IGNORE = "ignore", _("Ignore")  # answers to tickets too


class EntryKind(models.TextChoices):
    """What an entry looks at."""

    ADDRESS = "address", _("Address")
    DOMAIN = "domain", _("Domain")
    SUBDOMAINS = "subdomains", _("Domain and all below it")
    WORDS = "words", _("Words in subject or body")
    HEADER = "header", _("Header")


class MailFilter(TenantModel):
    """A filter and what it means when one of its entries matches."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="+")  # None: all mailboxes
    mode = models.CharField(max_length=10, choices=FilterMode, default=FilterMode.EVERYTHING)
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "mailbox"], name="filter_of_mailbox_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(mailbox=None), name="filter_of_organization_once"
            ),
        ]


class FilterEntry(TenantModel):
    """One entry; any that matches decides."""

    mail_filter = models.ForeignKey(MailFilter, on_delete=models.CASCADE, related_name="entries")
    kind = models.CharField(max_length=10, choices=EntryKind)
    value = models.CharField(max_length=320)  # as `services.filters` has normalised it
    header = models.CharField(max_length=80, blank=True)  # its name, of HEADER alone; without a value: whatever it says

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "mail_filter", "kind", "header", "value"], name="filter_entry_once"
            )
        ]


class FilterCopy(TenantModel):
    """The filter of one mailbox was given to all others; it can be undone."""

    source = models.ForeignKey(Mailbox, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    # What each other mailbox had, as objects of mailbox, version (which copying gave it), mode and entries.
    before = models.JSONField(default=list)
    undone_at = models.DateTimeField(null=True)
