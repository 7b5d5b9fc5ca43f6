"""A form field as the design draws it: label, control, hint, error, and what screen readers need between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.safestring import SafeString

_GROUPS = (forms.RadioSelect, forms.CheckboxSelectMultiple)


@dataclass(frozen=True)
class FieldView:
    """What templates/_field.html draws."""

    bound: BoundField
    kind: str  # input, select, check, switch, group, hidden
    control: SafeString  # empty for a group, whose choices the template draws one by one
    control_id: str  # for the label
    css_class: str  # for the grid: f1 to f4
    hint_id: str
    error_id: str
    is_optional: bool


def field_view(bound: BoundField, *, css_class: str = "", size: str = "", kind: str = "", **attrs: Any) -> FieldView:
    """The field ready to draw. kind "switch" makes a checkbox a switch; size "lg" is for signing in.

    attrs: more attributes of the control, underscores read as hyphens; `autocomplete` is "off" unless given here or
    by the widget.
    """
    widget = bound.field.widget
    kind = kind or _kind(widget)
    hint_id = f"{bound.auto_id}_hint" if bound.help_text else ""
    error_id = f"{bound.auto_id}_error" if bound.errors else ""
    if kind == "group":  # attributes of the call would also land on the element around the choices
        widget.attrs["class"] = _css_class(widget, kind=kind, size=size)
    wanted: dict[str, Any] = {name.replace("_", "-"): value for name, value in attrs.items()}
    wanted.setdefault("class", _css_class(widget, kind=kind, size=size))
    described_by = " ".join(name for name in (hint_id, error_id) if name)
    # Django would name ids of its own; None removes what it sets.
    wanted["aria-describedby"] = described_by or None
    wanted["aria-invalid"] = "true" if error_id else None
    if kind in ("input", "select"):
        wanted.setdefault("autocomplete", widget.attrs.get("autocomplete", "off"))
    if kind == "switch":
        wanted["role"] = "switch"
    return FieldView(
        bound=bound,
        kind=kind,
        control=SafeString("") if kind == "group" else bound.as_widget(attrs=_without_none(wanted)),
        control_id=str(wanted.get("id", bound.id_for_label)),
        css_class=css_class,
        hint_id=hint_id,
        error_id=error_id,
        # A select that may stay as it is has a word for that.
        is_optional=not bound.field.required and kind == "input",
    )


def _without_none(attrs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in attrs.items() if value is not None}


def _kind(widget: forms.Widget) -> str:
    if widget.is_hidden:
        return "hidden"
    if isinstance(widget, _GROUPS):
        return "group"
    if isinstance(widget, forms.CheckboxInput):
        return "check"
    return "select" if isinstance(widget, forms.Select) and not widget.allow_multiple_selected else "input"


def _css_class(widget: forms.Widget, *, kind: str, size: str) -> str:
    base = {"check": "check", "switch": "switch", "group": "radio"}.get(kind)
    if base is None:
        base = "" if kind in ("select", "hidden") else "textarea" if isinstance(widget, forms.Textarea) else "input"
    if isinstance(widget, forms.CheckboxSelectMultiple):
        base = "check"
    own = widget.attrs.get("class", "")
    large = "input--lg" if size == "lg" and base == "input" else ""
    return " ".join(part for part in (base, large, own) if part)
