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
            "mailbox.begun": _("began to set up the mailbox"),
            "mailbox.added": _("added the mailbox"),
            "mailbox.finished": _("finished setting up the mailbox"),
            "mailbox.started": _("started the mailbox"),
            "mailbox.changed": _("changed the mailbox"),
            "mailbox.paused": _("paused the mailbox"),
            "mailbox.resumed": _("resumed the mailbox"),
            "mailbox.deleted": _("deleted the mailbox"),
            "mailbox.made_primary": _("made primary the mailbox"),
            "mailbox.primary_ended": _("made primary no longer the mailbox"),
            "mailbox.push_address_renewed": _("gave another secret address to the mailbox"),
            "mailbox.forwarding_renewed": _("gave another forwarding address to the mailbox"),
            "mailbox.outage": _("cannot read the mailbox"),
            "mailbox.recovered": _("reads again the mailbox"),
            "mailbox.expires_soon": _("warns that something ends soon for"),
            "mailbox.token_refused": _("is refused a token for"),
            "mailbox.token_recovered": _("gets tokens again for"),
            "mailbox.signed_in": _("signed in for"),
            "mailbox.settings_copied": _("copied settings to the mailbox"),
            "mailbox.sender_checked": _("sent a test mail from an address of the mailbox"),
            "mailbox.trace_started": _("began to record the connections of"),
            "mailbox.trace_stopped": _("ended recording the connections of"),
            "mailbox.trace_deleted": _("deleted the record of the connections of"),
        },
        fields={
            "from_name": _("From name"),
            "copied_from": _("copied from"),
            "assignee": _("agent of new tickets"),
            "ticket_priority": _("priority of new tickets"),
            "is_enabled": _("started"),
            "start_at": _("start date"),
            "existing_mail": _("existing mail"),
            "after_import": _("after import"),
            "after_import_folder": _("folder after import"),
            "after_import_days": _("days until deletion"),
            "max_message_bytes": _("largest message, in bytes"),
            "default_charset": _("charset of mail that names none"),
            "answers_only": _("takes answers only"),
            "has_plus_addresses": _("plus addresses"),
            "has_subject_token": _("token in the subject"),
            "sent_filing": _("copy in Sent"),
            "protocol": _("protocol"),
            "client_id": _("client ID"),
            "client_secret": _("client secret"),
            "secret_ends_on": _("end of the client secret"),
            "client_secret_ends_on": _("end of the client secret"),
            "is_in_testing": _("app in testing at Google"),
            "cloud": _("cloud"),
            "remote_user": _("user whose mail is read"),
            "imap_host": _("server for reading"),
            "imap_port": _("port for reading"),
            "imap_security": _("security of reading"),
            "imap_username": _("username for reading"),
            "impersonates": _("opens mailboxes by impersonation"),
            "smtp_server": _("outgoing server"),
            "smtp_host": _("SMTP server"),
            "smtp_port": _("SMTP port"),
            "smtp_security": _("SMTP security"),
            "smtp_username": _("SMTP username"),
            "proxy": _("proxy"),
            "is_real_time": _("real time"),
            "address": _("address"),
            "aliases": _("further addresses"),
            "folder": _("folder"),
            "team": _("team"),
            "password": _("password"),
            "account": _("account that signs in"),
            "tenant": _("directory (tenant)"),
            "scopes": _("scopes"),
            "authorize_url": _("authorization address"),
            "token_url": _("token address"),
            "client_auth": _("how the secret is sent"),
            "extra_parameters": _("further parameters"),
            "refresh_lifetime_days": _("days a sign-in lasts"),
            "health": _("health"),
            "reason": _("reason"),
            "detail": _("what was said"),
            "mailboxes": _("mailboxes"),
            "ends_on": _("ends on"),
            "days": _("days left"),
        },
    )
    register_words(
        "proxy",
        name=_("Proxies"),
        actions={
            "proxy.created": _("added the proxy"),
            "proxy.changed": _("changed the proxy"),
            "proxy.deleted": _("removed the proxy"),
        },
        fields={"host": _("server"), "port": _("port"), "username": _("username"), "kind": _("kind")},
    )
    register_words(
        "certificate",
        name=_("Certificates of servers"),
        actions={
            "certificate.trusted": _("trusted, by its fingerprint, one certificate of"),
            "certificate.trust_ended": _("ended the trust in one certificate of"),
        },
        fields={"fingerprint": _("SHA-256 fingerprint")},
    )
    register_words(
        "outgoing",
        name=_("Outgoing servers"),
        actions={
            "outgoing.created": _("added the outgoing server"),
            "outgoing.changed": _("changed the outgoing server"),
            "outgoing.deleted": _("removed the outgoing server"),
        },
        fields={
            "host": _("server"),
            "port": _("port"),
            "security": _("security"),
            "username": _("username"),
            "mails_per_minute": _("mails a minute"),
            "is_default": _("default of the organization"),
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
