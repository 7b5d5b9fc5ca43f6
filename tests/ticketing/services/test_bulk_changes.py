"""All tickets of a view are changed by a worker: which ones, once each, for whom, and back again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import Membership, Role, Team
from helpdesk.accounts.services.members import change_role
from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_contact, make_ticket
from ticketing.models import BulkChange, BulkRefusal, BulkState, EventKind, Priority, Status, Ticket, TicketEvent
from ticketing.queries.tickets import View, team_view, view_named
from ticketing.services import bulk_work, changes
from ticketing.services.bulk_changes import (
    BulkRefused,
    dismiss_bulk_change,
    start_bulk_change,
    start_undoing,
    start_with_left,
    stop_bulk_change,
)
from ticketing.services.history import By

pytestmark = [pytest.mark.both, pytest.mark.django_db(transaction=True)]
Start = Callable[..., BulkChange]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_work, "BATCH", 3)


@pytest.fixture
def tickets(fernhollow: Any) -> list[Ticket]:
    """Seven that need a reply, the first one the newest."""
    with organization_scope(fernhollow.id):
        contact = make_contact()
        now = clock.now()
        return [make_ticket(f"T{n}", contact=contact, active_at=now - timedelta(minutes=n)) for n in range(7)]


@pytest.fixture
def start(fernhollow: Any, people: Any) -> Start:
    def begin(what: str = "status", value: str = "solved", **options: Any) -> BulkChange:
        view = options.pop("view", named("needs-reply"))
        words = options.pop("words", "")
        with organization_scope(fernhollow.id):
            actor = options.pop("actor", people.agent)
            return start_bulk_change(what=what, value=value, view=view, words=words, actor=actor)

    return begin


def named(slug: str) -> View:
    view = view_named(slug)
    assert view is not None
    return view


def turn() -> None:
    """A worker has its next turn."""
    claim = work.claim_next(WorkKind.BULK_CHANGE, lease_s=60)
    assert claim is not None
    bulk_work.handle(claim)


def finish() -> None:
    drains.drain_now(WorkKind.BULK_CHANGE, budget_s=60)


def again(change: BulkChange) -> BulkChange:
    with organization_scope(change.organization_id):
        return BulkChange.objects.get(pk=change.pk)


def statuses(organization: Any) -> dict[str, str]:
    with organization_scope(organization.id):
        return dict(Ticket.objects.values_list("subject", "status"))


def counted(change: BulkChange) -> tuple[str, int | None, int, int, int]:
    now = again(change)
    return now.state, now.total, now.changed, now.unchanged, now.kept


def test_every_ticket_of_the_view_is_changed_and_has_its_entry(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    finish()
    assert set(statuses(fernhollow).values()) == {"solved"}
    assert counted(change) == (BulkState.DONE, 7, 7, 0, 0)
    with organization_scope(fernhollow.id):
        events = TicketEvent.objects.filter(kind=EventKind.STATUS_CHANGED)
        assert {(e.actor, e.cause, e.origin, e.data["bulk"]) for e in events} == {
            (people.agent, "agent", "worker", change.pk)
        }
        assert len({event.ticket_id for event in events}) == len(events) == 7
    assert not WorkItem.objects.filter(kind=WorkKind.BULK_CHANGE).exists()


def test_what_comes_into_the_view_after_the_start_is_not_touched(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    with organization_scope(fernhollow.id):
        old = make_ticket("Old", active_at=clock.now() - timedelta(days=9), status=Status.SOLVED, needs_reply=False)
    start()
    with organization_scope(fernhollow.id):
        make_ticket("New one")
        changes.change_status([old], status=Status.OPEN, by=By(actor=people.admin))
        Ticket.objects.filter(pk=old.pk).update(needs_reply=True)
    finish()
    assert {name for name, status in statuses(fernhollow).items() if status != "solved"} == {"Old", "New one"}


def test_what_somebody_changed_since_the_start_stays_and_is_counted(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    turn()
    with organization_scope(fernhollow.id):
        add_message(tickets[5], text="One more thing.")
        changes.change_status([tickets[6]], status=Status.HOLD, by=By(actor=people.admin))
    finish()
    assert (statuses(fernhollow)["T5"], statuses(fernhollow)["T6"]) == ("new", "hold")
    assert counted(change) == (BulkState.DONE, 7, 5, 0, 0)
    assert again(change).elsewhere == 2


def test_what_was_left_alone_gets_the_change_too_when_asked_as_far_as_it_is_in_the_view(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    turn()
    with organization_scope(fernhollow.id):
        make_ticket("New one")
        add_message(tickets[5], text="One more thing.")
        changes.change_status([tickets[6]], status=Status.HOLD, by=By(actor=people.admin))
    finish()
    assert again(change).left_ids == [tickets[5].pk]
    with organization_scope(fernhollow.id):
        more = start_with_left(change, actor=people.agent)
        assert more is not None
        with pytest.raises(BulkRefused):
            start_undoing(change, actor=people.agent)
    finish()
    seen = statuses(fernhollow)
    assert (seen["T5"], seen["T6"], seen["New one"]) == ("solved", "hold", "new")
    assert counted(more) == (BulkState.DONE, 1, 1, 0, 0)
    with organization_scope(fernhollow.id):
        assert start_with_left(change, actor=people.agent) is None


def test_of_a_view_too_large_to_remember_nothing_is_offered(
    fernhollow: Any, tickets: list[Ticket], start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_work, "MOST_KEPT", 6)
    change = start()
    turn()
    with organization_scope(fernhollow.id):
        add_message(tickets[5], text="One more thing.")
    finish()
    assert (again(change).total, again(change).elsewhere, again(change).left) == (7, 1, 0)


def test_what_is_so_already_and_what_cannot_become_so_is_told_apart(
    fernhollow: Any, tickets: list[Ticket], start: Start
) -> None:
    with organization_scope(fernhollow.id):
        pks = [ticket.pk for ticket in tickets]
        Ticket.objects.filter(pk__in=pks[:2]).update(status=Status.CLOSED)
        Ticket.objects.filter(pk__in=pks[2:]).update(status=Status.SOLVED)
        Ticket.objects.filter(pk=pks[6]).update(is_spam=True)
    change = start(value="solved", view=named("solved"))
    finish()
    assert counted(change) == (BulkState.DONE, 6, 0, 4, 2)


def test_only_what_the_search_found_is_changed(fernhollow: Any, tickets: list[Ticket], start: Start) -> None:
    start("tag", "stove", words=str(tickets[3].number))
    finish()
    with organization_scope(fernhollow.id):
        assert [t.subject for t in Ticket.objects.filter(taggings__tag__name="stove")] == ["T3"]


@pytest.mark.parametrize(("what", "value"), [("assignment", "me"), ("priority", "high"), ("spam", "yes"), ("tag", "x")])
def test_each_kind_of_change_is_made_and_taken_back(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start, what: str, value: str
) -> None:
    def state() -> list[tuple[Any, ...]]:
        with organization_scope(fernhollow.id):
            columns = ("subject", "assignee", "priority", "is_spam", "taggings__tag__name")
            return list(Ticket.objects.order_by("subject").values_list(*columns))

    before = state()
    change = start(what, value)
    finish()
    assert all(now != then for now, then in zip(state(), before, strict=True))
    with organization_scope(fernhollow.id):
        undoing = start_undoing(again(change), actor=people.agent)
    assert undoing is not None
    finish()
    assert state() == before
    assert counted(undoing) == (BulkState.DONE, 7, 7, 0, 0)
    assert again(change).dismissed_at is not None


def test_undo_spares_what_was_changed_since_and_is_done_once(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    finish()
    with organization_scope(fernhollow.id):
        changes.change_status([tickets[1]], status=Status.OPEN, by=By(actor=people.admin))
        undoing = start_undoing(again(change), actor=people.agent)
        assert undoing is not None
        assert start_undoing(again(change), actor=people.agent) is None
    finish()
    assert counted(undoing) == (BulkState.DONE, 7, 6, 0, 1)
    assert statuses(fernhollow)["T1"] == "open"


def test_undo_leaves_other_changes_of_the_same_agent(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start("priority", "high")
    turn()
    with organization_scope(fernhollow.id):
        changes.set_priority(tickets[6:], priority=Priority.URGENT, by=By(actor=people.agent))
    finish()
    with organization_scope(fernhollow.id):
        start_undoing(again(change), actor=people.agent)
    finish()
    with organization_scope(fernhollow.id):
        assert Ticket.objects.exclude(priority="normal").get().subject == "T6"


def test_a_stopped_change_goes_no_further_and_can_be_taken_back(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    turn()
    with organization_scope(fernhollow.id):
        stop_bulk_change(change, actor=people.agent)
    finish()
    assert counted(change) == (BulkState.STOPPED, 7, 3, 0, 0)
    with organization_scope(fernhollow.id):
        start_undoing(again(change), actor=people.agent)
    finish()
    assert set(statuses(fernhollow).values()) == {"new"}


def test_a_worker_that_breaks_in_the_middle_leaves_nothing_half_done(
    fernhollow: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    turn()
    faults.arm("bulk.changed:raise")
    claim = work.claim_next(WorkKind.BULK_CHANGE, lease_s=60)
    assert claim is not None
    with pytest.raises(faults.FaultInjected):
        bulk_work.handle(claim)
    assert list(statuses(fernhollow).values()).count("solved") == 3
    assert again(change).changed == 3
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        finish()
    assert counted(change) == (BulkState.DONE, 7, 7, 0, 0)


@pytest.fixture(autouse=True)
def no_faults() -> Iterator[None]:
    yield
    faults.arm("")


def test_a_worker_past_its_lease_changes_nothing(fernhollow: Any, tickets: list[Ticket], start: Start) -> None:
    start()
    late = work.claim_next(WorkKind.BULK_CHANGE, lease_s=60)
    assert late is not None
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        assert work.claim_next(WorkKind.BULK_CHANGE, lease_s=60) is not None
        with pytest.raises(work.LeaseLost):
            bulk_work.handle(late)
    assert set(statuses(fernhollow).values()) == {"new"}


def test_who_may_not_work_any_more_changes_nothing_more(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    change = start()
    turn()
    with organization_scope(fernhollow.id):
        change_role(people.agent.pk, role=Role.VIEWER, actor=people.owner)
    finish()
    assert counted(change)[:3] == (BulkState.REFUSED, 7, 3)
    assert again(change).refusal == BulkRefusal.NO_RIGHT


def test_an_agent_who_left_gets_nothing_more(fernhollow: Any, people: Any, tickets: list[Ticket], start: Start) -> None:
    change = start("assignment", str(people.admin.pk))
    turn()
    with organization_scope(fernhollow.id):
        Membership.objects.filter(pk=people.admin.pk).update(is_active=False)
    finish()
    assert counted(change)[:3] == (BulkState.REFUSED, 7, 3)
    assert again(change).refusal == BulkRefusal.NO_VALUE


def test_a_view_of_a_team_that_is_gone_ends_the_change(
    fernhollow: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    with organization_scope(fernhollow.id):
        team = Team.objects.create(name="Repairs")
    change = start(view=team_view(team))
    with organization_scope(fernhollow.id):
        team.delete()
    finish()
    assert (again(change).state, again(change).refusal) == (BulkState.REFUSED, BulkRefusal.NO_VIEW)


def test_another_organizations_tickets_stay(
    fernhollow: Any, otherco: Any, people: Any, tickets: list[Ticket], start: Start
) -> None:
    with organization_scope(otherco.id):
        make_ticket("Theirs")
    start()
    finish()
    assert statuses(otherco) == {"Theirs": "new"}


def test_the_next_change_waits_for_the_last_one(fernhollow: Any, tickets: list[Ticket], start: Start) -> None:
    start()
    with pytest.raises(BulkRefused):
        start("priority", "high")
    finish()
    assert start("priority", "high").state == BulkState.RUNNING


@pytest.mark.parametrize(("what", "value"), [("status", "nonsense"), ("assignment", "0"), ("untag", "1"), ("spam", "")])
def test_what_is_no_choice_does_not_begin(start: Start, tickets: list[Ticket], what: str, value: str) -> None:
    with pytest.raises((ValueError, KeyError)):
        start(what, value)
    assert not WorkItem.objects.filter(kind=WorkKind.BULK_CHANGE).exists()


def test_a_running_change_is_not_put_away(fernhollow: Any, people: Any, tickets: list[Ticket], start: Start) -> None:
    change = start()
    with organization_scope(fernhollow.id):
        dismiss_bulk_change(change, actor=people.agent)
    assert again(change).dismissed_at is None
