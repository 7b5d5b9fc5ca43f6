"""Addresses that leave the product: random and signed, outside `/o/<slug>/`."""

from __future__ import annotations

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
