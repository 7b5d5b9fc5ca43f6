"""Proxies: making, changing and removing them, and what a connector is told of one. Needs the organization's scope.

Its password belongs to one host, port, kind and user name: with another of these it is cleared unless entered again.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.accounts.services.audit import CHANGED
from helpdesk.lib import clock
from helpdesk.lib.crypto import CannotOpen
from helpdesk.lib.errors import DomainError
from helpdesk.lib.net import HostGuardError, ascii_host
from helpdesk.tenancy import secrets
from helpdesk.tenancy.state import required_organization_id
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.proxies import ProxyConfig, ProxyKind
from mailboxes.models import Connection, Mailbox, OutgoingServer, Proxy

_AUDITED = ("name", "kind", "host", "port", "username")


@dataclass(frozen=True)
class ProxyInput:
    """A proxy as a person enters it."""

    name: str
    kind: str
    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)  # empty on a change: the stored one stays, if it still applies


@transaction.atomic
def create_proxy(data: ProxyInput, *, actor: Membership) -> Proxy:
    """The proxy is there. Raises DomainError: name_taken, host, port, control_characters."""
    proxy = Proxy(organization_id=required_organization_id())
    _take(proxy, data, is_kept=False)
    audit.record("proxy.created", target=proxy, actor=actor, changes={n: (None, getattr(proxy, n)) for n in _AUDITED})
    return proxy


@transaction.atomic
def change_proxy(proxy: Proxy, data: ProxyInput, *, actor: Membership) -> Proxy:
    """The proxy is as `data` says; whoever selected it goes that way from now on. Raises as `create_proxy`."""
    before = {name: getattr(proxy, name) for name in _AUDITED}
    is_kept = password_belongs_to(proxy, data) and not data.password
    _take(proxy, data, is_kept=is_kept)
    changes = audit.differences(before, after={name: getattr(proxy, name) for name in _AUDITED})
    if not is_kept:
        changes["password"] = (CHANGED, CHANGED)
    if changes:
        audit.record("proxy.changed", target=proxy, actor=actor, changes=changes)
    return proxy


@transaction.atomic
def delete_proxy(proxy: Proxy, *, actor: Membership) -> None:
    """The proxy is gone. Raises DomainError (in_use): others would go out another way without being asked."""
    if users_of(proxy):
        raise DomainError(_("Mailboxes go through this proxy. Choose another way for them first."), code="in_use")
    if servers_through(proxy):
        raise DomainError(_("Outgoing servers are reached through it. Choose another way first."), code="in_use")
    Connection.objects.filter(proxy=proxy).update(proxy=None)  # of mailboxes that were deleted
    OutgoingServer.objects.filter(proxy=proxy).update(proxy=None)
    audit.record("proxy.deleted", target=proxy, actor=actor)
    proxy.delete()


def password_belongs_to(proxy: Proxy, data: ProxyInput) -> bool:
    """True if the stored password was entered for this very proxy and account."""
    stored = (proxy.kind, proxy.host.lower(), proxy.port, proxy.username)
    return stored == (data.kind, data.host.strip().lower(), data.port, data.username)


def users_of(proxy: Proxy) -> list[Mailbox]:
    """The mailboxes that read or send through it, by name."""
    boxes = Mailbox.objects.filter(deleted_at=None)
    found = {*boxes.filter(connection__proxy=proxy), *boxes.filter(outgoing__proxy=proxy)}
    if OutgoingServer.objects.filter(proxy=proxy, is_default=True).exists():
        found |= set(boxes.filter(outgoing=None))
    return sorted(found, key=lambda mailbox: mailbox.name.lower())


def servers_through(proxy: Proxy) -> list[OutgoingServer]:
    """The outgoing servers of their own that are reached through it, by name."""
    return list(OutgoingServer.objects.filter(proxy=proxy).exclude(name="").order_by("name"))


def proxy_config(proxy: Proxy | None) -> ProxyConfig | None:
    """What a connector is told. Raises ConnectorError: its password does not open."""
    if proxy is None:
        return None
    try:
        password = secrets.open_for(proxy, "password_sealed")
    except CannotOpen:
        raise ConnectorError(
            Reason.PROXY_LOGIN_REFUSED, permanent=True, detail="the stored password cannot be opened; enter it again"
        ) from None
    return ProxyConfig(ProxyKind(proxy.kind), proxy.host, proxy.port, username=proxy.username, password=password)


def _take(proxy: Proxy, data: ProxyInput, *, is_kept: bool) -> None:
    _refuse_what_cannot_be(data)
    proxy.name, proxy.kind, proxy.host = data.name.strip(), data.kind, data.host.strip()
    proxy.port, proxy.username = data.port, data.username
    if not is_kept:
        proxy.password_sealed = secrets.seal_for(proxy, "password_sealed", data.password)
        proxy.password_set_at = clock.now() if data.password else None
    try:
        with transaction.atomic():
            proxy.save()
    except IntegrityError as error:
        raise DomainError(_("There is a proxy with this name. Choose another one."), code="name_taken") from error


def _refuse_what_cannot_be(data: ProxyInput) -> None:
    if any(set(text) & set("\r\n\0") for text in (data.name, data.host, data.username, data.password)):
        raise DomainError(_("Line breaks cannot be part of an entry. Type it again."), code="control_characters")
    if ":" in data.username and data.kind == ProxyKind.HTTP:
        raise DomainError(_("The username of an HTTP proxy cannot hold a colon."), code="username")
    if not 1 <= data.port <= 65_535:
        raise DomainError(_("A port is a number from 1 to 65535."), code="port")
    try:
        ascii_host(data.host.strip())
    except HostGuardError:
        raise DomainError(_("This is not the name or address of a server."), code="host") from None
