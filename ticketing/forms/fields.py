"""The form of a custom field. Kind and key are chosen once."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ticketing.models import FieldKind, TicketField
from ticketing.services.ticket_fields import FieldProfile


class FieldForm(forms.Form):
    """What can be changed of a field."""

    label = forms.CharField(
        label=_("Name"),
        max_length=TicketField._meta.get_field("label").max_length,
        error_messages={"required": _("Enter the name of the field.")},
    )
    choices = forms.CharField(
        label=_("Words to choose from"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("Each on its own line. Tickets keep a word that you take away."),
    )
    in_lists = forms.BooleanField(
        label=_("Show it in lists of tickets"),
        required=False,
        help_text=_("Below the subject, for tickets that have a value."),
    )
    is_active = forms.BooleanField(
        label=_("Tickets can get it"),
        required=False,
        initial=True,
        help_text=_("Off: it is retired. Tickets that have a value keep it, and no ticket gets one any more."),
    )

    def __init__(self, *args: Any, has_choices: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_choices:
            del self.fields["choices"]

    @classmethod
    def of(cls, row: TicketField, data: Any = None) -> FieldForm:
        """Shows the field, or what was sent for it."""
        initial: dict[str, Any] = {"label": row.label, "choices": "\n".join(row.choices)}
        initial |= {"is_active": row.is_active, "in_lists": row.in_lists}
        return cls(data, initial=initial, has_choices=row.kind in (FieldKind.CHOICE, FieldKind.CHOICES))

    def profile(self) -> FieldProfile:
        """What was filled in; the form must be valid."""
        words = self.cleaned_data.get("choices", "").splitlines()
        data = self.cleaned_data
        return FieldProfile(data["label"], tuple(words), is_active=data["is_active"], in_lists=data["in_lists"])


class NewFieldForm(FieldForm):
    """A field to be made."""

    kind = forms.ChoiceField(
        label=_("Kind"),
        choices=FieldKind.choices,
        help_text=_("It stays as it is: values of one kind are none of another."),
    )
    key = forms.CharField(
        label=_("Key"),
        max_length=40,
        required=False,
        help_text=_("By which programs know it. Lower-case letters, digits and _. Empty: made from the name."),
    )
    field_order = ("label", "kind", "choices", "key", "in_lists", "is_active")
