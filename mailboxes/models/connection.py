"""How to reach a server: the host and the account on it. One connection serves many mailboxes.

An account is proven by a password, or by OAuth: then the connection has a grant, and no password.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from mailboxes.models.proxy import Proxy


class ConnectionKind(models.TextChoices):
    """Which connector speaks to the server."""

    IMAP = "imap", _("IMAP")
    POP3 = "pop3", _("POP3")
    GRAPH = "graph", _("Microsoft Graph")
    EWS = "ews", _("Exchange Web Services")
    PUSH = "push", _("Forwarding or push")  # no server is read: mail is brought here


class SecurityChoice(models.TextChoices):
    """How the connection is protected; `none` only where the operator allows clear text."""

    TLS = "tls", _("TLS")
    STARTTLS = "starttls", _("STARTTLS")
    NONE = "none", _("None")


class Certified(TenantModel):
    """Something with a TLS certificate, whose end is seen when it is connected to."""

    certificate_ends_at = models.DateTimeField(null=True)
    certificate_seen_at = models.DateTimeField(null=True)

    observed_certificate_end: datetime | None = None  # by the connection at hand, not stored yet

    class Meta(TenantModel.Meta):
        abstract = True


class Connection(Certified):
    """A server that mail is read from, and the account on it. Kinds whose server is known have no host here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=ConnectionKind, default=ConnectionKind.IMAP)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=993)
    security = models.CharField(max_length=8, choices=SecurityChoice, default=SecurityChoice.TLS)
    username = models.CharField(max_length=320)
    impersonates = models.BooleanField(default=False)  # EWS: acts as whoever owns a mailbox; an app always does
    proxy = models.ForeignKey(Proxy, on_delete=models.PROTECT, null=True, related_name="+")  # None: directly
    password_sealed = models.TextField(blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass


class Provider(models.TextChoices):
    """Whose tokens a grant holds."""

    MICROSOFT = "microsoft", _("Microsoft")
    GOOGLE = "google", _("Google")
    OTHER = "other", _("Another provider")


class Flow(models.TextChoices):
    """How tokens are come by."""

    APP = "app", _("App registration")  # client credentials (RFC 6749 section 4.4): nobody signs in
    USER = "user", _("Signing in")  # authorization code with PKCE (RFC 7636)
    DEVICE = "device", _("Device code")  # RFC 8628


class Cloud(models.TextChoices):
    """Microsoft's clouds: https://learn.microsoft.com/graph/deployments. Tokens of one are nothing in another."""

    GLOBAL = "global", _("Global")
    US_GOVERNMENT = "us_gov", _("US government (GCC High)")
    US_DEFENSE = "us_dod", _("US Department of Defense")
    CHINA = "china", _("China (21Vianet)")


class GrantState(models.TextChoices):
    """Whether tokens can be had."""

    UNUSED = "unused", _("Not signed in yet")
    ALIVE = "alive", _("Signed in")
    DEAD = "dead", _("Sign in again")  # invalid_grant and the like: asking again cannot help


class OAuthGrant(Certified):
    """The right to act for an account, and the tokens it gave; one for each connection that has one.

    tokens_sealed is JSON of the provider's connector. It changes only under the refresh lease, with tokens_version
    rising, so that a rotated token is never overwritten by an older one. The certificate is the token address's.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="grant")
    provider = models.CharField(max_length=16, choices=Provider)
    flow = models.CharField(max_length=8, choices=Flow)
    cloud = models.CharField(max_length=8, choices=Cloud, default=Cloud.GLOBAL)
    tenant = models.CharField(max_length=100, blank=True)  # directory id or domain; empty: any organization's account
    client_id = models.CharField(max_length=200, blank=True)  # empty: the operator's app
    client_secret_sealed = models.TextField(blank=True, editable=False)
    client_secret_set_at = models.DateTimeField(null=True)
    client_secret_ends_on = models.DateField(null=True)  # as the admin told
    authorize_url = models.CharField(max_length=500, blank=True)  # OTHER only, as all to client_auth
    token_url = models.CharField(max_length=500, blank=True)
    extra_parameters = models.JSONField(default=dict)  # of the authorization request
    client_auth = models.CharField(max_length=8, default="basic")  # or "post": RFC 6749 section 2.3.1
    refresh_lifetime_days = models.PositiveIntegerField(null=True)  # None: unknown
    scopes = models.JSONField(default=list)  # asked for
    granted_scopes = models.JSONField(default=list)
    account = models.CharField(max_length=320, blank=True)  # who signed in
    is_in_testing = models.BooleanField(default=False)  # GOOGLE: the app is not published, as the admin told
    signed_in_at = models.DateTimeField(null=True)
    sign_in_ends_at = models.DateTimeField(null=True)  # used or not; None: never, as far as is known

    state = models.CharField(max_length=8, choices=GrantState, default=GrantState.UNUSED)
    state_reason = models.CharField(max_length=32, blank=True)  # connectors.errors.Reason
    state_detail = models.CharField(max_length=300, blank=True)  # the provider's words
    outage_notified_at = models.DateTimeField(
        null=True
    )  # set: admins heard that tokens are refused, not that it is over
    tokens_sealed = models.TextField(blank=True, editable=False)
    tokens_version = models.PositiveIntegerField(default=0)
    refreshed_at = models.DateTimeField(null=True)
    refresh_lease_until = models.DateTimeField(null=True)  # somebody is at it
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        pass

    @property
    def has_sign_in(self) -> bool:
        """True if somebody signs in; an app registration acts by itself."""
        return self.flow != Flow.APP


class OutgoingKind(models.TextChoices):
    """Which connector mail leaves through."""

    SMTP = "smtp", _("SMTP")
    GRAPH = "graph", _("Microsoft Graph")
    EWS = "ews", _("Exchange Web Services")


class OutgoingServer(Certified):
    """A server that mail leaves through. Kinds whose server is known have no host here.

    With a name it stands by itself: mailboxes choose it, and one is the organization's default. Without one it belongs
    to the mailbox in whose form it was entered.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=80, blank=True)
    kind = models.CharField(max_length=16, choices=OutgoingKind, default=OutgoingKind.SMTP)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField(default=587)
    security = models.CharField(max_length=8, choices=SecurityChoice, default=SecurityChoice.STARTTLS)
    login_of = models.ForeignKey(
        Connection, on_delete=models.SET_NULL, null=True, related_name="+"
    )  # set: user name and password are that connection's
    username = models.CharField(max_length=320, blank=True)  # empty without login_of: no AUTH. Not SMTP: whose mailbox
    password_sealed = models.TextField(blank=True, editable=False)
    password_set_at = models.DateTimeField(null=True)
    proxy = models.ForeignKey(Proxy, on_delete=models.PROTECT, null=True, related_name="+")  # None: directly
    mails_per_minute = models.PositiveIntegerField(null=True)  # None: what is known of the host, else no limit
    throttled_until = models.DateTimeField(null=True)  # it asked to wait: its outbox does
    is_default = models.BooleanField(default=False)
    paused_at = models.DateTimeField(null=True)  # the server refused our log-in: its outbox waits
    pause_reason = models.CharField(max_length=32, blank=True)
    pause_detail = models.CharField(max_length=300, blank=True)
    outage_notified_at = models.DateTimeField(null=True)  # set: admins heard of a pause, not yet that mail leaves again
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "name"], condition=~models.Q(name=""), name="outgoing_name_once"
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What people know it by."""
        if self.name:
            return self.name
        if self.kind == OutgoingKind.SMTP:
            return self.host
        return f"{'Exchange' if self.kind == OutgoingKind.EWS else 'Microsoft 365'} ({self.username})"


register_sealed("mailboxes.Connection", "password_sealed")
register_sealed("mailboxes.OutgoingServer", "password_sealed")
register_sealed("mailboxes.OAuthGrant", "client_secret_sealed")
register_sealed("mailboxes.OAuthGrant", "tokens_sealed")
