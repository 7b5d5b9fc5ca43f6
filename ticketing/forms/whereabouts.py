"""Which mail somebody misses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from helpdesk.lib import clock
from ticketing.queries.whereabouts import Question

MAX_CHARS = 200
OLDEST_YEAR = 1990  # what came before it came in no mail of ours, and dates near year 1 cannot be reckoned with
_IN_BRACKETS = re.compile(r"<([^<>]+)>\s*$")
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


class MissedMailForm(forms.Form):
    """What is known of the mail."""

    q = forms.CharField(
        label=_("Sender’s address"),
        max_length=MAX_CHARS,
        help_text=_("Or part of its subject, or its Message-ID in angle brackets."),
        error_messages={"required": _("Enter who sent it, or part of its subject.")},
    )
    at = forms.DateTimeField(
        label=_("About when it was sent"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=_("In your own time; the day before and after are looked at, too."),
        error_messages={"invalid": _("Enter a date and a time, like 2026-03-18 15:00.")},
    )
    mailbox = forms.TypedChoiceField(label=_("Mailbox it was sent to"), required=False, coerce=int, empty_value=None)

    def __init__(self, *args: object, mailboxes: Sequence[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # what forms.Form takes
        self.fields["mailbox"].choices = [("", _("Not known")), *mailboxes]  # type: ignore[attr-defined]  # a choice field

    def clean_at(self) -> datetime | None:
        """A time that has come, of this age."""
        at: datetime | None = self.cleaned_data["at"]
        if at is not None and timezone.localtime(at).year < OLDEST_YEAR:
            raise forms.ValidationError(_("Enter a later year."), code="too_early")
        if at is not None and at > clock.now():
            raise forms.ValidationError(_("This time has not come yet."), code="too_late")
        return at

    def question(self) -> Question:
        """What is asked, of a valid form."""
        data = self.cleaned_data
        text: str = data["q"]
        bracketed = _IN_BRACKETS.search(text)
        inner = bracketed.group(1).strip() if bracketed else text
        is_message_id = bracketed is not None and bracketed.start() == 0
        is_address = _ADDRESS.fullmatch(inner) is not None and not is_message_id
        return Question(
            text=inner if is_address or is_message_id else text,
            sender=inner.lower() if is_address else "",
            subject="" if "@" in text else text,
            at=data["at"],
            at_text=str(self.data.get("at", ""))[:40],
            mailbox_id=data["mailbox"],
        )
