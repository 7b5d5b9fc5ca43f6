"""Mail that answers a ticket among the spam stands there, and nothing acts on it by itself."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.accounts.models import Team
from mailboxes.models import Outcome, RemoteMessage
from tests.factories.incoming import receive, receive_head, receive_rest
from tests.factories.proven import believe
from tests.ticketing.inbound.acting_rules import add_rule
from tests.ticketing.inbound.test_body_commands import letter
from ticketing.inbound.rules.written import Action, Group
from ticketing.log_words import steps_of
from ticketing.models import AutomaticAnswer, CannedReply, FieldKind, SpamMark, Status, Tag, Ticket, TicketField
from ticketing.models.mapping import Moment, Source
from ticketing.models.rules import Act, AppliesTo
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.mail_mapping import CopyInput, MappingInput, set_mapping

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S3.24", "S3.26")]
FIRST = "first@fernhollow.test"
FLAG = ("X-Spam-Flag", "YES")
LEFT_ALONE = "Its ticket is among the spam"
COMMANDS = ("Type: Incident", "Priority: high", "Tags: vip")


@pytest.fixture
def writer(support: Any, people: Any) -> str:
    """An agent, whose commands are followed, in a mailbox with mapping, rules and a tag for spam."""
    Tag.objects.create(name="junk", is_for_spam=True)
    TicketField.objects.create(key="type", label="Type", kind=FieldKind.CHOICE, choices=["Question", "Incident"])
    TicketField.objects.create(key="words", label="Words", kind=FieldKind.LONG_TEXT)
    copies = [CopyInput(Moment.UPDATE, Source.BODY, "words"), CopyInput(Moment.UPDATE, Source.FILES, "words")]
    set_mapping(support, MappingInput(reads_commands=True, copies=copies, tags=["letters"]))
    reply = CannedReply.objects.create(name="Serial", html="<p>Which?</p>")
    team = Team.objects.create(name="Legal")
    acts = {Act.ADD_TAG: "heat", Act.NOTE: "Look.", Act.ALSO_OPEN: str(team.pk), Act.CANNED: str(reply.pk)}
    add_rule(*(Action(act, value) for act, value in acts.items()), when=Group(), applies_to=AppliesTo.BOTH)
    believe()
    return str(people.agent.user.email)


def answer(support: Any, writer: str) -> RemoteMessage:
    """What the log has of a second mail, on the ticket of the first."""
    [seen] = receive(support, letter(writer, *COMMANDS, answers=FIRST))
    return seen


def told(seen: RemoteMessage) -> str:
    return " ".join(step.title for step in steps_of(seen))


@pytest.mark.parametrize("is_marked", [False, True])
def test_no_rule_copy_command_or_tag_acts_on_an_answer_to_spam(
    support: Any, people: Any, writer: str, is_marked: bool
) -> None:
    receive(support, letter(writer, message_id=FIRST, headers=[FLAG]))
    ticket = Ticket.objects.get()
    if is_marked:
        changes.mark_spam([ticket], is_spam=False, by=By(actor=people.agent))
        changes.mark_spam([ticket], is_spam=True, by=By(actor=people.agent))
    Ticket.objects.update(status=Status.WAITING)
    tags = [tag.name for tag in ticket.tags.all()]
    seen = answer(support, writer)
    ticket = Ticket.objects.get()  # the rule has opened no second one
    assert (seen.outcome, seen.ticket_id, ticket.message_count) == (Outcome.ADDED, ticket.pk, 2)
    assert (ticket.fields, ticket.priority, [tag.name for tag in ticket.tags.all()]) == ({}, "normal", tags)
    assert (ticket.spam_mark, ticket.is_spam) == (SpamMark.MANUAL_SPAM if is_marked else SpamMark.AUTO_SPAM, True)
    assert not AutomaticAnswer.objects.exists()
    kinds = ticket.events.order_by("-position").values_list("kind", flat=True)
    assert list(kinds[:2]) == ["status_changed", "message_received"]
    assert LEFT_ALONE in told(seen)
    assert not [each for each in ("Mapping", "Commands", "Rule", "rule") if each in told(seen)]


def test_once_the_mark_is_taken_off_the_next_answer_is_like_any_other(support: Any, people: Any, writer: str) -> None:
    receive(support, letter(writer, message_id=FIRST, headers=[FLAG]))
    [ticket] = changes.mark_spam([Ticket.objects.get()], is_spam=False, by=By(actor=people.agent))
    seen = answer(support, writer)
    ticket.refresh_from_db()
    assert (ticket.fields["type"], ticket.priority, ticket.is_spam) == ("Incident", "high", False)
    assert "does not work" in ticket.fields["words"]
    assert {"heat", "vip"} <= {tag.name for tag in ticket.tags.all()}
    assert (Ticket.objects.count(), AutomaticAnswer.objects.count()) == (2, 1)
    assert LEFT_ALONE not in told(seen)


def test_the_rest_of_a_large_answer_gives_spam_nothing_and_says_so(support: Any, writer: str) -> None:
    receive(support, letter(writer, message_id=FIRST, headers=[FLAG]))
    mail = letter(writer, *COMMANDS, answers=FIRST)
    head = receive_head(support, mail)
    whole = receive_rest(head, mail)
    assert Ticket.objects.get().fields == {}
    assert [LEFT_ALONE in told(each) for each in (head, whole)] == [True, True]
