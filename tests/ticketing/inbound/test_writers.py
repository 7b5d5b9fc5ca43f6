"""Who may open tickets and add to them: each choice, and the nearest thing that it does not let in."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib.errors import ChangedMeanwhile, DomainError
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Outcome, RemoteMessage
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.proven import PROVEN, SERVER
from ticketing.models import (
    AnswerCause,
    AutomaticAnswer,
    Contact,
    ContactAddress,
    EventKind,
    Message,
    NeededProof,
    Openers,
    Refused,
    SpamMark,
    Strangers,
    Ticket,
    TicketEvent,
    Updaters,
)
from ticketing.reason_words import reason_words
from ticketing.services.contact_addresses import merge_contacts
from ticketing.services.intake_retry import decide_again
from ticketing.services.writer_policies import WriterInput, save_writers, stored_writers

pytestmark = [pytest.mark.django_db, pytest.mark.both]

FIRST = "first@customer.test"
TO_ALL = "support@fernhollow.test, anna@customer.test"
ANNA, EVE = "Anna <anna@customer.test>", "Eve <eve@evil.test>"
PASSED = [("Authentication-Results", "mx.our.test; dmarc=pass")]
CHECKED = [("Authentication-Results", "mx.our.test; dmarc=none")]
FAILED = [("Authentication-Results", "mx.our.test; dmarc=fail")]
OURS = ("mx.our.test",)


def came(mailbox: Any, **mail: Any) -> RemoteMessage:
    """What the log has of this mail; its sender is proven unless it has other headers."""
    [seen] = receive(mailbox, make_mail(**{"headers": PROVEN} | mail))
    return seen


def set_writers(mailbox: Any = None, **values: Any) -> None:
    """This is the policy from now on."""
    save_writers(mailbox, WriterInput(**{"servers": (SERVER,)} | values))


@pytest.fixture
def ticket(support: Any) -> Ticket:
    """Anna's, to which Ben was copied."""
    receive(support, make_mail(message_id=FIRST, sender=ANNA, headers=[("Cc", "ben@customer.test")]))
    row: Ticket = Ticket.objects.get()
    return row


@pytest.mark.req("S5.56", "S5.59", "S5.60", "S5.77", "S5.78", "S5.84")
@pytest.mark.parametrize(
    ("values", "sender", "is_let_in"),
    [
        ({"openers": Openers.ANYONE}, EVE, True),
        ({"openers": Openers.LISTED}, ANNA, True),
        ({"openers": Openers.LISTED}, "anna@customer.test.evil.test", False),
        ({"openers": Openers.LISTED}, "Anna@Customer.TEST", True),
        ({"openers": Openers.LISTED, "lets_contacts": False, "domains": ("evil.test",)}, EVE, True),
        ({"openers": Openers.LISTED, "lets_contacts": False, "domains": ("evil.test",)}, "a@sub.evil.test", False),
        ({"openers": Openers.LISTED, "lets_contacts": False, "domains": ("*.evil.test",)}, "a@sub.evil.test", True),
        ({"openers": Openers.LISTED, "lets_contacts": False, "domains": ("*.evil.test",)}, "a@notevil.test", False),
        (
            {"openers": Openers.LISTED, "lets_contacts": False, "domains": ("müller.test",)},
            "a@xn--mller-kva.test",
            True,
        ),
        ({"openers": Openers.LISTED, "lets_contacts": False, "domains": ("evil.test",)}, ANNA, False),
        ({"openers": Openers.LISTED, "domains": ("evil.test",)}, ANNA, True),
        ({"openers": Openers.LISTED}, "adam@fernhollow.test", True),
        ({"openers": Openers.NOBODY}, ANNA, False),
        ({"openers": Openers.NOBODY}, "adam@fernhollow.test", False),
    ],
)
def test_who_may_open_a_ticket(
    support: Any, ticket: Ticket, people: Any, values: dict[str, Any], sender: str, is_let_in: bool
) -> None:
    set_writers(**values)
    seen = came(support, sender=sender)
    assert (seen.outcome, seen.reason_code) == (
        (Outcome.CREATED, "new_mail") if is_let_in else (Outcome.HELD, "may_not_open")
    )
    assert Ticket.objects.count() == 1 + is_let_in


@pytest.mark.req("S5.48", "S5.62", "S5.75")
@pytest.mark.parametrize(
    ("updaters", "sender", "is_let_in"),
    [
        (Updaters.TOKEN, EVE, True),
        (Updaters.PEOPLE, EVE, False),
        (Updaters.PEOPLE, "ben@customer.test", True),
        (Updaters.PEOPLE, "ben@customer.test.evil.test", False),
        (Updaters.REQUESTER, "ben@customer.test", False),
        (Updaters.REQUESTER, ANNA, True),
        (Updaters.REQUESTER, "adam@fernhollow.test", True),
        (Updaters.NOBODY, ANNA, False),
        (Updaters.NOBODY, "adam@fernhollow.test", False),
    ],
)
def test_who_may_add_to_a_ticket(
    support: Any, ticket: Ticket, people: Any, updaters: Updaters, sender: str, is_let_in: bool
) -> None:
    set_writers(updaters=updaters)
    seen = came(support, sender=sender, answers=FIRST, to=TO_ALL)
    assert (seen.outcome, seen.reason_code) == (
        (Outcome.ADDED, "answer") if is_let_in else (Outcome.HELD, "may_not_update")
    )
    told = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.MAIL_IGNORED).values_list("data", flat=True)
    assert [(each["refused"], each["raw"]) for each in told] == ([] if is_let_in else [("hold", seen.raw_id)])
    assert Ticket.objects.count() == 1


@pytest.mark.req("S5.57", "S5.60", "S5.78")
@pytest.mark.parametrize(
    ("refused", "outcome", "words"),
    [
        (Refused.HOLD, Outcome.HELD, "Held for review."),
        (Refused.ANSWER, Outcome.REJECTED, "Refused, with an answer"),
        (Refused.DISCARD, Outcome.IGNORED, "Discarded."),
    ],
)
def test_what_is_kept_out_is_recorded_with_its_setting_and_can_be_decided_anew(
    support: Any, people: Any, refused: Refused, outcome: str, words: str
) -> None:
    set_writers(openers=Openers.LISTED, domains=("a.test", "b.test"), opening_refused=refused)
    seen = came(support)
    assert (seen.outcome, Ticket.objects.count(), Contact.objects.count()) == (outcome, 0, 0)
    said = reason_words(seen)
    assert "Only known contacts and senders of 2 domains may open tickets" in said
    assert words in said
    assert "Setting of all mailboxes: who may write." in said
    set_writers()
    decide_again(seen.raw, actor=people.admin)
    process_due()
    seen.refresh_from_db()
    assert (seen.outcome, Ticket.objects.count()) == (Outcome.CREATED, 1)


@pytest.mark.req("S5.58", "S5.62")
def test_unknown_senders_stand_under_the_guest_and_known_ones_under_themselves(support: Any, ticket: Ticket) -> None:
    set_writers(opening_strangers=Strangers.GUEST, updating_strangers=Strangers.GUEST, guest="Visitor")
    opened = Ticket.objects.get(pk=came(support, sender=EVE, message_id="eve@evil.test").ticket_id)
    assert (opened.requester.name, opened.requester_name, opened.last_author) == ("Visitor", "Visitor", "Eve")
    message = Message.objects.get(ticket=opened)
    assert (message.contact_id, message.from_address) == (opened.requester_id, "eve@evil.test")
    came(support, sender=EVE, answers=FIRST, to=TO_ALL)
    assert Message.objects.filter(ticket=ticket, contact=opened.requester).count() == 1
    assert not ContactAddress.objects.filter(address="eve@evil.test").exists()
    known = Ticket.objects.get(pk=came(support, sender=ANNA).ticket_id)
    assert known.requester_id == ticket.requester_id
    set_writers(updaters=Updaters.REQUESTER, guest="visitor", opening_strangers=Strangers.GUEST)
    assert Contact.objects.filter(name__iexact="visitor").count() == 1
    assert came(support, sender=EVE, answers="eve@evil.test").outcome == Outcome.ADDED
    other = came(
        support, sender="mallory@evil.test", answers="eve@evil.test", to="support@fernhollow.test, eve@evil.test"
    )
    assert other.outcome == Outcome.HELD


@pytest.mark.req("S5.58")
def test_a_guest_that_is_merged_into_another_contact_is_that_contact_from_the_next_mail_on(
    support: Any, ticket: Ticket
) -> None:
    set_writers(opening_strangers=Strangers.GUEST, guest="Visitor")
    visitor = Ticket.objects.get(pk=came(support, sender=EVE).ticket_id).requester
    merge_contacts(ticket.requester, other=visitor)
    later = Ticket.objects.get(pk=came(support, sender="mallory@evil.test").ticket_id)
    assert (later.requester_id, later.requester_name) == (ticket.requester_id, "Anna")


@pytest.mark.req("S5.57", "S5.78")
@pytest.mark.parametrize(
    ("refused", "headers", "state"),
    [
        (Refused.ANSWER, [], "due"),
        (Refused.ANSWER, [("X-Spam-Flag", "YES")], "withheld"),
        (Refused.ANSWER, FAILED, "withheld"),
        (Refused.HOLD, [], None),
        (Refused.DISCARD, [], None),
    ],
)
def test_only_who_is_refused_is_answered_and_no_spam(support: Any, refused: Refused, headers: Any, state: Any) -> None:
    set_writers(openers=Openers.NOBODY, opening_refused=refused)
    seen = came(support, headers=headers)
    answers = AutomaticAnswer.objects.filter(raw_id=seen.raw_id, cause=AnswerCause.REFUSED)
    assert list(answers.values_list("state", "recipient")) == ([(state, "anna@customer.test")] if state else [])


def test_whoever_wrote_nothing_but_spam_is_no_known_contact(support: Any, ticket: Ticket) -> None:
    Ticket.objects.update(spam_mark=SpamMark.AUTO_SPAM, is_spam=True)
    set_writers(openers=Openers.LISTED)
    assert came(support, sender=ANNA).outcome == Outcome.HELD
    Ticket.objects.update(spam_mark=SpamMark.MANUAL_CLEAN, is_spam=False)
    assert came(support, sender=ANNA).outcome == Outcome.CREATED


@pytest.mark.req("F112")
@pytest.mark.parametrize(
    ("headers", "servers", "proof", "is_let_in", "leads_by_number"),
    [
        (PASSED, OURS, NeededProof.ALWAYS, True, True),
        (CHECKED, OURS, NeededProof.ALWAYS, False, False),
        ([], OURS, NeededProof.ALWAYS, False, False),
        (FAILED, OURS, NeededProof.ALWAYS, False, False),
        (PASSED, (), NeededProof.ALWAYS, False, True),  # nobody is believed, so it proves nothing
        ([], (), NeededProof.ALWAYS, False, True),
        (FAILED, (), NeededProof.ALWAYS, False, False),  # that it failed is believed of anybody
        ([], (), NeededProof.WHERE_TOLD, True, True),  # as an admin has chosen
        ([], OURS, NeededProof.WHERE_TOLD, False, False),
        (FAILED, (), NeededProof.WHERE_TOLD, False, False),
    ],
)
def test_an_unproven_sender_gains_no_right_by_from_alone(
    support: Any,
    ticket: Ticket,
    headers: Any,
    servers: tuple[str, ...],
    proof: NeededProof,
    is_let_in: bool,
    leads_by_number: bool,
) -> None:
    # Spam by DMARC is another matter: it opens a ticket that nobody sees but who looks at spam.
    support.trusts_dmarc = False
    support.save()
    set_writers(openers=Openers.LISTED, updaters=Updaters.PEOPLE, servers=servers, proof=proof)
    opening, adding = (
        came(support, sender=ANNA, headers=headers),
        came(support, sender=ANNA, headers=headers, answers=FIRST),
    )
    assert (opening.outcome, adding.outcome) == (
        (Outcome.CREATED, Outcome.ADDED) if is_let_in else (Outcome.HELD, Outcome.HELD)
    )
    assert ("From names somebody who may" in reason_words(opening)) is not is_let_in
    # A number alone lets nobody add to it where only some may.
    numbered = came(support, sender=ANNA, headers=headers, subject=f"About [#{ticket.number}]")
    assert (numbered.reason_code == "may_not_update") is (leads_by_number and not is_let_in)


def test_a_mailbox_follows_the_organization_until_it_has_its_own(support: Any) -> None:
    other = make_mailbox(address="sales@fernhollow.test")
    set_writers(openers=Openers.NOBODY)
    assert came(support).outcome == Outcome.HELD
    assert stored_writers(support).follows
    set_writers(support, openers=Openers.ANYONE)
    assert (came(support).outcome, came(other).outcome) == (Outcome.CREATED, Outcome.HELD)
    set_writers(other, openers=Openers.LISTED, lets_contacts=False, domains=("x.test",))
    assert "Setting of the mailbox" in reason_words(came(other, sender="new@evil.test"))
    set_writers(support, follows=True)
    assert came(support).outcome == Outcome.HELD
    assert (stored_writers(support).follows, stored_writers(support).openers) == (True, Openers.ANYONE)


def test_history_comes_in_whoever_wrote_it(support: Any) -> None:
    set_writers(openers=Openers.NOBODY)
    [seen] = receive(support, make_mail(), is_history=True)
    assert seen.outcome == Outcome.CREATED


def test_another_organization_knows_neither_the_policy_nor_the_contact(
    support: Any, ticket: Ticket, otherco: Any
) -> None:
    set_writers(openers=Openers.NOBODY)
    with organization_scope(otherco.id):
        there = make_mailbox(address="support@otherco.test")
        assert came(there, sender=EVE).outcome == Outcome.CREATED
        set_writers(openers=Openers.LISTED)
        assert came(there, sender=ANNA).outcome == Outcome.HELD


def test_nothing_that_was_not_set_costs_a_query(support: Any, ticket: Ticket) -> None:
    def asked(table: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            came(support, sender=ANNA)
        return sum(table in query["sql"] for query in queries)

    tables = ("writerpolicy", "groupright", '"accounts_user"."email" =')
    assert [asked(table) for table in tables] == [0, 0, 0]
    set_writers(openers=Openers.LISTED)
    assert [asked(table) for table in tables] == [1, 0, 1]
    set_writers(openers=Openers.LISTED, domains=("customer.test",))
    assert [asked(table) for table in tables] == [1, 0, 0]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"openers": Openers.LISTED, "lets_contacts": False}, "nobody_listed"),
        ({"opening_strangers": Strangers.GUEST}, "no_guest"),
        ({"forward_to": "Support+x@fernhollow.test"}, "own_address"),
        ({"domains": tuple(f"d{n}.test" for n in range(5001))}, "too_many"),
        ({"version": 7}, "changed_meanwhile"),
    ],
)
def test_what_makes_no_sense_or_is_out_of_date_is_refused(support: Any, values: dict[str, Any], code: str) -> None:
    with pytest.raises((DomainError, ChangedMeanwhile)) as refused:
        set_writers(**values)
    assert refused.value.code == code


def test_a_change_is_audited_from_and_to_and_no_change_is_not(support: Any, people: Any) -> None:
    chosen = WriterInput(openers=Openers.LISTED, domains=("a.test",), guest="Visitor")
    save_writers(support, chosen, actor=people.admin)
    save_writers(support, chosen, actor=people.admin)
    [entry] = AuditEntry.objects.filter(action="writers.changed")
    assert entry.changes == {
        "follows": [True, False],
        "openers": ["Anyone", "Only these"],
        "domains": ["", "a.test"],
        "guest": ["", "Visitor"],
    }
