"""Where a stored password may go: to the host, port, security and user name it was entered for, and nowhere else.

The services clear or withhold it by these rules, whoever calls them; the form asks by the same rules beforehand.
"""

from __future__ import annotations

from mailboxes.models import Connection, Mailbox, OutgoingServer
from mailboxes.services.setup.mailbox_inputs import MailboxInput, OutgoingInput, ServerInput


def belongs_to(connection: Connection, data: ServerInput) -> bool:
    """True if the connection's stored password was entered for this very server and account."""
    return (_place(connection), connection.username) == (_place(data), data.username)


def own_belongs_to(outgoing: OutgoingServer | None, data: OutgoingInput) -> bool:
    """True if the outgoing server has a log-in of its own, entered for this very server and account."""
    if outgoing is None or outgoing.login_of_id is not None or data.account is None:
        return False
    return (_place(outgoing), outgoing.username) == (_place(data), data.account[0])


def may_be_lent(connection: Connection, data: OutgoingInput, *, to: OutgoingServer | None) -> bool:
    """True if the connection's stored password was entered for sending through this very server, too."""
    return to is not None and to.login_of_id == connection.pk and _place(to) == _place(data)


def is_asked_for_reading(data: MailboxInput, *, mailbox: Mailbox) -> bool:
    """True if the mailbox cannot be read as `data` says unless a password is entered with it."""
    return not data.incoming.password and not belongs_to(mailbox.connection, data.incoming)


def is_asked_for_sending(data: MailboxInput, *, mailbox: Mailbox) -> bool:
    """True if nothing can be sent as `data` says unless a password is entered with it."""
    outgoing = data.outgoing
    if outgoing is None:
        return False
    if outgoing.account is None:
        may_be_lent_on = may_be_lent(mailbox.connection, outgoing, to=mailbox.outgoing)
        return not data.incoming.password and not may_be_lent_on
    username, password = outgoing.account
    return bool(username) and not password and not own_belongs_to(mailbox.outgoing, outgoing)


def _place(server: Connection | OutgoingServer | ServerInput | OutgoingInput) -> tuple[str, int, str]:
    return (server.host.strip().lower(), server.port, str(server.security))
