"""Mailboxes for tests: rows of their own, or connected to a running server."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import Any

from helpdesk.accounts.models import Organization
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, SecurityChoice
from mailboxes.services.push.push_mailboxes import create_push_mailbox
from mailboxes.services.setup.mailbox_inputs import MailboxInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox

_numbers = count(1)
PASSWORD = "mail pass word"


def mailbox_input(**values: Any) -> MailboxInput:
    """What a person would enter; a server that is nowhere unless `incoming` says more."""
    number = next(_numbers)
    incoming = ServerInput(
        host="imap.example.test",
        port=993,
        security=SecurityChoice.TLS,
        username=f"help{number}",
        password=PASSWORD,
    )
    base = MailboxInput(name=f"Help {number}", address=f"help{number}@example.test", incoming=incoming)
    return replace(base, **values)


def make_mailbox(organization: Organization, **values: Any) -> Mailbox:
    """A mailbox of the organization, made as the product makes one."""
    with organization_scope(organization.id):
        return create_mailbox(mailbox_input(**values))


def make_push_mailbox(organization: Organization, **values: Any) -> tuple[Mailbox, str]:
    """A mailbox that mail is brought to, and the token of its secret address."""
    with organization_scope(organization.id):
        return create_push_mailbox(mailbox_input(**values))
