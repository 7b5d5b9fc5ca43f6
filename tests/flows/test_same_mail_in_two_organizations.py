"""Two organizations get the very same mails, from the same people and under the same ids: nothing crosses."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.ticketing.answering.answering import answer_due, switch_on
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import Blob, Contact, EntryKind, FilterMode, Message, MessageKind, Status, Tag, Ticket
from ticketing.models.rules import Act, Compare, Look
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.loops import LimitsInput, set_limits
from ticketing.services.rules.saving import RuleInput, create_rule

pytestmark = [pytest.mark.django_db, pytest.mark.both]
FIRST = "first@customer.test"
FILE = [("plan.pdf", b"%PDF the same plan")]


def policy_of_one() -> None:
    """What the first of the two has set; the second has set nothing."""
    switch_on()
    save_filter(None, FilterInput(FilterMode.IGNORE, [tidy_entry(EntryKind.DOMAIN, "adverts.test")]))
    condition = Condition(Look.SUBJECT, Compare.CONTAINS, ("lamp",))
    create_rule(RuleInput("Lamps", Group(parts=(condition,)), (Action(Act.ADD_TAG, "light"),)))
    set_limits(LimitsInput(equal=2))


def mails() -> list[bytes]:
    """A question, its answer, the question once more, advertising, and a text that comes again and again."""
    question = make_mail(message_id=FIRST, files=FILE)
    answer = make_mail(subject="Re: Broken lamp", text="Still broken.\n", answers=FIRST)
    return [
        question,
        answer,
        question,
        make_mail(sender="News <news@adverts.test>", subject="Buy", message_id="ad@adverts.test"),
        *[make_mail(sender="robin@customer.test", subject="Alarm", message_id=f"a{n}@x.test") for n in range(3)],
    ]


def test_the_same_mails_in_two_organizations_meet_nowhere(fernhollow: Any, otherco: Any) -> None:
    boxes = []
    for organization, address in ((fernhollow, "support@fernhollow.test"), (otherco, "help@otherco.test")):
        with organization_scope(organization.id):
            boxes.append(make_mailbox(make_outgoing_server(), address=address))
    with organization_scope(fernhollow.id):
        policy_of_one()
    for mail in mails():
        for box in boxes:
            with organization_scope(box.organization_id):
                receive(box, mail)
                answer_due()

    stood = {}
    for organization in (fernhollow, otherco):
        with organization_scope(organization.id):
            stood[organization.slug] = {
                "outcomes": list(RemoteMessage.objects.order_by("id").values_list("outcome", flat=True)),
                "numbers": list(Ticket.objects.order_by("id").values_list("number", flat=True)),
                "first": Message.objects.filter(ticket__number=1, kind=MessageKind.INBOUND).count(),
                "contacts": Contact.objects.count(),
                "tags": list(Tag.objects.values_list("name", flat=True)),
                "sent": OutboxMessage.objects.count(),
                "files": set(Blob.objects.values_list("storage_key", flat=True)),
            }
    one, other = stood["fernhollow"], stood["otherco"]
    begin = [Outcome.CREATED, Outcome.ADDED, Outcome.DUPLICATE]
    assert one["outcomes"] == [*begin, Outcome.IGNORED, Outcome.CREATED, Outcome.CREATED, Outcome.LOOP]
    assert other["outcomes"] == [*begin, *[Outcome.CREATED] * 4]
    assert (one["numbers"], other["numbers"]) == ([1, 2, 3], [1, 2, 3, 4, 5])
    assert (one["first"], other["first"]) == (2, 2)
    assert (one["contacts"], other["contacts"]) == (2, 3)
    assert (one["tags"], other["tags"]) == (["light"], [])
    assert (one["sent"], other["sent"]) == (3, 0)
    assert len(one["files"]) == len(other["files"]) == 1
    assert not one["files"] & other["files"]

    with organization_scope(fernhollow.id):
        Ticket.objects.filter(number=1).update(status=Status.CLOSED)
    later = make_mail(subject="Re: Broken lamp", text="And now?\n", answers=FIRST)
    became = []
    for box in boxes:
        with organization_scope(box.organization_id):
            became.append(receive(box, later)[0].reason_code)
    assert became == ["follows_closed", "answer"]
