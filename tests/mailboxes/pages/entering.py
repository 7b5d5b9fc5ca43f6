"""What an admin enters on the pages of mailboxes, and what came of it."""

from __future__ import annotations

from typing import Any

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from tests.factories.mailboxes import PASSWORD

MAILBOXES = "/o/fernhollow/mailboxes/"


def entered(**changes: Any) -> dict[str, Any]:
    """What the form sends for a server that is nowhere."""
    values = {
        "name": "Help",
        "address": "help@example.test",
        "host": "imap.example.test",
        "port": 993,
        "security": "tls",
        "username": "help",
        "password": PASSWORD,
        "folder": "INBOX",
        "smtp_host": "smtp.example.test",
        "smtp_port": 587,
        "smtp_security": "starttls",
        "smtp_same_login": "on",
        "max_message_mb": 50,
        "after_import": "leave",
    }
    return {name: value for name, value in (values | changes).items() if value is not None}


def finish(admin: Any, mailbox_id: int, *, then: str = "", **chosen: Any) -> Any:
    """The draft has gone through import and routing; gives the answer to the last step. then: "not-yet"."""
    page = f"{MAILBOXES}{mailbox_id}/"
    asked = admin.post(f"{page}existing/", {"existing_mail": "ignore"} | chosen)
    assert asked.headers["Location"] == f"{page}setup/routing/", asked.context
    return admin.post(f"{page}setup/routing/", {"ticket_priority": "normal", "then": then})


def only_mailbox(organization: Any) -> Mailbox:
    with organization_scope(organization.id):
        found: Mailbox = Mailbox.objects.select_related("connection", "outgoing").get()
        return found
