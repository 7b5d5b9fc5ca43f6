"""What contact groups let their members do by mail, in which mailbox, and whom they let nothing."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Company
from helpdesk.lib.errors import DomainError
from mailboxes.models import Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.proven import PROVEN, SERVER, believe
from ticketing.inbound.deliveries import settled_delivery
from ticketing.inbound.envelope import make_envelope
from ticketing.inbound.facts import load_facts
from ticketing.inbound.policy.writers import settable_fields
from ticketing.inbound.process import read_mail
from ticketing.inbound.writers import Rights
from ticketing.log_words import steps_of
from ticketing.models import ALL_FIELDS, Contact, ContactAddress, ContactGroup, Openers, Strangers, Updaters
from ticketing.services.contact_addresses import add_address
from ticketing.services.contact_groups import GroupInput, RightInput, delete_group, save_group
from ticketing.services.contacts import add_contact
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db, pytest.mark.both]

OPEN = RightInput(None, may_open=True)
FIRST = "first@customer.test"
MEMBERS: dict[str, dict[str, Any]] = {
    "person": {"people": ["anna@member.test"]},
    "domain": {"domains": ["member.test"]},
    "domains below": {"domains": ["*.test"]},
    "company": {},
}


def came(mailbox: Any, **mail: Any) -> RemoteMessage:
    """What the log has of this mail, whose sender is proven."""
    [seen] = receive(mailbox, make_mail(**mail, headers=PROVEN))
    return seen


def open_for_groups(**values: Any) -> None:
    """Only contact groups may open tickets, where their members are proven."""
    given = values | {"servers": (SERVER,)}
    save_writers(None, WriterInput(openers=Openers.LISTED, lets_contacts=False, lets_groups=True, **given))


def rights_in(mailbox: Any, *, sender: str, headers: Any = ()) -> Rights:
    """Which fields this sender may set in the mailbox."""
    content = make_mail(sender=sender, headers=headers)
    [seen] = receive(mailbox, content)
    delivery = settled_delivery(seen.raw_id)
    assert delivery is not None
    return settable_fields(load_facts(make_envelope(delivery, mail=read_mail(content, delivery), original=content)))


@pytest.mark.req("S5.77", "S5.85")
@pytest.mark.parametrize("by", MEMBERS)
def test_members_may_open_where_the_group_may_and_nobody_else(support: Any, by: str) -> None:
    contact = add_contact("anna@member.test", name="Anna", at=support.organization.created_at)
    add_address(contact, "anna@home.example")
    members = dict(MEMBERS[by])
    if by == "company":
        support.organization.serves_companies = True
        support.organization.save()
        contact.company = Company.objects.create(name="Larkmoor")
        contact.save()
        members = {"companies": [contact.company]}
    save_group(None, GroupInput(name="Partners", rights=[OPEN], **members))
    open_for_groups()
    assert came(support, sender="anna@member.test").outcome == Outcome.CREATED
    outsider = came(support, sender="eve@member.test.example")
    assert (outsider.outcome, outsider.reason_data["groups"]) == (Outcome.HELD, True)
    # Every address of a person counts; of a domain, those of it.
    other = came(support, sender="Anna <ANNA@home.example>")
    assert (other.outcome == Outcome.CREATED) is (by in ("person", "company"))


def test_rights_hold_in_their_mailbox_and_add_up(support: Any) -> None:
    sales = make_mailbox(address="sales@fernhollow.test")
    people = ["anna@member.test"]
    group = save_group(None, GroupInput(name="Sales", people=people, rights=[RightInput(sales, may_open=True)]))
    open_for_groups()
    mail = {"sender": "anna@member.test"}
    assert [came(box, **mail).outcome for box in (sales, support)] == [Outcome.CREATED, Outcome.HELD]
    save_group(None, GroupInput(name="All", domains=["member.test"], rights=[OPEN]))
    assert came(support, **mail).outcome == Outcome.CREATED
    delete_group(ContactGroup.objects.get(name="All"))
    delete_group(group)
    assert [came(box, **mail).outcome for box in (sales, support)] == [Outcome.HELD, Outcome.HELD]


def test_of_a_deleted_group_the_audit_trail_says_who_was_in_it_and_what_they_might(support: Any) -> None:
    people, rights = ["anna@member.test", "ben@other.test"], [OPEN, RightInput(support, may_update=True)]
    delete_group(save_group(None, GroupInput(name="Partners", people=people, domains=["*.member.test"], rights=rights)))
    entry = AuditEntry.objects.get(action="contact_group.deleted")
    assert entry.target_label == "Partners"
    rights_told = entry.changes.pop("rights")
    assert (set(rights_told[0].split("; ")), rights_told[1]) == ({"all mailboxes: open", f"{support.name}: add"}, "")
    assert entry.changes == {
        "name": ["Partners", ""],
        "members": ["anna@member.test, ben@other.test", ""],
        "domains": ["*.member.test", ""],
    }


@pytest.mark.req("S5.61")
def test_the_guest_has_a_group_of_its_own(support: Any) -> None:
    open_for_groups(opening_strangers=Strangers.GUEST, guest="Visitor")
    assert came(support, sender="eve@evil.test").outcome == Outcome.HELD
    save_group(None, GroupInput(name="Guests", people=["visitor"], rights=[OPEN]))
    assert came(support, sender="eve@evil.test").outcome == Outcome.CREATED
    assert Contact.objects.get(name="Visitor").tickets.count() == 1
    add_contact("ben@customer.test", name="Ben", at=support.organization.created_at)
    assert came(support, sender="ben@customer.test").outcome == Outcome.HELD  # he is no guest
    [unproven] = receive(support, make_mail(sender="ben@customer.test"))
    assert unproven.outcome == Outcome.CREATED  # whoever wrote that is as unknown as Eve


@pytest.mark.req("S5.61")
def test_the_log_names_the_right_of_the_guest_and_not_what_an_unproven_from_would_give(support: Any) -> None:
    strangers = {"opening_strangers": Strangers.GUEST, "updating_strangers": Strangers.GUEST, "guest": "Visitor"}
    chosen = WriterInput(
        openers=Openers.LISTED, updaters=Updaters.PEOPLE, lets_groups=True, servers=(SERVER,), **strangers
    )
    save_writers(None, chosen)
    rights = [RightInput(None, may_open=True, may_update=True)]
    save_group(None, GroupInput(name="Guests", people=["visitor"], rights=rights))
    add_contact("ben@customer.test", name="Ben", at=support.organization.created_at)
    proven = came(support, sender="ben@customer.test", message_id=FIRST)
    [unproven] = receive(support, make_mail(sender="ben@customer.test"))
    proven_answer = came(support, sender="ben@customer.test", answers=FIRST)
    [answer] = receive(support, make_mail(sender="ben@customer.test", answers=FIRST))
    opened = [each.trace[-1]["saw"]["check_opener"]["by"] for each in (proven, unproven)]
    added = [each.trace[-1]["saw"]["check_updater"]["by"] for each in (proven_answer, answer)]
    assert (opened, added) == (["contact", "guest"], ["people", "guest"])
    told = {step.title: step.text for step in steps_of(unproven)}
    assert any("its sender is unknown or not proven" in text for text in told.values())


def test_members_may_add_where_others_may_not_but_not_where_nobody_may(support: Any) -> None:
    receive(support, make_mail(message_id=FIRST))
    right = RightInput(None, may_update=True)
    save_group(None, GroupInput(name="Partners", domains=["member.test"], rights=[right]))
    answer = {"answers": FIRST, "to": "support@fernhollow.test, anna@customer.test"}
    for updaters, outcome in ((Updaters.REQUESTER, Outcome.ADDED), (Updaters.NOBODY, Outcome.HELD)):
        save_writers(None, WriterInput(updaters=updaters, servers=(SERVER,)))
        assert came(support, sender="eve@member.test", **answer).outcome == outcome
        assert came(support, sender="eve@other.test", **answer).outcome == Outcome.HELD


@pytest.mark.req("S5.61", "S5.86")
def test_fields_are_set_by_those_who_have_the_right_and_are_proven(support: Any, people: Any) -> None:
    believe()
    save_group(
        None,
        GroupInput(
            name="Partners",
            domains=["member.test"],
            rights=[
                RightInput(None, fields=frozenset({"priority"})),
                RightInput(support, fields=frozenset({"field:area"})),
            ],
        ),
    )
    found = rights_in(support, sender="anna@member.test", headers=PROVEN)
    assert (found.may_set("priority"), found.may_set("field:area"), found.may_set("category")) == (True, True, False)
    assert not rights_in(support, sender="anna@member.test").fields
    assert not rights_in(support, sender="eve@other.test", headers=PROVEN).fields
    sales = make_mailbox(address="sales@fernhollow.test")
    assert rights_in(sales, sender="anna@member.test", headers=PROVEN).fields == {"priority"}
    assert rights_in(support, sender="adam@fernhollow.test", headers=PROVEN).fields == {ALL_FIELDS}
    assert not rights_in(support, sender="adam@fernhollow.test").fields


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"name": " "}, "name_missing"),
        ({"name": "Partners"}, "name_taken"),
        ({"name": "x", "people": ["Nobody"]}, "unknown_person"),
        ({"name": "x", "domains": [f"d{n}.test" for n in range(5001)]}, "too_many"),
    ],
)
def test_what_makes_no_sense_is_refused(support: Any, values: dict[str, Any], code: str) -> None:
    save_group(None, GroupInput(name="Partners"))
    with pytest.raises(DomainError) as refused:
        save_group(None, GroupInput(**values))
    assert refused.value.code == code


def test_a_change_is_audited_and_a_page_that_is_older_changes_nothing(support: Any, people: Any) -> None:
    group = save_group(None, GroupInput(name="Partners", people=["a@x.test"]), actor=people.admin)
    data = GroupInput(name="Partners", people=["A@x.test", "b@x.test"], domains=["*.x.test"], rights=[OPEN, OPEN])
    save_group(group, data, actor=people.admin)
    save_group(group, data, actor=people.admin)
    [entry] = AuditEntry.objects.filter(action="contact_group.changed")
    assert entry.changes == {
        "members": ["a@x.test", "a@x.test, b@x.test"],
        "domains": ["", "*.x.test"],
        "rights": ["", "all mailboxes: open"],
    }
    with pytest.raises(DomainError, match="meanwhile"):
        save_group(group, GroupInput(name="Partners", version=1))
    assert ContactAddress.objects.count() == 2
