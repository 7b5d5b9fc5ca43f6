"""The form of automatic mail: for each class, what becomes of new mail and of mail that belongs to a ticket."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ticketing.inbound.automatic import Rule, places
from ticketing.models import AutomaticClass, NewMail, OnTicket
from ticketing.services.automatic_mail import AutomaticInput

_NEW = _("If it belongs to no ticket")
_ON_TICKET = _("If it belongs to a ticket")
# What such mails are, and a header that shows it.
_MEANINGS: dict[AutomaticClass, tuple[Promise, str]] = {
    AutomaticClass.VACATION: (
        _("Somebody’s mail program says that the person is away."),
        "Subject: Out of office: Re: Broken lamp",
    ),
    AutomaticClass.AUTO_REPLY: (
        _("Another system says by itself that it has received a mail."),
        "Auto-Submitted: auto-replied",
    ),
    AutomaticClass.READ_RECEIPT: (
        _("A mail program says that a mail was opened, or thrown away unread."),
        "Content-Type: multipart/report; report-type=disposition-notification",
    ),
    AutomaticClass.FEEDBACK: (
        _("A mail provider says that somebody has called a mail of yours spam."),
        "Content-Type: multipart/report; report-type=feedback-report",
    ),
    AutomaticClass.GENERATED: (
        _(
            "Programs write: scheduled jobs, monitoring, shops, and mail systems about anything but a mail of yours "
            "that failed; reports of those always stand on their ticket."
        ),
        "Auto-Submitted: auto-generated",
    ),
    AutomaticClass.LIST: (
        _("Mailing lists, newsletters and other mail to many at once."),
        "List-Id: <news.example.com>",
    ),
}


@dataclass(frozen=True)
class ClassChoices:
    """One class as the page shows it."""

    kind: AutomaticClass
    meaning: Promise
    example: str
    new: BoundField
    on_ticket: BoundField


class AutomaticMailForm(forms.Form):
    """Two choices for each class."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what forms.Form takes
        for kind in AutomaticClass:
            offered = [(place.value, place.label) for place in places(kind)]
            self.fields[f"{kind.value}_new"] = forms.ChoiceField(label=_NEW, choices=NewMail.choices)
            self.fields[f"{kind.value}_on_ticket"] = forms.ChoiceField(label=_ON_TICKET, choices=offered)

    @classmethod
    def of(cls, data: AutomaticInput) -> AutomaticMailForm:
        """Shows the rules as they stand."""
        initial: dict[str, object] = {"version": data.version}
        for kind, rule in data.rules.items():
            initial |= {f"{kind.value}_new": rule.new.value, f"{kind.value}_on_ticket": rule.on_ticket.value}
        return cls(initial=initial)

    def classes(self) -> list[ClassChoices]:
        """Every class with its two fields."""
        return [
            ClassChoices(
                kind, *_MEANINGS[kind], new=self[f"{kind.value}_new"], on_ticket=self[f"{kind.value}_on_ticket"]
            )
            for kind in AutomaticClass
        ]

    def to_input(self) -> AutomaticInput:
        """What was chosen. The form is valid."""
        data = self.cleaned_data
        rules = {
            kind: Rule(NewMail(data[f"{kind.value}_new"]), OnTicket(data[f"{kind.value}_on_ticket"]))
            for kind in AutomaticClass
        }
        return AutomaticInput(rules, data["version"])
