"""What people are told of webhooks and calls: in the configuration log, in mails to admins, in logs of deliveries."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.audit_words import register_words
from helpdesk.accounts.models import AuditEntry
from mailboxes.notices import register_notice
from ticketing.models import StopReason
from ticketing.services.webhooks.following import LOOP
from ticketing.services.webhooks.stopping import STOPPED

_TROUBLE: dict[str, Promise] = {
    "name_not_found": _("The name of the server cannot be found."),
    "host_not_allowed": _("The server cannot be reached."),
    "unreachable": _("The server cannot be reached."),
    "timeout": _("The server did not answer in time."),
    "connection_lost": _("The server ended the connection."),
    "tls_certificate_name": _("The server's certificate is for another name."),
    "tls_certificate_expired": _("The server's certificate has expired."),
    "tls_certificate_untrusted": _("The server's certificate is not trusted here."),
    "tls_failed": _("The server and Postroom cannot agree on encryption."),
    "too_large": _("The answer was longer than 64 kB. A short one is enough."),
    "bad_argument": _("The address cannot be called."),
}
_OTHERWISE: Promise = _("The server answered in a way that Postroom does not understand.")


def trouble_words(trouble: str) -> Promise | str:
    """Why there was no answer, as a sentence; empty for no trouble."""
    return _TROUBLE.get(trouble, _OTHERWISE) if trouble else ""


def register() -> None:
    """The log has words for every action, and the mails their sentences."""
    register_words(
        "webhook",
        name=_("Webhooks"),
        actions={
            "webhook.created": _("made the webhook"),
            "webhook.changed": _("changed the webhook"),
            "webhook.secret_renewed": _("gave another secret to the webhook"),
            "webhook.paused": _("paused the webhook"),
            "webhook.resumed": _("resumed the webhook"),
            "webhook.deleted": _("deleted the webhook"),
            "webhook.bringing_over": _("began to bring earlier tickets over to"),
            "webhook.bringing_over_stopped": _("stopped bringing earlier tickets over to"),
            "webhook.tested": _("sent a test event to"),
            "webhook.sent_again": _("sent an event again to"),
            STOPPED: _("stopped the webhook"),
            LOOP: _("holds calls that go round, of the webhook"),
        },
        fields={
            "url": _("address"),
            "types": _("events"),
            "secret": _("secret"),
            "ticket": _("ticket"),
            "sends_files": _("files go along"),
        },
    )
    register_words(
        "incoming",
        name=_("Calls of other systems"),
        actions={
            "incoming.created": _("made an address to be called for"),
            "incoming.address_renewed": _("gave another address to"),
            "incoming.secret_renewed": _("gave another secret to the calls for"),
            "incoming.mapping_changed": _("changed how calls are read for"),
            "incoming.deleted": _("deleted the address of"),
            "incoming.retried": _("tried again a call for"),
        },
        fields={"proof": _("proof")},
    )
    register_notice(STOPPED, _stopped)
    register_notice(LOOP, _loop)


def _stopped(entry: AuditEntry) -> tuple[str, list[str], str]:
    reason = StopReason(entry.changes["reason"][1]).label
    sentences = [
        gettext("The webhook %(address)s was stopped.") % {"address": entry.target_label} + f" {reason}",
        gettext("Nothing is lost: what happens to tickets is sent in order once you resume it."),
    ]
    return gettext("A webhook was stopped"), sentences, "integrations"


def _loop(entry: AuditEntry) -> tuple[str, list[str], str]:
    said = {"ticket": entry.changes["ticket"][1], "address": entry.target_label}
    sentences = [
        gettext("Programs change the ticket %(ticket)s again and again, as if they answered each other.") % said,
        gettext("Such changes are not sent to %(address)s for now. What people do is. The log of the webhook has all.")
        % said,
    ]
    return gettext("Changes of %(ticket)s go round") % said, sentences, "integrations"
