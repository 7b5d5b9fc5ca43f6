"""One organization's backlog does not keep the others waiting."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, store
from tests.factories.outgoing import make_mailbox
from tests.factories.people import make_organization

pytestmark = [pytest.mark.django_db, pytest.mark.both]

BACKLOG = 20_000
REAL = 60  # of the backlog: more than are claimed at once, and than one wake-up gets to
QUIET = 10
MAIL_S = 0.1  # what a mail takes here: each look at the clock finds it so much later


@pytest.fixture
def loud(fernhollow: Any) -> Mailbox:
    """A mailbox with a backlog, of which the oldest mails are there and the others only due."""
    with organization_scope(fernhollow.id):
        mailbox = make_mailbox(address="help@loud.test")
        for number in range(REAL):
            # Of many people, or it would be a loop.
            store(mailbox, make_mail(message_id=f"{number}@loud.test", sender=f"person{number}@loud.test"))
    rest = range(10**6, 10**6 + BACKLOG - REAL)
    work.enqueue_many(WorkKind.PROCESS, organization_id=fernhollow.id, row_ids=rest)
    return mailbox


@pytest.fixture
def quiet() -> list[Any]:
    """Organizations of whose mails one each waits, behind the whole backlog."""
    organizations = [make_organization(f"quiet{number}") for number in range(QUIET)]
    for organization in organizations:
        with organization_scope(organization.id):
            store(make_mailbox(address="help@quiet.test"), make_mail())
    return organizations


def test_ten_quiet_organizations_are_served_within_one_wake_up_beside_a_backlog_of_20000(
    loud: Mailbox, quiet: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = count()
    monkeypatch.setattr(clock, "monotonic", lambda: next(looks) * MAIL_S)
    handled = drains.drain_now(WorkKind.PROCESS)
    for organization in quiet:
        with organization_scope(organization.id):
            assert RemoteMessage.objects.get().outcome == Outcome.CREATED
    with organization_scope(loud.organization_id):
        created = RemoteMessage.objects.filter(outcome=Outcome.CREATED).count()
    assert (created, created < REAL) == (handled - QUIET, True)
    assert WorkItem.objects.count() == BACKLOG + QUIET - handled
