"""The form of a canned reply."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Team
from ticketing.mail.rich_text import from_text
from ticketing.models import CannedReply
from ticketing.services.answer_texts import MAX_HTML, MAX_SUBJECT
from ticketing.services.canned_replies import CannedInput


class CannedReplyForm(forms.Form):
    """Name, words, and whose tickets they are for."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, initial=0)
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        help_text=_("By which your team finds it. Customers never see it."),
        error_messages={"required": _("Enter the name of the canned reply.")},
    )
    subject = forms.CharField(
        label=_("Subject"),
        max_length=MAX_SUBJECT,
        required=False,
        help_text=_("Of a mail that a rule sends. Empty: “Your message to …” with the name of your organization."),
    )
    html = forms.CharField(label=_("Text"), max_length=MAX_HTML, required=False, widget=forms.Textarea)
    text = forms.CharField(max_length=MAX_HTML, required=False, widget=forms.Textarea)  # of browsers without script
    team = forms.ChoiceField(
        label=_("For tickets of"),
        required=False,
        help_text=_("People are offered it on tickets of this team. Rules send it on any ticket."),
    )
    is_active = forms.BooleanField(
        label=_("In use"),
        required=False,
        initial=True,
        help_text=_("Off: it is retired. Nobody is offered it any more, and rules that send it send nothing."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = [(str(team.pk), team.name) for team in Team.objects.order_by("name")]
        self.fields["team"].choices = [("", gettext("All teams")), *teams]  # type: ignore[attr-defined]  # a ChoiceField

    @classmethod
    def of(cls, row: CannedReply, data: Any = None) -> CannedReplyForm:
        """Shows the canned reply, or what was sent for it."""
        names = ("version", "name", "subject", "html", "is_active")
        initial: dict[str, object] = {name: getattr(row, name) for name in names}
        return cls(data, initial=initial | {"team": str(row.team_id or "")})

    def to_input(self) -> CannedInput:
        """What was written. The form is valid."""
        data = self.cleaned_data
        return CannedInput(
            name=data["name"],
            subject=data["subject"],
            html=from_text(data["text"]) if data["text"] else data["html"],
            team=Team.objects.filter(pk=data["team"]).first() if data["team"] else None,
            is_active=data["is_active"],
        )
