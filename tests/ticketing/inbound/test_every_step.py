"""Every step of the policy has a mail that it decides about, and the nearest mail that it lets pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpdesk.accounts.models import Organization
from mailboxes.models import Mailbox, RemoteMessage
from mailboxes.services.sending.check_mail import check_mail
from tests.factories.held import hold, ignore_domain
from tests.factories.incoming import make_mail, process_due, receive, receive_head, receive_rest
from tests.factories.outgoing import sent_of
from tests.factories.proven import PROVEN, SERVER
from tests.ticketing.inbound.test_automatic_mail import mail_of, set_rule
from tests.ticketing.inbound.test_policy import make_bounce
from tests.ticketing.inbound.test_threading import our_id, write_reply
from ticketing.inbound.automatic import Rule
from ticketing.inbound.policy import STEPS
from ticketing.models import AutomaticClass, EntryKind, FilterMode, NewMail, OnTicket, Openers, Ticket, Updaters
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.loops import LimitsInput, set_limits
from ticketing.services.mail_orders import join
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = pytest.mark.django_db
FIRST = "first@customer.test"
STRANGER = "eve@evil.test"
Pair = tuple[RemoteMessage, RemoteMessage]  # of the mail that the step decides about, and of the near miss


def came(mailbox: Any, **mail: Any) -> RemoteMessage:
    """What the log has of this mail."""
    [seen] = receive(mailbox, make_mail(**mail))
    return seen


def decided_by(seen: RemoteMessage) -> str:
    """The name of the step that decided: the last that was asked."""
    return [each for each in seen.trace if isinstance(each, str) and ":" not in each][-1]


def token_of(mailbox: Any) -> str:
    """Of an answer of ours, to anna, on her ticket."""
    return write_reply(Ticket.objects.get(id=came(mailbox, message_id=FIRST).ticket_id))


def both(mailbox: Any, trips: dict[str, Any], near: dict[str, Any]) -> Pair:
    return came(mailbox, **trips), came(mailbox, **near)


def join_as_ordered(mailbox: Any, people: Any) -> Pair:
    """A member puts it into a ticket; the sender's next mail is nobody's order."""
    ticket = Ticket.objects.get(id=came(mailbox).ticket_id)
    held = hold(mailbox)
    join(held, ticket=ticket, actor=people.admin)
    process_due()
    held.refresh_from_db()
    return held, came(mailbox, sender="sanna@held.test")


def complete_message(mailbox: Any, _people: Any) -> Pair:
    """The rest of a mail whose headers came first; another mail of the same words is not it."""
    mail = make_mail(message_id="large@x.test")
    return receive_rest(receive_head(mailbox, mail), mail), came(mailbox, message_id="larger@x.test", text="More.\n")


def ignore_own_mail(mailbox: Any, _people: Any) -> Pair:
    """Our id from our address; our id alone is a stranger's to write."""
    message_id = our_id(token_of(mailbox))
    trips = {"sender": "support@fernhollow.test", "message_id": message_id}
    return both(mailbox, trips, {"sender": STRANGER, "message_id": message_id})


def ignore_check_mail(mailbox: Any, _people: Any) -> Pair:
    """A test mail of ours; from somebody else the same is a mail."""
    mail = check_mail("new@fernhollow.test")
    [trips, near] = receive(mailbox, mail, mail.replace(b"From: new@", b"From: eve@"))
    return trips, near


def ignore_twin(mailbox: Any, _people: Any) -> Pair:
    """The same id and content again; the same id with other content is another mail."""
    came(mailbox, message_id="twice@x.test")
    return both(mailbox, {"message_id": "twice@x.test"}, {"message_id": "twice@x.test", "text": "Other.\n"})


def take_sent(mailbox: Any, _people: Any) -> Pair:
    """In a folder of sent mail; the same in an inbox."""
    came(mailbox, message_id=FIRST)
    mail = {"sender": "support@fernhollow.test", "to": "anna@customer.test", "answers": FIRST}
    trips = came(sent_of(mailbox), **mail, message_id="sent@fernhollow.test")
    return trips, came(mailbox, **mail, message_id="copied@fernhollow.test")


def tie_bounce(mailbox: Any, _people: Any) -> Pair:
    """A report; a person who writes about one."""
    [trips] = receive(mailbox, make_bounce(our_id(token_of(mailbox))))
    return trips, came(mailbox, subject="Undelivered Mail Returned to Sender", text="I got this. What is it?\n")


def ignore_report(mailbox: Any, _people: Any) -> Pair:
    """A receipt; a person whose subject looks like one."""
    [trips] = receive(mailbox, mail_of("disposition-notification"))
    return trips, came(mailbox, subject="Read: lamp")


def ignore_automatic_answer(mailbox: Any, _people: Any) -> Pair:
    """An automatic reply; a header that says that it is none."""
    headers = ("Auto-Submitted", "auto-replied"), ("Auto-Submitted", "no")
    return both(mailbox, {"headers": headers[:1]}, {"headers": headers[1:]})


def ignore_generated(mailbox: Any, _people: Any) -> Pair:
    """A list's mail where lists are ignored; a header that only sounds like a list's."""
    set_rule(AutomaticClass.LIST, Rule(NewMail.IGNORE, OnTicket.IGNORE))
    return both(mailbox, {"headers": [("List-Id", "<a.b>")]}, {"headers": [("X-List", "<a.b>")]})


def ignore_filtered(mailbox: Any, _people: Any) -> Pair:
    """A domain that is ignored; one that begins with it."""
    ignore_domain(mailbox, "held.test")
    return both(mailbox, {"sender": "sanna@held.test"}, {"sender": "sanna@held.test.example"})


def ignore_unlisted(mailbox: Any, _people: Any) -> Pair:
    """An address that the filter does not allow; one that it does, in capitals."""
    save_filter(mailbox, FilterInput(FilterMode.ALLOW, [tidy_entry(EntryKind.ADDRESS, "ben@customer.test")]))
    return both(mailbox, {"sender": "ben@customer.example"}, {"sender": "BEN@Customer.test"})


def stop_loop(mailbox: Any, _people: Any) -> Pair:
    """One mail more than is ordinary; the last that is ordinary."""
    set_limits(LimitsInput(per_sender=2))
    came(mailbox)
    near = came(mailbox)
    return came(mailbox), near


def check_updater(mailbox: Any, _people: Any) -> Pair:
    """A stranger's answer, though it holds the token, where people on the ticket may add; one of those."""
    save_writers(None, WriterInput(updaters=Updaters.PEOPLE, servers=(SERVER,)))
    answers = our_id(token_of(mailbox))
    return both(mailbox, {"sender": STRANGER, "answers": answers}, {"answers": answers, "headers": PROVEN})


def note_automatic(mailbox: Any, _people: Any) -> Pair:
    """An out-of-office note to a ticket; an answer about the office."""
    came(mailbox, message_id=FIRST)
    near = {"subject": "Re: The office lamp is out", "answers": FIRST}
    return both(mailbox, {"subject": "Out of office: lamp", "answers": FIRST}, near)


def add_answer(mailbox: Any, _people: Any) -> Pair:
    """An answer to a mail that came here; one to a mail that did not."""
    came(mailbox, message_id=FIRST)
    return both(mailbox, {"answers": FIRST}, {"answers": "second@customer.test"})


def ignore_new_mail(mailbox: Any, _people: Any) -> Pair:
    """New mail to a mailbox that takes answers only; an answer."""
    came(mailbox, message_id=FIRST)
    Mailbox.objects.update(answers_only=True)
    return both(mailbox, {}, {"answers": FIRST})


def ignore_while_off(mailbox: Any, _people: Any) -> Pair:
    """New mail while email to ticket is off and that is told; an answer."""
    came(mailbox, message_id=FIRST)
    Organization.objects.update(takes_mail=False, tells_while_off=True)
    return both(mailbox, {}, {"answers": FIRST})


def check_opener(mailbox: Any, _people: Any) -> Pair:
    """A stranger where known contacts may open tickets; a known contact."""
    came(mailbox)
    save_writers(None, WriterInput(openers=Openers.LISTED, lets_contacts=True, servers=(SERVER,)))
    return both(mailbox, {"sender": STRANGER, "headers": PROVEN}, {"headers": PROVEN})


def recognise_spam(mailbox: Any, _people: Any) -> Pair:
    """A header that says spam; the same header that says none."""
    return both(mailbox, {"headers": [("X-Spam-Flag", "YES")]}, {"headers": [("X-Spam-Flag", "NO")]})


def open_ticket(mailbox: Any, _people: Any) -> Pair:
    """A new mail; an answer to it."""
    return both(mailbox, {"message_id": FIRST}, {"answers": FIRST})


CASES: dict[str, Callable[[Any, Any], Pair]] = {
    case.__name__: case
    for case in (
        join_as_ordered,
        complete_message,
        ignore_own_mail,
        ignore_check_mail,
        ignore_twin,
        take_sent,
        tie_bounce,
        ignore_report,
        ignore_automatic_answer,
        ignore_generated,
        ignore_filtered,
        ignore_unlisted,
        stop_loop,
        check_updater,
        note_automatic,
        add_answer,
        ignore_while_off,
        ignore_new_mail,
        check_opener,
        recognise_spam,
        open_ticket,
    )
}


@pytest.mark.parametrize("name", [step.__name__ for step in STEPS])
def test_a_step_decides_about_its_mail_and_lets_the_nearest_one_pass(support: Any, people: Any, name: str) -> None:
    trips, near = CASES[name](support, people)
    assert decided_by(trips) == name
    assert decided_by(near) != name
