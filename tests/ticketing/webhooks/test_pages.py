"""The pages of webhooks and of calls: secrets are shown once, the log says what came of each call."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from tests.factories.integrations import make_integration
from tests.factories.tickets import make_ticket
from ticketing.forms.mapping import KINDS, LABELS
from ticketing.models import (
    CallState,
    DeliveryStatus,
    EventType,
    IncomingCall,
    IncomingHook,
    Integration,
    Proof,
    Webhook,
    WebhookDelivery,
    WebhookState,
)
from ticketing.services.syncing.hooks import create_hook
from ticketing.services.syncing.mapping import POSTROOM, default_mapping
from ticketing.services.webhooks.subscriptions import WebhookInput, create_webhook

pytestmark = [pytest.mark.django_db, pytest.mark.req("S3.5", "S3.6")]

URL = "https://desk.example/hook?key=hunter2"


@pytest.fixture
def desk(people: Any) -> Integration:
    """An integration of fernhollow."""
    with organization_scope(people.admin.organization_id):
        return make_integration(people.admin, name="Old desk")


@pytest.fixture
def hook(people: Any, desk: Integration) -> Webhook:
    """Its webhook."""
    with organization_scope(people.admin.organization_id):
        return create_webhook(desk, WebhookInput(url=URL, types=EventType.values), actor=people.admin)[0]


@pytest.fixture
def called(people: Any, desk: Integration) -> IncomingHook:
    """Where it is called."""
    with organization_scope(people.admin.organization_id):
        return create_hook(desk, proof=Proof.SIGNATURE, actor=people.admin).hook


def _url(name: str, integration: Integration, **more: Any) -> str:
    return reverse(name, kwargs={"slug": "fernhollow", "integration_id": integration.pk, **more})


def test_a_webhook_is_made_and_its_secret_shown_once(people: Any, desk: Integration, signed_in: Any) -> None:
    client = signed_in(people.admin)
    shown = client.post(_url("add_webhook", desk), {"url": URL, "types": ["ticket.created", "ticket.status"]})
    secret = shown.context["secret"]
    assert secret.startswith("whsec_")
    assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    page = client.get(_url("webhook", desk, webhook_id=shown.context["webhook"].pk)).content.decode()
    assert secret not in page
    listed = client.get(_url("integration", desk)).content.decode()
    assert "https://desk.example/hook" in listed
    assert "hunter2" not in listed
    assert "hunter2" not in client.get(reverse("settings_audit", kwargs={"slug": "fernhollow"})).content.decode()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"url": "http://desk.example/", "types": ["ticket.created"]}, "url"),
        ({"url": URL}, "types"),
        ({"url": URL, "types": ["ticket.created"], "secret": "whsec_short"}, "secret"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(
    people: Any, desk: Integration, signed_in: Any, data: dict[str, Any], field: str
) -> None:
    answer = signed_in(people.admin).post(_url("add_webhook", desk), data)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_the_log_says_what_came_of_each_call(people: Any, desk: Integration, hook: Webhook, signed_in: Any) -> None:
    with organization_scope(desk.organization_id):
        ticket = make_ticket()
        for position, state in enumerate(DeliveryStatus.values):
            WebhookDelivery.objects.create(
                webhook=hook,
                event_id=f"evt_{position}",
                type="ticket.status",
                ticket=ticket,
                position=position + 100,
                state=state,
                attempts=3,
                tried_at=clock.now(),
                status_code=500 if position else None,
                answer="<script>no</script>" if position else "",
                trouble="" if position else "timeout",
                created_at=clock.now(),
            )
    page = signed_in(people.admin).get(_url("webhook", desk, webhook_id=hook.pk)).content.decode()
    assert "The server did not answer in time." in page
    assert "&lt;script&gt;no&lt;/script&gt;" in page
    assert "Held: two systems answer each other" in page
    assert page.count("/again/") == 4  # all but what was taken back


def test_a_stopped_webhook_is_told_of_once_and_resumed_by_a_click(
    people: Any, desk: Integration, hook: Webhook, signed_in: Any
) -> None:
    with organization_scope(desk.organization_id):
        Webhook.objects.update(state=WebhookState.STOPPED, stop_reason="failing")
    client = signed_in(people.admin)
    words = "A webhook of Old desk was stopped."
    assert words in client.get(_url("integration", desk)).content.decode()
    page = client.get(_url("webhook", desk, webhook_id=hook.pk)).content.decode()
    assert words not in page
    assert "It failed for three days." in page
    client.post(_url("act_on_webhook", desk, webhook_id=hook.pk, action="resume"))
    with organization_scope(desk.organization_id):
        assert Webhook.objects.get().state == WebhookState.ON


def test_what_people_send_again_stands_in_the_configuration_log(
    people: Any, desk: Integration, hook: Webhook, called: IncomingHook, signed_in: Any
) -> None:
    client = signed_in(people.admin)
    client.post(_url("act_on_webhook", desk, webhook_id=hook.pk, action="test"))
    with organization_scope(desk.organization_id):
        call = IncomingCall.objects.create(hook=called, call_id="1", body="{", received_at=clock.now())
        delivery = WebhookDelivery.objects.get()
    client.post(_url("send_again", desk, webhook_id=hook.pk, delivery_id=delivery.pk))
    client.post(_url("retry_incoming_call", desk, call_id=call.pk))
    log = client.get(reverse("settings_audit", kwargs={"slug": "fernhollow"})).content.decode()
    assert all(words in log for words in ("sent a test event to", "sent an event again to", "tried again a call for"))


def test_an_agent_hears_nothing_of_webhooks(people: Any, desk: Integration, hook: Webhook, signed_in: Any) -> None:
    with organization_scope(desk.organization_id):
        Webhook.objects.update(state=WebhookState.STOPPED)
    page = signed_in(people.agent).get(reverse("queue", kwargs={"slug": "fernhollow", "view": "all-open"}))
    assert "webhook" not in page.content.decode()


def test_an_address_is_made_and_shown_once(people: Any, desk: Integration, signed_in: Any) -> None:
    client = signed_in(people.admin)
    shown = client.post(_url("incoming", desk), {"proof": "signature"})
    assert shown.context["secret"] in shown.content.decode()
    assert shown.context["address"] in shown.content.decode()
    page = client.get(_url("incoming", desk)).content.decode()
    assert shown.context["secret"] not in page
    assert shown.context["address"] not in page


def test_the_mapping_as_it_is_shown_is_the_one_that_is_saved(
    people: Any, desk: Integration, called: IncomingHook, signed_in: Any
) -> None:
    client = signed_in(people.admin)
    form = client.get(_url("incoming", desk)).context["form"]
    posted = {name: field.initial for name, field in form.fields.items()}
    assert client.post(_url("incoming", desk), posted).status_code == 302
    with organization_scope(desk.organization_id):
        assert IncomingHook.objects.get().mapping == default_mapping()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"ticket": ""}, "ticket"),
        ({"subject": "ticket.title"}, "subject"),
        ({"status:hold": "Open"}, "status:hold"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_beside_its_field(
    people: Any, desk: Integration, called: IncomingHook, signed_in: Any, changed: dict[str, str], field: str
) -> None:
    client = signed_in(people.admin)
    form = client.get(_url("incoming", desk)).context["form"]
    posted = {name: each.initial for name, each in form.fields.items()}
    answer = client.post(_url("incoming", desk), posted | changed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])


def test_a_call_that_was_not_understood_is_shown_and_tried_again(
    people: Any, desk: Integration, called: IncomingHook, signed_in: Any
) -> None:
    with organization_scope(desk.organization_id):
        call = IncomingCall.objects.create(hook=called, call_id="1", body='{"a": "<b>"}', received_at=clock.now())
    client = signed_in(people.admin)
    client.post(_url("retry_incoming_call", desk, call_id=call.pk))
    page = client.get(_url("incoming_call", desk, call_id=call.pk)).content.decode()
    assert "nothing stands at /data/ticket/number" in page
    assert "{&quot;a&quot;: &quot;&lt;b&gt;&quot;}" in page
    with organization_scope(desk.organization_id):
        assert IncomingCall.objects.get().state == CallState.REFUSED


def test_each_place_of_a_mapping_has_a_label() -> None:
    assert set(LABELS) == set(POSTROOM)
    assert set(KINDS) == {"customer", "agent", "note"}
