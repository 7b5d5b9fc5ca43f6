"""App configuration of ticketing."""

from __future__ import annotations

from django.apps import AppConfig


class TicketingConfig(AppConfig):
    """Turns stored mail into tickets and answers into mail."""

    name = "ticketing"
