"""A mailbox of Microsoft 365 that somebody signed in for, as an admin changes it: what is done with its mail.

App and account have a page of their own, where one signs in again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from mailboxes.forms.any_mailbox import initial_of
from mailboxes.forms.graph_fields import GraphFields
from mailboxes.forms.start_date import StartFields
from mailboxes.models import ConnectionKind, Mailbox, OutgoingKind, SecurityChoice
from mailboxes.services.setup.mailbox_inputs import MailboxInput, ServerInput


class SignedInGraphForm(StartFields, GraphFields):
    """A mailbox that is there. Where it is read from stays as it was signed in for."""

    def __init__(self, *args: Any, mailbox: Mailbox, **kwargs: Any) -> None:
        self.mailbox = self._edited = mailbox
        sends = mailbox.outgoing is not None and mailbox.outgoing.kind == OutgoingKind.GRAPH
        stored = {"sends": sends, "is_real_time": mailbox.is_real_time}
        kwargs.setdefault("initial", initial_of(mailbox) | stored)
        super().__init__(*args, **kwargs)
        if mailbox.is_draft:  # asked on a page of its own
            del self.fields["existing_mail"], self.fields["start_on"]
        if mailbox.remote_user:
            self.refuse_real_time(
                _("Who signed in is not told of new mail in a shared mailbox; only an app registration is.")
            )

    def incoming(self) -> ServerInput:
        """The connection as it is stored."""
        stored = self._edited.connection
        return ServerInput(
            stored.host,
            stored.port,
            SecurityChoice(stored.security),
            stored.username,
            kind=ConnectionKind(stored.kind),
        )

    def to_input(self, *, is_enabled: bool) -> MailboxInput:
        """What the service takes."""
        return replace(super().to_input(is_enabled=is_enabled), sends_itself=self.cleaned_data["sends"])
