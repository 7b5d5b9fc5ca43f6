"""Automatic answers: what became of those to one mail."""

from __future__ import annotations

from ticketing.models import AutomaticAnswer


def answers_to(raw_id: int) -> list[AutomaticAnswer]:
    """The automatic answers that the mail called for, with their outbox, in order. One query; inside the scope."""
    return list(AutomaticAnswer.objects.filter(raw=raw_id).select_related("outbox").order_by("id"))
