"""End-to-end tests: sent by the mailbox's real way, and followed by what its real way writes."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Category, Organization, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.end_to_end_words import headline_of, legs_of, result_of
from mailboxes.models import EndToEndTest, Health, Mailbox, OutboxMessage, Outcome, OutgoingServer
from mailboxes.queries.end_to_end import Leg, Progress, Standing, last_test, patience
from mailboxes.services.sending.end_to_end import KEPT, start_end_to_end
from mailboxes.services.setup.mailboxes import create_mailbox
from tests.factories.incoming import make_mail, receive, store
from tests.factories.mailboxes import mailbox_input, make_mailbox
from ticketing.models import Contact, EntryKind, FilterMode, Ticket
from ticketing.reason_words import reason_words
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S1.40", "S4.50")]
OWN = "sales@fernhollow.test"
Deliver = Callable[[], int]


@pytest.fixture
def mailbox(fernhollow: Any, outgoing_server: OutgoingServer) -> Mailbox:
    team = Team.objects.create(name="Sales")
    category = Category.objects.create(name="Orders", path="Orders")
    made = create_mailbox(mailbox_input(address=OWN))
    Mailbox.objects.filter(pk=made.pk).update(
        outgoing=outgoing_server, team=team, category=category, ticket_priority="high"
    )
    return reload(made)


def reload(mailbox: Mailbox) -> Mailbox:
    rows = Mailbox.objects.select_related("outgoing", "connection", "organization")
    found: Mailbox = rows.get(pk=mailbox.pk)
    return found


def ignore(kind: EntryKind, value: str) -> None:
    """Everywhere such mail is ignored."""
    save_filter(None, FilterInput(FilterMode.IGNORE, (tidy_entry(kind, value),)))


def progress(mailbox: Mailbox) -> Progress:
    found = last_test(reload(mailbox))
    assert found is not None
    return found


def polled(mailbox: Mailbox) -> None:
    """The folder has just been read to its end."""
    WorkItem.objects.filter(kind=WorkKind.POLL, row_id=mailbox.pk).update(succeeded_at=clock.now())


def said(mailbox: Mailbox) -> str:
    """Everything that is said of the test, on one line."""
    now = progress(mailbox)
    legs = [f"{leg.title} {leg.state}: {leg.text} {leg.causes} {leg.server_words}" for leg in legs_of(now)]
    return f"{headline_of(now)[0]}. " + " / ".join(legs)


def test_the_mail_is_followed_until_it_is_known_what_it_would_become(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    test = start_end_to_end(mailbox, actor=people.admin)
    assert progress(mailbox).stands_at is Leg.SEND
    deliver_all()
    assert progress(mailbox).stands_at is Leg.ARRIVE
    [mail] = smtp_server.received
    assert (mail.sender, mail.recipients) == (OWN, (OWN,))
    [seen] = receive(mailbox, mail.raw)
    done = progress(mailbox)
    assert (done.standing, headline_of(done)[0]) == (Standing.DONE, "Mail arrives and opens tickets")
    assert [leg.state for leg in legs_of(done)] == ["ok"] * 5
    assert [(str(line.label), line.value.split("\n")[0], line.sent) for line in result_of(done)][2:] == [
        ("Requester", OWN, ""),
        ("Team", "Sales", ""),
        ("Agent", "Nobody", ""),
        ("Category", "Orders", ""),
        ("Priority", "High", ""),
    ]
    assert result_of(done)[0].value == test.subject
    assert "[postroom-check" not in result_of(done)[1].value
    assert (seen.outcome, seen.reason_code) == (Outcome.IGNORED, "check_mail")
    assert "As real mail it would be: Created. New mail" in reason_words(seen)


def test_it_leaves_nothing_behind(mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver) -> None:
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    deliver_all()
    assert not Ticket.objects.exists()
    assert not Contact.objects.exists()
    assert OutboxMessage.objects.count() == 1
    assert OutboxMessage.objects.get().filing == "none"
    assert AuditEntry.objects.filter(action="mailbox.end_to_end_tested").count() == 1


def test_what_was_changed_on_the_way_is_named(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    raw = re.sub(rb"Subject: .*\r\n( .*\r\n)*", b"Subject: [EXTERNAL] test\r\n", smtp_server.received[0].raw)
    receive(mailbox, raw)
    assert "was changed on its way" in headline_of(progress(mailbox))[0]
    assert "changed on its way: subject." in said(mailbox)
    assert result_of(progress(mailbox))[0].sent


def test_a_provider_may_write_another_message_id_and_from(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    test = start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    raw = smtp_server.received[0].raw.replace(test.message_id.encode(), b"0102018f@relay.provider.test")
    receive(mailbox, raw.replace(f"From: {OWN}".encode(), b"From: account@provider.example"))
    assert progress(mailbox).standing is Standing.DONE
    assert "changed on its way: sender." in said(mailbox)


def test_a_mail_that_another_mailbox_gets_is_told_of_until_it_comes_to_its_own(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver, fernhollow: Any
) -> None:
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    other = make_mailbox(fernhollow, name="Everything")
    receive(other, smtp_server.received[0].raw)
    assert "It came to Everything instead" in said(mailbox)
    receive(mailbox, b"Received: from another.example\r\n" + smtp_server.received[0].raw)
    assert headline_of(progress(mailbox))[0] == "Mail arrives and opens tickets"


@pytest.mark.req("F33")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"answers_only": True}, "Setting of the mailbox: take answers only."),
        ({}, "Mail arrives and opens tickets"),
    ],
)
def test_what_the_settings_do_with_real_mail_is_said(
    mailbox: Mailbox,
    people: Any,
    smtp_server: Any,
    deliver_all: Deliver,
    values: dict[str, Any],
    words: str,
) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(**values)
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    assert words in said(mailbox)
    assert not Ticket.objects.exists()


def test_the_filter_that_would_ignore_it_is_named(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ignore(EntryKind.DOMAIN, "fernhollow.test")
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    assert "opens no ticket" in headline_of(progress(mailbox))[0]
    assert "the domain fernhollow.test" in said(mailbox)


def test_headers_of_a_test_trip_no_filter(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    ours = [tidy_entry(EntryKind.HEADER, name) for name in ("Auto-Submitted:", "X-Postroom-Cause:")]
    save_filter(None, FilterInput(FilterMode.IGNORE, tuple(ours)))
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    receive(mailbox, smtp_server.received[0].raw)
    assert headline_of(progress(mailbox))[0] == "Mail arrives and opens tickets"


def test_without_an_outgoing_server_a_person_sends_the_mail(mailbox: Mailbox, people: Any) -> None:
    Mailbox.objects.update(outgoing=None)
    OutgoingServer.objects.all().delete()
    test = start_end_to_end(reload(mailbox), actor=people.admin)
    assert test.is_by_hand
    assert not OutboxMessage.objects.exists()
    with clock.held_at(clock.now() + timedelta(minutes=30)):
        assert progress(mailbox).standing is Standing.RUNNING
    [seen] = receive(mailbox, make_mail(subject="Hello", text=f"Hello,\n\n{test.text}\n", sender="me@home.example"))
    assert seen.reason_code == "check_mail"
    assert result_of(progress(mailbox))[2].value == "me@home.example"
    assert not Ticket.objects.exists()


def test_a_line_by_hand_hides_nothing_where_no_test_knows_it(mailbox: Mailbox, people: Any) -> None:
    test = start_end_to_end(mailbox, actor=people.admin, by_hand=True)
    forged = test.text.replace(test.name, "0" * 24)
    [seen] = receive(mailbox, make_mail(text=forged))
    assert seen.outcome == Outcome.CREATED
    with clock.held_at(clock.now() + timedelta(hours=25)):
        [late] = receive(mailbox, make_mail(text=test.text))
    assert late.outcome == Outcome.CREATED


def test_two_who_begin_at_once_see_one_test(mailbox: Mailbox, people: Any) -> None:
    first = start_end_to_end(mailbox, actor=people.admin)
    assert start_end_to_end(mailbox, actor=people.owner) == first
    assert OutboxMessage.objects.count() == 1
    with clock.held_at(clock.now() + timedelta(minutes=3)):
        assert start_end_to_end(mailbox, actor=people.owner) != first


def test_the_last_tests_are_kept(mailbox: Mailbox, people: Any) -> None:
    EndToEndTest.objects.bulk_create(
        EndToEndTest(mailbox=mailbox, started_at=clock.now() - timedelta(days=days), name=f"{days}", address=OWN)
        for days in range(1, KEPT + 5)
    )
    start_end_to_end(mailbox, actor=people.admin)
    assert EndToEndTest.objects.count() == KEPT


@pytest.mark.parametrize(
    ("values", "takes_mail", "code"),
    [
        ({"is_enabled": False}, True, "paused"),
        ({}, False, "switched_off"),
        ({"start_at": clock.now() + timedelta(days=3)}, True, "not_yet"),
    ],
)
def test_where_mail_would_not_be_taken_nothing_is_sent(
    mailbox: Mailbox, people: Any, values: dict[str, Any], takes_mail: bool, code: str
) -> None:
    Mailbox.objects.filter(pk=mailbox.pk).update(**values)
    Organization.objects.filter(pk=mailbox.organization_id).update(takes_mail=takes_mail)
    with pytest.raises(DomainError) as refused:
        start_end_to_end(reload(mailbox), actor=people.admin)
    assert refused.value.code == code
    assert not OutboxMessage.objects.exists()


def test_a_paused_outgoing_server_is_said_before(mailbox: Mailbox, people: Any) -> None:
    OutgoingServer.objects.update(paused_at=clock.now())
    with pytest.raises(DomainError) as refused:
        start_end_to_end(reload(mailbox), actor=people.admin)
    assert refused.value.code == "sending_paused"


@pytest.mark.req("S4.46")
def test_what_the_outgoing_server_refuses_is_said_in_its_words(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    smtp_server.behave(recipient_answers={OWN: "550 5.7.60 not allowed to send as this sender"})
    start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    assert progress(mailbox).standing is Standing.FAILED
    assert "not allowed to send as this sender" in said(mailbox)


@pytest.mark.req("S4.46")
def test_one_that_takes_too_long_names_where_it_stands_and_what_to_check(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    start_end_to_end(mailbox, actor=people.admin)
    with clock.held_at(clock.now() + timedelta(seconds=61)):
        assert "nobody has tried to send it" in said(mailbox)
    deliver_all()
    late = clock.now() + patience(mailbox) + timedelta(seconds=1)
    with clock.held_at(late - timedelta(seconds=20)):
        assert progress(mailbox).standing is Standing.RUNNING
    with clock.held_at(late):
        assert "has not been checked since" in said(mailbox)
        polled(mailbox)
        assert "is not in INBOX, which was checked since" in said(mailbox)
        assert "among spam" in said(mailbox)
        Mailbox.objects.filter(pk=mailbox.pk).update(
            failures_in_row=2, health=Health.UNREACHABLE, error_reason="login_refused", error_detail="NO go away"
        )
        assert "cannot be read. The server refuses" in said(mailbox)
        assert "NO go away" in said(mailbox)


def test_one_that_waits_to_be_processed_says_so_and_ends_all_the_same(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    test = start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    raw = store(mailbox, smtp_server.received[0].raw)
    raw.sightings.update(message_id=test.message_id)
    assert progress(mailbox).stands_at is Leg.READ
    with clock.held_at(clock.now() + timedelta(minutes=5)):
        assert "waits to be processed" in said(mailbox)


def test_a_mail_that_defeats_intake_ends_the_test_with_the_reason(
    mailbox: Mailbox, people: Any, smtp_server: Any, deliver_all: Deliver
) -> None:
    test = start_end_to_end(mailbox, actor=people.admin)
    deliver_all()
    raw = store(mailbox, smtp_server.received[0].raw)
    raw.sightings.update(message_id=test.message_id, outcome=Outcome.FAILED, reason_code="file_missing")
    assert progress(mailbox).standing is Standing.FAILED
    assert "stored file of this mail is missing" in said(mailbox)
