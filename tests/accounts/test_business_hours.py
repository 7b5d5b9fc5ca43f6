"""Business hours are set on a page of the settings, audited, and asked for as a value."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, BusinessHours, Counters, Role
from helpdesk.accounts.services.business_hours import opening_hours
from helpdesk.tenancy.scope import organization_scope
from tests.factories.people import make_member

pytestmark = pytest.mark.django_db
PAGE = "/o/fernhollow/settings/hours/"
FORM = {"version": "0", "is_on": "on", "timezone": "Europe/Berlin", "monday": "9-17", "days_off": "2026-12-28 Holidays"}


def test_hours_are_shown_saved_and_hold(fernhollow: Any, signed_in: Any) -> None:
    client = signed_in(make_member(fernhollow, role=Role.ADMIN))
    assert "09:00-17:00" in client.get(PAGE).content.decode()
    with organization_scope(fernhollow.id):
        assert opening_hours() is None
        before = Counters.objects.get().policy_version
    assert client.post(PAGE, FORM).status_code == 302
    with organization_scope(fernhollow.id):
        hours = opening_hours()
        assert hours is not None
        assert [hours.is_open(datetime(2026, 12, day, 9, tzinfo=UTC)) for day in (21, 22, 28)] == [True, False, False]
        assert AuditEntry.objects.get().changes["monday"] == ["", "09:00-17:00"]
        assert Counters.objects.get().policy_version != before
    assert "2026-12-28 Holidays" in client.get(PAGE).content.decode()
    stale = client.post(PAGE, FORM | {"monday": "8-12"})
    assert (stale.status_code, "Somebody else changed this page" in stale.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("monday", "17-9", "are no hours in order"),
        ("monday", "", "Enter the hours of at least one day"),
        ("days_off", "Christmas", "begins with no date"),
        ("timezone", "Nowhere/City", "Select a valid choice"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(fernhollow: Any, signed_in: Any, field: str, value: str, said: str) -> None:
    client = signed_in(make_member(fernhollow, role=Role.ADMIN))
    answer = client.post(PAGE, FORM | {field: value})
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    with organization_scope(fernhollow.id):
        assert not BusinessHours.objects.exists()
