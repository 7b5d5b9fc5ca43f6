"""What a call tells is what the API shows to the same integration."""

from __future__ import annotations

import base64
import json
from typing import Any
from uuid import uuid4

import pytest

from helpdesk.accounts.models import Team
from helpdesk.lib import clock, files
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.factories.tickets import add_message, make_ticket
from ticketing.api.shown import MessageShown, TicketShown
from ticketing.mail.compose import OutgoingFile
from ticketing.models import Attachment, ExternalReference, Integration, MessageKind, Ticket
from ticketing.outbound.content import stored_files
from ticketing.outbound.sent_files import attach
from ticketing.queries.api_tickets import api_messages, api_ticket
from ticketing.services import changes
from ticketing.services.history import By
from ticketing.services.webhooks.payloads import Told
from ticketing.services.webhooks.told import MAX_FILE_BYTES, message_data, small_files, ticket_data

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.6")]


@pytest.fixture
def desk(people: Any) -> Integration:
    """An integration of fernhollow."""
    with organization_scope(people.admin.organization_id):
        return make_integration(people.admin)


@pytest.fixture
def shown(people: Any, desk: Integration, rf: Any, settings: Any) -> Any:
    """The ticket as the API shows it, and as a call tells it."""
    by = By(actor=people.agent)
    with organization_scope(desk.organization_id):
        ticket = make_ticket(assignee=people.agent, team=Team.objects.create(name="Repairs"))
        changes.add_tag([ticket], name="valve", by=by)
        moment = clock.now()
        ExternalReference.objects.create(integration=desk, ticket=ticket, external_id="815", created_at=moment)
        file = {"id": str(uuid4()), "filename": "a.pdf", "content_type": "application/pdf", "size_bytes": 5}
        Ticket.objects.update(fields={"order": "1041", "papers": [file]})
        found = api_ticket(ticket.number, actor=desk)
        ticket.refresh_from_db()
        settings.BASE_URL = "http://testserver"
        return TicketShown(found, context={"request": rf.get("/")}).data, ticket_data(ticket, integration=desk)


def test_a_ticket_is_told_as_the_api_shows_it(shown: Any) -> None:
    by_api, told = shown
    assert told == dict(by_api)
    assert told["external_id"] == "815"
    [file] = told["fields"]["papers"]
    assert file["url"] == f"http://testserver/api/v1/attachments/{file['id']}/"


def test_a_message_is_told_as_the_api_shows_it_without_blind_copies(people: Any, desk: Integration, rf: Any) -> None:
    with organization_scope(desk.organization_id):
        ticket = make_ticket()
        message = add_message(ticket, kind=MessageKind.OUTBOUND, author=people.agent)
        message.recipients.create(header="bcc", address="boss@fernhollow.test")
        Attachment.objects.create(message=message, filename="a.pdf", created_at=clock.now())
        row = api_messages(ticket).get(pk=message.pk)
        by_api = dict(MessageShown(row, context={"request": rf.get("/")}).data)
        told = message_data(message)
    assert by_api.pop("delivery") == []
    assert told.pop("message_id") == message.message_id
    by_api["recipients"] = [each for each in by_api["recipients"] if each["header"] != "bcc"]
    assert told == by_api


def test_files_go_along_as_far_as_they_are_small_and_there(people: Any, desk: Integration) -> None:
    contents = {"a": b"valve", "b": b"v" * (MAX_FILE_BYTES - 1), "c": b"more", "gone": b"gone"}
    with organization_scope(desk.organization_id):
        message = add_message(make_ticket())
        brought = [
            OutgoingFile(filename=name, content_type="text/plain", content=each) for name, each in contents.items()
        ]
        attach(stored_files(brought), message=message)
        Attachment.objects.create(message=message, filename="never here", created_at=clock.now())
        files.discard([Attachment.objects.get(filename="gone").blob.storage_key])
        named = message_data(message)["attachments"]
        told = json.loads(Told({"files": named}, small_files(message, named=named)).body())["files"]
    sent = {each["filename"]: base64.b64decode(each.get("content", "")) for each in told}
    assert sent == {"a": b"valve", "b": b"", "c": b"more", "gone": b"", "never here": b""}
