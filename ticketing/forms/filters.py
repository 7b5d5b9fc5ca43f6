"""The form of a filter: what matching means, and a list of entries of each kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, ngettext

from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind, FilterMode
from ticketing.services.filter_entries import EntryRefused, split_entries, tidy_entry, written_as
from ticketing.services.filters import FilterInput

MAX_TOKENS = 60  # more stand in a text area, one a line

MAX_TOLD = 5  # entries that are named as wrong
_WITHOUT_AT = gettext_lazy("domain, without @")


class _EntriesWidget(forms.Textarea):
    """The same name several times: a token each, and what was typed last."""

    def value_from_datadict(self, data: Any, _files: Any, name: str) -> list[str]:
        return list(data.getlist(name)) if hasattr(data, "getlist") else list(data.get(name, ()))


class EntriesField(forms.Field):
    """Entries of one kind."""

    widget = _EntriesWidget

    def __init__(self, kind: EntryKind, *, placeholder: Promise | str = "", **field: Any) -> None:
        super().__init__(required=False, **field)
        self.kind = kind
        self.placeholder = placeholder

    def written(self, values: Sequence[str]) -> list[str]:
        """The entries one by one, as people wrote them."""
        if self.kind is EntryKind.HEADER:  # what a header says may hold commas
            return [line.strip() for value in values for line in value.splitlines() if line.strip()]
        return [written for value in values for written in split_entries(value)]

    def clean(self, value: Any) -> list[Entry]:
        entries: list[Entry] = []
        wrong: list[str] = []
        for written in self.written(value or ()):
            try:
                entries.append(tidy_entry(self.kind, written))
            except EntryRefused as refused:
                wrong.append(refused.sentence)
        if wrong:
            raise ValidationError(" ".join(some_of(wrong)))
        return entries


def some_of(wrong: Sequence[str]) -> list[str]:
    """The first of the sentences about what is wrong, and how many there are besides."""
    rest = len(wrong) - MAX_TOLD
    if rest <= 0:
        return list(wrong)
    more = ngettext("%(n)d more is none, either.", "%(n)d more are none, either.", rest) % {"n": rest}
    return [*wrong[:MAX_TOLD], more]


@dataclass(frozen=True)
class EntryList:
    """A list of entries as the page shows it."""

    bound: BoundField
    kind: EntryKind
    placeholder: Promise | str
    shown: Sequence[str]
    marked: str = ""  # the entry that a reason led here for
    is_sent: bool = False  # it may hold what is no entry

    @property
    def is_long(self) -> bool:
        """A text area, one a line: too many for tokens, or with commas of their own."""
        return self.kind is EntryKind.HEADER or len(self.shown) > MAX_TOKENS

    @property
    def rows(self) -> int:
        """Lines of the text area."""
        return max(2, min(len(self.shown) + 1, 12))

    @property
    def as_lines(self) -> str:
        """For the text area."""
        return "\n".join(self.quoted)

    @property
    def quoted(self) -> Sequence[str]:
        """As they are sent; what holds a comma in quotes."""
        is_header = self.kind is EntryKind.HEADER
        return [f'"{each}"' if not is_header and ("," in each or ";" in each) else each for each in self.shown]

    @property
    def tokens(self) -> Iterator[tuple[str, str, bool]]:
        """What is shown, what is sent, and whether it is no entry."""
        for shown, sent in zip(self.shown, self.quoted, strict=True):
            yield shown, sent, self.is_sent and not _is_entry(self.kind, shown)


def _is_entry(kind: EntryKind, text: str) -> bool:
    try:
        tidy_entry(kind, text)
    except EntryRefused:
        return False
    return True


class FilterForm(forms.Form):
    """A filter of all mailboxes, or of one."""

    mode = forms.ChoiceField(label=gettext_lazy("What the entries mean"), choices=FilterMode, widget=forms.RadioSelect)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    address = EntriesField(EntryKind.ADDRESS, label=gettext_lazy("Addresses"), placeholder="name@example.com")
    domain = EntriesField(EntryKind.DOMAIN, label=gettext_lazy("Domains"), placeholder=_WITHOUT_AT)
    subdomains = EntriesField(
        EntryKind.SUBDOMAINS, label=gettext_lazy("Domains and all below"), placeholder=_WITHOUT_AT
    )
    words = EntriesField(
        EntryKind.WORDS,
        label=EntryKind.WORDS.label,
        help_text=gettext_lazy(
            "Separate with commas, or paste a list. Case doesn’t matter. A star lets a word go on: auto*"
        ),
        placeholder=gettext_lazy("Add a word or phrase"),
    )
    header = EntriesField(
        EntryKind.HEADER,
        label=gettext_lazy("Headers"),
        help_text=gettext_lazy("One a line, as X-Mailer: shop robot. Nothing behind the colon: that it is there."),
    )

    @classmethod
    def of(cls, data: FilterInput) -> FilterForm:
        """Shows the filter as it stands."""
        lists = {kind.value: [written_as(each) for each in data.entries if each.kind is kind] for kind in EntryKind}
        return cls(initial={"mode": data.mode, "version": data.version or 0, **lists})

    def entry_lists(self, marked: Mapping[str, str] | None = None) -> list[EntryList]:
        """The list of each kind. marked: the entry to show, by its kind."""
        return [self._list(kind, (marked or {}).get(kind, "")) for kind in EntryKind]

    def filter_input(self) -> FilterInput:
        """What is entered; call it on a valid form."""
        entries = [entry for kind in EntryKind for entry in self.cleaned_data[kind.value]]
        return FilterInput(FilterMode(self.cleaned_data["mode"]), entries, version=self.cleaned_data["version"])

    def as_far_as_valid(self) -> FilterInput:
        """What is entered, without what is none: for trying it out."""
        self.full_clean()
        entries = [entry for kind in EntryKind for entry in self.cleaned_data.get(kind.value, ())]
        return FilterInput(FilterMode(self.cleaned_data.get("mode") or FilterMode.EVERYTHING), entries)

    def _list(self, kind: EntryKind, marked: str) -> EntryList:
        bound = self[kind.value]
        own = self.fields[kind.value]
        if not isinstance(own, EntriesField):
            raise TypeError(kind)
        value = bound.value() or ()
        # What stands in the form already is whole; what was sent is still to be parted.
        shown = own.written(value) if self.is_bound else list(value)
        return EntryList(bound, kind, own.placeholder, list(dict.fromkeys(shown)), marked, is_sent=self.is_bound)
