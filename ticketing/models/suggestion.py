"""What was answered to the suggestions on a ticket. The suggestions themselves are worked out anew each time."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.models import TenantModel
from ticketing.models.ticket import Ticket


class Suggested(models.TextChoices):
    """What is suggested."""

    TEAM = "team", _("Team")
    ASSIGNEE = "assignee", _("Assignee")
    CATEGORY = "category", _("Category")
    COMPANY = "company", _("Company")
    STATUS = "status", _("Status")
    PRIORITY = "priority", _("Priority")
    TAG = "tag", _("Tag")
    TAG_OFF = "tag_off", _("Take off the tag")
    FIELD = "field", _("Field")
    PARTICIPANT = "participant", _("Add to Cc of answers")
    NOTE = "note", _("Write the note")
    CLOSING = "closing", _("Close it")  # a setting keeps such mail out
    TICKET = "ticket", _("Another ticket")  # it belongs to it


class SuggestionAnswer(TenantModel):
    """A member applied or dismissed a suggestion."""

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="suggestion_answers")
    what = models.CharField(max_length=12, choices=Suggested)
    value = models.CharField(max_length=40)  # of the suggestion: an id, a word, a number, the key of a field
    is_applied = models.BooleanField()  # False: dismissed
    membership = models.ForeignKey(Membership, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "ticket", "what", "value"], name="suggestion_answered_once")
        ]
