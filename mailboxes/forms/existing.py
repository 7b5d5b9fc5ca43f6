"""What is to become of mail: of what was there before the mailbox was connected, and of what was imported."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.registry import traits_of
from mailboxes.forms.start_date import day_of, is_day_of_mail
from mailboxes.models import AfterImportChoice, ExistingMail, Mailbox
from mailboxes.services.setup.drafts import ImportChoice

_TAKING_AWAY = (AfterImportChoice.MOVE, AfterImportChoice.DELETE)


class ImportForm(forms.Form):
    """New mail only, or also older mail since a date, as closed or as open tickets; and what the server is told."""

    existing_mail = forms.ChoiceField(choices=ExistingMail.choices, initial=ExistingMail.IGNORE)
    since = forms.DateField(
        label=_("Received since"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("This matters most now: mail before this day never becomes tickets. Empty: everything."),
    )
    after_import = forms.ChoiceField(label=_("After a message is imported"), required=False, widget=forms.RadioSelect)
    after_import_folder = forms.CharField(
        label=_("Move it to"),
        max_length=400,
        required=False,
        help_text=_("The folder must exist."),
        widget=forms.TextInput(attrs={"list": "folders", "autocomplete": "off", "spellcheck": "false"}),
    )
    after_import_days = forms.IntegerField(
        label=_("Delete it after (days)"),
        min_value=0,
        max_value=3650,
        required=False,
        help_text=_("0: with the next pass."),
    )
    agrees = forms.BooleanField(required=False)

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        self.mailbox = mailbox
        kwargs.setdefault("initial", _initial_of(mailbox))
        super().__init__(*args, **kwargs)
        possible = traits_of(mailbox.connection.kind).after_import
        choices = [choice for choice in AfterImportChoice.choices if AfterImport(choice[0]) in possible]
        self.fields["after_import"].choices = choices  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """A date belongs to importing, a folder to moving; and older mail is taken away only with a word for it."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("existing_mail") == ExistingMail.IGNORE:
            data["since"] = None
        data["after_import"] = data.get("after_import") or self.mailbox.after_import
        if data["after_import"] == AfterImportChoice.MOVE:
            self._check_folder(data.get("after_import_folder", ""))
        is_older = data.get("existing_mail") in (ExistingMail.CLOSED, ExistingMail.OPEN)
        if is_older and data["after_import"] in _TAKING_AWAY and not data.get("agrees"):
            self.add_error("agrees", _("Tick this to go on: messages leave the folder that others may be reading."))
        return data

    def clean_since(self) -> date | None:
        """A day that mail can be from."""
        since: date | None = self.cleaned_data["since"]
        if since is not None and not is_day_of_mail(since):
            raise forms.ValidationError(_("Choose a day between 1 January 1990 and today."))
        return since

    def chosen_day(self) -> date | None:
        """The day that stands in the form, if mail can be from it."""
        if not self.is_bound:
            return day_of(self.mailbox.start_at)
        self.is_valid()
        since: date | None = self.cleaned_data.get("since")
        return since

    def to_choice(self) -> ImportChoice:
        """What the service takes."""
        data, since = self.cleaned_data, self.cleaned_data["since"]
        return ImportChoice(
            existing_mail=ExistingMail(data["existing_mail"]),
            start_at=datetime(since.year, since.month, since.day, tzinfo=UTC) if since else None,
            after_import=AfterImportChoice(data["after_import"]),
            after_import_folder=data["after_import_folder"],
            after_import_days=data["after_import_days"] or 0,
        )

    def _check_folder(self, folder: str) -> None:
        if not folder:
            self.add_error("after_import_folder", _("Name the folder that imported mail is moved to."))
        elif folder == self.mailbox.folder:
            self.add_error("after_import_folder", _("Choose another folder than the one that is read."))


def _initial_of(mailbox: Mailbox) -> dict[str, Any]:
    names = ("existing_mail", "after_import", "after_import_folder", "after_import_days")
    return {name: getattr(mailbox, name) for name in names} | {"since": day_of(mailbox.start_at)}
