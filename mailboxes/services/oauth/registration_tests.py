"""How a mailbox at Microsoft Graph is tested as a form says: with an app that is not saved yet, or by who signed in."""

from __future__ import annotations

from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from mailboxes.connectors.config import EwsConfig, GraphConfig, OAuthConfig, Security, ServerLogin, TokenSource
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.connectors.oauth.clouds import CLOUDS
from mailboxes.connectors.oauth.registry import FreshTokens
from mailboxes.diagnosis.plan import Plan, Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.models import ConnectionKind, Mailbox, Provider
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.oauth.grants import oauth_config
from mailboxes.services.oauth.graph_configs import mailbox_config
from mailboxes.services.oauth.registrations import grant_of, is_secret_asked, scope_of_app
from mailboxes.services.setup.mailbox_inputs import MailboxInput, RegistrationInput
from mailboxes.services.setup.network_limits import host_guard, timeouts
from mailboxes.services.setup.owners import owner_entered
from mailboxes.services.setup.proxies import proxy_config


def registration_plan(
    data: MailboxInput, app: RegistrationInput, *, mailbox: Mailbox | None, test_mail: bytes | None = None
) -> Plan:
    """The test of an app and one mailbox; an empty secret means the stored one. A token is got anew each time.

    Needs the organization's scope. Raises ConnectorError: no secret anywhere, or one that was entered for another app.
    """
    scope = scope_of_app(data.incoming, cloud=app.cloud)
    asks = replace(_oauth_config(app, mailbox=mailbox), scopes=(scope,), proxy=proxy_config(data.proxy))
    build = _ews if data.incoming.kind == ConnectionKind.EWS else _graph
    config = _recorded(build(data, app, FreshTokens(asks)), mailbox=mailbox)
    trial = Trial(data.address, sends_itself=app.sends, test_mail=test_mail)
    return plan_for(data.incoming.kind, config, trial=trial)


def _graph(data: MailboxInput, app: RegistrationInput, tokens: TokenSource) -> GraphConfig:
    return GraphConfig(
        user=owner_entered(data),
        hosts=CLOUDS[app.cloud],
        tokens=tokens,
        guard=host_guard(),
        timeouts=timeouts(),
        proxy=proxy_config(data.proxy),
        ca_file=settings.MAIL_CA_FILE,
        folder=data.folder,
    )


def _ews(data: MailboxInput, app: RegistrationInput, tokens: TokenSource) -> EwsConfig:
    login = ServerLogin(
        host=data.incoming.host.strip(),
        port=data.incoming.port,
        security=Security.TLS,
        username="",
        password="",
        guard=host_guard(),
        timeouts=timeouts(),
        tokens=tokens,
        proxy=proxy_config(data.proxy),
        ca_file=settings.MAIL_CA_FILE,
    )
    owner, token_host = owner_entered(data), CLOUDS[app.cloud].login
    return EwsConfig(login, user=owner, impersonates=True, token_host=token_host, folder=data.folder)


def _recorded(config: GraphConfig | EwsConfig, *, mailbox: Mailbox | None) -> GraphConfig | EwsConfig:
    """Told to the record of the mailbox, if it has one now."""
    recorder = recorder_of(mailbox)
    if isinstance(config, EwsConfig):
        return replace(config, login=replace(config.login, recorder=recorder))
    return replace(config, recorder=recorder)


def signed_in_plan(data: MailboxInput, *, mailbox: Mailbox, test_mail: bytes | None = None) -> Plan:
    """The test of the mailbox by the tokens of whoever signed in. Needs the organization's scope.

    Raises ConnectorError.
    """
    stored = mailbox_config(mailbox)
    config = _recorded(replace(stored, folder=data.folder, proxy=proxy_config(data.proxy)), mailbox=mailbox)
    return plan_for(ConnectionKind.GRAPH, config, trial=Trial(data.address, test_mail=test_mail))


def _oauth_config(app: RegistrationInput, *, mailbox: Mailbox | None) -> OAuthConfig:
    grant = grant_of(mailbox.connection) if mailbox is not None else None
    if not app.client_secret and grant is not None and not is_secret_asked(app, mailbox=mailbox):
        return oauth_config(grant)
    if not app.client_secret:
        raise ConnectorError(Reason.APP_SECRET_MISSING, permanent=True, detail=_("Enter the secret again."))
    return OAuthConfig(
        provider=Provider.MICROSOFT,
        client_id=app.client_id,
        client_secret=app.client_secret,
        scopes=(CLOUDS[app.cloud].graph_scope,),
        guard=host_guard(),
        timeouts=timeouts(),
        cloud=app.cloud,
        tenant=app.tenant,
        ca_file=settings.MAIL_CA_FILE,
    )
