"""A mailbox that somebody signs in for, as a person enters it: from the forms to `services.oauth.grant_setup`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mailboxes.connectors.known_hosts import PERSONAL_MICROSOFT_DOMAINS, PERSONAL_MICROSOFT_SMTP
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.models import Cloud, ConnectionKind, Provider, SecurityChoice

# Mail.Read is part of Mail.ReadWrite, but change notifications ask for it by name:
# https://learn.microsoft.com/graph/api/subscription-post-subscriptions
GRAPH_OWN = ("Mail.ReadWrite", "Mail.Send", "Mail.Read")
GRAPH_SHARED = ("Mail.ReadWrite.Shared", "Mail.Send.Shared")  # no notifications: outlook-share-messages-folders
# Instead of a directory: accounts that belong to none. The second is the id Microsoft's tokens name for it.
# https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference
_PERSONAL_TENANTS = frozenset({"consumers", "9188040d-6c67-4c5b-b112-36a304b66dad"})
_ANY_TENANT = frozenset({"", "common"})
GOOGLE_SCOPES = ("https://mail.google.com/", "openid", "email", "profile")


@dataclass(frozen=True)
class AppInput:
    """Whose app asks. Without a client id it is the installation's own."""

    client_id: str = ""
    client_secret: str = field(default="", repr=False)  # empty on a change: the stored one stays, if it still applies
    client_secret_ends_on: date | None = None
    is_in_testing: bool = False  # Google: the app is not published
    cloud: Cloud = Cloud.GLOBAL
    tenant: str = ""
    authorize_url: str = ""  # of other providers only, as all below
    token_url: str = ""
    scopes: tuple[str, ...] = ()
    client_auth: str = "basic"
    extra_parameters: Mapping[str, str] = field(default_factory=dict)
    refresh_lifetime_days: int | None = None


@dataclass(frozen=True)
class Place:
    """A server, its port and how the way there is protected."""

    host: str
    port: int
    security: SecurityChoice


def servers_of(
    provider: Provider, *, kind: ConnectionKind, cloud: Cloud, is_personal: bool = False
) -> tuple[Place, Place]:
    """Where a known provider's mail is read and sent; tokens over TLS only.

    is_personal: the account belongs to no organization at Microsoft, which has another server for sending then.
    https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
    "POP, IMAP, and SMTP settings for Outlook.com": https://support.microsoft.com/office/d088b986-291d-42b8-9564-9c414e2aa040
    """
    if kind == ConnectionKind.EWS:
        exchange = _exchange(cloud)
        return exchange, exchange
    if kind == ConnectionKind.GRAPH:
        graph = Place(CLOUDS[cloud].graph, 443, SecurityChoice.TLS)
        return graph, graph
    port = 993 if kind == ConnectionKind.IMAP else 995
    if provider == Provider.GOOGLE:
        host = "imap.gmail.com" if kind == ConnectionKind.IMAP else "pop.gmail.com"
        return Place(host, port, SecurityChoice.TLS), Place("smtp.gmail.com", 587, SecurityChoice.STARTTLS)
    hosts = CLOUDS[cloud]
    smtp = PERSONAL_MICROSOFT_SMTP if is_personal else hosts.smtp
    return Place(hosts.exchange, port, SecurityChoice.TLS), Place(smtp, 587, SecurityChoice.STARTTLS)


def is_personal_account(app: AppInput, *, account: str) -> bool:
    """True for an account that belongs to no organization at Microsoft: by the tenant, else by the account's domain."""
    if app.cloud != Cloud.GLOBAL:
        return False
    tenant = app.tenant.strip().lower()
    if tenant in _ANY_TENANT:
        return account.rpartition("@")[2].strip().lower() in PERSONAL_MICROSOFT_DOMAINS
    return tenant in _PERSONAL_TENANTS


def _exchange(cloud: Cloud) -> Place:
    name, _colon, port = CLOUDS[cloud].exchange.partition(":")
    return Place(name, int(port or 443), SecurityChoice.TLS)


def scopes_of(provider: Provider, *, kind: ConnectionKind, cloud: Cloud, is_shared: bool = False) -> tuple[str, ...]:
    """What a known provider is asked for. One resource alone: scopes of another beside them are refused (S5.83).

    is_shared: whoever signs in reads and sends for another mailbox, and gives no access to their own.
    """
    if provider == Provider.GOOGLE:
        return GOOGLE_SCOPES
    if kind == ConnectionKind.EWS:
        return (f"https://{CLOUDS[cloud].exchange}/EWS.AccessAsUser.All", "offline_access")
    if kind == ConnectionKind.GRAPH:
        names = GRAPH_SHARED if is_shared else GRAPH_OWN
        return (*(f"https://{CLOUDS[cloud].graph}/{name}" for name in names), "offline_access")
    resource = CLOUDS[cloud].exchange_resource
    reading = "IMAP.AccessAsUser.All" if kind == ConnectionKind.IMAP else "POP.AccessAsUser.All"
    return (f"{resource}/{reading}", f"{resource}/SMTP.Send", "offline_access")
