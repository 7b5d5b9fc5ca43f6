"""One organization's backlog does not keep the others waiting."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy import work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RemoteMessage
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox
from tests.factories.people import make_organization
from ticketing.inbound.process import process_raw

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BACKLOG = 20_000
QUIET = 10


def test_ten_quiet_organizations_are_served_beside_a_backlog_of_20000(fernhollow: Any) -> None:
    work.enqueue_many(WorkKind.PROCESS, organization_id=fernhollow.id, row_ids=range(1, BACKLOG + 1))
    quiet = [make_organization(f"quiet{number}") for number in range(QUIET)]
    for organization in quiet:
        with organization_scope(organization.id):
            store(make_mailbox(address="help@quiet.test"), make_mail())
    last = 0
    for _turn in range(QUIET + 1):  # as a drain does it
        claim = work.claim_next(WorkKind.PROCESS, lease_s=60, after_organization_id=last)
        assert claim is not None
        last = claim.organization_id
        process_raw(claim)
    for organization in quiet:
        with organization_scope(organization.id):
            assert RemoteMessage.objects.get().outcome == Outcome.CREATED
    assert WorkItem.objects.count() == BACKLOG - 1
