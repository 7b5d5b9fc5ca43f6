"""The rows of a mailbox as its form means them, and what the audit trail tells of them. `mailboxes` writes them."""

from __future__ import annotations

from mailboxes.connectors.registry import traits_of
from mailboxes.models import Connection, Mailbox, OutgoingKind, OutgoingServer
from mailboxes.services.oauth import registrations
from mailboxes.services.sending.outgoing_servers import files_sent_itself
from mailboxes.services.setup import servers
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.owners import is_entered, owner_entered

PLAIN_FIELDS = (
    "name",
    "folder",
    "from_name",
    "team",
    "assignee",
    "category",
    "company",
    "ticket_priority",
    "poll_interval_s",
    "start_at",
    "existing_mail",
    "after_import",
    "after_import_folder",
    "after_import_days",
    "max_message_bytes",
    "default_charset",
    "answers_only",
    "has_plus_addresses",
    "has_subject_token",
    "is_real_time",
)


def take_fields(mailbox: Mailbox, data: MailboxInput) -> None:
    """The row says what was entered; it is not saved."""
    for name in PLAIN_FIELDS:
        setattr(mailbox, name, getattr(data, name))
    mailbox.lost_team = ""
    mailbox.address = data.address.strip().lower()
    mailbox.aliases = [alias.strip().lower() for alias in data.aliases]
    if is_entered(data):
        mailbox.remote_user = data.remote_user


def kind_of(server: OutgoingServer | None) -> str:
    """How it sends; "" for none."""
    return server.kind if server is not None else ""


def is_filed_by_us(connection: Connection, outgoing: OutgoingServer | None) -> bool:
    """True if sent mail needs a copy in Sent from us, and the kind can be given one."""
    traits = traits_of(connection.kind)
    return traits.has_sent and traits.files_sent and (outgoing is None or not files_sent_itself(outgoing))


def new_connection(data: MailboxInput) -> Connection:
    """The connection that was entered, with its app if there is one."""
    connection = servers.create_connection(data.incoming)
    if data.app is not None:
        registrations.store_app(connection, data.app)
    return connection


def sends_itself(data: MailboxInput) -> bool:
    """True if mail leaves through the mailbox that is read."""
    return data.sends_itself or (data.app is not None and data.app.sends)


def changed_outgoing(mailbox: Mailbox, data: MailboxInput) -> OutgoingServer | None:
    """What the mailbox sends through from now on: itself, a linked server, or its own, changed or made anew."""
    if sends_itself(data):
        user = owner_entered(data) if is_entered(data) else mailbox.remote_user or mailbox.connection.username
        return registrations.sending_through(mailbox.connection, user=user, current=mailbox.outgoing)
    if data.outgoing is None:
        return data.linked
    current, connection = mailbox.outgoing, mailbox.connection
    may_borrow = bool(data.incoming.password)
    if current is None or current.kind != OutgoingKind.SMTP:
        return servers.create_outgoing(data.outgoing, connection=connection, may_borrow=may_borrow)
    if not servers.is_shared(current):
        servers.change_outgoing(current, data.outgoing, connection=connection, may_borrow=may_borrow)
        return current
    if not servers.is_other_sending(current, data.outgoing, connection=connection):
        return current
    return servers.create_outgoing(data.outgoing, connection=connection, may_borrow=may_borrow)


def logged_values(mailbox: Mailbox) -> dict[str, object]:
    """What the audit trail compares; no secrets."""
    connection, outgoing = mailbox.connection, mailbox.outgoing
    own = {name: getattr(mailbox, name) for name in ("address", "remote_user", *PLAIN_FIELDS)}
    return own | {
        "aliases": ", ".join(mailbox.aliases),
        "protocol": connection.kind,
        "imap_host": connection.host,
        "imap_port": connection.port,
        "imap_security": connection.security,
        "imap_username": connection.username,
        "impersonates": connection.impersonates,
        "smtp_server": outgoing.name if outgoing else None,
        "smtp_host": outgoing.host if outgoing else None,
        "smtp_port": outgoing.port if outgoing else None,
        "smtp_security": outgoing.security if outgoing else None,
        "smtp_username": outgoing.username if outgoing else None,
        "proxy": str(connection.proxy) if connection.proxy else None,
    }


def described(mailbox: Mailbox) -> dict[str, tuple[object, object]]:
    """What the audit trail says of a new one."""
    return {name: (None, value) for name, value in logged_values(mailbox).items() if value not in (None, "", [], False)}
