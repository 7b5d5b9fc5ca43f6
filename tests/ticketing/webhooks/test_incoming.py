"""Calls of another system: proven, kept, applied once, and what is not understood kept for a person."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit

import pytest
from django.test import Client

from helpdesk.lib import clock, files, webhook_signatures
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from ticketing.models import (
    Attachment,
    CallState,
    ExternalReference,
    IncomingCall,
    IncomingHook,
    Message,
    Proof,
    Status,
    Ticket,
    TicketEvent,
)
from ticketing.services import blobs
from ticketing.services.integrations.integrations import delete_integration, pause_integration
from ticketing.services.syncing import accepting, hooks
from ticketing.services.syncing.hooks import Given

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.req("S3.5", "S3.6")]

MAPPING = {
    "pointers": {
        "ticket": "/ticket/id",
        "subject": "/ticket/title",
        "status": "/ticket/state",
        "priority": "/ticket/priority/name",
        "tags": "/ticket/tags",
        "sender_address": "/article/from",
        "text": "/article/body",
        "message": "/article/id",
        "kind": "/article/internal",
        "files": "/article/attachments",
    },
    "status": {"offen": "open", "erledigt": "solved", "merged": "-"},
    "priority": {"2 normal": "normal", "3 high": "high"},
    "kinds": {"true": "note", "false": "customer"},
}


@pytest.fixture
def given(fernhollow: Any, people: Any, integration: Any) -> Given:
    """The integration can be called, and reads calls as another product sends them."""
    with organization_scope(fernhollow.id):
        made = hooks.create_hook(integration, proof=Proof.SIGNATURE, actor=people.admin)
        hooks.change_mapping(made.hook, MAPPING, actor=people.admin)
    return made


@pytest.fixture
def call(given: Given) -> Callable[..., Any]:
    """The other system calls; gives the answer."""

    def post(body: Any, *, call_id: str = "call-1", secret: str = "", **headers: str) -> Any:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        signed = webhook_signatures.headers(content, event_id=call_id, at=clock.now(), keys=[secret or given.secret])
        path = urlsplit(given.address).path
        return Client().post(path, content, content_type="application/json", headers=signed | headers)

    return post


def _said(**more: Any) -> dict[str, Any]:
    ticket = {"id": 815, "title": "Broken lamp", "state": "offen", "priority": {"name": "3 high"}, "tags": ["lamp"]}
    article = {"id": 4711, "from": "Anna@Customer.test", "body": "It does not work.", "internal": "false"}
    return {"ticket": ticket | more, "article": article}


def _shown(organization: Any) -> tuple[Any, ...]:
    with organization_scope(organization.id):
        ticket = Ticket.objects.get()
        tags = sorted(tag.name for tag in ticket.tags.all())
        return ticket.subject, ticket.status, ticket.priority, tags, ticket.messages.count()


def test_a_ticket_of_the_other_system_is_one_here(fernhollow: Any, integration: Any, call: Any) -> None:
    answer = call(_said())
    assert (answer.status_code, answer.json()) == (200, {"state": "applied", "ticket": 1})
    assert _shown(fernhollow) == ("Broken lamp", "open", "high", ["lamp"], 1)
    with organization_scope(fernhollow.id):
        assert ExternalReference.objects.get().external_id == "815"
        assert Ticket.objects.get().requester.addresses.get().address == "anna@customer.test"
        assert set(TicketEvent.objects.values_list("integration", flat=True)) == {integration.pk}


@pytest.mark.parametrize("call_id", ["call-1", "call-2"])
def test_the_same_call_or_the_same_message_acts_once(fernhollow: Any, call: Any, call_id: str) -> None:
    call(_said())
    again = call(_said(), call_id=call_id)
    assert again.status_code == 200
    assert _shown(fernhollow)[-1] == 1


def test_a_call_without_an_id_is_known_by_its_content(fernhollow: Any, people: Any, given: Given) -> None:
    with organization_scope(fernhollow.id):
        hooks.delete_hook(given.hook, actor=people.admin)
        bearer = hooks.create_hook(given.hook.integration, proof=Proof.BEARER, actor=people.admin)
        hooks.change_mapping(bearer.hook, MAPPING, actor=people.admin)
    path, body = urlsplit(bearer.address).path, json.dumps(_said())
    given_headers = {"Authorization": f"Bearer {bearer.secret}"}
    for _time in range(2):
        answer = Client().post(path, body, content_type="application/json", headers=given_headers)
        assert answer.status_code == 200
    with organization_scope(fernhollow.id):
        assert IncomingCall.objects.get().times == 2
        assert Message.objects.count() == 1


def test_only_what_changed_there_is_taken_over(fernhollow: Any, people: Any, call: Any) -> None:
    from ticketing.services import changes
    from ticketing.services.history import By

    call(_said())
    with organization_scope(fernhollow.id):
        changes.change_status([Ticket.objects.get()], status=Status.HOLD, by=By(actor=people.agent))
        changes.add_tag([Ticket.objects.get()], name="ours", by=By(actor=people.agent))
    call(_said(title="Broken lamps", tags=["lamps"]), call_id="call-2")
    assert _shown(fernhollow) == ("Broken lamps", "hold", "high", ["lamps", "ours"], 1)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "no_json"),
        (b"\xff\xfe", "no_json"),
        ([], "ticket_missing"),
        ({"ticket": {"id": True}}, "ticket_missing"),
        (_said(state="gelb"), "status_unknown"),
        (_said(priority={"name": "?"}), "priority_unknown"),
    ],
)
def test_what_is_not_understood_is_answered_with_why_and_kept(fernhollow: Any, call: Any, body: Any, code: str) -> None:
    answer = call(body)
    assert answer.status_code == 422
    assert answer.json()["error"] == code
    assert answer.json()["detail"].endswith(".")
    with organization_scope(fernhollow.id):
        assert (IncomingCall.objects.get().state, Ticket.objects.count()) == (CallState.REFUSED, 0)


def test_a_value_that_is_explained_later_lets_the_kept_call_through(fernhollow: Any, people: Any, call: Any) -> None:
    call(_said(state="gelb"))
    with organization_scope(fernhollow.id):
        changed = MAPPING | {"status": {"gelb": "waiting"}}
        hooks.change_mapping(IncomingHook.objects.get(), changed, actor=people.admin)
        kept = IncomingCall.objects.get()
    accepting.settle(kept.pk, organization_id=fernhollow.id)
    assert _shown(fernhollow)[1] == "waiting"


def test_a_value_that_is_to_be_ignored_changes_nothing(fernhollow: Any, call: Any) -> None:
    call(_said())
    call(_said(state="merged"), call_id="call-2")
    assert _shown(fernhollow)[1] == "open"


def test_a_change_of_an_unknown_ticket_is_kept_and_does_nothing(fernhollow: Any, call: Any) -> None:
    answer = call({"ticket": {"id": 1, "state": "offen"}})
    assert (answer.status_code, answer.json()["state"]) == (200, "ignored")
    with organization_scope(fernhollow.id):
        assert IncomingCall.objects.get().state == CallState.IGNORED


def test_what_is_not_proven_is_refused_and_not_kept(fernhollow: Any, call: Any) -> None:
    answer = call(_said(), secret=webhook_signatures.new_secret())
    assert (answer.status_code, answer.json()["error"]) == (401, "not_proven")
    with organization_scope(fernhollow.id):
        assert not IncomingCall.objects.exists()


def test_the_former_secret_is_taken_for_a_day(fernhollow: Any, people: Any, given: Given, call: Any) -> None:
    with organization_scope(fernhollow.id):
        new = hooks.renew_secret(given.hook, actor=people.admin)
    assert call(_said()).status_code == 200
    assert call(_said(), call_id="2", secret=new).status_code == 200
    with organization_scope(fernhollow.id):
        IncomingHook.objects.update(old_secret_until=clock.now())
    assert call(_said(), call_id="3").status_code == 401


@pytest.mark.parametrize(("end", "status"), [(pause_integration, 503), (delete_integration, 404)])
def test_an_integration_that_is_paused_or_deleted_takes_no_calls(
    fernhollow: Any, people: Any, integration: Any, call: Any, end: Any, status: int
) -> None:
    with organization_scope(fernhollow.id):
        end(integration, actor=people.admin)
    assert call(_said()).status_code == status


def test_a_renewed_address_ends_the_old_one(fernhollow: Any, people: Any, given: Given, call: Any) -> None:
    with organization_scope(fernhollow.id):
        hooks.renew_address(given.hook, actor=people.admin)
    assert call(_said()).status_code == 404


def test_a_call_that_is_too_large_is_refused_before_it_is_read(given: Given) -> None:
    answer = Client().post(urlsplit(given.address).path, b" " * (5 * 1024 * 1024 + 1), content_type="application/json")
    assert answer.status_code == 413


def test_what_a_crash_left_is_applied_by_a_worker(fernhollow: Any, given: Given) -> None:
    with organization_scope(fernhollow.id):
        accepting._keep(given.hook.pk, call_id="1", body=json.dumps(_said()).encode())
    with clock.held_at(clock.in_seconds(accepting.LATER_S + 1)):
        drains.drain_now(WorkKind.ACCEPT)
    assert _shown(fernhollow)[-1] == 1
    assert not WorkItem.objects.filter(kind=WorkKind.ACCEPT).exists()


def test_files_come_along_and_what_stayed_there_is_named(fernhollow: Any, call: Any) -> None:
    brought = {"name": "../lamp.txt", "data": base64.b64encode(b"It is dark.").decode()}
    named = {"filename": "film.mp4", "url": "https://desk.example/film.mp4"}
    said = _said() | {"article": {"id": 4711, "from": "anna@customer.test", "attachments": [brought, named, 7]}}
    assert call(said).json()["state"] == "applied"
    with organization_scope(fernhollow.id):
        [file] = Attachment.objects.select_related("blob")
        assert (file.filename, files.read(file.blob.storage_key)) == ("lamp.txt", b"It is dark.")
        assert Ticket.objects.get().has_attachments
        kept = IncomingCall.objects.get()
        assert kept.said == "Files that stayed there: film.mp4"
        assert (brought["data"] in kept.body, "film.mp4" in kept.body) == (False, True)


def test_a_call_with_files_waits_while_files_cannot_be_stored(
    fernhollow: Any, call: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = _said()
    said["article"]["attachments"] = [{"filename": "a.txt", "content": "YQ=="}]
    with monkeypatch.context() as broken:
        broken.setattr(blobs.files, "write_all_durably", Mock(side_effect=files.StorageDown(OSError())))
        assert call(said).status_code == 503
    with clock.held_at(clock.in_seconds(accepting.LATER_S + 1)):
        drains.drain_now(WorkKind.ACCEPT)
    with organization_scope(fernhollow.id):
        assert Attachment.objects.get().filename == "a.txt"
        assert IncomingCall.objects.get().state == CallState.APPLIED


def test_a_file_that_is_no_base64_is_refused_and_kept(fernhollow: Any, call: Any) -> None:
    said = _said()
    said["article"]["attachments"] = [{"filename": "a.txt", "content": "%%%"}]
    answer = call(said)
    assert (answer.status_code, answer.json()["error"]) == (422, "file_content")
    with organization_scope(fernhollow.id):
        assert "%%%" in IncomingCall.objects.get().body
        assert not Message.objects.exists()


def test_of_large_calls_that_were_refused_fewer_are_kept(
    fernhollow: Any, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "KEPT_LARGE", 1)
    monkeypatch.setattr(accepting, "LARGE_CHARS", 10)
    with organization_scope(fernhollow.id):
        IncomingCall.objects.bulk_create(
            IncomingCall(hook=given.hook, call_id=str(n), body="x" * size, state="refused", received_at=clock.now())
            for n, size in enumerate((99, 1, 99, 1))
        )
        assert accepting.prune(given.hook) == 1
        assert set(IncomingCall.objects.values_list("call_id", flat=True)) == {"1", "2", "3"}


def test_old_calls_that_were_applied_are_forgotten_and_others_kept(
    fernhollow: Any, given: Given, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accepting, "KEPT_CALLS", 2)
    with organization_scope(fernhollow.id):
        states = [CallState.APPLIED, CallState.REFUSED, *[CallState.APPLIED] * 3]
        IncomingCall.objects.bulk_create(
            IncomingCall(hook=given.hook, call_id=str(number), state=state, received_at=clock.now())
            for number, state in enumerate(states)
        )
        assert accepting.prune(given.hook) == 2
        assert set(IncomingCall.objects.values_list("call_id", flat=True)) == {"1", "3", "4"}
