"""Where new tickets of a mailbox go, as an admin chooses while setting it up."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.forms.categories import CategoryField
from helpdesk.accounts.forms.companies import CompanyField
from helpdesk.accounts.models import Team
from mailboxes.forms.people import AssigneeField
from mailboxes.models import Mailbox, TicketPriority
from mailboxes.services.setup.routing import Routing


class RoutingForm(forms.Form):
    """The defaults of new tickets, and the name in From."""

    team: forms.ModelChoiceField[Team] = forms.ModelChoiceField(
        label=_("Team"), queryset=None, required=False, empty_label=_("No team")
    )
    assignee = AssigneeField()
    category = CategoryField()
    company = CompanyField()
    ticket_priority = forms.ChoiceField(
        label=_("Priority"), choices=TicketPriority.choices, initial=TicketPriority.NORMAL
    )
    from_name = forms.CharField(label=_("Replies are sent as"), max_length=120, required=False)

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {name: getattr(mailbox, name) for name in self.base_fields})
        super().__init__(*args, **kwargs)
        self.mailbox = mailbox
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        self.fields["assignee"].offer(current_id=mailbox.assignee_id)  # type: ignore[attr-defined]  # an AssigneeField
        self.fields["category"].offer(current_id=mailbox.category_id)  # type: ignore[attr-defined]  # a CategoryField
        self.fields["company"].offer(current_id=mailbox.company_id)  # type: ignore[attr-defined]  # a CompanyField

    def clean_from_name(self) -> str:
        """One line."""
        return " ".join(str(self.cleaned_data["from_name"]).split())

    def to_routing(self) -> Routing:
        """What the service takes."""
        data = self.cleaned_data
        return Routing(
            team=data["team"],
            assignee=data["assignee"],
            category=data["category"],
            # not on the page while the organization serves no companies: it is kept for when it does again
            company=data["company"] if self.add_prefix("company") in self.data else self.mailbox.company,
            ticket_priority=TicketPriority(data["ticket_priority"]),
            from_name=data["from_name"],
        )
