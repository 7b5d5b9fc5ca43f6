"""Canned replies: answers that are often given, written once. People put them into theirs, and rules send them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.tenancy.models import TenantModel


class CannedReply(TenantModel):
    """One of them. Retired, never deleted: rules name it, and histories do."""

    name = models.CharField(_("name"), max_length=80)  # for us alone
    subject = models.CharField(max_length=200, blank=True)  # of an answer that a rule sends; "": the built-in one
    html = models.TextField()  # cleaned; with placeholders, which `answering.placeholders` fills
    team = models.ForeignKey(Team, on_delete=models.SET_NULL, null=True, related_name="+")  # None: for all tickets
    is_active = models.BooleanField(default=True)  # off: retired
    version = models.PositiveIntegerField(default=1)  # rises with each change: a form that is older is refused

    class Meta(TenantModel.Meta):
        constraints = [models.UniqueConstraint(fields=["organization", "name"], name="canned_reply_name_once")]

    def __str__(self) -> str:
        return self.name
