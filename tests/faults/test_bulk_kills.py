"""A worker is killed while it changes all tickets of a view: the next one goes on, and nothing is done twice."""

from __future__ import annotations

import pytest

from tests.faults.harness import LEASE_S, SLUG, Ended, Installation

pytestmark = [pytest.mark.servers, pytest.mark.both]
_WITHIN = f"""
from helpdesk.accounts.models import Organization
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from django.db import transaction
organization = Organization.objects.get(slug={SLUG!r})
"""
_START = (
    _WITHIN
    + """
import uuid
from tests.factories.people import make_member
from tests.factories.tickets import make_contact, make_ticket
from ticketing.queries.tickets import view_named
from ticketing.services.bulk_changes import start_bulk_change
agent = make_member(organization, email=f"{uuid.uuid4()}@fernhollow.test")
with organization_scope(organization.pk), transaction.atomic():
    contact = make_contact(address=f"{uuid.uuid4()}@larkmoor.test")
    for number in range(250):
        make_ticket("Bulk kill", contact=contact)
with organization_scope(organization.pk):
    change = start_bulk_change(
        what="tag", value="killed", view=view_named("needs-reply"), words="", actor=agent
    )
print(change.pk)
"""
)


def work(installation: Installation, *, in_s: float = 0, fault: str = "") -> Ended:
    code = f"""{_WITHIN}
from datetime import timedelta
with clock.held_at(clock.now() + timedelta(seconds={in_s})):
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)
"""
    return installation.start_script(code, fault=fault).wait()


@pytest.mark.parametrize("fault", ["bulk.changed:kill:2", "bulk.committed:kill:2"])
def test_a_killed_worker_leaves_whole_hundreds_and_the_next_one_does_the_rest(
    installation: Installation, fault: str
) -> None:
    installation.script(
        f"{_WITHIN}\nfrom ticketing.models import Ticket\nwith organization_scope(organization.pk):"
        " Ticket.objects.update(needs_reply=False)"
    )
    change_id = int(installation.script(_START))
    assert work(installation, fault=fault).was_killed
    sql = "SELECT count(*), count(DISTINCT ticket_id) FROM ticketing_ticketevent WHERE kind = 'tag_added'"
    before = installation.rows(
        f"{sql} AND position > (SELECT upto_position FROM ticketing_bulkchange WHERE id = %s)", change_id
    )
    assert before in ([(100, 100)], [(200, 200)])
    assert work(installation, in_s=LEASE_S + 600).code == 0
    after = installation.rows(
        f"{sql} AND position > (SELECT upto_position FROM ticketing_bulkchange WHERE id = %s)", change_id
    )
    assert after == [(250, 250)]
    said = installation.rows("SELECT state, total, changed FROM ticketing_bulkchange WHERE id = %s", change_id)
    assert said == [("done", 250, 250)]
