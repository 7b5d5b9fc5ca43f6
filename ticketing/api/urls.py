"""Addresses of the API."""

from __future__ import annotations

from django.urls import URLPattern, path

from ticketing.api import lists, messages, tickets
from ticketing.api.schema import schema

V1 = "api/v1/"
urlpatterns: list[URLPattern] = [
    path(V1 + "schema/", schema, name="api_schema"),
    path(V1 + "tickets/", tickets.Tickets.as_view(), name="api_tickets"),
    path(V1 + "tickets/<int:number>/", tickets.OneTicket.as_view(), name="api_ticket"),
    path(V1 + "tickets/<int:number>/messages/", messages.Messages.as_view(), name="api_messages"),
    path(V1 + "tickets/<int:number>/messages/<int:message_id>/", messages.OneMessage.as_view(), name="api_message"),
    path(V1 + "attachments/<uuid:public_id>/", messages.AttachmentBytes.as_view(), name="api_attachment"),
    path(V1 + "contacts/", lists.Contacts.as_view(), name="api_contacts"),
    path(V1 + "contacts/<int:contact_id>/", lists.OneContact.as_view(), name="api_contact"),
    path(V1 + "teams/", lists.Teams.as_view(), name="api_teams"),
    path(V1 + "people/", lists.People.as_view(), name="api_people"),
    path(V1 + "tags/", lists.Tags.as_view(), name="api_tags"),
    path(V1 + "fields/", lists.Fields.as_view(), name="api_fields"),
    path(V1 + "mailboxes/", lists.Mailboxes.as_view(), name="api_mailboxes"),
]
