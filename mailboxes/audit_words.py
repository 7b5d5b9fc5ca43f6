"""What the configuration log says of mailboxes and the outbox."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import register_words


def register() -> None:
    """The log has words for every action of this layer."""
    register_words(
        "mailbox",
        name=_("Mailboxes"),
        actions={
            "mailbox.added": _("connected the mailbox"),
            "mailbox.finished": _("set up the mailbox"),
            "mailbox.changed": _("changed the mailbox"),
            "mailbox.paused": _("paused the mailbox"),
            "mailbox.resumed": _("resumed the mailbox"),
            "mailbox.deleted": _("deleted the mailbox"),
            "mailbox.outage": _("cannot read the mailbox"),
            "mailbox.recovered": _("reads again the mailbox"),
        },
    )
    register_words(
        "outbox",
        name=_("Outbox"),
        actions={
            "outbox.retried": _("tried again to send"),
            "outbox.resent": _("sent again"),
            "outbox.marked_sent": _("marked as sent"),
            "outbox.address_changed": _("changed an address of"),
            "outbox.cancelled": _("cancelled"),
            "outbox.server_paused": _("cannot sign in to the outgoing server"),
            "outbox.server_resumed": _("resumed the outgoing server"),
            "outbox.server_recovered": _("sends again through the outgoing server"),
        },
    )
    register_words(
        "mail",
        name=_("Incoming mail"),
        actions={
            "mail.retried": _("tried again to process"),
            "mail.fetched_again": _("tried again to fetch"),
            "mail.whole_requested": _("asked for the whole of"),
        },
    )
