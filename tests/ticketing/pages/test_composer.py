"""Writing and sending from the ticket's page."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox, OutboxMessage, OutboxRecipient
from mailboxes.services.sending.primary import make_primary
from tests.factories.outgoing import make_mailbox
from tests.factories.tickets import add_message, make_ticket
from tests.full_disk import largest_file
from ticketing.models import Draft, Message, MessageKind, Ticket

pytestmark = pytest.mark.django_db
Fields = Callable[..., dict[str, Any]]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def ours(desk: Any) -> Any:
    """Rows may be looked at: the organization's scope is open."""
    with organization_scope(desk.organization.id):
        yield


def send(client: Client, desk: Any, fields: dict[str, Any], **headers: Any) -> Any:
    return client.post(f"{desk.address}answers/", fields, **headers)


def test_a_reply_from_the_page_is_in_the_ticket_and_in_the_outbox(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    answer = send(agent_client, desk, written())
    assert (answer.status_code, answer["Location"]) == (302, desk.address)
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    assert (message.html, message.author) == ("<p>Pull the <b>plug</b>.</p>", desk.agent)
    assert OutboxRecipient.objects.get().address == "anna@customer.test"
    assert Ticket.objects.get().status == "waiting"


def test_the_form_sends_by_itself_what_the_reply_needs(desk: Any, agent_client: Client, ours: None) -> None:
    page = agent_client.get(desk.address).content.decode()
    form = page.split("data-composer", 1)[1].split("</form>", 1)[0]
    pairs = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form)
    fields = {name: value for name, value in pairs if name != "csrfmiddlewaretoken"} | {"html": "<p>Hello</p>"}
    assert send(agent_client, desk, fields).status_code == 302
    assert Message.objects.get(kind=MessageKind.OUTBOUND).recipients.get().name == "Anna Berg"


def test_an_empty_reply_is_refused_in_place(desk: Any, agent_client: Client, written: Fields) -> None:
    answer = send(agent_client, desk, written("<p> </p>"))
    assert answer.status_code == 422
    assert "Write something first." in answer.content.decode()


def test_what_is_refused_is_kept_word_for_word(desk: Any, agent_client: Client, written: Fields) -> None:
    fields = written("<p>Half an <em>answer</em></p>", to=["Bo <bo@x.test>", "anna"], bcc=["boss@x.test"])
    answer = send(agent_client, desk, fields, headers=HTMX)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "“anna” is not an e-mail address." in page
    assert "&lt;p&gt;Half an &lt;em&gt;answer&lt;/em&gt;&lt;/p&gt;" in page
    assert 'value="boss@x.test"' in page
    assert "<html" not in page


@pytest.mark.parametrize(("to", "sentence"), [("nonsense", "is not an e-mail address"), ("", "at least one recipient")])
def test_bad_recipients_are_named(
    desk: Any, agent_client: Client, written: Fields, ours: None, to: str, sentence: str
) -> None:
    answer = send(agent_client, desk, written(to=[to]))
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not OutboxMessage.objects.exists()


@pytest.mark.req("F51")
def test_on_a_full_disk_the_reply_stays_where_it_was_written(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    with largest_file(20_000):
        answer = send(agent_client, desk, written(f"<p>{'Pull the plug. ' * 3000}</p>"))
    assert answer.status_code == 422
    assert "The mail could not be stored. Try again in a moment." in answer.content.decode()
    assert "Pull the plug." in Draft.objects.get().html
    assert not OutboxMessage.objects.exists()
    assert not Message.objects.filter(kind=MessageKind.OUTBOUND).exists()
    assert send(agent_client, desk, written()).status_code == 302


def test_a_mailbox_without_a_server_says_so(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    desk.mailbox.outgoing = None
    desk.mailbox.save()
    answer = send(agent_client, desk, written())
    assert answer.status_code == 422
    assert "has no outgoing server" in answer.content.decode()


def test_recipients_may_be_typed_with_names_and_commas(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written(to=['"Berg, Anna" <anna@customer.test>, bo@x.test'], cc=["Cy <cy@x.test>"]))
    rows = Message.objects.get(kind=MessageKind.OUTBOUND).recipients.order_by("id").values_list("name", "address")
    assert list(rows) == [("Berg, Anna", "anna@customer.test"), ("", "bo@x.test"), ("Cy", "cy@x.test")]


@pytest.mark.parametrize("status", ["open", "waiting", "hold", "solved"])
def test_sending_sets_the_chosen_status(
    desk: Any, agent_client: Client, written: Fields, ours: None, status: str
) -> None:
    Ticket.objects.update(status="hold")
    send(agent_client, desk, written(status_after=status))
    assert Ticket.objects.get().status == status


def test_a_closed_ticket_is_opened_by_an_answer(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    Ticket.objects.update(status="closed")
    assert "Send and reopen" in agent_client.get(desk.address).content.decode()
    send(agent_client, desk, written())
    assert Ticket.objects.get().status == "open"


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_over_a_message_not_seen_nothing_is_sent(
    desk: Any, agent_client: Client, written: Fields, ours: None, headers: dict[str, str]
) -> None:
    fields = written()
    add_message(desk.ticket, text="Never mind, it is out.")
    answer = send(agent_client, desk, fields, headers=headers)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Never mind, it is out." in page
    assert "Read it, then send" in page
    assert "Pull the" in page
    assert not OutboxMessage.objects.exists()


def test_having_read_it_the_same_text_can_be_sent(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    fields = written()
    newer = add_message(desk.ticket, text="Never mind.")
    page = send(agent_client, desk, fields, headers=HTMX).content.decode()
    assert f'name="seen_position" value="{newer.position}"' in page
    assert send(agent_client, desk, written(seen_position=newer.position)).status_code == 302


def test_of_two_agents_the_second_sees_the_first_ones_answer(
    desk: Any, agent_client: Client, client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written("<p>First</p>"))
    client.force_login(desk.people.admin.user)
    answer = send(client, desk, written("<p>Second</p>"))
    assert answer.status_code == 409
    assert "First" in answer.content.decode()
    assert OutboxMessage.objects.count() == 1
    assert Draft.objects.get().html == "<p>Second</p>"


def test_a_note_leaves_nothing_outside(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    send(agent_client, desk, written("<p>Do not tell them.</p>", mode="note", cc=["cy@x.test"], bcc=["b@x.test"]))
    note = Message.objects.get(kind=MessageKind.NOTE)
    assert (note.text, note.author) == ("Do not tell them.", desk.agent)
    assert (note.outbox, note.message_id, note.from_address, note.recipients.count()) == (None, "", "", 0)
    assert not OutboxMessage.objects.exists()
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.snippet, ticket.needs_reply, ticket.has_notes) == ("new", "It hisses.", True, True)


def test_a_note_is_quoted_by_no_reply_and_no_forward(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written("<p>Do not tell them.</p>", mode="note"))
    note = Message.objects.get(kind=MessageKind.NOTE)
    fields = written(mode="forward", to=["lab@x.test"], answers=note.pk, seen_position=note.position)
    send(agent_client, desk, fields)
    for message in Message.objects.filter(kind=MessageKind.OUTBOUND):
        assert "Do not tell them" not in message.html


def test_a_note_can_be_written_over_messages_not_seen(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    fields = written(mode="note")
    add_message(desk.ticket)
    assert send(agent_client, desk, fields).status_code == 302


def test_a_forward_goes_to_whom_one_says_with_the_original(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written("<p>Please look.</p>", mode="forward", to=["lab@x.test"]))
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    assert "It hisses." in message.html
    assert [row.address for row in message.recipients.all()] == ["lab@x.test"]


def test_a_draft_is_saved_as_it_stands(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    fields = written("<p>Half<script>x()</script></p>", to=["anna@customer.test", "unfini"], cc=["cy@x.test"])
    answer = agent_client.post(f"{desk.address}draft/", fields, headers={"X-Requested-With": "fetch"})
    draft = Draft.objects.get()
    assert answer.status_code == 204
    assert (draft.html, draft.to, draft.cc) == ("<p>Half</p>", ["anna@customer.test", "unfini"], ["cy@x.test"])
    page = agent_client.get(desk.address).content.decode()
    assert "&lt;p&gt;Half&lt;/p&gt;" in page
    assert "unfini is no address" in page


def test_each_mode_and_each_agent_has_a_draft_of_its_own(
    desk: Any, agent_client: Client, client: Client, written: Fields, ours: None
) -> None:
    agent_client.post(f"{desk.address}draft/", written("<p>dear Anna B</p>"))
    agent_client.post(f"{desk.address}draft/", written("<p>for the team</p>", mode="note"))
    client.force_login(desk.people.admin.user)
    assert "dear Anna B" not in client.get(desk.address).content.decode()
    assert set(Draft.objects.values_list("mode", flat=True)) == {"reply", "note"}


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_changing_the_mode_saves_first(
    desk: Any, agent_client: Client, written: Fields, ours: None, headers: dict[str, str]
) -> None:
    fields = written("<p>dear Anna B</p>", next_mode="note")
    page = agent_client.post(f"{desk.address}draft/", fields, headers=headers, follow=True).content.decode()
    assert Draft.objects.get().html == "<p>dear Anna B</p>"
    assert 'data-mode="note"' in page
    assert "Only your team sees this." in page


def test_a_discarded_draft_is_gone_with_its_files(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    agent_client.post(f"{desk.address}draft/", written("<p>no</p>"))
    page = agent_client.post(f"{desk.address}draft/discarding/", {"mode": "reply"}, headers=HTMX).content.decode()
    assert not Draft.objects.exists()
    assert "&lt;p&gt;no" not in page


def test_without_script_plain_text_is_what_counts(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    send(agent_client, desk, written("", text="Hello <you>,\n\nbye"))
    assert Message.objects.get(kind=MessageKind.OUTBOUND).html == "<p>Hello &lt;you&gt;,</p>\n<p>bye</p>"


def test_without_script_marks_survive_when_the_text_is_left_alone(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written("<p>Pull the <b>plug</b>.</p>", text="Pull the plug.\r\n"))
    assert Message.objects.get(kind=MessageKind.OUTBOUND).html == "<p>Pull the <b>plug</b>.</p>"


def test_an_answer_can_be_taken_back_and_is_a_draft_again(
    desk: Any, agent_client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written())
    page = agent_client.get(desk.address).content.decode()
    assert "Undo" in page
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    at = {"HX-Current-URL": f"http://testserver{desk.address}?view=mine"}
    answer = agent_client.post(f"{desk.address}messages/{message.pk}/undoing/", headers=at)
    assert answer["Location"] == f"{desk.address}?view=mine&mode=reply"
    assert Draft.objects.get().html == "<p>Pull the <b>plug</b>.</p>"
    assert OutboxMessage.objects.get().state == "cancelled"


def test_too_late_it_stays_and_the_page_says_so(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    send(agent_client, desk, written())
    OutboxMessage.objects.update(attempts=1, state="sending")
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    page = agent_client.post(f"{desk.address}messages/{message.pk}/undoing/", follow=True).content.decode()
    assert "already on its way" in page
    assert Message.objects.filter(pk=message.pk).exists()


def test_only_its_writer_is_offered_to_undo(
    desk: Any, agent_client: Client, client: Client, written: Fields, ours: None
) -> None:
    send(agent_client, desk, written())
    client.force_login(desk.people.admin.user)
    assert "Sends in" not in client.get(desk.address).content.decode()


@pytest.mark.parametrize(
    ("state", "words"),
    [("sending", "Sending"), ("sent", "Sent"), ("retry", "Will be tried again"), ("failed", "The server said:"),
     ("unknown", "Nobody knows whether it arrived"), ("cancelled", "Cancelled")],
)  # fmt: skip
def test_the_message_says_how_it_is_delivered(
    desk: Any, agent_client: Client, written: Fields, ours: None, state: str, words: str
) -> None:
    send(agent_client, desk, written(cc=["cy@x.test"]))
    OutboxMessage.objects.update(state=state, attempts=1)
    OutboxRecipient.objects.update(state=state, detail="550 no such <b>user</b>")
    message = Message.objects.get(kind=MessageKind.OUTBOUND)
    part = agent_client.get(f"{desk.address}messages/{message.pk}/delivery/").content.decode()
    assert words in part
    assert "550 no such &lt;b&gt;user" in part
    assert part in agent_client.get(desk.address).content.decode() or state == "sending"


def test_a_viewer_has_no_composer_and_sends_nothing(desk: Any, client: Client, written: Fields, ours: None) -> None:
    client.force_login(desk.people.viewer.user)
    assert "data-composer" not in client.get(desk.address).content.decode()
    assert send(client, desk, written()).status_code == 403


def test_a_stranger_finds_nothing_to_answer(desk: Any, client: Client, written: Fields) -> None:
    client.force_login(desk.people.stranger.user)
    assert send(client, desk, written()).status_code == 404


def test_a_merged_ticket_takes_no_answer(desk: Any, agent_client: Client, written: Fields, ours: None) -> None:
    Ticket.objects.filter(pk=desk.ticket.pk).update(merged_into=make_ticket("Another"))
    assert send(agent_client, desk, written()).status_code == 404


@pytest.mark.parametrize("field", ["answers", "seen_position", "mode", "status_after", "view"])
def test_nonsense_in_hidden_fields_does_no_harm(desk: Any, agent_client: Client, written: Fields, field: str) -> None:
    assert send(agent_client, desk, written(**{field: "-1'\x00"})).status_code in (302, 409)


@pytest.mark.req("S4.27")
def test_the_composer_says_on_every_width_that_the_primary_mailbox_answers(
    desk: Any, agent_client: Client, ours: None
) -> None:
    assert "the primary mailbox" not in agent_client.get(desk.address).content.decode()
    make_primary(make_mailbox(desk.server, address="hello@fernhollow.test"), actor=desk.people.admin)
    Mailbox.objects.filter(pk=desk.mailbox.pk).update(is_enabled=False)
    page = agent_client.get(desk.address).content.decode()
    said = re.search(r'<span class="([^"]*)">From <bdi[^>]*>hello@fernhollow\.test</bdi>, the primary mailbox', page)
    assert said is not None
    assert "only-wide" not in said[1]
