"""Fields that an organization adds to its tickets. The ticket type is the one with the key `type`."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel

TYPE_KEY = "type"


class FieldKind(models.TextChoices):
    """What a value of a field is."""

    TEXT = "text", _("One line of text")
    LONG_TEXT = "long_text", _("Several lines of text")
    NUMBER = "number", _("Number")
    DATE = "date", _("Date")
    YES_NO = "yes_no", _("Yes or no")
    CHOICE = "choice", _("One of several words")
    CHOICES = "choices", _("Any of several words")
    FILES = "files", _("Files of its messages")


class TicketField(TenantModel):
    """One field. Its values stand in `Ticket.fields` by its key; without one there, the ticket has none."""

    key = models.CharField(max_length=40)  # lower-case letters, digits and _; never changed, never given again
    label = models.CharField(_("name"), max_length=60)
    kind = models.CharField(max_length=10, choices=FieldKind)  # never changed
    choices = models.JSONField(default=list)  # of the kinds with choices: the words, in their order
    place = models.PositiveIntegerField(default=0)  # orders the fields
    in_lists = models.BooleanField(default=False)  # lists of tickets show its values
    is_active = models.BooleanField(default=True)  # off: retired; tickets keep its values, and none gets one any more

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "key"], name="ticket_field_key_once"),
            models.UniqueConstraint(fields=["organization", "label"], name="ticket_field_label_once"),
        ]

    def __str__(self) -> str:
        return self.label
