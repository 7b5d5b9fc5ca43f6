"""The form of who may write."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from ticketing.forms.filters import some_of
from ticketing.mail.authentication import is_server_name
from ticketing.models import NeededProof, Openers, Refused, Strangers, Updaters
from ticketing.models.filters import EntryKind
from ticketing.services.filter_entries import EntryRefused, split_entries, tidy_entry
from ticketing.services.writer_policies import MAX_TEXT_CHARS, WriterInput

_NO_SERVER = _("“%(value)s” is no name of a server. Write it as in the header, such as mx.example.com.")
_SEPARATE = _("Separate with commas, semicolons or lines. *.example.com is that domain and all below it.")


class DomainsField(forms.CharField):
    """Domains in one text, parted by commas, semicolons or lines; `*.` before one for all below it."""

    widget = forms.Textarea

    def clean(self, value: Any) -> Any:
        """The domains, each once."""
        found: list[str] = []
        wrong: list[str] = []
        for written in split_entries(super().clean(value)):
            try:
                entry = tidy_entry(EntryKind.DOMAIN, written)
            except EntryRefused as refused:
                wrong.append(refused.sentence)
            else:
                found.append(f"*.{entry.value}" if entry.kind is EntryKind.SUBDOMAINS else entry.value)
        if wrong:
            raise ValidationError(" ".join(some_of(wrong)))
        return tuple(dict.fromkeys(found))

    def prepare_value(self, value: Any) -> Any:
        """One a line."""
        return "\n".join(value) if isinstance(value, tuple | list) else value


class ServersField(DomainsField):
    """Names of servers, as domains are written; they need not be domains."""

    def clean(self, value: Any) -> Any:
        """The names, lower-cased, each once."""
        named = [written.lower() for written in split_entries(forms.CharField.clean(self, value))]
        wrong = [_NO_SERVER % {"value": name[:60]} for name in named if not is_server_name(name)]
        if wrong:
            raise ValidationError(" ".join(some_of(wrong)))
        return tuple(dict.fromkeys(named))


class WriterForm(forms.Form):
    """Who may open tickets and add to them, in a mailbox or in all that have no choice of their own."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    follows = forms.ChoiceField(
        label=_("This mailbox"),
        choices=[("yes", _("Follows what is set for all mailboxes")), ("no", _("Has its own settings"))],
        widget=forms.RadioSelect,
        required=False,
    )
    openers = forms.ChoiceField(label=_("Who may open tickets"), choices=Openers.choices, widget=forms.RadioSelect)
    lets_contacts = forms.BooleanField(
        label=_("Known contacts"),
        required=False,
        help_text=_("Whoever has a ticket that is no spam, or was entered by one of you; at each of their addresses."),
    )
    domains = DomainsField(label=_("Senders of these domains"), required=False, help_text=_SEPARATE)
    lets_groups = forms.BooleanField(label=_("Contact groups that have the right to open tickets here"), required=False)
    opening_strangers = forms.ChoiceField(
        label=_("A new sender who may, and is no contact yet"),
        choices=Strangers.choices,
    )
    opening_refused = forms.ChoiceField(label=_("Mail from anyone else"), choices=Refused.choices)
    updaters = forms.ChoiceField(
        label=_("Who may add to a ticket by mail"), choices=Updaters.choices, widget=forms.RadioSelect
    )
    updating_strangers = forms.ChoiceField(
        label=_("Somebody who may, and is no contact yet"), choices=Strangers.choices
    )
    updating_refused = forms.ChoiceField(label=_("Mail from anyone else"), choices=Refused.choices)
    guest = forms.CharField(
        label=_("Guest contact"),
        required=False,
        max_length=200,
        help_text=_("A name, such as Guest, or the address of a contact. Its groups say what unknown senders may do."),
    )
    proof = forms.ChoiceField(
        label=_("From gives rights"),
        choices=NeededProof.choices,
        widget=forms.RadioSelect,
        help_text=_(
            "The second is your word for it: whoever can send mail under a member’s or a contact’s address has their "
            "rights then. Where the mail server says something of the sender, that counts in any case."
        ),
    )
    servers = ServersField(
        label=_("Servers whose Authentication-Results are believed"),
        required=False,
        help_text=_(
            "The name at the beginning of the header. Name only servers that take the header off mail which brings it "
            "along. Google and Exchange Online are known without."
        ),
    )
    forward_to = forms.EmailField(label=_("Forward discarded mail to"), required=False)
    forward_text = forms.CharField(
        label=_("With this text"), required=False, max_length=MAX_TEXT_CHARS, widget=forms.Textarea
    )
    forward_files = forms.BooleanField(label=_("With its attachments"), required=False)

    @classmethod
    def of(cls, data: WriterInput) -> WriterForm:
        """Shows the policy as it stands."""
        initial = {name: getattr(data, name) for name in cls.base_fields}
        return cls(initial=initial | {"follows": "yes" if data.follows else "no", "version": data.version or 0})

    def to_input(self) -> WriterInput:
        """What was entered. The form is valid."""
        data = dict(self.cleaned_data)
        return WriterInput(
            **data
            | {
                "follows": data["follows"] == "yes",
                "openers": Openers(data["openers"]),
                "opening_strangers": Strangers(data["opening_strangers"]),
                "opening_refused": Refused(data["opening_refused"]),
                "updaters": Updaters(data["updaters"]),
                "updating_strangers": Strangers(data["updating_strangers"]),
                "updating_refused": Refused(data["updating_refused"]),
                "proof": NeededProof(data["proof"]),
            }
        )
