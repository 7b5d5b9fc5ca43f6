"""A team's name, colour and members."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from helpdesk.accounts.queries import member_choices
from helpdesk.accounts.services.teams import TeamProfile

HUE_NAMES = {
    1: _("Red"),
    2: _("Orange"),
    3: _("Yellow"),
    4: _("Green"),
    5: _("Turquoise"),
    6: _("Blue"),
    7: _("Violet"),
    8: _("Pink"),
}


class TeamForm(forms.Form):
    """A new team, or another shape for one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Team._meta.get_field("name").max_length,
        error_messages={"required": _("Enter a name, like Repairs or Billing.")},
    )
    hue = forms.TypedChoiceField(label=_("Colour"), choices=list(HUE_NAMES.items()), coerce=int, initial=1)
    members = forms.TypedMultipleChoiceField(
        label=_("Members"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["members"].choices = member_choices()  # type: ignore[attr-defined]  # a choice field

    def profile(self) -> TeamProfile:
        """What was filled in; the form must be valid."""
        values = self.cleaned_data
        return TeamProfile(name=values["name"], hue=values["hue"], member_ids=frozenset(values["members"]))
