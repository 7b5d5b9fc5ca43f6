"""Mail that the policy holds, for tests of what becomes of it."""

from __future__ import annotations

from typing import Any

from mailboxes.models import Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from ticketing.models import EntryKind, FilterMode
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter


def ignore_domain(mailbox: Mailbox, domain: str) -> None:
    """The mailbox's filter ignores the domain."""
    save_filter(mailbox, FilterInput(FilterMode.IGNORE, [tidy_entry(EntryKind.DOMAIN, domain)]))


def hold(mailbox: Mailbox, **mail: Any) -> RemoteMessage:
    """A mail that a step of the policy keeps out, held for a person to decide; its sender's domain is held.test."""
    ignore_domain(mailbox, "held.test")
    [entry] = receive(mailbox, make_mail(**({"sender": "Sanna <sanna@held.test>"} | mail)))
    RemoteMessage.objects.filter(pk=entry.pk).update(outcome=Outcome.HELD)
    held: RemoteMessage = RemoteMessage.objects.select_related("mailbox", "raw").get(pk=entry.pk)
    return held
