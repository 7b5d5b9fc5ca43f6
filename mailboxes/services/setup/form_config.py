"""How values that are not saved yet are tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from django.conf import settings
from django.utils.translation import gettext as _

from helpdesk.tenancy import secrets
from mailboxes.connectors.config import EwsConfig, ImapConfig, Pop3Config, Security, ServerLogin, SmtpConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.diagnosis.plan import Plan, Trial
from mailboxes.diagnosis.plans import plan_for
from mailboxes.diagnosis.sending import sending_step
from mailboxes.models import ConnectionKind, Mailbox, OutgoingServer, SecurityChoice
from mailboxes.services.liveness.tracing import recorder_of
from mailboxes.services.oauth.registration_tests import registration_plan, signed_in_plan
from mailboxes.services.sending.named_servers import NamedServerInput, password_belongs_to
from mailboxes.services.sending.outgoing_servers import smtp_config
from mailboxes.services.setup.connections import exchange_config, server_login
from mailboxes.services.setup.mailbox_inputs import MailboxInput
from mailboxes.services.setup.network_limits import host_guard, refuse_cleartext, timeouts
from mailboxes.services.setup.owners import owner_entered, signs_in_for
from mailboxes.services.setup.proxies import proxy_config
from mailboxes.services.setup.stored_passwords import is_asked_for_reading, is_asked_for_sending
from mailboxes.services.setup.trusted_fingerprints import trusted_sha256


def plan_of(data: MailboxInput, *, mailbox: Mailbox | None, test_mail: bytes | None = None) -> Plan:
    """The test of what stands in a form; an empty password means the stored one of `mailbox`.

    While that is recorded, so is the test. test_mail: is then really sent, to the mailbox itself. Needs the
    organization's scope. Raises ConnectorError: clear text without leave, no password anywhere, or a stored one that
    was entered for another server.
    """
    if data.app is not None:
        return registration_plan(data, data.app, mailbox=mailbox, test_mail=test_mail)
    if data.incoming.kind == ConnectionKind.GRAPH and mailbox is not None:
        return signed_in_plan(data, mailbox=mailbox, test_mail=test_mail)
    if mailbox is not None and (
        is_asked_for_reading(data, mailbox=mailbox) or is_asked_for_sending(data, mailbox=mailbox)
    ):
        raise ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail=_("Enter the password again."))
    incoming = _login(
        data.incoming.host,
        data.incoming.port,
        data.incoming.security,
        data.incoming.username,
        password=data.incoming.password,
    )
    incoming = replace(incoming, proxy=proxy_config(data.proxy), recorder=recorder_of(mailbox))
    if not incoming.password and mailbox is not None:
        stored = server_login(mailbox.connection, user=mailbox.remote_user)
        incoming = replace(incoming, username=stored.username, password=stored.password, tokens=stored.tokens)
    smtp = _smtp(data, incoming, mailbox=mailbox)
    trial = Trial(data.address, smtp=smtp, sends_itself=data.sends_itself, test_mail=test_mail)
    config = _CONFIGS[data.incoming.kind](incoming, data)
    if isinstance(config, EwsConfig) and incoming.tokens is not None and mailbox is not None:
        # Not asked with the signed-in account: who gives its tokens, and that it opens what it may.
        kept = exchange_config(mailbox.connection, user=config.user)
        config = replace(config, impersonates=kept.impersonates, token_host=kept.token_host)
    return plan_for(data.incoming.kind, config, trial=trial)


def plan_of_server(data: NamedServerInput, *, server: OutgoingServer | None, address: str) -> Plan:
    """The test of an outgoing server that stands in a form; an empty password means the stored one of `server`.

    Up to the content: no mail is sent from and to `address`. Raises ConnectorError: clear text without leave.
    """
    password = data.password
    if not password and server is not None and password_belongs_to(server, data):
        password = secrets.open_for(server, "password_sealed")
    login = _login(data.host, data.port, data.security, data.username, password=password)
    login = replace(login, proxy=proxy_config(data.proxy))
    trial = Trial(address, smtp=SmtpConfig(login=login))
    step = sending_step(trial, has_arrived=lambda _mail: False, folder="")
    return Plan((step,), close=lambda: None)


def _ews(login: ServerLogin, data: MailboxInput) -> EwsConfig:
    return EwsConfig(
        login=replace(login, username=signs_in_for(login.username)[0]),
        user=owner_entered(data),
        impersonates=data.incoming.impersonates,
        folder=data.folder,
    )


def _smtp(data: MailboxInput, incoming: ServerLogin, *, mailbox: Mailbox | None) -> SmtpConfig | None:
    outgoing = data.outgoing
    if outgoing is None:
        return smtp_config(data.linked, recorder=incoming.recorder) if data.linked else None
    username, password = outgoing.account or (incoming.username, incoming.password)
    if outgoing.account and not password and mailbox is not None and mailbox.outgoing is not None:
        password = secrets.open_for(mailbox.outgoing, "password_sealed")
    login = _login(outgoing.host, outgoing.port, outgoing.security, username, password=password)
    tokens = incoming.tokens if outgoing.account is None else None
    return SmtpConfig(login=replace(login, proxy=incoming.proxy, tokens=tokens, recorder=incoming.recorder))


def _login(host: str, port: int, security: SecurityChoice, username: str, *, password: str) -> ServerLogin:
    protection = Security(security)
    refuse_cleartext(protection)
    return ServerLogin(
        host=host.strip(),
        port=port,
        security=protection,
        username=username,
        password=password,
        guard=host_guard(),
        timeouts=timeouts(),
        ca_file=settings.MAIL_CA_FILE,
        trusted_sha256=trusted_sha256(host, port),
    )


_CONFIGS: Mapping[str, Callable[[ServerLogin, MailboxInput], object]] = {
    ConnectionKind.IMAP: lambda login, data: ImapConfig(login, data.folder),
    ConnectionKind.POP3: lambda login, _data: Pop3Config(login),
    ConnectionKind.EWS: _ews,
}
