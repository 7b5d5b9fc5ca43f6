"""Proxies as objects: named, audited, their passwords kept where they belong, and used by what selected them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import secrets
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Connection, Proxy
from mailboxes.services.setup.proxies import (
    ProxyInput,
    change_proxy,
    create_proxy,
    delete_proxy,
    proxy_config,
    users_of,
)
from tests.servers.egress import PASSWORD, USER, EgressProxy

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.25")]

ENTERED = ProxyInput("Way out", "socks5", "proxy.example", 1080, username="u", password="pr0xy-word")


@pytest.fixture
def actor(people: Any) -> Iterator[Any]:
    with organization_scope(people.admin.organization_id):
        yield people.admin


@pytest.mark.both
def test_its_password_is_sealed_and_told_to_connectors_alone(actor: Any) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    assert "pr0xy-word" not in proxy.password_sealed
    config = proxy_config(proxy)
    assert config is not None
    assert (config.username, config.password) == ("u", "pr0xy-word")
    assert "pr0xy-word" not in repr(config)
    entry = AuditEntry.objects.get(action="proxy.created")
    assert "pr0xy-word" not in str(entry.changes)


@pytest.mark.parametrize(
    "other",
    [{"host": "evil.example"}, {"port": 1081}, {"kind": "http"}, {"username": "v"}],
    ids=lambda o: next(iter(o)),
)
def test_a_password_never_goes_to_a_proxy_it_was_not_entered_for(actor: Any, other: dict[str, Any]) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    change_proxy(proxy, replace(ENTERED, password="", **other), actor=actor)
    assert secrets.open_for(Proxy.objects.get(), "password_sealed") == ""


def test_another_name_keeps_the_password(actor: Any) -> None:
    proxy = create_proxy(ENTERED, actor=actor)
    change_proxy(proxy, replace(ENTERED, name="Other", password=""), actor=actor)
    assert secrets.open_for(Proxy.objects.get(), "password_sealed") == "pr0xy-word"
    assert AuditEntry.objects.get(action="proxy.changed").changes == {"name": ["Way out", "Other"]}


@pytest.mark.parametrize(
    ("entered", "code"),
    [
        ({"host": "no host"}, "host"),
        ({"host": ""}, "host"),
        ({"port": 0}, "port"),
        ({"port": 70_000}, "port"),
        ({"name": "a\nb"}, "control_characters"),
        ({"kind": "http", "username": "a:b"}, "username"),
    ],
)
def test_what_cannot_be_is_refused(actor: Any, entered: dict[str, Any], code: str) -> None:
    with pytest.raises(DomainError) as error:
        create_proxy(replace(ENTERED, **entered), actor=actor)
    assert error.value.code == code
    assert not Proxy.objects.exists()


def test_a_name_is_taken_once(actor: Any) -> None:
    create_proxy(ENTERED, actor=actor)
    with pytest.raises(DomainError, match="this name"):
        create_proxy(ENTERED, actor=actor)


@pytest.mark.servers
@pytest.mark.parametrize("kind", ["socks5", "http"])
def test_a_mailbox_is_polled_through_its_proxy_and_protects_it(account: Any, people: Any, kind: Any) -> None:
    mailbox = account.connect(is_looked_at=False)
    with EgressProxy(kind) as running:
        entered = ProxyInput("Way out", kind, "127.0.0.1", running.port, username=USER, password=PASSWORD)
        with organization_scope(account.organization.id):
            proxy = create_proxy(entered, actor=people.admin)
            Connection.objects.filter(id=mailbox.connection_id).update(proxy=proxy)
            assert users_of(proxy) == [mailbox]
            with pytest.raises(DomainError, match="Choose another way"):
                delete_proxy(proxy, actor=people.admin)
        account.deliver(1)
        assert account.poll().stored == 1
    counts = account.poll()
    assert counts.errors == ["proxy_unreachable"]
