"""What programs may ask for and send, field by field."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from helpdesk.lib.text import clean_filename
from ticketing.api.paging import PageQuery
from ticketing.api.parsing import MAX_ID, IdField, Strict
from ticketing.mail.compose import OutgoingFile
from ticketing.mail.filetypes import sniff_type
from ticketing.models import Priority, Status
from ticketing.models.outside import MAX_EXTERNAL_ID_CHARS
from ticketing.services.changes import MAX_TAG_CHARS

MAX_TEXT_CHARS = 1_000_000
MAX_FILES = 20
KINDS = ("inbound", "outbound", "note")
_WORDS = {"trim_whitespace": False, "max_length": MAX_TEXT_CHARS, "required": False}


@extend_schema_field({"type": "string", "description": "An id, or `none`."})
class IdOrNone(serializers.Field):  # type: ignore[misc]  # untyped
    """An id, or the word none."""

    def to_internal_value(self, data: Any) -> int | None:
        """None for the word."""
        if data == "none":
            return None
        if not str(data).isdecimal() or len(str(data)) > 18:
            raise serializers.ValidationError(_("Write an id, or “none”."))
        return int(data)


@extend_schema_field({"type": "string", "description": "One status or several, parted by commas."})
class Statuses(serializers.Field):  # type: ignore[misc]  # untyped
    """Statuses parted by commas."""

    def to_internal_value(self, data: Any) -> list[str]:
        """Each of them."""
        wanted = [word.strip() for word in str(data).split(",")]
        if not set(wanted) <= set(Status.values):
            raise serializers.ValidationError(
                _("Write one of these, or several with commas: %s.") % ", ".join(Status.values)
            )
        return wanted


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": True,
        "description": "Values by the key of the field, see /api/v1/fields/; null takes one off. Others stay.",
    }
)
class FieldValues(serializers.DictField):  # type: ignore[misc]  # untyped
    """Values of custom fields by key."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.JSONField(allow_null=True), **kwargs)


class TicketQuery(PageQuery):
    """Which tickets. Newest first; with `updated_since` or `since_version` those that changed last come last."""

    status = Statuses(required=False)
    assignee = IdOrNone(required=False)
    team = IdOrNone(required=False)
    mailbox = IdOrNone(required=False)
    tag = serializers.CharField(required=False, max_length=MAX_TAG_CHARS)
    priority = serializers.ChoiceField(required=False, choices=Priority.choices)
    is_spam = serializers.BooleanField(required=False, default=None, allow_null=True)
    contact = serializers.CharField(required=False, max_length=320, help_text="An address of the contact.")
    external_id = serializers.CharField(required=False, max_length=MAX_EXTERNAL_ID_CHARS)
    updated_since = serializers.DateTimeField(
        required=False, help_text="Everything that changed since, and perhaps a little more."
    )
    since_version = serializers.IntegerField(
        required=False, min_value=0, max_value=MAX_ID, help_text="Exactly what changed after this `version`."
    )
    search = serializers.CharField(required=False, max_length=500)


class ContactAsked(Strict):
    """Somebody outside: one that is known by `id`, or by `address`, who is made if nobody has it."""

    id = IdField(required=False)
    address = serializers.EmailField(required=False, max_length=320)
    name = serializers.CharField(required=False, max_length=200, allow_blank=True, help_text="For a new one.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError unless it names exactly one."""
        if ("id" in values) == ("address" in values):
            raise serializers.ValidationError(_("Give either the contact's id or an address."))
        return values


class FileAsked(Strict):
    """A file that goes along."""

    filename = serializers.CharField(max_length=200)
    content = serializers.CharField(help_text="Base64.", trim_whitespace=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """The file itself as `file`. Its type is what its bytes say."""
        try:
            data = base64.b64decode(values["content"], validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError({"content": _("This is not Base64.")}) from None
        filename = clean_filename(values["filename"], max_length=150) or "file"
        kind = sniff_type(data, declared="", filename=filename)
        return {"file": OutgoingFile(filename=filename, content_type=kind, content=data)}


class WordsAsked(Strict):
    """A text, plain or as HTML, and files."""

    text = serializers.CharField(**_WORDS)
    html = serializers.CharField(**_WORDS, help_text="Instead of `text`. Cleaned before it is stored.")
    attachments = FileAsked(many=True, required=False, default=list, max_length=MAX_FILES)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError for both texts, or nothing at all."""
        if "text" in values and "html" in values:
            raise serializers.ValidationError({"html": _("Send either text or html, not both.")})
        if not (values.get("text") or values.get("html") or values.get("attachments")):
            raise serializers.ValidationError({"text": _("Write something: text or html.")})
        return values


class TicketAsked(WordsAsked):
    """A new ticket and its first message."""

    subject = serializers.CharField(max_length=400)
    contact = ContactAsked()
    kind = serializers.ChoiceField(
        choices=KINDS,
        default="inbound",
        help_text="Who speaks first: the contact (inbound), we by mail (outbound), or an internal note.",
    )
    cc = serializers.ListField(child=serializers.EmailField(max_length=320), required=False, max_length=50)
    mailbox = IdField(required=False, allow_null=True, help_text="Whose address answers; else the primary one.")
    team = IdField(required=False, allow_null=True)
    assignee = IdField(required=False, allow_null=True)
    company = IdField(required=False, help_text="Else the mailbox's, else the contact's.")
    priority = serializers.ChoiceField(choices=Priority.choices, default=Priority.NORMAL)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG_CHARS), required=False, default=list, max_length=20
    )
    fields = FieldValues(required=False)
    external_id = serializers.CharField(
        required=False,
        max_length=MAX_EXTERNAL_ID_CHARS,
        help_text="Your own id. With one that is known, nothing is made.",
    )

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError also for copies of what does not leave."""
        if values.get("cc") and values["kind"] != "outbound":
            raise serializers.ValidationError({"cc": _("Only an outbound message has copies.")})
        return super().validate(values)


class TicketChange(Strict):
    """What is to be different; what is left out stays."""

    subject = serializers.CharField(required=False, max_length=400)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    assignee = IdField(required=False, allow_null=True)
    team = IdField(required=False, allow_null=True)
    category = IdField(required=False, allow_null=True)
    company = IdField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=MAX_TAG_CHARS), required=False, max_length=20, help_text="All of them."
    )
    fields = FieldValues(required=False)
    is_spam = serializers.BooleanField(required=False)
    external_id = serializers.CharField(required=False, max_length=MAX_EXTERNAL_ID_CHARS, allow_null=True)


class MessageAsked(WordsAsked):
    """A message on a ticket."""

    kind = serializers.ChoiceField(
        choices=KINDS,
        help_text="outbound: leaves by mail. note: for the team alone. inbound: the contact said it, by another way.",
    )
    to = serializers.ListField(child=serializers.EmailField(max_length=320), required=False, max_length=50)
    cc = serializers.ListField(child=serializers.EmailField(max_length=320), required=False, max_length=50)
    bcc = serializers.ListField(child=serializers.EmailField(max_length=320), required=False, max_length=50)
    answers = IdField(required=False, help_text="The message it answers; else the newest of the contact.")
    status = serializers.ChoiceField(choices=Status.choices, required=False, help_text="Of the ticket, afterwards.")
    contact = ContactAsked(required=False, help_text="Who said it; else the ticket's contact. Inbound only.")

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        """Raises ValidationError for fields that another kind has."""
        fits = {"outbound": {"to", "cc", "bcc", "answers", "status"}, "inbound": {"contact"}, "note": set()}
        others = {"to", "cc", "bcc", "answers", "status", "contact"} - fits[values["kind"]]
        wrong = {name: _("A message of this kind has no such field.") for name in sorted(others & set(values))}
        if wrong:
            raise serializers.ValidationError(wrong)
        return super().validate(values)
