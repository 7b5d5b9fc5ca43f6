"""What the API shows of rows that are loaded: no field asks the database."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ticketing.models import Attachment, Contact, FieldKind, Message, MessageKind, Priority, Status
from ticketing.models.message import ADDED
from ticketing.queries.field_files import with_urls


class Shown(serializers.Serializer):  # type: ignore[misc]  # untyped
    """Fields of an answer."""


class PersonShown(Shown):
    """Somebody of the organization."""

    id = serializers.IntegerField()
    name = serializers.CharField(source="*")


class TeamShown(Shown):
    """A team."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class CategoryShown(Shown):
    """What tickets are about; `path` has the names from the top to it."""

    id = serializers.IntegerField()
    path = serializers.CharField()


class CompanyShown(Shown):
    """A company that the organization works for."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class TagShown(Shown):
    """A tag."""

    name = serializers.CharField()


class MailboxShown(Shown):
    """A mailbox; tickets of it are answered from its address."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    address = serializers.CharField()


class ContactShown(Shown):
    """Somebody outside, with the addresses they write from."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    addresses = serializers.SerializerMethodField()
    company = CompanyShown(allow_null=True, help_text="For whom they write; given by people, on the page of a ticket.")

    def get_addresses(self, contact: Contact) -> list[str]:
        """The oldest first."""
        return [row.address for row in sorted(contact.addresses.all(), key=lambda row: row.pk)]


class FieldShown(Shown):
    """A custom field; tickets have its values under its key."""

    key = serializers.CharField()
    name = serializers.CharField(source="label")
    kind = serializers.ChoiceField(choices=FieldKind.choices)
    choices = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField(help_text="False: retired; no ticket gets a value any more.")


class TicketShown(Shown):
    """A ticket. `version` rises with whatever happens to it."""

    number = serializers.IntegerField()
    subject = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    priority = serializers.ChoiceField(choices=Priority.choices)
    is_spam = serializers.BooleanField()
    contact = ContactShown(source="requester")
    mailbox = MailboxShown(allow_null=True)
    team = TeamShown(allow_null=True)
    assignee = PersonShown(allow_null=True)
    category = CategoryShown(allow_null=True)
    company = CompanyShown(allow_null=True, help_text="Also while companies are switched off.")
    tags = serializers.SerializerMethodField()
    fields = serializers.SerializerMethodField(
        method_name="get_values", help_text="Values of custom fields by key, see /api/v1/fields/."
    )
    external_id = serializers.SerializerMethodField(help_text="Your own id, if you gave one.")
    merged_into = serializers.IntegerField(source="merged_into.number", default=None, allow_null=True)
    needs_reply = serializers.BooleanField()
    has_attachments = serializers.BooleanField()
    message_count = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    active_at = serializers.DateTimeField(help_text="When something was last said, in or out.")
    solved_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField(source="last_position", help_text="Also the ETag; send it as If-Match.")

    def get_tags(self, ticket: Any) -> list[str]:
        """By name."""
        return [tag.name for tag in ticket.api_tags]

    @extend_schema_field({"type": "object", "additionalProperties": True})
    def get_values(self, ticket: Any) -> dict[str, Any]:
        """Files with the address of their bytes."""
        return with_urls(ticket.fields, base=self.context["request"].build_absolute_uri("/").rstrip("/"))

    def get_external_id(self, ticket: Any) -> str | None:
        """The calling integration's."""
        return ticket.own_references[0].external_id if ticket.own_references else None


class AttachmentShown(Shown):
    """A file of a message; `url` gives the bytes to the same token."""

    id = serializers.UUIDField(source="public_id")
    filename = serializers.CharField()
    content_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    is_inline = serializers.BooleanField()
    content_id = serializers.CharField(help_text="As `cid:` links in the HTML name it.")
    url = serializers.SerializerMethodField()

    def get_url(self, attachment: Attachment) -> str | None:
        """None where the bytes are not here."""
        if attachment.blob_id is None:
            return None
        return str(self.context["request"].build_absolute_uri(f"/api/v1/attachments/{attachment.public_id}/"))


class RecipientShown(Shown):
    """An address in a header of a message; `added`: in none, but answers go there too."""

    header = serializers.ChoiceField(choices=["to", "cc", "bcc", "reply_to", ADDED])
    name = serializers.CharField()
    address = serializers.CharField()


class DeliveryShown(Shown):
    """How an outgoing message stands with one recipient."""

    address = serializers.CharField()
    state = serializers.CharField()


class MessageShown(Shown):
    """One mail or note of a ticket."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=MessageKind.choices)
    version = serializers.IntegerField(source="position", help_text="Of the ticket, when this was written.")
    subject = serializers.CharField()
    from_name = serializers.CharField()
    from_address = serializers.CharField()
    recipients = serializers.SerializerMethodField()
    written_by = serializers.SerializerMethodField()
    text = serializers.CharField()
    html = serializers.CharField(help_text="Sanitised; empty where there is only text. Treat it as outside content.")
    is_automatic = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    claimed_at = serializers.DateTimeField(allow_null=True, help_text="The mail's own Date header; it may be wrong.")
    attachments = serializers.SerializerMethodField()
    delivery = serializers.SerializerMethodField()

    @extend_schema_field(RecipientShown(many=True))
    def get_recipients(self, message: Message) -> Any:
        """In the order of the mail."""
        return RecipientShown(sorted(message.recipients.all(), key=lambda row: row.pk), many=True).data

    @extend_schema_field(
        {
            "type": "object",
            "properties": {
                "type": {"type": "string", "enum": ["agent", "integration", "contact", "system"]},
                "id": {"type": "integer", "nullable": True},
                "name": {"type": "string"},
            },
        }
    )
    def get_written_by(self, message: Message) -> Any:
        """A person of the organization, an integration, or somebody outside."""
        if message.author is not None:
            return {"type": "agent", "id": message.author.pk, "name": str(message.author)}
        if message.integration is not None and message.kind != MessageKind.INBOUND:
            return {"type": "integration", "id": message.integration.pk, "name": message.integration.name}
        if message.contact is not None:
            return {"type": "contact", "id": message.contact.pk, "name": message.contact.name}
        return {"type": "system", "id": None, "name": message.from_name}

    @extend_schema_field(AttachmentShown(many=True))
    def get_attachments(self, message: Message) -> Any:
        """In their order."""
        files = sorted(message.attachments.all(), key=lambda row: row.pk)
        return AttachmentShown(files, many=True, context=self.context).data

    @extend_schema_field(DeliveryShown(many=True))
    def get_delivery(self, message: Message) -> Any:
        """Of each recipient; empty for what never leaves."""
        rows = message.outbox.recipients.all() if message.outbox is not None else []
        return DeliveryShown(sorted(rows, key=lambda row: row.pk), many=True).data
