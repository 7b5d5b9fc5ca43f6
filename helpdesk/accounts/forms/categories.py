"""A category's name, its place, and whether it is given to tickets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Category
from helpdesk.accounts.services.categories import CategoryProfile


class CategoryForm(forms.Form):
    """A new category, or another shape for one."""

    name = forms.CharField(
        label=_("Name"),
        max_length=Category._meta.get_field("name").max_length,
        error_messages={"required": _("Enter a name, like Printer or Invoice.")},
    )
    parent: forms.ModelChoiceField[Category] = forms.ModelChoiceField(
        label=_("Below"), queryset=None, required=False, empty_label=_("At the top")
    )
    is_active = forms.BooleanField(
        label=_("Tickets can get it"),
        required=False,
        initial=True,
        help_text=_("Off: it is retired. Tickets that have it keep it, and nothing gives it to new ones."),
    )

    def __init__(self, *args: Any, category: Category | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = Category.objects.order_by("path")
        if category is not None:
            places = places.exclude(Q(pk=category.pk) | Q(path__startswith=f"{category.path} / "))
        self.fields["parent"].queryset = places  # type: ignore[attr-defined]  # a ModelChoiceField

    def profile(self) -> CategoryProfile:
        """What was filled in; the form must be valid."""
        values = self.cleaned_data
        return CategoryProfile(name=values["name"], parent=values["parent"], is_active=values["is_active"])


class CategoryField(forms.ModelChoiceField):  # type: ignore[type-arg]  # at run time it takes none
    """A category that can be given; also the one that is there, though it may be retired."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=None, required=False, label=_("Category"), empty_label=_("No category"), **kwargs)

    def offer(self, *, current_id: int | None) -> None:
        """The active ones, by path, and the current one. Needs the scope."""
        self.queryset = Category.objects.filter(Q(is_active=True) | Q(pk=current_id)).order_by("path")

    def label_from_instance(self, category: Category) -> str:
        """The path, and whether tickets still get it."""
        return (
            category.path if category.is_active else _("%(path)s (retired: tickets do not get it)") % {"path": category}
        )
