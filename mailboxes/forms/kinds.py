"""Which form a mailbox is entered in: one for mail servers, one for each kind that has no server of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mailboxes.forms.any_mailbox import AnyMailboxForm
from mailboxes.forms.graph import GraphEditForm, GraphForm
from mailboxes.forms.graph_signed_in import SignedInGraphForm
from mailboxes.forms.mailbox import mailbox_form
from mailboxes.models import ConnectionKind, Mailbox
from mailboxes.services.oauth.registrations import grant_of


def form_for(data: Mapping[str, Any] | None, *, mailbox: Mailbox | None, kind: str = "") -> AnyMailboxForm:
    """The form for this mailbox, or for a new one of this kind."""
    if mailbox is not None:
        kind = mailbox.connection.kind
    if kind != ConnectionKind.GRAPH and (mailbox is None or not is_by_app(mailbox)):
        return mailbox_form(data, mailbox=mailbox)
    if mailbox is None:
        return GraphForm(data)
    return GraphEditForm(data, mailbox=mailbox) if is_by_app(mailbox) else SignedInGraphForm(data, mailbox=mailbox)


def is_by_app(mailbox: Mailbox) -> bool:
    """True if a registered app opens the mailbox by its own right, through whichever services."""
    return grant_of(mailbox.connection) is not None


def filled_form(mailbox: Mailbox, *, more: Sequence[str] = ()) -> AnyMailboxForm:
    """The form as it is sent when nothing is changed: what is stored, to be tested or to be copied.

    more: addresses that are entered to share the connection.
    """
    empty = form_for(None, mailbox=mailbox)
    stored = {bound.html_name: bound.value() for bound in empty}
    if more:
        stored["more_addresses"] = "\n".join(more)
    return form_for({name: value for name, value in stored.items() if value not in (None, False)}, mailbox=mailbox)
