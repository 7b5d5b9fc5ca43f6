"""What is written to the team about a mail can say what the mail added, and of a field that grows the last addition."""

from __future__ import annotations

from typing import Any

import pytest

from helpdesk.lib import files
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox, OutboxMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_outgoing_server
from tests.ticketing.inbound.acting_rules import add_rule
from ticketing.fields.commands import Trouble
from ticketing.inbound.rules.written import Action
from ticketing.models import FieldKind, Message, MessageKind, TicketField
from ticketing.models.mapping import How, Moment, Source, ThenDo
from ticketing.models.rules import Act, AppliesTo
from ticketing.services.mail_mapping import CopyInput, MappingInput, TroubleInput, set_mapping
from ticketing.services.rules.checking import problem_of_action

pytestmark = [pytest.mark.django_db, pytest.mark.req("S5.48")]
TEXT = (
    "#{{ ticket.number }} {{mail.sender}}, {{ mail.subject }}: {{ ticket.last_addition }}\n"
    "Log: {{ added.log }} Files: {{ added.papers }} Other: {{ added.other }} of {{ mailbox.address }}"
)
SAID = (
    "#1 Anna Berg <anna@customer.test>, Re: My stove: It <hisses> again.\n"
    "Log: It <hisses> again. Files: new.pdf Other:  of support@fernhollow.test"
)


@pytest.fixture
def growing(support: Any) -> list[CopyInput]:
    """A record of what was written, and one of files, that answers add to; the ticket is there."""
    TicketField.objects.create(key="log", label="Log", kind=FieldKind.LONG_TEXT)
    TicketField.objects.create(key="papers", label="Papers", kind=FieldKind.FILES)
    TicketField.objects.create(key="other", label="Other", kind=FieldKind.TEXT)
    places = ((Source.BODY, "log"), (Source.FILES, "papers"))
    copies = [CopyInput(when, source, field, How.APPEND) for when in Moment for source, field in places]
    set_mapping(support, MappingInput(copies=copies))
    receive(support, make_mail(message_id="first@customer.test", text="It hisses.\n", files=[("old.pdf", b"%PDF-1")]))
    return copies


def answer(**more: Any) -> bytes:
    text = "It <hisses> again.\n\nOn Monday, Ines wrote:\n> It hisses.\n"
    given: dict[str, Any] = {"text": text, "files": [("new.pdf", b"%PDF-2")], **more}
    return make_mail(answers="first@customer.test", subject="Re: My stove", **given)


@pytest.mark.both
def test_the_note_of_a_rule_says_the_last_addition(support: Any, growing: list[CopyInput]) -> None:
    add_rule(Action(Act.NOTE, TEXT), applies_to=AppliesTo.ANSWERS)
    receive(support, answer())
    note = Message.objects.get(kind=MessageKind.NOTE)
    assert note.text == SAID
    assert "It &lt;hisses&gt; again.<br>" in note.html


def test_a_mail_about_commands_says_the_last_addition(support: Any, people: Any, growing: list[CopyInput]) -> None:
    Mailbox.objects.update(outgoing=make_outgoing_server())
    trouble = TroubleInput(ThenDo.MAIL, "ops@elsewhere.test", "Look at {{ ticket.last_addition }}")
    asked = MappingInput(copies=growing, reads_commands=True, troubles={Trouble.UNKNOWN: trouble}, version=1)
    set_mapping(support, asked)
    text = "It <hisses>.\n\n--- Ticket details [en] ---\nColour: red\n---\n"
    receive(support, answer(sender=people.agent.user.email, text=text))
    written = files.read(OutboxMessage.objects.get(cause_id="commands").storage_key).decode()
    assert "Look at It <hisses>." in written
    assert "Look at It &lt;hisses&gt;." in written


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{{ added.log }} {{ ticket.last_addition }}", ""),
        ("{{ added.gone }}", "“{{ added.gone }}” is no placeholder here"),
        ("{{ ticket.number }", "braces do not close"),
        ("Call them.", ""),
    ],
)
def test_what_is_no_placeholder_is_named_when_it_is_saved(
    support: Any, growing: list[CopyInput], text: str, problem: str
) -> None:
    said = problem_of_action(Action(Act.NOTE, text))
    assert (problem in said, bool(said)) == (True, bool(problem))


def test_so_it_is_in_the_texts_of_a_mapping(support: Any) -> None:
    trouble = TroubleInput(ThenDo.MAIL, "ops@elsewhere.test", "{{ customer.name }}")
    with pytest.raises(DomainError, match="is no placeholder here"):
        set_mapping(support, MappingInput(troubles={Trouble.UNKNOWN: trouble}))
