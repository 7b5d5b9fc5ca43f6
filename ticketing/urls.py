"""Addresses of tickets below an organization."""

from __future__ import annotations

from django.urls import path

from ticketing.views import properties, queue, ticket

urlpatterns = [
    path("", queue.home, name="organization_home"),
    path("views/<slug:view>/", queue.queue, name="queue"),
    path("tickets/changes/<slug:what>/", properties.change_many, name="change_tickets"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/preview/", ticket.ticket_preview, name="ticket_preview"),
    path("tickets/<int:number>/changes/<slug:what>/", properties.change, name="change_ticket"),
]
