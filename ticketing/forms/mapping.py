"""Where things stand in the calls of another system, and what its values mean here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.models import Priority, Proof, Status
from ticketing.services.syncing.mapping import IGNORED, POSTROOM, REQUIRED

_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*){1,20}")
MAX_POINTER_CHARS = 300
LABELS = {
    "ticket": gettext_lazy("Id of the ticket there"),
    "own_ticket": gettext_lazy("Number of the ticket here, if the call knows it"),
    "at": gettext_lazy("When it happened"),
    "changed": gettext_lazy("Which field changed"),
    "changed_to": gettext_lazy("What it was changed to"),
    "subject": gettext_lazy("Subject"),
    "requester_address": gettext_lazy("Address of the customer"),
    "requester_name": gettext_lazy("Name of the customer"),
    "status": gettext_lazy("Status"),
    "priority": gettext_lazy("Priority"),
    "tags": gettext_lazy("All tags"),
    "tag_added": gettext_lazy("A tag that was added"),
    "tag_removed": gettext_lazy("A tag that was removed"),
    "message": gettext_lazy("Id of the message"),
    "kind": gettext_lazy("Kind of the message"),
    "sender_address": gettext_lazy("Address of who wrote it"),
    "sender_name": gettext_lazy("Name of who wrote it"),
    "text": gettext_lazy("Text"),
    "html": gettext_lazy("Text as HTML"),
    "files": gettext_lazy("Files"),
    "mail_id": gettext_lazy("Message-ID of its mail"),
    "written_at": gettext_lazy("When it was written"),
}
HINTS = {
    "ticket": gettext_lazy("Required. By it the same ticket is found again."),
    "own_ticket": gettext_lazy("So that changes of tickets that began here find them."),
    "at": gettext_lazy("Decides which of two changes is the later one. Without it, the moment of the call."),
    "changed": gettext_lazy(
        "With it, only that field is taken over. Without, every field that differs from last time."
    ),
    "message": gettext_lazy("So that no message comes in twice."),
    "files": gettext_lazy("A list; each has a filename (or name) and, as Base64, its content (or data)."),
    "mail_id": gettext_lazy("So that a mail that came to both systems is one message."),
}
KINDS = {
    "customer": gettext_lazy("From the customer"),
    "agent": gettext_lazy("From an agent"),
    "note": gettext_lazy("Internal note"),
}
_TABLES: Mapping[str, Iterable[tuple[str, Any]]] = {
    "status": [*Status.choices, (IGNORED, gettext_lazy("Ignore"))],
    "priority": [*Priority.choices, (IGNORED, gettext_lazy("Ignore"))],
    "kinds": list(KINDS.items()),
}


class ProofForm(forms.Form):
    """How calls are to prove themselves."""

    proof = forms.ChoiceField(
        label=gettext_lazy("How a call proves itself"),
        choices=Proof.choices,
        widget=forms.RadioSelect,
        initial=Proof.SIGNATURE.value,
    )


class MappingForm(forms.Form):
    """The whole mapping: a pointer for each thing, and for each value here the words for it there."""

    def __init__(self, *args: Any, mapping: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in POSTROOM:
            self.fields[name] = _pointer_field(name, mapping.get("pointers", {}).get(name, ""))
        for table, values in _TABLES.items():
            for ours, label in values:
                words = [theirs for theirs, meant in mapping.get(table, {}).items() if meant == ours]
                self.fields[f"{table}:{ours}"] = _words_field(label, ", ".join(words))

    @property
    def pointers(self) -> list[forms.BoundField]:
        """The fields of places."""
        return [self[name] for name in POSTROOM]

    @property
    def tables(self) -> list[tuple[str, list[forms.BoundField]]]:
        """Each table's name and fields."""
        titles = {"status": _("Status"), "priority": _("Priority"), "kinds": _("Kind of the message")}
        return [(titles[table], [self[f"{table}:{ours}"] for ours, _label in _TABLES[table]]) for table in _TABLES]

    def clean(self) -> dict[str, Any]:
        """Places are JSON pointers, and a word means one thing."""
        data: dict[str, Any] = super().clean() or {}
        for name in POSTROOM:
            if data.get(name) and not _POINTER.fullmatch(data[name]):
                self.add_error(name, _("Write it as a JSON pointer, such as /ticket/id."))
        for table in _TABLES:
            self._refuse_doubles(table, data)
        return data

    def _refuse_doubles(self, table: str, data: Mapping[str, Any]) -> None:
        seen: set[str] = set()
        for ours, _label in _TABLES[table]:
            name = f"{table}:{ours}"
            words = [word.lower() for word in _words(data.get(name, ""))]
            for word in words:
                if word in seen:
                    self.add_error(name, _("“%(word)s” stands in another row as well.") % {"word": word})
            seen.update(words)

    def to_mapping(self) -> dict[str, Any]:
        """The mapping as it is stored."""
        data = self.cleaned_data
        tables = {
            table: {word: ours for ours, _label in values for word in _words(data[f"{table}:{ours}"])}
            for table, values in _TABLES.items()
        }
        return {"pointers": {name: data[name] for name in POSTROOM if data[name]}, **tables}


def _pointer_field(name: str, value: str) -> forms.CharField:
    return forms.CharField(
        label=LABELS[name],
        initial=value,
        max_length=MAX_POINTER_CHARS,
        required=name in REQUIRED,
        help_text=HINTS.get(name, ""),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": gettext_lazy("Say where the id of the ticket stands, such as /ticket/id.")},
    )


def _words_field(label: Any, value: str) -> forms.CharField:
    return forms.CharField(label=label, initial=value, max_length=500, required=False)


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word for part in text.split(",") if (word := " ".join(part.split()))))
