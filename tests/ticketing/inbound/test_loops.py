"""More mail than is ordinary is stopped, kept and told of once, until somebody lets it in again."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings

from helpdesk.accounts.audit_words import field_words
from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.tenancy import drains, floods
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExistingMail, Mailbox, Outcome, RemoteMessage
from mailboxes.notices import notice_of
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from ticketing.inbound import lookups
from ticketing.inbound.floods import STRANGERS, FloodLimits, Operators, Recent, Stop, find_flood
from ticketing.log_words import steps_of
from ticketing.loop_words import breaker_title
from ticketing.models import Breaker, ContactAddress, FloodScope, Message, Strangers, Ticket
from ticketing.models.mapping import RequesterFrom
from ticketing.queries.breakers import breakers
from ticketing.reason_words import reason_words
from ticketing.services.intake_retry import decide_again
from ticketing.services.log_batches import start_batch
from ticketing.services.loops import LimitsInput, limits, resume, set_limits
from ticketing.services.mail_mapping import MappingInput, set_mapping
from ticketing.services.mail_orders import release
from ticketing.services.policy_version import policy_changed
from ticketing.services.writer_policies import WriterInput, save_writers

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
ANNA = "anna@customer.test"
SENDER, PAIR, MAILBOX = (FloodScope.SENDER, ANNA), (FloodScope.PAIR, f"{ANNA} 7"), (FloodScope.MAILBOX, "7")


@pytest.mark.parametrize(
    ("recent", "opens", "found"),
    [
        (Recent(of_sender=499, of_pair=399, equal=99, of_mailbox=999), True, None),
        (Recent(of_sender=500), False, SENDER),
        (Recent(of_sender=450, of_pair=400), False, PAIR),
        (Recent(of_sender=100, equal=100), True, (FloodScope.EQUAL, ANNA)),
        (Recent(of_mailbox=1000), True, MAILBOX),
        (Recent(of_mailbox=1000), False, None),  # an answer opens no ticket
        (Recent(of_installation=500), False, (FloodScope.INSTALLATION, ANNA)),
        (Recent(of_strangers=699), True, None),
        (Recent(of_strangers=700), True, STRANGERS),
        (Recent(of_strangers=700), False, None),
    ],
)
def test_what_is_too_much(recent: Recent, found: tuple[FloodScope, str] | None, *, opens: bool) -> None:
    who: dict[str, Any] = {"sender": ANNA, "mailbox_id": 7, "is_stranger": recent.of_sender == 0}
    flood = find_flood(recent, FloodLimits(), **who, at=NOON, opens=opens, here=Operators(500, 700))
    assert (flood.key if flood else None) == found


@pytest.mark.parametrize(("resumed_at", "is_taken"), [(NOON, True), (NOON - timedelta(minutes=1), False)])
def test_what_is_counted_by_the_hour_and_was_let_in_counts_no_more_in_that_hour(
    resumed_at: datetime, *, is_taken: bool
) -> None:
    stop = Stop(NOON - timedelta(hours=1), NOON + timedelta(hours=1), resumed_at)
    limits = FloodLimits(stops={(FloodScope.INSTALLATION, ANNA): stop, STRANGERS: stop})
    who: dict[str, Any] = {"sender": ANNA, "mailbox_id": 7, "is_stranger": True, "here": Operators(5, 5)}
    recents = (Recent(of_installation=9), Recent(of_strangers=9))
    found = [find_flood(each, limits, **who, at=NOON + timedelta(minutes=30), opens=True) for each in recents]
    assert [flood is None for flood in found] == [is_taken, is_taken]


@pytest.mark.parametrize(
    ("stop", "stands"),
    [
        (Stop(NOON, NOON + timedelta(hours=1)), True),
        (Stop(NOON, NOON), False),  # it has ended by itself
        (Stop(NOON, NOON + timedelta(hours=1), resumed_at=NOON), False),
    ],
)
def test_a_breaker_stands_until_its_end_or_until_somebody_resumes(stop: Stop, *, stands: bool) -> None:
    flood = find_flood(Recent(), FloodLimits(stops={SENDER: stop}), sender=ANNA, mailbox_id=7, at=NOON, opens=False)
    assert (flood is not None and flood.is_known) == stands


def test_what_came_before_it_was_resumed_counts_no_more() -> None:
    stop = Stop(NOON, NOON + timedelta(hours=1), resumed_at=NOON - timedelta(minutes=5))
    assert FloodLimits(stops={SENDER: stop}).since(NOON, SENDER, PAIR) == NOON - timedelta(minutes=5)
    assert FloodLimits().since(NOON, SENDER) == NOON - timedelta(hours=1)


in_database = pytest.mark.django_db
FEW = LimitsInput(per_sender=3, per_pair=3, equal=3)


def mails(count: int, **mail: Any) -> list[bytes]:
    """Different mails of one sender."""
    return [make_mail(subject=f"Alarm {number}", **mail) for number in range(count)]


def outcomes() -> list[str]:
    """Of everything that came, in order."""
    return list(RemoteMessage.objects.order_by("id").values_list("outcome", flat=True))


@in_database
@pytest.mark.both
@pytest.mark.req("F84", "S5.71")
def test_too_much_of_one_sender_is_stopped_kept_and_told_of_once(support: Any) -> None:
    set_limits(FEW)
    seen = receive(support, *mails(6))
    assert outcomes() == [Outcome.CREATED] * 3 + [Outcome.LOOP] * 3
    assert "Too much mail came from anna@customer.test: 3 within 60 minutes" in reason_words(seen[3])
    assert "nobody has let it in again" in reason_words(seen[4])
    assert "Looks like a loop" in [step.title for step in steps_of(seen[3])]
    breaker = Breaker.objects.get()
    assert (breaker.scope, breaker.key, breaker.count, breaker.stopped) == ("sender", ANNA, 3, 3)
    [view] = breakers()
    assert view.stands
    assert [ticket.number for ticket in view.tickets] == [3, 2, 1]
    entry = AuditEntry.objects.get(action="breaker.tripped")
    assert entry.target_label == ANNA
    assert "what was too much" in map(field_words, entry.changes)
    notice = notice_of(entry)
    assert breaker_title(breaker, mailbox="") in notice.text
    assert "Tickets that it touched: #3, #2, #1." in notice.text
    receive(support, make_mail(sender="ben@customer.test"))
    assert outcomes()[-1] == Outcome.CREATED


@in_database
@pytest.mark.parametrize(
    ("scope", "key", "label"),
    [
        (FloodScope.STRANGERS, "*", "unknown senders"),
        (FloodScope.INSTALLATION, ANNA, ANNA),
        (FloodScope.EQUAL, ANNA, ANNA),
        (FloodScope.PAIR, f"{ANNA} %d", f"{ANNA} (Repairs)"),
        (FloodScope.MAILBOX, "%d", "Repairs"),
        (FloodScope.MAILBOX, "0", "–"),
    ],
)
def test_the_configuration_log_names_whose_mail_is_taken_again(
    support: Any, people: Any, scope: FloodScope, key: str, label: str
) -> None:
    Mailbox.objects.update(name="Repairs")
    key, moment = key.replace("%d", str(support.pk)), clock.now()
    breaker = Breaker.objects.create(
        scope=scope, key=key, count=9, window_minutes=60, tripped_at=moment, until=moment + timedelta(hours=1)
    )
    resume(breaker.pk, actor=people.admin)
    assert AuditEntry.objects.get(action="breaker.resumed").target_label == label


@in_database
@pytest.mark.both
def test_let_in_again_it_is_taken_and_what_was_stopped_can_be_released(support: Any, people: Any) -> None:
    set_limits(FEW)
    seen = receive(support, *mails(4))
    resume(Breaker.objects.get().pk, actor=people.admin)
    receive(support, *mails(1))
    assert outcomes()[-2:] == [Outcome.LOOP, Outcome.CREATED]
    release(seen[3], actor=people.admin)
    process_due()
    assert Ticket.objects.count() == 5
    with pytest.raises(DomainError):
        resume(Breaker.objects.get().pk, actor=people.admin)


@in_database
def test_a_mail_that_was_stopped_by_one_that_ended_this_moment_trips_none(support: Any) -> None:
    set_limits(FEW)
    receive(support, *mails(5))
    Breaker.objects.update(resumed_at=clock.now())  # and the worker does not know of it yet
    receive(support, *mails(1))
    assert outcomes()[-1] == Outcome.LOOP
    assert Breaker.objects.count() == 1


@in_database
def test_all_that_was_stopped_is_let_in_at_once(support: Any, people: Any) -> None:
    set_limits(FEW)
    receive(support, *mails(6))
    start_batch(what="release", wanted={"outcome": Outcome.LOOP}, actor=people.admin)
    drains.drain_now(WorkKind.LOG_BATCH, budget_s=60)
    process_due()
    assert outcomes() == [Outcome.CREATED] * 6


@in_database
def test_what_was_stopped_is_decided_anew_as_loop_protection_stands_now(support: Any, people: Any) -> None:
    set_limits(FEW)
    stopped = receive(support, *mails(4))[3]
    for outcome in (Outcome.LOOP, Outcome.CREATED):
        decide_again(stopped.raw, actor=people.admin)
        process_due()
        assert outcomes()[3] == outcome
        if outcome is Outcome.LOOP:
            resume(Breaker.objects.get().pk, actor=people.admin)


@in_database
@pytest.mark.parametrize(
    ("wanted", "scope"),
    [
        (LimitsInput(per_sender=50, per_pair=50, equal=3), FloodScope.EQUAL),
        (LimitsInput(per_sender=50, per_pair=3, equal=50), FloodScope.PAIR),
    ],
)
def test_the_same_text_and_one_mailbox_have_limits_of_their_own(
    support: Any, wanted: LimitsInput, scope: FloodScope
) -> None:
    set_limits(wanted)
    receive(support, *[make_mail() for _ in range(4)])
    assert outcomes()[-1] == Outcome.LOOP
    assert Breaker.objects.get().scope == scope
    sales = make_mailbox(address="sales@fernhollow.test")
    receive(sales, make_mail(text="Something else.\n"))
    assert outcomes()[-1] == (Outcome.LOOP if scope is FloodScope.EQUAL else Outcome.CREATED)


@in_database
@pytest.mark.req("F84")
@pytest.mark.parametrize("under", ["guest", "reply_to"])
def test_who_stands_under_another_contact_is_counted_by_address_and_nobody_else(support: Any, under: str) -> None:
    set_limits(FEW)
    if under == "guest":
        save_writers(None, WriterInput(opening_strangers=Strangers.GUEST, guest="Visitor"))
    else:
        set_mapping(support, MappingInput(requester=RequesterFrom.REPLY_TO))
    headers = [("Reply-To", "bo@customer.test")]
    receive(support, *mails(4, headers=headers))
    assert outcomes() == [Outcome.CREATED] * 3 + [Outcome.LOOP]
    assert [ticket.number for ticket in breakers()[0].tickets] == [3, 2, 1]
    receive(support, make_mail(sender="carl@customer.test", headers=headers))
    assert outcomes()[-1] == Outcome.CREATED
    assert not ContactAddress.objects.filter(address=ANNA).exists()


@in_database
def test_answers_on_a_ticket_count_and_are_stopped_too(support: Any) -> None:
    set_limits(FEW)
    receive(support, make_mail(message_id="first@x.test"))
    receive(support, *mails(3, answers="first@x.test"))
    assert outcomes() == [Outcome.CREATED, Outcome.ADDED, Outcome.ADDED, Outcome.LOOP]


@in_database
def test_a_mailbox_opens_so_many_tickets_whoever_writes(support: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(lookups, "BUSY", 2)
    set_limits(LimitsInput(per_mailbox=3))
    receive(support, *[make_mail(sender=f"person{number}@x.test") for number in range(4)])
    assert outcomes() == [Outcome.CREATED] * 3 + [Outcome.LOOP]
    assert Breaker.objects.get().scope == FloodScope.MAILBOX


@in_database
def test_mail_that_was_there_before_and_old_mail_does_not_count(support: Any) -> None:
    set_limits(FEW)
    Mailbox.objects.filter(pk=support.pk).update(existing_mail=ExistingMail.OPEN)
    receive(support, *mails(6), is_history=True)
    hours_ago = clock.now() - timedelta(hours=2)
    for number, mail in enumerate(mails(6)):
        receive(support, mail, received_at=hours_ago - timedelta(hours=number))
    assert Ticket.objects.count() == 12


@in_database
@override_settings(MAIL_PER_SENDER_AND_HOUR=2)
def test_what_one_sender_sends_to_all_organizations_has_a_limit_of_the_operator(fernhollow: Any, otherco: Any) -> None:
    for organization, count in ((fernhollow, 2), (otherco, 3)):
        with organization_scope(organization.id):
            set_limits(LimitsInput(window_minutes=30))  # the installation counts by the hour all the same
            receive(make_mailbox(), *mails(count))
    with organization_scope(otherco.id):
        assert outcomes() == [Outcome.LOOP] * 3
        said = " ".join(map(reason_words, RemoteMessage.objects.all()))
        assert "all organizations here together: 2 within 60 minutes" in said
    with organization_scope(fernhollow.id):
        assert not Breaker.objects.exists()


@in_database
@override_settings(MAIL_OF_STRANGERS_PER_HOUR=4)
def test_one_mail_each_of_many_strangers_to_many_organizations_has_one_too(
    fernhollow: Any, otherco: Any, people: Any
) -> None:
    def strangers(count: int) -> list[bytes]:
        return [make_mail(sender=f"stranger{each}@x.test") for each in range(count)]

    with organization_scope(fernhollow.id):
        receive(make_mailbox(), *strangers(3))
    with organization_scope(otherco.id):
        mailbox = make_mailbox()
        receive(mailbox, *strangers(3))
        assert outcomes() == [Outcome.CREATED, Outcome.LOOP, Outcome.LOOP]
        assert "unknown senders" in reason_words(RemoteMessage.objects.latest("id"))
        receive(mailbox, make_mail(sender="stranger0@x.test"))
        assert outcomes()[-1] == Outcome.CREATED  # one who is known here
        [stopped] = breakers()
        assert (stopped.breaker.scope, stopped.breaker.stopped) == (FloodScope.STRANGERS, 2)
        assert AuditEntry.objects.get(action="breaker.tripped").target_label == "unknown senders"
        assert [ticket.number for ticket in stopped.tickets] == [1]  # this organization's alone
        assert stopped.breaker.until - stopped.breaker.tripped_at <= timedelta(hours=1)
        Breaker.objects.update(resumed_at=clock.now())
        policy_changed()
        receive(mailbox, make_mail(sender="late@x.test"))
        assert outcomes()[-1] == Outcome.CREATED
    with organization_scope(fernhollow.id):
        assert not Breaker.objects.exists()


def test_a_mail_on_the_way_to_a_high_limit_is_mostly_not_written_and_then_for_all_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(floods, "secrets", secrets)
    written = [values[-1] for _ in range(4000) for _sql, values in floods.sampled(ANNA, at=NOON, limit=2000)]
    assert set(written) == {8}
    assert 2000 < sum(written) < 6000
    assert [values[-1] for _sql, values in floods.sampled(ANNA, at=NOON, limit=100)] == [1]


@in_database
def test_a_responder_that_ignores_every_header_is_stopped(support: Any) -> None:
    set_limits(LimitsInput(equal=10))
    for _round in range(30):
        receive(support, make_mail(subject="Thank you for your mail", text="We are closed.\n"))
    assert outcomes().count(Outcome.CREATED) == 10
    assert Message.objects.count() == 10


@in_database
def test_a_change_of_the_limits_is_told_and_one_of_an_outdated_page_refused(support: Any) -> None:
    set_limits(LimitsInput(per_sender=5))
    assert AuditEntry.objects.get(action="loop_limits.changed").changes == {"per_sender": [500, 5]}
    with pytest.raises(ChangedMeanwhile):
        set_limits(LimitsInput())
    assert limits() == LimitsInput(per_sender=5, version=1)


@in_database
def test_the_page_asks_as_little_for_fifty_breakers_as_for_one_and_shows_the_tickets_of_all(
    support: Any, django_assert_max_num_queries: Any
) -> None:
    until = clock.in_seconds(3600)
    receive(support, make_mail())
    touched = list(Ticket.objects.values_list("pk", flat=True))
    Breaker.objects.bulk_create(
        Breaker(
            touched=touched,
            scope=FloodScope.PAIR,
            key=f"p{n}@x.test {support.pk}",
            count=9,
            window_minutes=60,
            tripped_at=clock.now(),
            until=until,
        )
        for n in range(50)
    )
    with django_assert_max_num_queries(3):
        views = breakers()
    assert {(view.mailbox, view.stands, len(view.tickets)) for view in views} == {("Support", True, 1)}
