"""A mailbox that is read and answered with tokens, on a real Dovecot and a real SMTP server."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.oauth.token_set import TokenSet
from mailboxes.models import Connection, Flow, GrantState, Health, Mailbox, OAuthGrant, OutgoingServer, Provider
from mailboxes.services.oauth.signing_in import accept
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.sending.outgoing_servers import sender_of
from tests.factories.grants import make_grant
from tests.fakes.google import FakeGoogle, Grant
from tests.fakes.https import json_answer

pytestmark = [pytest.mark.django_db, pytest.mark.servers]
_numbers = count(1)
MAIL = b"From: amara@larkmoor.test\r\nSubject: hello\r\nMessage-ID: <%d@larkmoor.test>\r\n\r\nhello\r\n"


@pytest.fixture
def user(dovecot: Any) -> str:
    """Somebody whose token `<name>-first` is good."""
    name = f"bearer{next(_numbers)}"
    dovecot.add_user(name, "unused word")
    dovecot.add_token(name, f"{name}-first")
    return name


@pytest.fixture
def mailbox(google: FakeGoogle, dovecot: Any, user: str, fernhollow: Any) -> Mailbox:
    """The mailbox of that user, signed in for."""
    google.refresh_tokens["1//kept"] = Grant(user, ("mail",))
    first = TokenSet(access_token=f"{user}-first", expires_at=clock.in_seconds(3600), refresh_token="1//kept")
    app = {"client_id": google.client_id, "secret": google.client_secret}
    grant = make_grant(fernhollow, provider=Provider.GOOGLE, flow=Flow.USER, scopes=["mail"], tokens=first, **app)
    with organization_scope(fernhollow.id):
        place = {"host": "localhost", "port": dovecot.imaps_port, "security": "tls", "username": user}
        Connection.objects.filter(id=grant.connection_id).update(password_sealed="", password_set_at=None, **place)
        Mailbox.objects.update(existing_mail="open")
        return Mailbox.objects.get()


def now(mailbox: Mailbox) -> Mailbox:
    with organization_scope(mailbox.organization_id):
        return Mailbox.objects.get(id=mailbox.id)


def poll(mailbox: Mailbox, dovecot: Any, user: str) -> int:
    dovecot.deliver(user, MAIL % next(_numbers))
    return poll_now(mailbox.id, is_processed=False, wait_s=5).stored


@pytest.mark.req("S2.37", "S3.8")
def test_mail_is_read_with_a_token_and_goes_on_when_it_was_withdrawn(
    mailbox: Mailbox, google: FakeGoogle, dovecot: Any, user: str
) -> None:
    assert poll(mailbox, dovecot, user) == 1
    dovecot.revoke_token(f"{user}-first")
    dovecot.add_token(user, f"{user}-second")
    google.next("/token", json_answer({"access_token": f"{user}-second", "expires_in": 3600}))
    with organization_scope(mailbox.organization_id):
        OAuthGrant.objects.update(refreshed_at=clock.now() - timedelta(minutes=30))
    assert poll(mailbox, dovecot, user) == 1
    assert now(mailbox).health == Health.REACHABLE


@pytest.mark.req("F58", "F64")
def test_a_dead_grant_stops_reading_and_a_new_sign_in_goes_on_where_it_was(
    mailbox: Mailbox, google: FakeGoogle, dovecot: Any, user: str, people: Any
) -> None:
    poll(mailbox, dovecot, user)
    cursor = now(mailbox).cursor
    with organization_scope(mailbox.organization_id):
        grant = OAuthGrant.objects.get()
        OAuthGrant.objects.update(state=GrantState.DEAD, state_reason="grant_dead", state_detail="revoked")
    assert poll(mailbox, dovecot, user) == 0
    assert (now(mailbox).health, now(mailbox).error_reason) == (Health.UNREACHABLE, "grant_dead")
    again = TokenSet(access_token=f"{user}-first", expires_at=clock.in_seconds(3600), refresh_token="1//new")
    trouble = accept(
        mailbox.id,
        again,
        asked=("mail",),
        flow=Flow.USER,
        organization_id=mailbox.organization_id,
        actor=people.admin,
    )
    assert trouble is None
    assert poll(mailbox, dovecot, user) == 2
    assert now(mailbox).cursor == cursor + 2
    assert grant.tokens_version == 1


@pytest.mark.req("F66")
def test_mail_leaves_with_the_token_of_the_connection_as_the_shared_mailbox(
    mailbox: Mailbox, user: str, smtp_server: Any, fernhollow: Any
) -> None:
    smtp_server.behave(tokens={"shared@acme.example": f"{user}-first"})
    with organization_scope(fernhollow.id):
        place = {"host": "localhost", "port": smtp_server.port, "security": "starttls"}
        server = OutgoingServer.objects.create(login_of=mailbox.connection, **place)
        sender = sender_of(server, user="shared@acme.example")
    marked: list[Any] = []
    mail = MAIL % 1
    recipients = ["amara@larkmoor.test"]
    sender.send(mail, mail_from="shared@acme.example", recipients=recipients, before_data=marked.append)
    assert len(smtp_server.wait_for(1)) == 1
    assert marked == [recipients]
