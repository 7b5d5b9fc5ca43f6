"""Whether what is written to the team about a mail can be kept: its placeholders must be some."""

from __future__ import annotations

from ticketing.inbound.notice_texts import known_names
from ticketing.models import TicketField
from ticketing.services.answer_texts import refusals


def notice_problems(text: str) -> list[str]:
    """What is wrong with the placeholders in the text, as sentences. No query for a text without any."""
    if "{{" not in text and "}}" not in text:
        return []
    return refusals(text, known=known_names(TicketField.objects.values_list("key", flat=True)))
