"""What can be done with a message of the inbound log, on its details and on the ticket it became."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from mailboxes.models import Outcome, RemoteMessage
from tests.factories.held import hold
from tests.factories.incoming import make_mail, process_due, receive
from tests.factories.outgoing import make_mailbox
from tests.factories.proven import PROVEN, SERVER, believe
from ticketing.models import FilterMode, MailFilter, Message, Openers, SpamMark, Ticket
from ticketing.services.changes import mark_spam
from ticketing.services.filters import stored
from ticketing.services.history import By
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db, pytest.mark.both]
LOG = "/o/fernhollow/inbound-log/"


@pytest.fixture
def support(in_fernhollow: Any) -> Any:
    return make_mailbox(address="support@fernhollow.test", name="Repairs")


@pytest.fixture
def admin(people: Any, client: Client) -> Client:
    client.force_login(people.admin.user)
    return client


def act(client: Client, entry: RemoteMessage, what: str, value: str = "") -> str:
    """The page after it."""
    page = client.post(f"{LOG}{entry.pk}/actions/{what}/", {"value": value}, follow=True)
    assert page.status_code == 200
    return page.content.decode()


def test_a_held_mail_says_why_and_is_released_or_discarded(support: Any, admin: Client) -> None:
    released, discarded = hold(support, subject="One"), hold(support, subject="Two")
    page = admin.get(f"{LOG}{released.pk}/").content.decode()
    assert [words in page for words in ("Held.", "held.test", "Release", "Discard this message?")] == [True] * 4
    assert "let in" in act(admin, released, "release")
    assert "Discarded" in act(admin, discarded, "discard")
    process_due()
    assert list(Ticket.objects.values_list("subject", flat=True)) == ["One"]
    page = admin.get(f"{LOG}{released.pk}/").content.decode()
    assert "Adam Admin let it in" in page
    assert "any more" in act(admin, discarded, "discard")


@pytest.mark.parametrize("what", ["release", "discard", "block"])
def test_who_may_not_set_up_mailboxes_is_offered_nothing_of_it(
    support: Any, people: Any, client: Client, what: str
) -> None:
    entry = hold(support)
    client.force_login(people.agent.user)
    page = client.get(f"{LOG}{entry.pk}/").content.decode()
    assert f"actions/{what}/" not in page
    assert "actions/join/" in page
    assert client.post(f"{LOG}{entry.pk}/actions/{what}/").status_code == 403
    client.force_login(people.stranger.user)
    assert client.post(f"/o/otherco/inbound-log/{entry.pk}/actions/{what}/").status_code == 404
    entry.refresh_from_db()
    assert entry.outcome == Outcome.HELD


def test_a_message_is_put_into_the_ticket_that_is_named(support: Any, admin: Client) -> None:
    receive(support, make_mail())
    entry, number = hold(support), Ticket.objects.get().number
    for wrong in ("", "x", "99999", "9" * 40):
        assert "no ticket with this number" in act(admin, entry, "join", wrong)
    assert f"#{number}" in act(admin, entry, "join", f"#{number}")
    process_due()
    assert Message.objects.filter(ticket__number=number).count() == 2


def test_a_created_ticket_is_joined_to_another_and_an_answer_is_split_off(support: Any, admin: Client) -> None:
    first, second = receive(support, make_mail(message_id="a@x.test"), make_mail(message_id="b@x.test"))
    target = Ticket.objects.get(pk=first.ticket_id)
    act(admin, second, "join", str(target.number))
    second.refresh_from_db()
    assert (second.outcome, second.ticket_id, target.merged.count()) == (Outcome.ADDED, target.pk, 1)
    assert "is ticket #" in act(admin, second, "split")
    assert Message.objects.get(raw=second.raw).ticket_id != target.pk


def test_spam_is_cleared_from_the_log(support: Any, admin: Client, people: Any) -> None:
    [entry] = receive(support, make_mail())
    assert f"{entry.pk}/actions/not-spam/" not in admin.get(f"{LOG}{entry.pk}/").content.decode()
    mark_spam(list(Ticket.objects.all()), is_spam=True, by=By(actor=people.agent))
    assert f"{entry.pk}/actions/not-spam/" in admin.get(f"{LOG}{entry.pk}/").content.decode()
    page = act(admin, entry, "not-spam")
    assert not Ticket.objects.get().is_spam
    assert f"{entry.pk}/actions/not-spam/" not in page
    assert "not among the spam" in act(admin, entry, "not-spam")


def test_what_was_taken_for_spam_is_cleared_once(support: Any, admin: Client) -> None:
    [entry] = receive(support, make_mail(headers=[("X-Spam-Flag", "YES")]))
    assert f"{entry.pk}/actions/not-spam/" in admin.get(f"{LOG}{entry.pk}/").content.decode()
    assert f"{entry.pk}/actions/not-spam/" not in act(admin, entry, "not-spam")


@pytest.mark.parametrize("is_spam", [True, False])
def test_an_answer_that_is_split_off_from_spam_is_none_and_all_say_so(
    support: Any, admin: Client, people: Any, is_spam: bool
) -> None:
    _first, entry = receive(support, make_mail(message_id="a@x.test"), make_mail(answers="a@x.test"))
    Ticket.objects.update(is_spam=is_spam, spam_mark=SpamMark.MANUAL_SPAM if is_spam else SpamMark.NONE)
    former = Ticket.objects.get()
    said = "is among the spam; the new one is not"
    assert (said in act(admin, entry, "split")) is is_spam
    made = Ticket.objects.exclude(pk=former.pk).get()
    assert (made.is_spam, made.spam_mark) == (False, SpamMark.NONE)
    pages = [f"{LOG}{entry.pk}/", f"/o/fernhollow/tickets/{made.number}/"]
    assert [said in admin.get(page).content.decode() for page in pages] == [is_spam, is_spam]


def test_the_ticket_from_which_an_answer_is_split_off_tells_of_the_spam_in_its_toast(
    support: Any, admin: Client
) -> None:
    receive(support, make_mail(message_id="a@x.test"), make_mail(answers="a@x.test"))
    Ticket.objects.update(is_spam=True, spam_mark=SpamMark.MANUAL_SPAM)
    former, message = Ticket.objects.get(), Message.objects.latest("id")
    page = admin.post(f"/o/fernhollow/tickets/{former.number}/messages/{message.pk}/splitting/", follow=True)
    toast = page.content.decode().split("Split off as #", 1)[1][:300]
    assert "the new one is not" in toast


def test_a_sender_is_blocked_and_unblocked(support: Any, admin: Client) -> None:
    [entry] = receive(support, make_mail(sender="eve@evil.test"))
    assert "ignored from now on, by the filter of Repairs" in act(admin, entry, "block")
    assert "Unblock sender" in admin.get(f"{LOG}{entry.pk}/").content.decode()
    [later] = receive(support, make_mail(sender="eve@evil.test"))
    assert later.outcome == Outcome.IGNORED
    act(admin, entry, "unblock")
    assert stored(support).mode is FilterMode.EVERYTHING
    assert "No filter names this address" in act(admin, entry, "unblock")


def test_a_filter_that_would_mean_something_else_takes_no_address(support: Any, admin: Client) -> None:
    [entry] = receive(support, make_mail())
    MailFilter.objects.create(mailbox=support, mode=FilterMode.ALLOW)
    assert "by the filter of all mailboxes" in act(admin, entry, "block")
    MailFilter.objects.filter(mailbox=None).update(mode=FilterMode.ALLOW)
    assert "say who may write" in act(admin, entry, "block")


def test_the_ticket_says_why_a_mail_is_there_and_lets_people_split_and_move_it(
    support: Any, people: Any, client: Client
) -> None:
    first, answer = receive(support, make_mail(message_id="a@x.test"), make_mail(answers="a@x.test"))
    ticket = Ticket.objects.get()
    address = f"/o/fernhollow/tickets/{ticket.number}/"
    client.force_login(people.viewer.user)
    page = client.get(address).content.decode()
    assert "It answers a message of the ticket" in page
    assert "Header In-Reply-To or References." in page
    message = Message.objects.get(raw=answer.raw)
    assert "splitting/" not in page
    assert client.post(f"{address}messages/{message.pk}/splitting/").status_code == 403
    client.force_login(people.agent.user)
    assert "splitting/" in client.get(address).content.decode()
    made = client.post(f"{address}messages/{message.pk}/splitting/", follow=True)
    assert "never to" in made.content.decode()
    message.refresh_from_db()
    new = f"/o/fernhollow/tickets/{message.ticket.number}/messages/{message.pk}/moving/"
    assert "no ticket with this number" in client.post(new, {"value": "x"}, follow=True).content.decode()
    back = client.post(new, {"value": str(ticket.number)}, follow=True)
    assert back.redirect_chain[0][0] == address
    assert first.ticket_id == Message.objects.get(pk=message.pk).ticket_id


def test_a_sender_is_accepted_with_the_mail_where_contacts_may_write(support: Any, people: Any, client: Client) -> None:
    listed = WriterInput(openers=Openers.LISTED, lets_contacts=True)
    save_writers(None, listed, actor=people.admin)
    [entry] = receive(support, make_mail(sender="Sanna <sanna@oldmill.test>", subject="One"))
    assert entry.outcome == Outcome.HELD
    client.force_login(people.admin.user)
    said = act(client, entry, "accept")
    assert ("known contact from now on" in said, "the next one waits, too" in said) == (True, True)
    process_due()
    [later] = receive(support, make_mail(sender="sanna@oldmill.test", subject="Two"))
    assert (later.outcome, Ticket.objects.get().subject) == (Outcome.HELD, "One")
    believe()
    listed = replace(listed, servers=(SERVER,))
    [proven] = receive(support, make_mail(sender="else@oldmill.test", subject="Three", headers=PROVEN))
    assert "the next one waits, too" not in act(client, proven, "accept")
    process_due()
    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["One", "Three"]
    save_writers(None, replace(listed, lets_contacts=False, domains=("else.test",)), actor=people.admin)
    [held] = receive(support, make_mail(sender="sanna@oldmill.test", subject="Three"))
    assert "lets no known contacts in" in act(client, held, "accept")


@pytest.mark.req("F78")
@pytest.mark.parametrize(("who", "offers"), [("viewer", False), ("agent", True)])
def test_a_subject_that_changed_is_said_and_offers_a_ticket_of_its_own(
    support: Any, people: Any, client: Client, who: str, offers: bool
) -> None:
    receive(support, make_mail(message_id="one@x.test"), make_mail(subject="The chair, too", answers="one@x.test"))
    client.force_login(getattr(people, who).user)
    page = client.get("/o/fernhollow/tickets/1/").content.decode()
    assert page.count("The subject changed:") == 1
    assert ("Split off into a ticket of its own" in page) is offers
