"""Canned replies as answers: to which mail a rule sends one, and its words, filled in for a ticket."""

from __future__ import annotations

from dataclasses import replace

from django.utils.translation import gettext as _

from ticketing.answering.texts import Text, filled, occasion_of
from ticketing.answering.vocabulary import Occasion
from ticketing.answering.wishing import Wish
from ticketing.models import AnswerCause, AutomaticAnswer, CannedReply, Rule


def canned_wish(*, rule_id: int, reply_id: int) -> Wish:
    """The rule sends the canned reply."""
    return Wish(AnswerCause.CANNED, f"{rule_id}/{reply_id}")


def canned_text(answer: AutomaticAnswer) -> Text | None:
    """The words of the canned reply; None if it was retired meanwhile. Inside the organization's scope."""
    rule_id, _slash, reply_id = answer.cause_id.partition("/")
    reply = CannedReply.objects.filter(pk=reply_id, is_active=True).first()
    if reply is None:
        return None
    rule_name = Rule.objects.filter(pk=rule_id).values_list("name", flat=True).first()
    told = {"reply": reply.name, "rule": int(rule_id), "rule_name": rule_name or ""}
    return replace(filled_reply(reply, occasion_of(answer)), told=told)


def filled_reply(reply: CannedReply, occasion: Occasion) -> Text:
    """The reply with every placeholder filled."""
    subject = reply.subject or _("Your message to {{ organization.name }}")
    return filled(Text(subject, reply.html), occasion)
