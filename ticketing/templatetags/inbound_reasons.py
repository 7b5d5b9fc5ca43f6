"""Why a message became what it did, for the templates of the inbound log."""

from __future__ import annotations

from django import template

from mailboxes.ledger_words import acknowledging_words
from ticketing.reason_words import reason_words

register = template.Library()

register.filter("reason", reason_words)
register.filter("server_refusal", acknowledging_words)
