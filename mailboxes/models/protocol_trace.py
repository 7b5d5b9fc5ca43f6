"""What was said between us and the servers of one mailbox, while somebody had it recorded."""

from __future__ import annotations

import uuid

from django.db import models

from helpdesk.tenancy.models import TenantModel
from helpdesk.tenancy.secrets import register_sealed
from mailboxes.models.mailbox import Mailbox


class ProtocolTrace(TenantModel):
    """One recording; each mailbox has its last one. It ends by the clock, whether anything runs or not."""

    mailbox = models.OneToOneField(Mailbox, on_delete=models.CASCADE, related_name="trace")
    started_at = models.DateTimeField()
    until_at = models.DateTimeField()  # moved to the present by whoever stops it
    line_count = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveIntegerField(default=0)
    is_cut = models.BooleanField(default=False)  # it was full before its time

    class Meta(TenantModel.Meta):
        pass


class TracePiece(TenantModel):
    """Some lines of a recording, sealed: JSON lists of milliseconds, connection, direction and text."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trace = models.ForeignKey(ProtocolTrace, on_delete=models.CASCADE, related_name="pieces")
    first_ms = models.BigIntegerField()  # when its first line was said
    lines_sealed = models.TextField(editable=False)

    class Meta(TenantModel.Meta):
        indexes = [models.Index(fields=["organization", "trace", "first_ms"], name="trace_piece_order")]


register_sealed("mailboxes.TracePiece", "lines_sealed")
