"""The address that Microsoft Graph calls: the handshake, and what anybody may send there."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy import tokens
from helpdesk.tenancy.models import TokenPurpose
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.views import notifications
from tests.factories.mailboxes import make_mailbox

pytestmark = pytest.mark.django_db
ADDRESS = "/notifications/graph/{}/"


@pytest.fixture
def address(fernhollow: Any) -> str:
    """The secret address of a mailbox."""
    mailbox: Mailbox = make_mailbox(fernhollow)
    with organization_scope(fernhollow.id):
        token = tokens.issue(TokenPurpose.NOTIFICATION, row_id=mailbox.pk, expires_at=clock.in_seconds(3600))
    return ADDRESS.format(token)


@pytest.mark.parametrize("token", ["Validation: Testing client 42", "<script>alert(1)</script>", "a+b&c=ü%20"])
def test_the_handshake_gives_the_token_back_as_text(client: Client, address: str, token: str) -> None:
    answer = client.post(address, query_params={"validationToken": token})
    assert (answer.status_code, answer.content.decode()) == (200, token)
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_handshake_of_an_address_that_is_none_gives_nothing_back(client: Client, address: str) -> None:
    answer = client.post(ADDRESS.format("never-given"), query_params={"validationToken": "x"})
    assert (answer.status_code, answer.content) == (404, b"")
    assert client.post(address, query_params={"validationToken": "x" * 3000}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"value": 7}',
        b'{"value": [7, null, {"clientState": "x"}]}',
        b"[" * 100_000,
        json.dumps({"value": [{}] * 20_000}).encode(),
        b"\xff\xfe",
    ],
)
def test_whatever_is_sent_is_answered_at_once_and_alike(client: Client, address: str, body: bytes) -> None:
    for place in (address, ADDRESS.format("never-given")):
        assert client.post(place, body, content_type="application/json").status_code == 202


def test_what_is_too_long_is_not_read(client: Client, address: str) -> None:
    body = b"x" * (notifications.MAX_BODY_BYTES + 1)
    assert client.post(address, body, content_type="application/json").status_code == 413


def test_whoever_calls_without_end_is_put_off_before_anything_is_looked_up(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(notifications, "MOST_A_MINUTE", 1)
    assert client.post(address).status_code == 202
    with django_assert_num_queries(0):
        answer = client.post(address)
    assert (answer.status_code, answer["Retry-After"]) == (429, "60")


def test_no_session_and_no_page_belong_to_it(client: Client, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(address, b"{}", content_type="application/json")
    assert (answer.status_code, answer.cookies) == (202, {})
    assert client.get(address).status_code == 405
