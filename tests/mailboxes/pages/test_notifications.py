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
from mailboxes.services.liveness import notifications as told
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


def never_given(number: int) -> str:
    """An address that could be one."""
    return ADDRESS.format(f"{number:A>43}")


def test_guesses_from_everywhere_together_are_put_off_unlooked_up_and_stop_no_known_address(
    client: Client, address: str, monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any, own_cache: None
) -> None:
    assert client.post(address).status_code == 202
    monkeypatch.setattr(told, "MOST_LOOK_UPS", 3)
    answers = [client.post(never_given(n), REMOTE_ADDR=f"203.0.113.{n}").status_code for n in range(4)]
    assert answers == [202, 202, 429, 429]
    with django_assert_num_queries(0):
        assert client.post(never_given(9), REMOTE_ADDR="203.0.113.9").status_code == 429
        assert client.post(ADDRESS.format("no-address-at-all")).status_code == 202
    assert client.post(address).status_code == 202


def test_the_addresses_of_one_ipv6_network_are_one_caller(
    client: Client, monkeypatch: pytest.MonkeyPatch, own_cache: None
) -> None:
    monkeypatch.setattr(notifications, "MOST_A_MINUTE", 2)
    callers = ["2001:db8::1", "2001:db8::2", "2001:db8::3:4", "2001:db8:1::1"]
    answers = [client.post(ADDRESS.format("x"), REMOTE_ADDR=caller).status_code for caller in callers]
    assert answers == [202, 202, 429, 202]


def test_what_comes_to_an_address_that_ended_meanwhile_proves_nothing(
    client: Client, address: str, fernhollow: Any, own_cache: None
) -> None:
    client.post(address)
    with organization_scope(fernhollow.id):
        tokens.forget(TokenPurpose.NOTIFICATION, row_id=Mailbox.objects.get().pk)
    body = json.dumps({"value": [{"clientState": "x"}]})
    assert client.post(address, body, content_type="application/json").status_code == 202


def test_no_session_and_no_page_belong_to_it(client: Client, address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    answer = strict.post(address, b"{}", content_type="application/json")
    assert (answer.status_code, answer.cookies) == (202, {})
    assert client.get(address).status_code == 405
