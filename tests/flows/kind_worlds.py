"""One connected mailbox of each kind: on a real server where there is one, else at the fake of its provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from itertools import count
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.microsoft import MicrosoftProvider
from mailboxes.models import ConnectionKind, Mailbox, OAuthGrant, Provider, SecurityChoice
from mailboxes.services.oauth.grant_inputs import AppInput
from mailboxes.services.oauth.grant_setup import create_signed_in_mailbox
from mailboxes.services.oauth.grants import oauth_config
from mailboxes.services.oauth.tokens import store
from mailboxes.services.setup.connecting import note_existing
from mailboxes.services.setup.drafts import finish_draft
from mailboxes.services.setup.mailbox_inputs import OutgoingInput, ServerInput
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.connectors.ews_worlds import ews_world
from tests.factories.mailboxes import PASSWORD, mailbox_input, make_push_mailbox
from tests.fakes import ews as fake_ews
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.oauth_people import query_of
from tests.mailboxes.ews import exchange_online, exchange_server
from tests.mailboxes.graph import Microsoft, microsoft_cloud

USER = "support@fernhollow.example"
CALLBACK = "https://desk.example/oauth/callback/"
_users = count(1)


@dataclass
class World:
    """A mailbox that mail comes to and leaves from."""

    organization: Any
    deliver: Callable[[bytes], None]  # a mail is on its way to it
    sent: Callable[[], list[tuple[str, ...]]]  # the recipients of each mail that has left
    as_wanted: Callable[[int], bool]  # whether so many mails are on the server as the mailbox's settings want them
    bring: Callable[[], None] = lambda: None  # what is not fetched is brought
    tells_fate: bool = True  # whether it tells later if a mail has left


@dataclass(frozen=True)
class Ground:
    """What a world stands on."""

    request: pytest.FixtureRequest
    organization: Any
    monkeypatch: pytest.MonkeyPatch
    settings: Any

    @property
    def authority(self) -> Any:
        """Whose certificates count."""
        return self.request.getfixturevalue("certificate_authority")


def at_fake(ground: Ground, box: FakeMailbox, sent: Callable[[], list[Any]]) -> World:
    """The world of a provider's fake with this mailbox."""
    return World(
        ground.organization,
        deliver=lambda raw: void(box.deliver(raw)),
        sent=lambda: [mail.recipients for mail in sent()],
        as_wanted=lambda number: [item.is_read for item in box.held(box.well_known["inbox"])] == [True] * number,
    )


def void(_value: object) -> None:
    """Nothing."""


@contextmanager
def graph_app(ground: Ground) -> Iterator[World]:
    """Microsoft 365 by an app registration."""
    with microsoft_cloud(ground.authority, monkeypatch=ground.monkeypatch, settings=ground.settings) as cloud:
        box = cloud.graph.mailbox(USER)
        with organization_scope(ground.organization.id):
            create_mailbox(cloud.entered(USER, after_import="seen"))
        yield at_fake(ground, box, lambda: cloud.graph.sent)


@contextmanager
def graph_person(ground: Ground) -> Iterator[World]:
    """Microsoft 365 by its owner, who signed in."""
    with microsoft_cloud(ground.authority, monkeypatch=ground.monkeypatch, settings=ground.settings) as cloud:
        cloud.entra.apps[cloud.client_id].redirect_uris = [CALLBACK]
        cloud.entra.browser = USER
        box = cloud.graph.mailbox(USER)
        with organization_scope(ground.organization.id):
            sign_in(cloud)
        yield at_fake(ground, box, lambda: cloud.graph.sent)


def sign_in(cloud: Microsoft) -> None:
    """The mailbox is there, signed in to and started."""
    app = AppInput(client_id=cloud.client_id, client_secret=cloud.secret, tenant=cloud.tenant)
    mailbox = create_signed_in_mailbox(
        name="Support", address=USER, account=USER, provider=Provider.MICROSOFT, kind=ConnectionKind.GRAPH, app=app
    )
    grant = OAuthGrant.objects.get()
    provider = MicrosoftProvider(oauth_config(grant))
    begun = provider.begin(redirect_uri=CALLBACK)
    assert store(grant, provider.complete(begun, query_of(cloud.entra.signs_in(begun.url))), version=0)
    Mailbox.objects.update(after_import="seen")
    finish_draft(Mailbox.objects.get(pk=mailbox.pk), starts=True)


@contextmanager
def ews_password(ground: Ground) -> Iterator[World]:
    """An Exchange server that mail leaves through as well."""
    with exchange_server(ground.authority, settings=ground.settings) as server:
        ews_world(server, USER)
        incoming = ServerInput(
            "localhost", server.port, SecurityChoice.TLS, USER, fake_ews.PASSWORD, kind=ConnectionKind.EWS
        )
        with organization_scope(ground.organization.id):
            create_mailbox(mailbox_input(incoming=incoming, address=USER, sends_itself=True, after_import="seen"))
        yield at_fake(ground, server.mailbox(USER), lambda: server.sent)


@contextmanager
def ews_token(ground: Ground) -> Iterator[World]:
    """Exchange Online by the token of an app."""
    with exchange_online(ground.authority, monkeypatch=ground.monkeypatch, settings=ground.settings) as online:
        box = online.ews.mailbox(USER)
        with organization_scope(ground.organization.id):
            create_mailbox(online.entered(USER, after_import="seen"))
        yield at_fake(ground, box, lambda: online.ews.sent)


def outgoing(ground: Ground) -> tuple[Any, OutgoingInput]:
    """A running SMTP server, and how it is entered."""
    ground.settings.MAIL_ALLOWED_NETWORKS = (ip_network("127.0.0.0/8"), ip_network("::1"))
    ground.settings.MAIL_ALLOWED_PORTS = frozenset(range(1024, 65536))
    ground.settings.MAIL_CA_FILE = str(ground.authority.ca_path)
    server = ground.request.getfixturevalue("smtp_server")
    account = ("sender", PASSWORD)
    server.behave(users={account[0]: account[1]})
    return server, OutgoingInput("localhost", server.port, SecurityChoice.STARTTLS, account)


def at_dovecot(ground: Ground, *, kind: ConnectionKind, after_import: str) -> World:
    """A mailbox with a password on a real server, whose mail leaves by SMTP."""
    dovecot, user = ground.request.getfixturevalue("dovecot"), f"whole{next(_users)}"
    dovecot.add_user(user, PASSWORD)
    smtp, way_out = outgoing(ground)
    port = dovecot.pop3s_port if kind == ConnectionKind.POP3 else dovecot.imaps_port
    incoming = ServerInput("localhost", port, SecurityChoice.TLS, user, PASSWORD, kind=kind)
    with organization_scope(ground.organization.id):
        entered = mailbox_input(incoming=incoming, outgoing=way_out, address=USER, after_import=after_import)
        note_existing(create_mailbox(entered))
    return World(
        ground.organization,
        deliver=lambda raw: dovecot.deliver(user, raw),
        sent=lambda: [mail.recipients for mail in smtp.received],
        as_wanted=lambda number: (
            [sorted(mail.flags) for mail in dovecot.folder_messages(user)]
            == ([] if after_import == "delete" else [["\\Seen"]] * number)
        ),
        tells_fate=False,
    )


@contextmanager
def imap_password(ground: Ground) -> Iterator[World]:
    """IMAP with a password; what was taken in is marked as read."""
    yield at_dovecot(ground, kind=ConnectionKind.IMAP, after_import="seen")


@contextmanager
def pop3_password(ground: Ground) -> Iterator[World]:
    """POP3 with a password; what was taken in is deleted."""
    yield at_dovecot(ground, kind=ConnectionKind.POP3, after_import="delete")


@contextmanager
def pushed(ground: Ground) -> Iterator[World]:
    """Mail is posted by a program, which posts again what it got no answer to."""
    smtp, way_out = outgoing(ground)
    _mailbox, token = make_push_mailbox(ground.organization, name="Support", address=USER, outgoing=way_out)
    waiting: list[bytes] = []
    taken: list[bool] = []

    def bring() -> None:
        while waiting:
            answer = Client().post(f"/push/{token}/", waiting[0], content_type="message/rfc822")
            taken.append(answer.status_code in (200, 202))
            waiting.pop(0)

    yield World(
        ground.organization,
        deliver=waiting.append,
        sent=lambda: [mail.recipients for mail in smtp.received],
        as_wanted=lambda number: taken == [True] * number,
        bring=bring,
        tells_fate=False,
    )
