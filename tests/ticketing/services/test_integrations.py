"""Integrations and their tokens: who is known by one, until when, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.models import TokenEntry
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration, make_token
from tests.factories.tickets import make_ticket
from ticketing.models import Integration, IntegrationToken, Priority, TicketEvent
from ticketing.services import changes
from ticketing.services.history import by_author
from ticketing.services.integrations import integrations as services
from ticketing.services.integrations.tokens import Issued, TokenRefused, revoke_token, speaker

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.4")]
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


@pytest.fixture
def issued(people: Any) -> Issued:
    """A token of fernhollow's shop."""
    with clock.held_at(NOON), organization_scope(people.admin.organization_id):
        return make_token(make_integration(people.admin), actor=people.admin, expires_at=NOON + timedelta(days=1))


@pytest.mark.both
def test_a_token_speaks_for_its_integration_and_is_stored_nowhere(issued: Issued, people: Any) -> None:
    with clock.held_at(NOON):
        token = speaker(issued.secret)
    assert (token.integration.name, token.organization_id) == ("Shop", people.admin.organization_id)
    assert token.last_used_at == NOON
    assert issued.secret.startswith(token.prefix)
    assert len(issued.secret) > len(token.prefix) + 32
    assert issued.secret not in str(TokenEntry.objects.values_list())
    assert issued.secret not in repr(issued)


def _revoke(token: IntegrationToken, actor: Any) -> None:
    revoke_token(token, actor=actor)


def _pause(token: IntegrationToken, actor: Any) -> None:
    services.pause_integration(token.integration, actor=actor)


def _delete(token: IntegrationToken, actor: Any) -> None:
    services.delete_integration(token.integration, actor=actor)


@pytest.mark.parametrize(("end", "code"), [(_revoke, "token"), (_pause, "paused"), (_delete, "token")])
def test_what_is_ended_is_refused_from_the_next_call_on(
    end: Callable[[IntegrationToken, Any], None], code: str, issued: Issued, people: Any
) -> None:
    with organization_scope(people.admin.organization_id):
        end(issued.token, people.admin)
    with clock.held_at(NOON), pytest.raises(TokenRefused) as refused:
        speaker(issued.secret)
    assert refused.value.code == code


def test_an_expired_token_is_refused_and_says_so(issued: Issued) -> None:
    with clock.held_at(NOON + timedelta(days=1)), pytest.raises(TokenRefused) as refused:
        speaker(issued.secret)
    assert refused.value.code == "expired"


@pytest.mark.parametrize("secret", ["", "postroom_", "postroom_" + "a" * 43, "\ud800", "x" * 10_000])
def test_what_we_never_gave_out_is_refused(secret: str, issued: Issued) -> None:
    with pytest.raises(TokenRefused):
        speaker(secret)


def test_a_resumed_integration_speaks_again(issued: Issued, people: Any) -> None:
    with organization_scope(people.admin.organization_id):
        services.pause_integration(issued.token.integration, actor=people.admin)
        services.resume_integration(issued.token.integration, actor=people.admin)
    with clock.held_at(NOON):
        assert speaker(issued.secret).integration.name == "Shop"


def test_use_is_noted_once_a_minute(issued: Issued) -> None:
    with clock.held_at(NOON):
        speaker(issued.secret)
    with clock.held_at(NOON + timedelta(seconds=59)):
        assert speaker(issued.secret).last_used_at == NOON
    with clock.held_at(NOON + timedelta(seconds=60)):
        speaker(issued.secret)
        assert speaker(issued.secret).last_used_at == NOON + timedelta(seconds=60)


def test_every_change_is_in_the_configuration_log_without_the_secret(
    issued: Issued, people: Any, in_fernhollow: Any
) -> None:
    shop = issued.token.integration
    services.rename_integration(shop, name="  Web   shop ", actor=people.admin)
    services.pause_integration(shop, actor=people.admin)
    services.pause_integration(shop, actor=people.admin)
    services.resume_integration(shop, actor=people.admin)
    revoke_token(issued.token, actor=people.admin)
    services.delete_integration(shop, actor=people.admin)
    entries = AuditEntry.objects.filter(action__startswith="integration.").order_by("id")
    done = [action.partition(".")[2] for action in entries.values_list("action", flat=True)]
    assert done == ["created", "token_issued", "renamed", "paused", "resumed", "token_revoked", "deleted"]
    assert issued.secret not in str(list(entries.values_list("changes", flat=True)))


def test_two_integrations_do_not_share_a_name_until_one_is_deleted(people: Any, in_fernhollow: Any) -> None:
    first = make_integration(people.admin)
    with pytest.raises(DomainError, match="Choose another one"):
        make_integration(people.admin)
    services.delete_integration(first, actor=people.admin)
    make_integration(people.admin)
    assert Integration.objects.filter(name="Shop").count() == 2


@pytest.mark.both
def test_what_an_integration_changes_is_recorded_as_its_own(people: Any, in_fernhollow: Any) -> None:
    shop, ticket = make_integration(people.admin), make_ticket()
    changes.set_priority([ticket], priority=Priority.HIGH, by=by_author(shop))
    event = TicketEvent.objects.get(ticket=ticket, kind="priority_changed")
    assert (event.actor, event.integration, event.cause, event.origin) == (None, shop, "integration", "api")
