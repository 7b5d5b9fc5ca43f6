"""The form of a contact group: who is in it, and what they may do in which mailbox."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Company
from mailboxes.models import Mailbox
from ticketing.forms.writers import DomainsField
from ticketing.models import ContactGroup
from ticketing.queries.contact_groups import settable_fields
from ticketing.services.contact_groups import GroupInput, RightInput, domains_of, people_of
from ticketing.services.filter_entries import split_entries


class GroupForm(forms.Form):
    """Name and members."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    name = forms.CharField(label=_("Name"), max_length=120)
    people = forms.CharField(
        label=_("People"),
        required=False,
        widget=forms.Textarea,
        help_text=_(
            "E-mail addresses, separated by commas, semicolons or lines. Each stands for its contact with all "
            "addresses; one that nobody has becomes a contact. A guest contact goes by its name."
        ),
    )
    domains = DomainsField(
        label=_("Everybody of these domains"),
        required=False,
        help_text=_("Separate with commas, semicolons or lines. *.example.com is that domain and all below it."),
    )
    companies: Any = forms.ModelMultipleChoiceField(
        label=_("Everybody of these companies"),
        queryset=None,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["companies"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Company.objects.filter(is_active=True).order_by("name")

    @classmethod
    def of(cls, group: ContactGroup | None) -> GroupForm:
        """Shows the group as it stands; empty for a new one."""
        if group is None:
            return cls(initial={"version": 0})
        companies = group.members.exclude(company=None).values_list("company_id", flat=True)
        return cls(
            initial={
                "version": group.version,
                "name": group.name,
                "people": "\n".join(people_of(group)),
                "domains": domains_of(group),
                "companies": list(companies),
            }
        )

    def to_input(self, rights: list[RightInput]) -> GroupInput:
        """What was entered. The form is valid."""
        data = self.cleaned_data
        return GroupInput(
            name=data["name"],
            people=split_entries(data["people"]),
            domains=data["domains"],
            companies=list(data["companies"]),
            rights=rights,
            version=data["version"],
        )


class RightForm(forms.Form):
    """What members may do in one mailbox, or in all."""

    mailbox = forms.ChoiceField(label=_("Mailbox"), required=False)
    may_open = forms.BooleanField(label=_("Open tickets"), required=False)
    may_update = forms.BooleanField(label=_("Add to any ticket they answer"), required=False)
    fields_set = forms.MultipleChoiceField(label=_("Which ones"), required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, mailboxes: Mapping[str, Mailbox], fields: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._mailboxes = mailboxes
        named = [(key, mailbox.name) for key, mailbox in mailboxes.items()]
        self.fields["mailbox"] = forms.ChoiceField(
            label=_("Mailbox"), required=False, choices=[("", _("All mailboxes")), *named]
        )
        self.fields["fields_set"] = forms.MultipleChoiceField(
            label=_("Which ones"),
            required=False,
            widget=forms.CheckboxSelectMultiple,
            choices=fields,
            help_text=_("By an answer only with the right to add to tickets."),
        )

    @property
    def field_count(self) -> int:
        """How many fields are ticked."""
        return len(self["fields_set"].value() or ())

    def to_right(self) -> RightInput:
        """What was entered. The form is valid."""
        data = self.cleaned_data
        return RightInput(
            self._mailboxes.get(data.get("mailbox", "")),
            may_open=data.get("may_open", False),
            may_update=data.get("may_update", False),
            fields=frozenset(data.get("fields_set", ())),
        )


RightForms = formset_factory(RightForm, extra=1, max_num=200)


def right_forms(data: Any, *, group: ContactGroup | None) -> BaseFormSet[RightForm]:
    """The rights of the group, and an empty line for one more."""
    boxes = Mailbox.objects.filter(deleted_at=None).order_by("name", "id")
    mailboxes = {str(mailbox.pk): mailbox for mailbox in boxes}
    rights = group.rights.order_by("mailbox__name", "id") if group is not None else ()
    initial = [
        {
            "mailbox": str(right.mailbox_id or ""),
            "may_open": right.may_open,
            "may_update": right.may_update,
            "fields_set": right.fields,
        }
        for right in rights
    ]
    made: BaseFormSet[RightForm] = RightForms(
        data, prefix="rights", initial=initial, form_kwargs={"mailboxes": mailboxes, "fields": settable_fields()}
    )
    return made
