"""The rows of servers behind a mailbox: made, changed and forgotten with it. Inside the caller's transaction.

A stored password belongs to one host, port, security and user name: with another of these it is cleared, so that it is
never sent to a server it was not entered for.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock
from helpdesk.tenancy import secrets
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Connection, Mailbox, OAuthGrant, OutgoingServer, Proxy
from mailboxes.services.liveness.certificates import forget_certificate
from mailboxes.services.oauth import registrations
from mailboxes.services.oauth.grants import forget_tokens
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup import stored_passwords
from mailboxes.services.setup.mailbox_inputs import OutgoingInput, ServerInput

PASSWORD_CHANGED: dict[str, tuple[Any, Any]] = {"password": (CHANGED, CHANGED)}


def create_connection(data: ServerInput) -> Connection:
    """The connection is there, its password sealed."""
    connection = Connection(
        organization_id=required_organization_id(),
        kind=data.kind,
        host=data.host.strip(),
        port=data.port,
        security=data.security,
        username=data.username,
        impersonates=data.impersonates,
    )
    _seal(connection, data.password)
    connection.save()
    return connection


def is_other_source(connection: Connection, data: ServerInput) -> bool:
    """True if `data` names another protocol, host or account: ids there mean other messages."""
    now = (connection.kind, connection.host.lower(), connection.username)
    return now != (data.kind, data.host.strip().lower(), data.username)


def change_connection(connection: Connection, data: ServerInput) -> dict[str, tuple[Any, Any]]:
    """The connection is as `data` says; gives what to tell the audit trail of the password."""
    is_changed = bool(data.password) or not stored_passwords.belongs_to(connection, data)
    if is_changed:
        _let_go_of_tokens(connection, has_password=bool(data.password))
    if (connection.host.lower(), connection.port) != (data.host.strip().lower(), data.port):
        forget_certificate(connection)
    connection.kind, connection.host, connection.port = data.kind, data.host.strip(), data.port
    connection.security, connection.username = data.security, data.username
    connection.impersonates = data.impersonates
    if is_changed:
        _seal(connection, data.password)
    connection.save()
    for outgoing in OutgoingServer.objects.filter(login_of=connection).exclude(paused_at=None):
        resume_server(outgoing)
    return PASSWORD_CHANGED if is_changed else {}


def _let_go_of_tokens(connection: Connection, *, has_password: bool) -> None:
    """A password takes the place of signing in; without one, tokens never go to a server they were not got for."""
    grant = OAuthGrant.objects.filter(connection=connection).first()
    if grant is None:
        return
    if has_password:
        grant.delete()
    else:
        forget_tokens(grant)
        grant.save()


def create_outgoing(data: OutgoingInput, *, connection: Connection, may_borrow: bool) -> OutgoingServer:
    """The outgoing server is there. Raises and borrows as `change_outgoing`."""
    outgoing = OutgoingServer(organization_id=required_organization_id())
    change_outgoing(outgoing, data, connection=connection, may_borrow=may_borrow)
    return outgoing


def change_outgoing(outgoing: OutgoingServer, data: OutgoingInput, *, connection: Connection, may_borrow: bool) -> None:
    """The outgoing server is as `data` says. Its pause after a refused log-in ends: the log-in may be another now.

    Without an account of its own it borrows the connection's log-in. may_borrow: that password was just entered. If it
    was not, nor ever for this very server, the user name is kept alone: mail waits until a person enters a password.
    """
    is_kept = stored_passwords.own_belongs_to(outgoing, data)
    if (outgoing.host.lower(), outgoing.port) != (data.host.strip().lower(), data.port):
        forget_certificate(outgoing)
    borrows = data.account is None and (may_borrow or stored_passwords.may_be_lent(connection, data, to=outgoing))
    username, password = data.account or ("" if borrows else connection.username, "")
    outgoing.host, outgoing.port, outgoing.security = data.host.strip(), data.port, data.security
    outgoing.login_of, outgoing.username = connection if borrows else None, username
    if password or not is_kept:
        _seal(outgoing, password)
    outgoing.save()
    resume_server(outgoing)


def go_through(proxy: Proxy | None, *, connection: Connection, outgoing: OutgoingServer | None) -> None:
    """The connection goes this way from now on, and so does the outgoing server unless others share it."""
    if connection.proxy_id != (proxy.pk if proxy else None):
        connection.proxy = proxy
        connection.save(update_fields=["proxy"])
    if outgoing is not None and not is_shared(outgoing):
        outgoing.proxy = proxy
        outgoing.save(update_fields=["proxy"])


def is_other_sending(outgoing: OutgoingServer, data: OutgoingInput, *, connection: Connection) -> bool:
    """True if `data` names another server or log-in than the outgoing server's, or a new password for it."""
    if data.account is None:
        return not stored_passwords.may_be_lent(connection, data, to=outgoing)
    return bool(data.account[1]) or not stored_passwords.own_belongs_to(outgoing, data)


def is_shared(outgoing: OutgoingServer) -> bool:
    """True if it stands by itself, or more than one mailbox, or the organization by default, sends through it."""
    return (
        bool(outgoing.name)
        or outgoing.is_default
        or Mailbox.objects.filter(outgoing=outgoing, deleted_at=None).count() > 1
    )


def forget_unused(mailbox: Mailbox) -> None:
    """Passwords that only this (deleted) mailbox used are gone."""
    others = Mailbox.objects.filter(deleted_at=None).exclude(id=mailbox.id)
    borrowed = OutgoingServer.objects.filter(login_of=mailbox.connection, is_default=True).exists()
    if not borrowed and not others.filter(connection=mailbox.connection).exists():
        Connection.objects.filter(id=mailbox.connection_id).update(password_sealed="", password_set_at=None)
        registrations.forget_app(mailbox.connection)
    if mailbox.outgoing_id and not others.filter(outgoing_id=mailbox.outgoing_id).exists():
        _forget_outgoing(mailbox.outgoing_id)


def forget_server(outgoing: OutgoingServer) -> None:
    """The password of a server that no mailbox sends through any more is gone, unless it stands by itself."""
    if not Mailbox.objects.filter(outgoing=outgoing, deleted_at=None).exists():
        _forget_outgoing(outgoing.pk)


def _forget_outgoing(server_id: UUID) -> None:
    unused = OutgoingServer.objects.filter(id=server_id, is_default=False, name="")
    unused.update(password_sealed="", password_set_at=None)


def _seal(row: Connection | OutgoingServer, password: str) -> None:
    row.password_sealed = secrets.seal_for(row, "password_sealed", password)
    row.password_set_at = clock.now() if password else None
