"""The primary mailbox stands in where a ticket has none, or its own cannot answer."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Health, Mailbox
from mailboxes.services.sending.primary import answering_mailbox, end_primary, make_primary, primary_mailbox
from mailboxes.services.setup.mailboxes import delete_mailbox, pause_mailbox
from tests.factories.mailboxes import make_mailbox

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S4.27")]


@pytest.fixture
def two(people: Any) -> Any:
    """Two mailboxes of the organization, inside its scope."""
    boxes = [make_mailbox(people.admin.organization) for _ in range(2)]
    with organization_scope(people.admin.organization_id):
        yield boxes


def test_one_mailbox_is_primary_and_no_other(two: Any, people: Any) -> None:
    first, second = two
    make_primary(first, actor=people.admin)
    make_primary(second, actor=people.admin)
    make_primary(second, actor=people.admin)
    assert list(Mailbox.objects.filter(is_primary=True)) == [second]
    assert AuditEntry.objects.filter(action="mailbox.made_primary").count() == 2
    end_primary(second, actor=people.admin)
    assert primary_mailbox() is None


def test_a_mailbox_that_works_answers_itself(two: Any, people: Any) -> None:
    first, second = two
    make_primary(second, actor=people.admin)
    assert answering_mailbox(first) == first


@pytest.mark.parametrize("trouble", ["paused", "unreachable", "deleted"])
def test_the_primary_answers_for_one_that_cannot(two: Any, people: Any, trouble: str) -> None:
    first, second = two
    make_primary(second, actor=people.admin)
    if trouble == "paused":
        pause_mailbox(first)
    elif trouble == "deleted":
        delete_mailbox(first)
    else:
        Mailbox.objects.filter(id=first.id).update(health=Health.UNREACHABLE)
    assert answering_mailbox(Mailbox.objects.get(id=first.id)) == second


def test_the_primary_answers_where_there_is_no_mailbox(two: Any, people: Any) -> None:
    assert answering_mailbox(None) is None
    make_primary(two[0], actor=people.admin)
    assert answering_mailbox(None) == two[0]


def test_a_primary_that_cannot_answer_stands_in_for_nobody(two: Any, people: Any) -> None:
    first, second = two
    make_primary(second, actor=people.admin)
    pause_mailbox(second)
    pause_mailbox(first)
    assert answering_mailbox(Mailbox.objects.get(id=first.id)) == first
    assert answering_mailbox(None) is None


def test_a_deleted_primary_leaves_the_place_free(two: Any, people: Any) -> None:
    first, second = two
    make_primary(first, actor=people.admin)
    delete_mailbox(first)
    make_primary(second, actor=people.admin)
    assert primary_mailbox() == second
