"""Who may open tickets by mail and add to them: a policy of the organization, and of each mailbox that has its own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from mailboxes.models import Mailbox, OutboxMessage, RawMessage
from ticketing.models.contact import Contact


class Openers(models.TextChoices):
    """Who may open a ticket."""

    ANYONE = "anyone", _("Anyone")
    LISTED = "listed", _("Only these")  # any of: known contacts, domains, contact groups
    NOBODY = "nobody", _("Nobody")


class Updaters(models.TextChoices):
    """Who may add to a ticket."""

    TOKEN = "token", _("Anyone who answers one of its mails")  # which carry the ticket's token
    PEOPLE = "people", _("Only people on the ticket")
    REQUESTER = "requester", _("Only its requester")
    NOBODY = "nobody", _("Nobody")


class Strangers(models.TextChoices):
    """Under whom the mail of somebody stands who may write and is no contact yet."""

    CONTACT = "contact", _("As a new contact")
    GUEST = "guest", _("Under the guest contact")


class Refused(models.TextChoices):
    """What becomes of mail whose sender may not write."""

    HOLD = "hold", _("Hold it for review")
    ANSWER = "answer", _("Refuse it with an answer")
    DISCARD = "discard", _("Discard it")


class NeededProof(models.TextChoices):
    """When From gives rights."""

    ALWAYS = "always", _("Only where it is proven")
    # The word of an admin, who alone can know it.
    WHERE_TOLD = "where_told", _("Also where nothing is said of it: this mail server refuses forged senders by itself")


class WriterPolicy(TenantModel):
    """Who may write to a mailbox, or to all that have no policy of their own."""

    mailbox = models.ForeignKey(Mailbox, on_delete=models.CASCADE, null=True, related_name="+")  # None: all others
    follows = models.BooleanField(default=False)  # of a mailbox: what is set for all holds, the rest is kept

    openers = models.CharField(max_length=8, choices=Openers, default=Openers.ANYONE)
    lets_contacts = models.BooleanField(default=True)  # of Openers.LISTED, as are the next two
    lets_groups = models.BooleanField(default=False)  # those with the right to open
    domains = models.JSONField(default=list)  # as filters write them; `*.` before one for all below it
    opening_strangers = models.CharField(max_length=8, choices=Strangers, default=Strangers.CONTACT)
    opening_refused = models.CharField(max_length=8, choices=Refused, default=Refused.HOLD)

    updaters = models.CharField(max_length=9, choices=Updaters, default=Updaters.TOKEN)
    updating_strangers = models.CharField(max_length=8, choices=Strangers, default=Strangers.CONTACT)
    updating_refused = models.CharField(max_length=8, choices=Refused, default=Refused.HOLD)

    guest = models.ForeignKey(Contact, on_delete=models.PROTECT, null=True, related_name="+")
    proof = models.CharField(max_length=10, choices=NeededProof, default=NeededProof.ALWAYS)
    servers = models.JSONField(default=list)  # whose Authentication-Results are believed

    forward_to = models.CharField(max_length=320, blank=True)  # of discarded mail; "": nobody
    forward_text = models.TextField(blank=True)
    forward_files = models.BooleanField(default=True)

    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "mailbox"], name="writers_of_mailbox_once"),
            models.UniqueConstraint(
                fields=["organization"], condition=models.Q(mailbox=None), name="writers_of_organization_once"
            ),
        ]


class ForwardState(models.TextChoices):
    """What became of a discarded mail that was to go on to somebody."""

    DUE = "due", _("Due")
    QUEUED = "queued", _("In the outbox")  # which knows whether it arrived
    WITHHELD = "withheld", _("Withheld")


class ForwardedMail(TenantModel):
    """A discarded mail that goes on to whom the policy names, once.  due ─▶ queued | withheld (with its reason)"""

    raw = models.ForeignKey(RawMessage, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=8, choices=ForwardState, default=ForwardState.DUE)
    recipient = models.CharField(max_length=320, blank=True)
    reason = models.CharField(max_length=16, blank=True)  # WithheldBecause
    outbox = models.ForeignKey(OutboxMessage, on_delete=models.SET_NULL, null=True, related_name="+")
    noted_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True)

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "raw"], name="forwarded_mail_once")]
        indexes = [models.Index(fields=["organization", "settled_at"], name="forwarded_mail_pace")]
