"""Addresses of mailboxes and the outbox below an organization."""

from __future__ import annotations

from django.urls import path

from mailboxes.views import (
    connection_test,
    device_code,
    existing_mail,
    mailbox_health,
    mailboxes,
    microsoft,
    outbox,
    outgoing,
    providers,
    proxies,
    push_mailboxes,
    signing_in,
)

urlpatterns = [
    path("mailboxes/", mailboxes.mailbox_list, name="mailboxes"),
    path("mailboxes/connect/", providers.choose_provider, name="connect_mailbox"),
    path("mailboxes/new/", mailboxes.add_mailbox, name="add_mailbox"),
    path("mailboxes/push/new/", push_mailboxes.add_push_mailbox, name="add_push_mailbox"),
    path("mailboxes/new/microsoft-app/", microsoft.add_microsoft_mailbox, name="add_microsoft_mailbox"),
    path("mailboxes/new/microsoft-app/consent/", microsoft.consent_link, name="consent_link"),
    path("mailboxes/outgoing/", outgoing.outgoing_servers, name="outgoing_servers"),
    path("mailboxes/outgoing/new/", outgoing.add_outgoing_server, name="add_outgoing_server"),
    path("mailboxes/outgoing/test/", outgoing.start_server_test, name="start_server_test"),
    path("mailboxes/outgoing/<uuid:server_id>/", outgoing.edit_outgoing_server, name="edit_outgoing_server"),
    path(
        "mailboxes/outgoing/<uuid:server_id>/deletion/",
        outgoing.outgoing_server_deletion,
        name="outgoing_server_deletion",
    ),
    path("mailboxes/new/<slug:provider>/", signing_in.add_signed_in_mailbox, name="add_signed_in_mailbox"),
    path("mailboxes/proxies/", proxies.proxies, name="proxies"),
    path("mailboxes/proxies/new/", proxies.add_proxy, name="add_proxy"),
    path("mailboxes/proxies/<uuid:proxy_id>/", proxies.edit_proxy, name="edit_proxy"),
    path("mailboxes/proxies/<uuid:proxy_id>/deletion/", proxies.proxy_deletion, name="proxy_deletion"),
    path("mailboxes/check/", mailboxes.check_mailboxes, name="check_mailboxes"),
    path("mailboxes/test/", connection_test.start_connection_test, name="start_connection_test"),
    path("mailboxes/test/<str:run_id>/", connection_test.connection_test, name="connection_test"),
    path("mailboxes/test/<str:run_id>/stop/", connection_test.stop_connection_test, name="stop_connection_test"),
    path("mailboxes/<int:mailbox_id>/", mailboxes.edit_mailbox, name="edit_mailbox"),
    path("mailboxes/<int:mailbox_id>/health/", mailbox_health.health, name="mailbox_health"),
    path("mailboxes/<int:mailbox_id>/existing/", existing_mail.existing_mail, name="existing_mail"),
    path("mailboxes/<int:mailbox_id>/existing/count/", existing_mail.existing_count, name="existing_count"),
    path("mailboxes/<int:mailbox_id>/sign-in/", signing_in.sign_in, name="sign_in"),
    path("mailboxes/<int:mailbox_id>/device-code/", device_code.device_code, name="device_code"),
    path("mailboxes/<int:mailbox_id>/device-code/new/", device_code.new_device_code, name="new_device_code"),
    path("mailboxes/<int:mailbox_id>/deletion/", mailboxes.mailbox_deletion, name="mailbox_deletion"),
    path("mailboxes/<int:mailbox_id>/push/", push_mailboxes.edit_push_mailbox, name="edit_push_mailbox"),
    path("mailboxes/<int:mailbox_id>/push/address/", push_mailboxes.renew_push_address, name="renew_push_address"),
    path("mailboxes/<int:mailbox_id>/push/forwarding/", push_mailboxes.renew_forwarding, name="renew_forwarding"),
    path("mailboxes/<int:mailbox_id>/<slug:action>/", mailboxes.act_on_mailbox, name="act_on_mailbox"),
    path("outbox/", outbox.outbox, name="outbox"),
    path("outbox/recipients/<int:recipient_id>/address/", outbox.change_recipient, name="change_recipient"),
    path("outbox/servers/<uuid:server_id>/resumption/", outbox.resume_outgoing_server, name="resume_outgoing_server"),
    path("outbox/<int:outbox_id>/<slug:action>/", outbox.act_on_outbox, name="act_on_outbox"),
]
