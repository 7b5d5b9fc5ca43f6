"""The inbound log explains headers of ours that a mail carried, names what is the organization's, and obeys none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import OutboxMessage, Outcome, RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.factories.outgoing import make_mailbox, make_outgoing_server
from tests.factories.tickets import make_ticket
from tests.ticketing.answering.answering import answer_due, switch_on
from ticketing.models import Rule, Ticket
from ticketing.models.rules import AppliesTo

pytestmark = pytest.mark.django_db
ELSEWHERE = "Of another installation or organization: it names nothing here."


@pytest.fixture
def support(in_fernhollow: Any, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.BASE_URL = "https://desk.example"
    return make_mailbox(make_outgoing_server(), address="support@fernhollow.test")


def from_here(organization: Any, **more: str) -> list[tuple[str, str]]:
    """Headers that claim to be of this installation and organization."""
    said = {"Installation": "desk.example", "Organization": str(organization.public_id)} | more
    return [(f"X-Postroom-{name}", value) for name, value in said.items()]


def told(client: Client, member: Any, entry: RemoteMessage) -> str:
    """What the details say of the headers; links stay."""
    client.force_login(member.user)
    page = client.get(f"/o/fernhollow/inbound-log/{entry.pk}/").content.decode()
    part = page.partition("Headers of Postroom")[2].partition("</section>")[0]
    return re.sub(r"<(?!a )[^>]*>", " ", part)


@pytest.mark.req("S5.82")
def test_an_acknowledgement_of_ours_that_comes_back_is_explained(support: Any, people: Any, client: Client) -> None:
    switch_on()
    receive(support, make_mail())
    answer_due()
    sent = OutboxMessage.objects.get()
    [entry] = receive(support, files.read(sent.storage_key))
    words = told(client, people.agent, entry)
    assert "Says that this installation sent the mail." in words
    assert "Says that it was sent for this organization." in words
    assert "Says why it was sent: an acknowledgement. " in words
    assert f'href="/o/fernhollow/tickets/{Ticket.objects.get().number}/"' in words
    assert f"A mail in the outbox has the same Message-ID: “{sent.subject}”" in words
    assert ELSEWHERE not in words


def test_one_of_another_installation_names_nothing_here(support: Any, people: Any, client: Client) -> None:
    make_ticket("Printer on fire")
    headers = [
        ("X-Postroom-Installation", "help.elsewhere.test"),
        ("X-Postroom-Organization", "0b7e7b3e-0000-4000-8000-000000000000"),
        ("X-Postroom-Cause", "agent; id=1"),
        ("X-Postroom-Ticket", "1"),
        ("X-Postroom-Colour", "blue"),
    ]
    [entry] = receive(support, make_mail(headers=headers))
    words = told(client, people.admin, entry)
    assert words.count(ELSEWHERE) == 4
    assert "an agent's reply" in words.replace("&#x27;", "'")
    assert "Postroom writes no header of this name." in words
    assert "No mail in the outbox has this Message-ID." in words
    assert "Printer on fire" not in words
    assert "<a " not in words


def test_forged_ids_of_another_organization_show_nothing_of_it_and_move_nothing(
    support: Any, fernhollow: Any, otherco: Any, people: Any, client: Client
) -> None:
    with organization_scope(otherco.id):
        rule = Rule.objects.create(name="Their secret rule", place=1, applies_to=AppliesTo.NEW)
        theirs = [make_ticket("Their first"), make_ticket("Their second")]
    claims = {"Ticket": str(theirs[-1].number), "Cause": f"rule; id={rule.pk}/1"}
    by_rule, by_agent, by_other = receive(
        support,
        make_mail(headers=from_here(fernhollow, **claims), message_id="a@x.test"),
        make_mail(headers=from_here(fernhollow, Cause=f"agent; id={people.stranger.pk}"), message_id="b@x.test"),
        make_mail(headers=from_here(otherco, **claims), message_id="c@x.test"),
    )
    assert by_rule.outcome == by_agent.outcome == by_other.outcome == Outcome.CREATED
    Ticket.objects.filter(number=theirs[-1].number).update(number=77)
    words = told(client, people.admin, by_rule)
    assert "You have no such rule." in words
    assert "You have none with this number." in words
    assert "You have no such member." in told(client, people.admin, by_agent)
    last = told(client, people.admin, by_other)
    assert last.count(ELSEWHERE) == 3
    for each in (words, last):
        assert "Their" not in each
        assert "<a " not in each


@pytest.mark.parametrize(("who", "is_linked"), [("agent", False), ("admin", True)])
def test_a_rule_of_ours_is_named_and_linked_for_who_may_open_it(
    who: str, is_linked: bool, support: Any, fernhollow: Any, people: Any, client: Client
) -> None:
    rule = Rule.objects.create(name="Invoices", place=1, applies_to=AppliesTo.NEW)
    [entry] = receive(support, make_mail(headers=from_here(fernhollow, Cause=f"rule; id={rule.pk}/7")))
    words = told(client, getattr(people, who), entry)
    assert "Says why it was sent: a rule. The rule is “Invoices”." in words
    assert (f'href="/o/fernhollow/rules/{rule.pk}/"' in words) is is_linked


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("notice; id=not_worked", "Notice that nobody works on mail to this address."),
        ("notice; id=discarded", "A discarded mail that was passed on."),
        ("notice; id=check", "A test of a mailbox."),
        ("notice; id=commands", "Commands in a mail were not followed."),
        ("notice; id=12", "News of the product for those who look after it."),
        ("integration; id=999999999999999999", "You have no such integration."),
        ("agent; id=" + "9" * 60, "You have no such member."),
        ("agent", "You have no such member."),
        ("rule 7", "Postroom writes no cause like this."),
        ("colour; id=1", "Postroom writes no cause like this."),
    ],
)
def test_every_cause_is_said_in_words(
    cause: str, said: str, support: Any, fernhollow: Any, people: Any, client: Client
) -> None:
    [entry] = receive(support, make_mail(headers=from_here(fernhollow, Cause=cause, Ticket="9" * 30)))
    assert said in told(client, people.agent, entry)
