"""Addresses of the shell itself."""

from __future__ import annotations

from django.urls import URLPattern, path

from helpdesk.web import views

urlpatterns: list[URLPattern] = [path("appearance/", views.appearance, name="appearance")]
