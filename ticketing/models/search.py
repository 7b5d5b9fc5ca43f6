"""The text that search looks through: one document a message; the index over it differs by database."""

from __future__ import annotations

from django.db import models

from helpdesk.tenancy.models import TenantModel
from ticketing.models.message import Message
from ticketing.models.ticket import Ticket


class SearchDocument(TenantModel):
    """What can be found of one message: subject, people and text, cut to what an index takes. Without a message it is
    what can be found of the ticket's fields.

    PostgreSQL keeps a tsvector column and its index beside it, SQLite an FTS5 table; see ticketing.queries.search.
    """

    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="+")
    body = models.TextField()

    class Meta(TenantModel.Meta):
        constraints = [
            models.UniqueConstraint(fields=["organization", "message"], name="search_document_once"),
            models.UniqueConstraint(
                fields=["organization", "ticket"],
                condition=models.Q(message=None),
                name="search_document_of_fields_once",
            ),
        ]
        indexes = [models.Index(fields=["organization", "ticket"], name="search_document_ticket")]
