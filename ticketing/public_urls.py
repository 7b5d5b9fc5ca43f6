"""Addresses that leave the product: random and signed, outside `/o/<slug>/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from ticketing.views import attachments, incoming_calls, messages

urlpatterns: list[URLPattern] = [
    path("files/<str:signed>/", attachments.attachment, name="attachment"),
    path("images/<str:signed>/", messages.remote_image, name="remote_image"),
    path("hooks/<str:token>/", incoming_calls.incoming_webhook, name="incoming_webhook"),
]
