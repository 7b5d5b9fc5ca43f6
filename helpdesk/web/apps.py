"""The app of the shell; it has no models."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """Template tags, error pages and the appearance switch."""

    name = "helpdesk.web"
    label = "web"
