"""The start date on the page of a mailbox."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExistingMail, Health, Mailbox
from tests.mailboxes.pages.entering import MAILBOXES, entered, only_mailbox

pytestmark = pytest.mark.django_db


@pytest.fixture
def added(admin: Client, fernhollow: Any) -> Mailbox:
    """A mailbox added by the form, not polled yet."""
    admin.post(f"{MAILBOXES}new/", entered())
    return only_mailbox(fernhollow)


@pytest.fixture
def in_use(added: Mailbox, fernhollow: Any) -> Mailbox:
    """A mailbox that was polled; it imports mail since 3 February 2020 as closed tickets."""
    with organization_scope(fernhollow.id):
        Mailbox.objects.update(
            is_draft=False,
            health=Health.REACHABLE,
            existing_mail=ExistingMail.CLOSED,
            start_at=datetime(2020, 2, 3, 9, 30, tzinfo=UTC),
        )
    return only_mailbox(fernhollow)


@pytest.mark.req("S1.34")
def test_the_start_date_is_shown_and_stays_to_the_minute_unless_the_day_changes(
    in_use: Mailbox, admin: Client, fernhollow: Any
) -> None:
    address = f"{MAILBOXES}{in_use.pk}/"
    assert 'name="start_on" value="2020-02-03"' in admin.get(address).content.decode()
    admin.post(address, entered(password="", existing_mail="closed", start_on="2020-02-03"))
    assert only_mailbox(fernhollow).start_at == in_use.start_at
    admin.post(address, entered(password="", existing_mail="open", start_on="2020-01-05"))
    moved = only_mailbox(fernhollow)
    assert (moved.start_at, moved.existing_mail) == (datetime(2020, 1, 5, tzinfo=UTC), ExistingMail.OPEN)
    trail = admin.get("/o/fernhollow/settings/log/").content.decode()
    assert "start date" in trail


@pytest.mark.req("S1.34")
@pytest.mark.parametrize(
    ("existing_mail", "start_on", "advice"),
    [
        ("ignore", "2020-01-05", "choose above how"),
        ("ignore", "", "choose above how"),
        ("closed", "9999-12-31", "Choose a day between"),
        ("open", "1066-10-14", "Choose a day between"),
    ],
)
def test_a_start_date_that_would_do_nothing_or_cannot_be_is_refused(
    in_use: Mailbox, admin: Client, fernhollow: Any, existing_mail: str, start_on: str, advice: str
) -> None:
    values = entered(password="", existing_mail=existing_mail, start_on=start_on)
    response = admin.post(f"{MAILBOXES}{in_use.pk}/", values)
    assert response.status_code == 422
    assert advice in response.content.decode()
    assert only_mailbox(fernhollow).start_at == in_use.start_at


@pytest.mark.req("S1.34")
def test_the_start_date_is_not_in_the_form_before_the_mailbox_is_polled(added: Mailbox, admin: Client) -> None:
    for address in ("new/", f"{added.pk}/"):
        assert "start_on" not in admin.get(f"{MAILBOXES}{address}").content.decode()
