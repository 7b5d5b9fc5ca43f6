"""Automatic answers as an admin sets them: when, to whom never, how often, and in which words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ticketing.answering.limits import entries_of
from ticketing.forms.languages import language_choices
from ticketing.inbound.filtering import Entry
from ticketing.mail.rich_text import from_text
from ticketing.models import AnswerLimits, AnswerPolicy, AnswerText, EntryKind
from ticketing.models.answers import MOST_HOURS
from ticketing.services.answer_policy import LimitsInput, PolicyInput
from ticketing.services.answer_texts import MAX_HTML, MAX_SUBJECT, TextInput
from ticketing.services.filter_entries import EntryRefused, split_entries, tidy_entry

MAX_ENTRIES = 500
_ACKNOWLEDGES = gettext_lazy("Acknowledge new tickets")
_TELLS = gettext_lazy("Tell who writes where no ticket is opened")
_LISTS = {
    "addresses": (EntryKind.ADDRESS,),
    "domains": (EntryKind.DOMAIN, EntryKind.SUBDOMAINS),
    "words": (EntryKind.WORDS,),
}
_TOO_LARGE = gettext_lazy("Tell whose mail is too large")
_SWITCHES = (("acknowledges", _ACKNOWLEDGES), ("tells_not_worked", _TELLS), ("tells_too_large", _TOO_LARGE))


class ListedField(forms.CharField):
    """Entries of one kind, one a line."""

    def __init__(self, kind: EntryKind, **field: Any) -> None:
        attrs = {"rows": 3, "class": "mono", "spellcheck": "false", "autocapitalize": "none"}
        super().__init__(required=False, max_length=100_000, widget=forms.Textarea(attrs=attrs), **field)
        self.kind = kind

    def clean(self, value: Any) -> tuple[Entry, ...]:
        entries: dict[Entry, None] = {}
        wrong: list[str] = []
        for written in split_entries(super().clean(value)):
            try:
                entries[tidy_entry(self.kind, written)] = None
            except EntryRefused as refused:
                wrong.append(refused.sentence)
        if wrong:
            raise ValidationError(" ".join(wrong[:5]))
        if len(entries) > MAX_ENTRIES:
            raise ValidationError(_("These are more than %(n)d entries.") % {"n": MAX_ENTRIES})
        return tuple(entries)


class AllAnswersForm(forms.Form):
    """What holds for all mailboxes that say nothing of their own, and the limits."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    limits_version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    acknowledges = forms.BooleanField(
        label=_ACKNOWLEDGES,
        required=False,
        help_text=gettext_lazy(
            "Whoever opens a ticket by mail is told its number. Answers to tickets are not acknowledged."
        ),
    )
    tells_not_worked = forms.BooleanField(
        label=_TELLS,
        required=False,
        help_text=gettext_lazy(
            "For mailboxes that take answers only: any other mail is ignored, and its sender told so."
        ),
    )
    tells_too_large = forms.BooleanField(
        label=_TOO_LARGE,
        required=False,
        help_text=gettext_lazy(
            "Of a mail that is larger than its mailbox takes only the beginning comes in. Its sender is told so, in "
            "place of an acknowledgement."
        ),
    )
    max_answers = forms.IntegerField(label=gettext_lazy("To one address at most"), min_value=1, max_value=1000)
    within_hours = forms.IntegerField(label=gettext_lazy("Within hours"), min_value=1, max_value=MOST_HOURS)
    addresses = ListedField(EntryKind.ADDRESS, label=gettext_lazy("Addresses"))
    domains = ListedField(
        EntryKind.DOMAIN,
        label=gettext_lazy("Domains"),
        help_text=gettext_lazy("Without @; *.example.com is the domain with all below it."),
    )
    words = ListedField(
        EntryKind.WORDS, label=EntryKind.WORDS.label, help_text=gettext_lazy("Whole words, in any case. One a line.")
    )

    @classmethod
    def of(cls, policy: AnswerPolicy, limits: AnswerLimits) -> AllAnswersForm:
        """Shows what is set."""
        listed = entries_of(limits.unanswered)
        lines = {
            name: "\n".join(
                f"*.{entry.value}" if entry.kind is EntryKind.SUBDOMAINS else entry.value
                for entry in listed
                if entry.kind in kinds
            )
            for name, kinds in _LISTS.items()
        }
        shown = {
            "version": policy.version,
            "limits_version": limits.version,
            "acknowledges": bool(policy.acknowledges),
            "tells_not_worked": bool(policy.tells_not_worked),
            "tells_too_large": bool(policy.tells_too_large),
            "max_answers": limits.max_answers,
            "within_hours": limits.within_hours,
        }
        return cls(initial={**shown, **lines})

    def policy(self) -> PolicyInput:
        """When to answer. The form is valid."""
        return PolicyInput(**{name: self.cleaned_data[name] for name, _label in _SWITCHES})

    def limits(self) -> LimitsInput:
        """How often, and whom never. The form is valid."""
        data = self.cleaned_data
        listed = tuple(entry for name in _LISTS for entry in data[name])
        return LimitsInput(unanswered=listed, max_answers=data["max_answers"], within_hours=data["within_hours"])


class MailboxAnswersForm(forms.Form):
    """What one mailbox says of its own."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, of_all: AnswerPolicy, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _SWITCHES:
            self.fields[name] = forms.ChoiceField(
                label=label, required=False, choices=_choices(is_on=bool(getattr(of_all, name)))
            )

    @classmethod
    def of(cls, policy: AnswerPolicy, *, of_all: AnswerPolicy) -> MailboxAnswersForm:
        """Shows what is set."""
        shown = {name: _NAMES[getattr(policy, name)] for name, _label in _SWITCHES}
        return cls(initial={"version": policy.version, **shown}, of_all=of_all)

    def policy(self) -> PolicyInput:
        """When to answer. The form is valid."""
        said = {name: value for value, name in _NAMES.items()}
        return PolicyInput(**{name: said[self.cleaned_data[name]] for name, _label in _SWITCHES})


_NAMES: dict[bool | None, str] = {None: "", True: "on", False: "off"}


def _choices(*, is_on: bool) -> list[tuple[str, str]]:
    as_all = _("As for all mailboxes: on") if is_on else _("As for all mailboxes: off")
    return [("", as_all), ("on", _("On")), ("off", _("Off"))]


class AnswerTextForm(forms.Form):
    """Subject and words in one language."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    language = forms.ChoiceField(label=gettext_lazy("Language of the mail"), required=False)
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=MAX_SUBJECT)
    html = forms.CharField(label=gettext_lazy("Text"), max_length=MAX_HTML, required=False, widget=forms.Textarea)
    text = forms.CharField(max_length=MAX_HTML, required=False, widget=forms.Textarea)  # of browsers without script

    def __init__(self, *args: Any, languages: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].choices = language_choices(languages)  # type: ignore[attr-defined]  # a ChoiceField

    @classmethod
    def of(cls, row: AnswerText | None, *, built_in: TextInput, languages: list[str]) -> AnswerTextForm:
        """Shows the text as it stands, or the one that holds without it."""
        if row is None:
            return cls(initial={"version": 0, "subject": built_in.subject, "html": built_in.html}, languages=languages)
        names = ("version", "language", "subject", "html")
        return cls(initial={name: getattr(row, name) for name in names}, languages=languages)

    def to_input(self) -> TextInput:
        """What was written. The form is valid."""
        data = self.cleaned_data
        return TextInput(data["subject"], from_text(data["text"]) if data["text"] else data["html"])
