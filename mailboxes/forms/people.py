"""The agents that new tickets of a mailbox can be given to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from helpdesk.accounts.models import Membership, Role
from helpdesk.tenancy.state import required_organization_id

if TYPE_CHECKING:
    _MemberField = forms.ModelChoiceField[Membership]
else:
    _MemberField = forms.ModelChoiceField  # knows no type arguments when it runs


class AssigneeField(_MemberField):
    """Who can work on tickets; whoever stands there already stays a choice, and it is said that it is none any more."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", gettext_lazy("Assign to"))
        kwargs.setdefault("empty_label", gettext_lazy("Nobody, leave it in the team"))
        super().__init__(queryset=None, required=False, **kwargs)

    def offer(self, *, current_id: int | None) -> None:
        """The choices are those of the organization in scope."""
        fit = Q(is_active=True) & ~Q(role=Role.VIEWER)
        here = Membership.objects.filter(organization_id=required_organization_id())
        people = here.filter(fit | Q(pk=current_id)).select_related("user")
        self.queryset = people.order_by("user__name", "user__email")

    def label_from_instance(self, member: Membership) -> str:
        """The name, and whether tickets still reach this person."""
        if member.is_active and member.role != Role.VIEWER:
            return str(member)
        return _("%(name)s (cannot work on tickets: nobody gets them)") % {"name": member}
