"""Addresses outside `/o/<slug>/`: secret ones that programs and providers call, and the one people come back to."""

from __future__ import annotations

from django.urls import URLPattern, path

from mailboxes.views import notifications, push, signing_in

urlpatterns: list[URLPattern] = [
    path("push/<str:token>/", push.push, name="push"),
    path("notifications/graph/<str:token>/", notifications.graph_notifications, name="graph_notifications"),
    path("oauth/callback/", signing_in.oauth_callback, name="oauth_callback"),
]
