"""Addresses outside `/o/<slug>/`: secret ones that programs send mail to, and the one that providers send people to."""

from __future__ import annotations

from django.urls import URLPattern, path

from mailboxes.views import push, signing_in

urlpatterns: list[URLPattern] = [
    path("push/<str:token>/", push.push, name="push"),
    path("oauth/callback/", signing_in.oauth_callback, name="oauth_callback"),
]
