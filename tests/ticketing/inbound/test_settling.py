"""What happens in the organization between the facts and the writing of a mail: decided anew only where it matters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.lib import clock
from helpdesk.tenancy import counters
from tests.factories.incoming import make_mail, receive
from ticketing.inbound import process, recording
from ticketing.models import Contact, ContactAddress, Message, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], list[str]]:
    """Does something as the first mail's facts have just been loaded; gives the verdicts reached from then on."""

    def prepare(happen: Callable[[], None]) -> list[str]:
        decided: list[str] = []
        decide, draft = process.decide, recording.draft
        waiting = [happen]

        def note(envelope: Any, facts: Any) -> Any:
            decision, trace = decide(envelope, facts)
            decided.append(str(decision.reason))
            return decision, trace

        def interrupted(*about: Any, **more: Any) -> Any:
            while waiting:
                waiting.pop()()
                counters.take(events=1)
            return draft(*about, **more)

        monkeypatch.setattr(process, "decide", note)
        monkeypatch.setattr(recording, "draft", interrupted)
        return decided

    return prepare


def test_what_is_nothing_to_the_mail_changes_nothing(support: Any, meanwhile: Any) -> None:
    decided = meanwhile(lambda: None)
    (seen,) = receive(support, make_mail())
    assert (len(decided), seen.outcome) == (1, "created")
    assert Ticket.objects.get().last_position == 2  # after the event that came in between


def test_a_contact_that_came_in_between_is_found(support: Any, meanwhile: Any) -> None:
    def appear() -> None:
        contact = Contact.objects.create(name="Anna", created_at=clock.now())
        ContactAddress.objects.create(contact=contact, address="anna@customer.test", created_at=clock.now())

    decided = meanwhile(appear)
    receive(support, make_mail())
    assert len(decided) == 2
    assert Message.objects.get().contact == Contact.objects.get()


def test_a_ticket_that_was_changed_in_between_is_looked_at_again(support: Any, meanwhile: Any) -> None:
    receive(support, make_mail(message_id="first@customer.test"))
    decided = meanwhile(lambda: Ticket.objects.update(message_count=7) and None)
    (seen,) = receive(support, make_mail(answers="first@customer.test"))
    assert decided == ["answer", "answer"]
    assert seen.outcome == "added"
