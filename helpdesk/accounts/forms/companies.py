"""A company's name and note, and whether it is given to tickets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Company
from helpdesk.accounts.services.companies import CompanyProfile


class CompanyForm(forms.Form):
    """A new company, or other values for one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Company._meta.get_field("name").max_length,
        error_messages={"required": _("Enter the name of the company.")},
    )
    note = forms.CharField(
        label=_("Note"),
        max_length=Company._meta.get_field("note").max_length,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For admins, like the contract or whom to call. It is shown on this page alone."),
    )
    is_active = forms.BooleanField(
        label=_("Tickets can get it"),
        required=False,
        initial=True,
        help_text=_("Off: it is retired. Tickets that have it keep it, and nothing gives it to new ones."),
    )

    def profile(self) -> CompanyProfile:
        """What was filled in; the form must be valid."""
        return CompanyProfile(**self.cleaned_data)


class CompanyField(forms.ModelChoiceField):  # type: ignore[type-arg]  # at run time it takes none
    """A company that can be given; also the one that is there, though it may be retired."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, required=False, label=_("Company"), empty_label=_("No company"), **kwargs)

    def offer(self, *, current_id: int | None) -> None:
        """The active ones, by name, and the current one; none where no companies are served. Needs the scope."""
        served = Company.objects.filter(organization__serves_companies=True)
        self.queryset = served.filter(Q(is_active=True) | Q(pk=current_id)).order_by("name")

    def label_from_instance(self, company: Company) -> str:
        """The name, and whether tickets still get it."""
        return company.name if company.is_active else _("%(name)s (retired: tickets do not get it)") % {"name": company}
