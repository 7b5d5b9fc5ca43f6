"""Placeholders in what is written to the team about a mail: notes of rules, mails about commands that go unfollowed.

Unlike answers to whoever wrote, these may hold the sender's words: they stay inside, or go to an address that an admin
has named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.lib.text import clean_line, clean_text
from mailboxes.models import Mailbox
from ticketing.answering.placeholders import fill, unknown_in
from ticketing.fields.values import Field, Value, file_refs, shown
from ticketing.inbound.envelope import Envelope
from ticketing.inbound.mapping.applying import FieldChange, Mapped

MEANINGS: Mapping[str, Promise] = {
    "ticket.number": _("The number of the ticket"),
    "ticket.last_addition": _("What the mail added: its new text, without what it quotes"),
    "mail.sender": _("Name and address of the sender"),
    "mail.subject": _("The subject of the mail"),
    "mailbox.name": _("The name of the mailbox"),
    "mailbox.address": _("The address of the mailbox"),
}
OF_FIELD = "added."  # before the key of a field: what the mail added to it
MAX_ADDED_CHARS = 5000


def known_names(fields: Iterable[str]) -> frozenset[str]:
    """Every placeholder. fields: keys."""
    return frozenset(MEANINGS) | {OF_FIELD + key for key in fields}


def notice_filler(envelope: Envelope, mapped: Mapped, *, number: int) -> Callable[[str], str]:
    """Fills texts about the mail and its ticket of this number; a text without placeholders costs nothing.

    What is no placeholder stays as it was written. Inside the scope.
    """
    values: dict[str, str] = {}

    def filled(text: str) -> str:
        if "{{" not in text:
            return text
        if not values:
            values.update(_values(envelope, mapped, number=number))
        rest = {name: f"{{{{ {name} }}}}" for name in unknown_in(text, known=values) if not name.startswith(OF_FIELD)}
        return fill(text, values | rest)

    return filled


def _values(envelope: Envelope, mapped: Mapped, *, number: int) -> dict[str, str]:
    name, address = envelope.sender_name, envelope.from_address
    mailbox = Mailbox.objects.only("name", "address").get(pk=envelope.delivery.mailbox_id)
    return {
        "ticket.number": str(number),
        "ticket.last_addition": _last_addition(envelope),
        "mail.sender": clean_line(f"{name} <{address}>" if name else address),
        "mail.subject": envelope.subject,
        "mailbox.name": mailbox.name,
        "mailbox.address": mailbox.address,
        **{OF_FIELD + change.field.key: _added(change) for change in mapped.changes},
    }


def _last_addition(envelope: Envelope) -> str:
    mail = envelope.mail
    return clean_text(mail.reply_text.strip() or mail.text.strip())[:MAX_ADDED_CHARS]


def _added(change: FieldChange) -> str:
    """The new value without what the field had, where that still stands before it; else the whole of it."""
    return shown(change.field.kind, _rest(change.field, change.before, change.after))[:MAX_ADDED_CHARS]


def _rest(field: Field, before: Value | None, after: Value | None) -> object:
    if field.holds_files:
        had = file_refs(before)
        return [ref for ref in file_refs(after) if ref not in had]
    if isinstance(after, str) and isinstance(before, str) and before and after.startswith(before):
        return after[len(before) :].strip("\n ,")
    if isinstance(after, list) and isinstance(before, list):
        return [each for each in after if each not in before]
    return after
