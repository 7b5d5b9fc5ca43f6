"""Outgoing servers that stand by themselves: made, changed and removed apart from any mailbox. Needs the scope.

Mailboxes choose one (services.mailboxes); one is the organization's default. A stored password belongs to one host,
port, security and user name: with another of these it is cleared unless entered again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.lib.net import HostGuardError, ascii_host
from helpdesk.tenancy import secrets
from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.config import Security
from mailboxes.connectors.errors import ConnectorError
from mailboxes.models import OutgoingKind, OutgoingServer, Proxy, SecurityChoice
from mailboxes.services.liveness.certificates import forget_certificate
from mailboxes.services.sending.outgoing_servers import mailboxes_through
from mailboxes.services.sending.pauses import resume_server
from mailboxes.services.setup.network_limits import refuse_cleartext
from mailboxes.services.setup.trusted_certificates import forget_unused

_AUDITED = ("name", "host", "port", "security", "username", "mails_per_minute", "is_default")


@dataclass(frozen=True)
class NamedServerInput:
    """An outgoing server as a person enters it."""

    name: str
    host: str
    port: int
    security: SecurityChoice
    username: str = ""  # empty: no AUTH
    password: str = field(default="", repr=False)  # empty on a change: the stored one stays, if it still applies
    mails_per_minute: int | None = None
    is_default: bool = False
    proxy: Proxy | None = None  # the way to it; None: directly


@transaction.atomic
def create_named(data: NamedServerInput, *, actor: Membership) -> OutgoingServer:
    """The server is there. Raises DomainError: name_taken, host, port, cleartext, control_characters."""
    server = OutgoingServer(organization_id=required_organization_id(), kind=OutgoingKind.SMTP)
    _take(server, data, is_kept=False)
    changes = {name: (None, value) for name, value in _told(server).items()}
    audit.record("outgoing.created", target=server, actor=actor, changes=changes)
    return server


@transaction.atomic
def change_named(server: OutgoingServer, data: NamedServerInput, *, actor: Membership) -> OutgoingServer:
    """The server is as `data` says, and its pause after a refused log-in is over. Raises as `create_named`."""
    before, place = _told(server), (server.host, server.port)
    is_kept = password_belongs_to(server, data) and not data.password
    _take(server, data, is_kept=is_kept)
    changes = audit.differences(before, after=_told(server))
    if not is_kept:
        changes["password"] = (CHANGED, CHANGED)
    if changes:
        audit.record("outgoing.changed", target=server, actor=actor, changes=changes)
    forget_unused([place], actor=actor)
    resume_server(server)
    return server


@transaction.atomic
def delete_named(server: OutgoingServer, *, actor: Membership) -> None:
    """The server is gone. Raises DomainError (in_use): mail of mailboxes would leave another way, or not at all."""
    if mailboxes_through(server).exists():
        raise DomainError(_("Mailboxes send through this server. Choose another one for them first."), code="in_use")
    audit.record("outgoing.deleted", target=server, actor=actor)
    place = (server.host, server.port)
    server.delete()
    forget_unused([place], actor=actor)


def password_belongs_to(server: OutgoingServer, data: NamedServerInput) -> bool:
    """True if the stored password was entered for this very server and account."""
    stored = (server.host.lower(), server.port, server.security, server.username)
    return stored == (data.host.strip().lower(), data.port, str(data.security), data.username)


def _told(server: OutgoingServer) -> dict[str, object]:
    own = {name: getattr(server, name) for name in _AUDITED}
    return own | {"proxy": str(server.proxy) if server.proxy else None}


def _take(server: OutgoingServer, data: NamedServerInput, *, is_kept: bool) -> None:
    _refuse_what_cannot_be(data)
    if (server.host.lower(), server.port) != (data.host.strip().lower(), data.port):
        forget_certificate(server)
    server.name, server.host, server.port = data.name.strip(), data.host.strip(), data.port
    server.security, server.username, server.mails_per_minute = data.security, data.username, data.mails_per_minute
    server.is_default, server.proxy = data.is_default, data.proxy
    if not is_kept:
        server.password_sealed = secrets.seal_for(server, "password_sealed", data.password)
        server.password_set_at = clock.now() if data.password else None
    try:
        with transaction.atomic():
            server.save()
    except IntegrityError as error:
        raise DomainError(
            _("There is an outgoing server with this name. Choose another one."), code="name_taken"
        ) from error
    if data.is_default:
        OutgoingServer.objects.filter(is_default=True).exclude(pk=server.pk).update(is_default=False)


def _refuse_what_cannot_be(data: NamedServerInput) -> None:
    if any(set(text) & set("\r\n\0") for text in (data.name, data.host, data.username, data.password)):
        raise DomainError(_("Line breaks cannot be part of an entry. Type it again."), code="control_characters")
    if not data.name.strip():
        raise DomainError(_("Enter a name by which it is chosen in a mailbox."), code="name")
    if not 1 <= data.port <= 65_535:
        raise DomainError(_("A port is a number from 1 to 65535."), code="port")
    if data.mails_per_minute is not None and data.mails_per_minute < 1:
        raise DomainError(_("At least one mail a minute must be able to leave."), code="mails_per_minute")
    try:
        ascii_host(data.host.strip())
    except HostGuardError:
        raise DomainError(_("This is not the name or address of a server."), code="host") from None
    try:
        refuse_cleartext(Security(data.security))
    except ConnectorError:
        raise DomainError(
            _("Connections without encryption are not allowed here. Choose TLS or STARTTLS."), code="cleartext"
        ) from None
