"""The page of loop protection: what was stopped, letting it in again, and the limits."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.scope import organization_scope
from tests.access_filters import LOOPS_DATA
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from ticketing.models import Breaker
from ticketing.services.loops import LimitsInput, limits, set_limits

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.71")]

PAGE = "/o/fernhollow/loops/"


def test_what_was_stopped_is_shown_with_its_tickets_and_let_in_by_a_click(
    fernhollow: Any, signed_in: Any, people: Any
) -> None:
    with organization_scope(fernhollow.id):
        set_limits(LimitsInput(equal=3))
        seen = receive(make_mailbox(), *[make_mail() for _ in range(4)])
        breaker = Breaker.objects.get()
    admin = signed_in(people.admin)
    page = admin.get(PAGE).content.decode()
    assert "The same text came again and again from anna@customer.test" in page
    assert "/o/fernhollow/tickets/3/" in page
    assert f'href="{PAGE}"' in admin.get(f"/o/fernhollow/inbound-log/{seen[-1].pk}/").content.decode()
    log = admin.get("/o/fernhollow/inbound-log/?outcome=loop&q=anna@customer.test").content.decode()
    assert f"/inbound-log/{seen[-1].pk}/" in log
    assert admin.post(f"{PAGE}{breaker.pk}/resumption/").status_code == 302
    assert "Taken again" in admin.get(PAGE).content.decode()


def test_the_limits_are_saved_and_nonsense_is_not(fernhollow: Any, signed_in: Any, people: Any) -> None:
    admin = signed_in(people.admin)
    assert admin.post(PAGE, LOOPS_DATA).status_code == 302
    assert admin.post(PAGE, LOOPS_DATA | {"version": "1", "per_sender": "0"}).status_code == 422
    assert admin.post(PAGE, LOOPS_DATA).status_code == 422  # of an outdated page
    with organization_scope(fernhollow.id):
        assert limits() == LimitsInput(per_sender=50, version=1)
