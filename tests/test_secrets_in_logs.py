"""No secret reaches a log, whatever fails, and with everything logged that can be."""

from __future__ import annotations

import base64
import logging
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings as configuration
from django.core import mail
from django.test import Client

from helpdesk.accounts.models import Role
from helpdesk.accounts.services.invitations import invite
from helpdesk.lib.log_lines import FieldsFormatter
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.web.request_ids import RequestIdFilter
from mailboxes.models import OutgoingServer
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import create_mailbox
from mailboxes.views import mailboxes, push
from tests.factories.integrations import make_integration
from tests.factories.mailboxes import make_push_mailbox
from tests.factories.outgoing import make_outgoing_server, queue_mail
from tests.mailboxes.conftest import account, mail_settings
from ticketing.models import Proof
from ticketing.services.syncing.hooks import create_hook

__all__ = ["account", "mail_settings"]

pytestmark = [pytest.mark.django_db]
SECRET = "s3cret-Of-A-Mailbox"


@pytest.fixture
def log() -> Iterator[StringIO]:
    """Everything that any logger writes, in the product's own lines, as with LOG_LEVEL=DEBUG."""
    written = StringIO()
    handler = logging.StreamHandler(written)
    handler.addFilter(RequestIdFilter())
    handler.setFormatter(FieldsFormatter(configuration.LOGGING["formatters"]["line"]["fmt"]))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield written
    root.removeHandler(handler)
    root.setLevel(level)


@pytest.fixture
def token(people: Any) -> str:
    with organization_scope(people.owner.organization_id):
        return invite("nora@fernhollow.test", role=Role.AGENT, actor=people.admin)[1]


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    "sign_in", [lambda client, people: None, lambda client, people: client.force_login(people.stranger.user)]
)
def test_the_link_of_an_invitation(
    people: Any, token: str, log: StringIO, sign_in: Any, headers: dict[str, str]
) -> None:
    client = Client(headers=headers)
    sign_in(client, people)
    client.get(f"/invitations/{token}/")
    client.post(f"/invitations/{token}/", {"name": "", "password": SECRET})
    client.get(f"/invitations/{token}/x/")
    client.put(f"/invitations/{token}/")
    assert "/invitations/" in log.getvalue()
    assert token not in log.getvalue()
    assert SECRET not in log.getvalue()


def test_the_link_that_sets_a_password(people: Any, log: StringIO) -> None:
    client = Client()
    client.post("/accounts/password/reset/", {"email": people.agent.user.email})
    [link] = [word for word in mail.outbox[0].body.split() if "/reset/key/" in word]
    path = link.partition("://")[2].partition("/")[2]
    client.put(f"/{path}")
    client.get(f"/{path}x/")
    key = path.rstrip("/").rpartition("/")[2]
    assert key not in log.getvalue()


def test_a_password_that_is_wrong(people: Any, log: StringIO) -> None:
    client = Client()
    client.post("/accounts/login/", {"login": people.agent.user.email, "password": SECRET})
    assert SECRET not in log.getvalue()


def test_a_page_that_breaks(people: Any, log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    def break_down(*_arguments: object, **_more: object) -> None:
        raise RuntimeError("boom")

    monkeypatch.setattr(mailboxes, "mailbox_form", break_down)
    client = Client(raise_request_exception=False)
    client.force_login(people.admin.user)
    answer = client.post("/o/fernhollow/mailboxes/new/", {"password": SECRET})
    assert answer.status_code == 500
    assert "boom" in log.getvalue()
    assert "boom" not in answer.content.decode()
    assert SECRET not in log.getvalue()
    assert mail.outbox == []


def test_the_secret_address_of_a_mailbox(fernhollow: Any, log: StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    _, token = make_push_mailbox(fernhollow)
    client = Client(raise_request_exception=False)
    client.get(f"/push/{token}/")
    client.post(f"/push/{token}/x/")
    client.post(f"/push/{token}/", b"", content_type="message/rfc822")
    monkeypatch.setattr(push, "receive", lambda *_, **__: 1 / 0)
    broken = client.post(f"/push/{token}/", b"From: a@b.test", content_type="message/rfc822")
    assert broken.status_code == 500
    assert "/push/" in log.getvalue()
    assert token not in log.getvalue()


@pytest.mark.servers
def test_a_mailbox_whose_password_is_refused(people: Any, account: Any, log: StringIO) -> None:
    entered = account.entered()
    with organization_scope(people.owner.organization_id):
        mailbox = create_mailbox(replace(entered, incoming=replace(entered.incoming, password=SECRET)))
    counts = poll_now(mailbox.pk, is_processed=False, wait_s=5)
    assert counts.errors
    assert "poll.failed" in log.getvalue()
    assert SECRET not in log.getvalue() + str(counts)


@pytest.mark.parametrize("answer", ["535 5.7.8 no such login", "454 4.7.0 try later", None])
def test_an_outgoing_server_that_is_signed_in_to(
    people: Any, smtp_server: Any, mail_settings: Any, log: StringIO, settings: Any, answer: str | None
) -> None:
    settings.MAIL_ALLOWED_PORTS = frozenset({smtp_server.port})
    settings.MAIL_ALLOW_CLEARTEXT = True
    smtp_server.behave(auth_answer=answer, users={"ines": SECRET})
    with organization_scope(people.owner.organization_id):
        queue_mail(make_outgoing_server(smtp_server.port, username="ines", password=SECRET))
    assert drains.drain_now(WorkKind.DELIVER) == 1
    with organization_scope(people.owner.organization_id):
        assert OutgoingServer.objects.get().paused_at is None or answer == "535 5.7.8 no such login"
    assert len(smtp_server.received) == (answer is None)
    assert SECRET not in log.getvalue()
    assert base64.b64encode(SECRET.encode()).decode() not in log.getvalue()


def test_the_address_at_which_other_systems_call(people: Any, log: StringIO) -> None:
    with organization_scope(people.admin.organization_id):
        integration = make_integration(people.admin)
        given = create_hook(integration, proof=Proof.SIGNATURE, actor=people.admin)
    path = urlsplit(given.address).path
    client = Client(raise_request_exception=False)
    assert client.post(f"{path}x/").status_code == 404
    assert client.get(path).status_code == 405
    assert client.post(path, b"{}", content_type="application/json").status_code == 401
    assert "/hooks/" in log.getvalue()
    assert path.strip("/").partition("/")[2] not in log.getvalue()
