"""What a mail asks for by its From alone: refused with the reason, the setting and what to do; or given, and marked."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mailboxes.models import RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.proven import PROVEN, believe
from tests.ticketing.mail.test_forwards import GMAIL
from ticketing.models import EventKind, Message, Priority, Ticket, TicketEvent
from ticketing.queries.deciding_lines import deciding
from ticketing.reason_links import setting_url
from ticketing.reason_words import reason_words
from ticketing.services.mail_mapping import MappingInput, set_mapping
from ticketing.templatetags.ticket_events import event_words
from ticketing.trust_words import sender_badges, sender_facts

pytestmark = [pytest.mark.django_db, pytest.mark.req("F112", "S5.86")]
COMMANDS = "Please.\n\n--- Ticket details [en] ---\nPriority: high\n---\n"
NAME_IT = "name the server that checks senders, or say that your mail server refuses forged ones by itself"


def came(mailbox: Any, **mail: Any) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, make_mail(**mail))
    return seen


def badges() -> list[str]:
    """Of the newest message, without that its sender is new."""
    return [badge.text for badge in sender_badges(Message.objects.latest("id")) if badge.text != "First contact"]


def test_whose_address_alone_is_an_agents_sets_nothing_and_is_told_why_and_what_to_do(
    support: Any, people: Any, client: Client
) -> None:
    set_mapping(support, MappingInput(reads_commands=True))
    seen = came(support, sender=people.agent.user.email, text=COMMANDS)
    assert Ticket.objects.get().priority == Priority.NORMAL
    said = reason_words(seen)
    assert "may be set by whom From names, but nothing proves" in said
    assert "For want of proof its commands were not followed." in said
    assert NAME_IT in said
    assert setting_url(support.organization, seen).endswith(f"/who-may-write/{support.pk}/#proof")
    assert deciding(seen).marks_header("From", "anything")
    assert "nothing proves" in event_words(TicketEvent.objects.get(kind=EventKind.COMMANDS_REFUSED))
    assert badges() == ["Sender not proven"]
    assert NAME_IT in sender_facts(Message.objects.get())[0]
    client.force_login(people.admin.user)
    page = client.get(f"/o/fernhollow/tickets/{Ticket.objects.get().number}/").content.decode()
    assert f'href="/o/fernhollow/who-may-write/{support.pk}/#proof"' in page


def test_who_has_no_right_is_not_told_that_proof_would_help(support: Any) -> None:
    set_mapping(support, MappingInput(reads_commands=True))
    seen = came(support, text=COMMANDS)
    assert "may not be set by the sender" in reason_words(seen)
    assert "proof" not in reason_words(seen)
    assert badges() == []


@pytest.mark.parametrize("is_doubted", [False, True])
def test_a_number_alone_leads_whom_nobody_doubts_to_the_ticket_and_is_marked(support: Any, *, is_doubted: bool) -> None:
    first = came(support)
    if is_doubted:
        believe()
    number = Ticket.objects.get(pk=first.ticket_id).number
    seen = came(support, subject=f"About [#{number}]")
    assert (seen.ticket_id == first.ticket_id) is not is_doubted
    assert badges() == ["Sender not proven"]
    said = reason_words(seen)
    assert (
        f"For want of proof it was not added to ticket #{number}, to which its subject leads." in said
    ) is is_doubted
    assert ("Look whom an answer would go to." in said) is not is_doubted
    believe()
    assert came(support, subject=f"About [#{number}]", headers=PROVEN).ticket_id == first.ticket_id
    assert badges() == []


@pytest.mark.parametrize("is_doubted", [False, True])
def test_an_agent_whom_nobody_doubts_passes_on_a_customers_mail(support: Any, people: Any, *, is_doubted: bool) -> None:
    if is_doubted:
        believe()
    seen = came(support, sender=people.agent.user.email, subject="Fwd: Broken lamp", text=GMAIL)
    requester = Ticket.objects.get().requester.addresses.get().address
    assert (requester == people.agent.user.email) is is_doubted
    assert ("who wrote the forwarded mail did not become the requester" in reason_words(seen)) is is_doubted
    assert ("nothing proves that a member of yours forwarded it" in reason_words(seen)) is not is_doubted
    assert badges() == ["Sender not proven"]
