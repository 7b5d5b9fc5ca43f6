"""What is done with the mail of a mailbox, as an admin enters it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.forms.categories import CategoryField
from helpdesk.accounts.forms.companies import CompanyField
from helpdesk.accounts.models import MAX_POLL_INTERVAL_S, MIN_POLL_INTERVAL_S, Team
from mailboxes.connectors.base import AfterImport
from mailboxes.connectors.registry import traits_of
from mailboxes.forms.address_lists import AddressList
from mailboxes.forms.charsets import CHARSETS
from mailboxes.forms.people import AssigneeField
from mailboxes.models import AfterImportChoice, Mailbox, TicketPriority
from mailboxes.models.mailbox import LARGEST_MESSAGE_BYTES, MAX_MESSAGE_BYTES

MEGABYTE = 1024 * 1024


class MailFields(forms.Form):
    """Whose it is, how often it is looked for, what becomes of it on the server."""

    mailbox: Mailbox | None = None

    aliases = AddressList(
        label=_("Other addresses of this mailbox"),
        help_text=_(
            "Mail to them lands here as well. They are never answered or copied to. An answer to somebody who wrote to "
            "one leaves from it, once a test mail has shown that it may."
        ),
    )
    team: forms.ModelChoiceField[Team] = forms.ModelChoiceField(
        label=_("Team"),
        queryset=None,
        required=False,
        empty_label=_("No team"),
        help_text=_("New tickets from this mailbox go to it."),
    )
    assignee = AssigneeField(help_text=_("New tickets belong to this person."))
    category = CategoryField(help_text=_("What new tickets are about."))
    company = CompanyField(help_text=_("For whom new tickets are."))
    ticket_priority = forms.ChoiceField(
        label=_("Priority"), choices=TicketPriority.choices, initial=TicketPriority.NORMAL, required=False
    )
    poll_interval_s = forms.IntegerField(
        label=_("Poll every (seconds)"),
        required=False,
        min_value=MIN_POLL_INTERVAL_S,
        max_value=MAX_POLL_INTERVAL_S,
        help_text=_("10 seconds to 1 day. Empty: as the organization."),
    )
    max_message_mb = forms.IntegerField(
        label=_("Largest message (MB)"),
        min_value=1,
        max_value=LARGEST_MESSAGE_BYTES // MEGABYTE,
        initial=MAX_MESSAGE_BYTES // MEGABYTE,
        help_text=_("Of a larger one the ticket shows the headers, says so, and offers to fetch it whole."),
    )
    after_import = forms.ChoiceField(
        label=_("After a message is imported"),
        choices=AfterImportChoice.choices,
        initial=AfterImportChoice.LEAVE,
        required=False,
        widget=forms.RadioSelect,
    )
    after_import_folder = forms.CharField(label=_("Move it to"), max_length=400, required=False)
    after_import_days = forms.IntegerField(
        label=_("Delete it after (days)"),
        min_value=0,
        max_value=3650,
        initial=0,
        required=False,
        help_text=_("0: with the next pass."),
    )
    answers_only = forms.BooleanField(
        label=_("Take answers only"),
        required=False,
        help_text=_(
            "Mail that belongs to a ticket is added to it. Any other mail opens none: it is ignored, and the inbound "
            "log says so."
        ),
    )
    default_charset = forms.ChoiceField(
        label=_("Charset of mail that names none"),
        choices=CHARSETS,
        required=False,
        help_text=_("For programs that send letters beyond a to z without saying which alphabet they mean."),
    )
    has_plus_addresses = forms.BooleanField(
        label=_("The server takes plus-addresses (name+tag@…)"),
        required=False,
        help_text=_("Then replies find their ticket even when a mail program changes their headers."),
    )
    has_subject_token = forms.BooleanField(
        label=_("Put a short signed code into the subject"),
        required=False,
        help_text=_("For Exchange servers that strip headers inside the company."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.order_by("name")  # type: ignore[attr-defined]  # a ModelChoiceField
        mailbox = self.mailbox
        self.fields["assignee"].offer(current_id=mailbox.assignee_id if mailbox else None)  # type: ignore[attr-defined]  # an AssigneeField
        self.fields["category"].offer(current_id=mailbox.category_id if mailbox else None)  # type: ignore[attr-defined]  # a CategoryField
        self.fields["company"].offer(current_id=mailbox.company_id if mailbox else None)  # type: ignore[attr-defined]  # a CompanyField

    def clean(self) -> dict[str, Any]:
        """Moving needs a folder."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("after_import") == AfterImportChoice.MOVE and not data.get("after_import_folder"):
            self.add_error("after_import_folder", _("Name the folder that imported mail is moved to."))
        return data

    def routing(self) -> dict[str, Any]:
        """Where new tickets go, and the name in From, by the names of `MailboxInput`; what was not asked stays."""
        choices = ("aliases", "team", "assignee", "category", "company", "from_name")
        asked = {name: self.cleaned_data[name] for name in choices if self.was_asked(name)}
        if self.cleaned_data.get("ticket_priority"):
            asked["ticket_priority"] = TicketPriority(self.cleaned_data["ticket_priority"])
        return self._stored(*choices, "ticket_priority") | asked

    def on_server(self, *, kind: str) -> dict[str, Any]:
        """What becomes of mail on the server, by the names of `MailboxInput`; what was not asked stays, if it can."""
        data = self.cleaned_data
        if data.get("after_import"):
            return {
                "after_import": AfterImportChoice(data["after_import"]),
                "after_import_folder": data["after_import_folder"],
                "after_import_days": data["after_import_days"] or 0,
            }
        stored = self._stored("after_import", "after_import_folder", "after_import_days")
        is_possible = stored and AfterImport(stored["after_import"]) in traits_of(kind).after_import
        return stored if is_possible else {}

    def was_asked(self, name: str) -> bool:
        """True if the page that was sent had this field."""
        return self.add_prefix(name) in self.data

    def _stored(self, *names: str) -> dict[str, Any]:
        return {name: getattr(self.mailbox, name) for name in names} if self.mailbox else {}
