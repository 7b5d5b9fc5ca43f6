"""A chosen message of the thread is answered or forwarded, not the newest one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from tests.factories.tickets import add_message, make_contact, make_ticket
from ticketing.models import Draft, DraftMode, Message, MessageKind

pytestmark = pytest.mark.django_db
Written = Callable[..., dict[str, Any]]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def newer(desk: Any) -> Message:
    """Somebody else has written after the customer."""
    with organization_scope(desk.organization.id):
        return add_message(desk.ticket, contact=make_contact("Bea Kern", "bea@customer.test"), text="Me too.")


def choose(desk: Any, client: Client, written: Written, what: str, **changes: Any) -> Any:
    fields = written(answers="", to=[], seen_position=10_000, **changes)
    return client.post(f"{desk.address}draft/", fields | {"choose": what}, headers=HTMX)


def draft(desk: Any, mode: DraftMode) -> Draft:
    with organization_scope(desk.organization.id):
        return Draft.objects.select_related("answers").get(mode=mode)


def test_a_reply_to_an_older_message_goes_to_its_people_and_keeps_what_is_written(
    desk: Any, agent_client: Client, newer: Message, written: Written
) -> None:
    part = choose(desk, agent_client, written, f"reply {desk.question.pk}").content.decode()
    assert "Answers the message from Anna Berg" in part
    assert f'name="answers" value="{desk.question.pk}"' in part
    saved = draft(desk, DraftMode.REPLY)
    assert (saved.answers, saved.to, "plug" in saved.html) == (desk.question, ["anna@customer.test"], True)
    page = agent_client.get(desk.address).content.decode()
    assert "Answers the message from Anna Berg" in page


def test_the_answer_to_a_chosen_message_references_it(
    desk: Any, agent_client: Client, newer: Message, written: Written
) -> None:
    choose(desk, agent_client, written, f"reply {desk.question.pk}")
    sent = agent_client.post(f"{desk.address}answers/", written(seen_position=newer.position))
    assert sent.status_code == 302
    with organization_scope(desk.organization.id):
        answer = Message.objects.get(kind=MessageKind.OUTBOUND)
        assert [each.address for each in answer.recipients.all()] == ["anna@customer.test"]


def test_a_chosen_message_is_forwarded(desk: Any, agent_client: Client, newer: Message, written: Written) -> None:
    part = choose(desk, agent_client, written, f"forward {desk.question.pk}").content.decode()
    assert "Below your text: the message from Anna Berg" in part
    assert draft(desk, DraftMode.FORWARD).answers == desk.question


def test_what_comes_after_the_choice_is_answered_unless_chosen_again(
    desk: Any, agent_client: Client, newer: Message, written: Written
) -> None:
    choose(desk, agent_client, written, f"reply {desk.question.pk}")
    with organization_scope(desk.organization.id):
        add_message(desk.ticket, contact=make_contact("Cem Ay", "cem@customer.test"), text="And me.")
    assert "Answers the message from" not in agent_client.get(desk.address).content.decode()


@pytest.mark.parametrize("what", ["reply 0", "reply x", "note {0}", "reply {1}", "reply {2}"])
def test_what_is_no_mail_of_the_ticket_is_not_chosen(
    desk: Any, agent_client: Client, written: Written, people: Any, what: str
) -> None:
    with organization_scope(desk.organization.id):
        note = add_message(desk.ticket, kind=MessageKind.NOTE, author=people.agent)
        elsewhere = make_ticket().messages.get()
    said = what.format(desk.question.pk, note.pk, elsewhere.pk)
    assert choose(desk, agent_client, written, said).status_code == 404


def test_each_mail_has_a_menu_and_notes_have_none(desk: Any, agent_client: Client, newer: Message, people: Any) -> None:
    with organization_scope(desk.organization.id):
        note = add_message(desk.ticket, kind=MessageKind.NOTE, author=people.agent)
    page = agent_client.get(desk.address).content.decode()
    assert f'value="reply {desk.question.pk}"' in page
    assert f'value="forward {newer.pk}"' in page
    assert f'id="menu-{note.pk}"' not in page
    assert 'name="choose"' not in agent_client.get(f"{desk.address}preview/").content.decode()
    agent_client.force_login(people.viewer.user)
    assert 'name="choose"' not in agent_client.get(desk.address).content.decode()
