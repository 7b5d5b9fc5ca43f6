"""The forms of a mailbox's mapping: what new tickets get, a line for each copy, who asks, and which files stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.forms.boundfield import BoundField
from django.utils.translation import gettext_lazy as _

from ticketing.fields.command_words import LANGUAGE_NAMES
from ticketing.fields.commands import Trouble
from ticketing.fields.reading import read_typed
from ticketing.fields.values import BadValue, Field, Value
from ticketing.models import FieldKind, MailMapping
from ticketing.models.mapping import How, KeptFiles, Moment, RequesterFrom, Source, ThenDo
from ticketing.services.mail_mapping import MAX_COPIES, CopyInput, MappingInput, TroubleInput, tag_names

_MB = 1024 * 1024
_TROUBLES = {
    Trouble.PARSE: _("A line that is no command, or no end"),
    Trouble.UNKNOWN: _("An unknown field"),
    Trouble.VALUE: _("A value that the field does not take"),
    Trouble.RIGHT: _("What the sender may not set"),
}
_BLANK = [("", "–")]
_YES_NO = [*_BLANK, ("yes", _("Yes")), ("no", _("No"))]


class CopyForm(forms.Form):
    """One copy; without a source there is none."""

    when = forms.ChoiceField(label=_("Of"), choices=Moment.choices, required=False)
    source = forms.ChoiceField(label=_("Copy"), choices=[*_BLANK, *Source.choices], required=False)
    header = forms.CharField(label=_("Header"), max_length=80, required=False)
    how = forms.ChoiceField(label=_("It"), choices=How.choices, required=False)
    field = forms.ChoiceField(label=_("Field"), choices=(), required=False)

    def __init__(self, *args: Any, fields: Sequence[Field] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(field.key, field.label) for field in fields]
        self.fields["field"] = forms.ChoiceField(label=_("Field"), choices=[*_BLANK, *offered], required=False)

    def to_input(self) -> list[CopyInput]:
        """The copy, or none. The form is valid."""
        data = self.cleaned_data
        if not data.get("source"):
            return []
        when, how = Moment(data["when"] or Moment.NEW), How(data["how"] or How.REPLACE)
        return [CopyInput(when, Source(data["source"]), data["field"], how, data["header"].strip())]


Copies = formset_factory(CopyForm, extra=3, max_num=MAX_COPIES, validate_max=True)


def copies_of(
    row: MailMapping, *, fields: Sequence[Field], data: Mapping[str, Any] | None = None
) -> BaseFormSet[CopyForm]:
    """The lines as they stand and three empty ones, or as they were sent. Lines of retired fields are left out."""
    keys = {field.key for field in fields}
    initial = [each for each in row.copies if each["field"] in keys]
    return Copies(data, initial=initial, form_kwargs={"fields": fields}, prefix="copy")


class MappingForm(forms.Form):
    """Everything else; a form field for each custom field."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    tags = forms.CharField(
        label=_("Tags"), max_length=600, required=False, help_text=_("Parted by commas. New ones are made.")
    )
    requester = forms.ChoiceField(
        label=_("The requester is who stands in"),
        choices=RequesterFrom.choices,
        help_text=_("Where the two differ, the message says so."),
    )
    unwraps_lists = forms.BooleanField(
        label=_("Look behind mailing lists"),
        required=False,
        help_text=_("Lists put themselves into From. The requester is who wrote to the list, if it tells."),
    )
    unwraps_forwards = forms.BooleanField(
        label=_("Look into mail that agents forward"),
        required=False,
        help_text=_("The requester is who wrote the forwarded mail. An agent can take that back on the ticket."),
    )
    most_prefixes = forms.IntegerField(
        label=_("Most Re: and Fwd: in the subject of a new ticket"),
        min_value=0,
        max_value=20,
        required=False,
        help_text=_("The latest ones stay. Empty: as it comes."),
    )
    kept_files = forms.ChoiceField(label=_("Files that are kept"), choices=KeptFiles.choices)
    refused_endings = forms.CharField(
        label=_("Never with these endings"),
        max_length=400,
        required=False,
        help_text=_("Such as exe, js, zip. What a file is called says little of what it is."),
    )
    refused_types = forms.CharField(
        label=_("Never of these types"),
        max_length=400,
        required=False,
        help_text=_(
            "Such as application/zip, or video/* for all of a kind: what it is declared as, or turns out to be."
        ),
    )
    refuses_programs = forms.BooleanField(
        label=_("Never programs, whatever they are called"),
        required=False,
        help_text=_(
            "Known by what is in them. Scripts that are plain text, such as js and vbs, by their endings alone."
        ),
    )
    max_file_mb = forms.IntegerField(
        label=_("Largest file, in MB"), min_value=1, max_value=1000, required=False, help_text=_("Empty: any.")
    )

    reads_commands = forms.BooleanField(label=_("Read commands in the body"), required=False)
    command_language = forms.ChoiceField(
        label=_("Language of the commands"),
        choices=list(LANGUAGE_NAMES.items()),
        help_text=_("Its code stands in the heading. Names of fields, yes and no, numbers and dates are read in it."),
    )
    command_heading = forms.CharField(label=_("Heading"), max_length=60)
    command_how = forms.ChoiceField(label=_("What a command says"), choices=How.choices)
    command_clears = forms.BooleanField(
        label=_("A name without a value takes the value off"),
        required=False,
        help_text=_("Off: such a line is not followed. Status, priority and tags cannot be taken off."),
    )

    def __init__(self, *args: Any, fields: Sequence[Field] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._custom = fields = [field for field in fields if not field.holds_files]
        for field in fields:
            self.fields[_name(field)] = _form_field(field)
        for trouble, label in _TROUBLES.items():
            self.fields[f"{trouble}_then"] = forms.ChoiceField(label=label, choices=ThenDo.choices)
            self.fields[f"{trouble}_address"] = forms.EmailField(label=_("Address"), max_length=254, required=False)
            self.fields[f"{trouble}_text"] = forms.CharField(
                label=_("Text of the mail"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )

    @classmethod
    def of(cls, row: MailMapping, *, fields: Sequence[Field], data: Any = None) -> MappingForm:
        """Shows the mapping, or what was sent for it."""
        initial = {
            "version": row.version,
            "tags": ", ".join(tag_names(row)),
            "requester": row.requester,
            "unwraps_lists": row.unwraps_lists,
            "unwraps_forwards": row.unwraps_forwards,
            "most_prefixes": row.most_prefixes,
            "kept_files": row.kept_files,
            "refused_endings": ", ".join(row.refused_endings),
            "refused_types": ", ".join(row.refused_types),
            "refuses_programs": row.refuses_programs,
            "max_file_mb": row.max_file_bytes // _MB if row.max_file_bytes else None,
        }
        initial |= {
            "reads_commands": row.reads_commands,
            "command_language": row.command_language,
            "command_heading": row.command_heading,
            "command_how": row.command_how,
            "command_clears": row.command_clears,
        }
        for trouble in _TROUBLES:
            then = row.troubles.get(trouble.value, {})
            initial[f"{trouble}_then"] = then.get("then", ThenDo.NOTE.value)
            initial |= {f"{trouble}_{part}": then.get(part, "") for part in ("address", "text")}
        initial |= {_name(field): _typed(row.fields.get(field.key)) for field in fields}
        return cls(data, initial=initial, fields=fields)

    def values(self) -> list[BoundField]:
        """The custom fields."""
        return [self[_name(field)] for field in self._custom]

    def troubles(self) -> list[tuple[BoundField, BoundField, BoundField]]:
        """For each reason: what then, to which address, with which text."""
        return [(self[f"{each}_then"], self[f"{each}_address"], self[f"{each}_text"]) for each in _TROUBLES]

    def clean(self) -> dict[str, Any]:
        """Raises nothing; a value that is none stands beside its field."""
        data = super().clean() or self.cleaned_data
        self._values: dict[str, Value] = {}
        for field in self._custom:
            typed = data.get(_name(field)) or ""
            try:
                value = read_typed(field, typed if isinstance(typed, list) else [str(typed)])
            except BadValue as refused:
                self.add_error(_name(field), refused.sentence)
            else:
                self._values |= {} if value is None else {field.key: value}
        return data

    def to_input(self, copies: Sequence[CopyInput]) -> MappingInput:
        """What was chosen. The form is valid."""
        data = self.cleaned_data
        return MappingInput(
            tags=_words(data["tags"]),
            values=self._values,
            copies=copies,
            requester=RequesterFrom(data["requester"]),
            unwraps_lists=data["unwraps_lists"],
            unwraps_forwards=data["unwraps_forwards"],
            most_prefixes=data["most_prefixes"],
            kept_files=KeptFiles(data["kept_files"]),
            refused_endings=[word.lower().lstrip(".") for word in _words(data["refused_endings"])],
            refused_types=[word.lower() for word in _words(data["refused_types"])],
            refuses_programs=data["refuses_programs"],
            max_file_bytes=data["max_file_mb"] * _MB if data["max_file_mb"] else None,
            reads_commands=data["reads_commands"],
            command_heading=data["command_heading"],
            command_language=data["command_language"],
            command_how=How(data["command_how"]),
            command_clears=data["command_clears"],
            troubles={
                each: TroubleInput(ThenDo(data[f"{each}_then"]), data[f"{each}_address"], data[f"{each}_text"])
                for each in _TROUBLES
            },
            version=data["version"],
        )


def _name(field: Field) -> str:
    return f"value_{field.key}"


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _typed(value: object) -> object:
    """A stored value as its control shows it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value


def _form_field(field: Field) -> forms.Field:
    choices = [(choice, choice) for choice in field.choices]
    kinds: dict[FieldKind, Any] = {
        FieldKind.CHOICE: lambda: forms.ChoiceField(choices=[*_BLANK, *choices], required=False),
        FieldKind.YES_NO: lambda: forms.ChoiceField(choices=_YES_NO, required=False),
        FieldKind.CHOICES: lambda: forms.MultipleChoiceField(
            choices=choices, required=False, widget=forms.CheckboxSelectMultiple
        ),
        FieldKind.LONG_TEXT: lambda: forms.CharField(required=False, widget=forms.Textarea(attrs={"rows": 3})),
        FieldKind.DATE: lambda: forms.CharField(required=False, widget=forms.DateInput(attrs={"type": "date"})),
    }
    made: forms.Field = kinds.get(field.kind, lambda: forms.CharField(required=False))()
    made.label = field.label
    return made
