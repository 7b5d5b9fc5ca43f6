"""Addresses of tickets below an organization."""

from __future__ import annotations

from django.urls import path

from ticketing.views import attachments, composer, drafts, properties, queue, ticket

urlpatterns = [
    path("", queue.home, name="organization_home"),
    path("views/<slug:view>/", queue.queue, name="queue"),
    path("tickets/changes/<slug:what>/", properties.change_many, name="change_tickets"),
    path("tickets/<int:number>/", ticket.ticket, name="ticket"),
    path("tickets/<int:number>/preview/", ticket.ticket_preview, name="ticket_preview"),
    path("tickets/<int:number>/answers/", composer.answer, name="answer"),
    path("tickets/<int:number>/draft/", drafts.draft, name="draft"),
    path("tickets/<int:number>/draft/discarding/", drafts.discarded_draft, name="discard_draft"),
    path("tickets/<int:number>/draft/<slug:mode>/files/", attachments.upload, name="upload"),
    path("tickets/<int:number>/draft/files/<uuid:public_id>/removal/", attachments.remove_upload, name="remove_upload"),
    path("tickets/<int:number>/changes/<slug:what>/", properties.change, name="change_ticket"),
]
