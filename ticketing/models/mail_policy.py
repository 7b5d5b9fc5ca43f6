"""How an organization takes mail: repeated mail, quoted text, the operator's spam daemon."""

from __future__ import annotations

from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel


class Copies(models.TextChoices):
    """What becomes of a mail that has come through another mailbox before."""

    SAME_TEAM = "same_team", _("One ticket, if both mailboxes give their tickets to the same team")
    ANY = "any", _("One ticket, whichever mailboxes they are")
    APART = "apart", _("A ticket for each mailbox")


class Quotes(models.TextChoices):
    """What is stored of the mails that an answer quotes."""

    KEEP = "keep", _("Keep it, folded below the new text")
    DROP = "drop", _("Store the new text alone")


class MailPolicy(TenantModel):
    """The choices of one organization; the defaults are what holds where nothing was ever set."""

    repeat_days = models.PositiveSmallIntegerField(null=True, validators=[MinValueValidator(1)])  # None: for ever
    copies = models.CharField(max_length=9, choices=Copies, default=Copies.SAME_TEAM)
    quotes = models.CharField(max_length=4, choices=Quotes, default=Quotes.KEEP)
    asks_above = models.BooleanField(default=False)  # replies begin with a line that asks to answer above it
    asks_spam_daemon = models.BooleanField(default=True)  # about new mail, where the operator runs one
    version = models.PositiveIntegerField(default=0)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization"], name="mail_policy_once")]
