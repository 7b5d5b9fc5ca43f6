"""Addresses that programs of others send mail to: secret ones, outside `/o/<slug>/`."""

from __future__ import annotations

from django.urls import URLPattern, path

from mailboxes.views import push

urlpatterns: list[URLPattern] = [path("push/<str:token>/", push.push, name="push")]
