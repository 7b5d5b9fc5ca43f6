"""Categories: what requests are about, as a tree of the organization's own words."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel

MAX_CATEGORY_LEVELS = 4
CATEGORY_PARTING = " / "


class Category(TenantModel):
    """What a request is about. Like a team it is the organization's own; mailboxes give it and tickets carry it."""

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    name = models.CharField(_("name"), max_length=60)
    path = models.CharField(max_length=300)  # the names from the top to it; kept by the services, so lists need no join
    is_active = models.BooleanField(default=True)  # off: retired; tickets keep it, and none gets it any more
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "parent", "name"], name="category_name_once"),
            models.UniqueConstraint(
                fields=["organization", "name"], condition=Q(parent__isnull=True), name="category_top_name_once"
            ),
        ]

    def __str__(self) -> str:
        return self.path

    @property
    def level(self) -> int:
        """0 at the top."""
        return self.path.count(CATEGORY_PARTING)
