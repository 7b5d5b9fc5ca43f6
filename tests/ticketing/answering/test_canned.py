"""A rule answers with a canned reply: once, only where an answer may go, and the history and the log say so."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.models import RemoteMessage
from tests.factories.incoming import make_mail, receive
from tests.ticketing.answering.answering import answer_due, sent_mails, switch_on
from ticketing.answer_words import answer_views
from ticketing.inbound.rules.carrying_out import effects_of
from ticketing.inbound.rules.compiled import CompiledRule, Matched, compile_rule
from ticketing.inbound.rules.effects import Standing
from ticketing.inbound.rules.targets import Targets
from ticketing.inbound.rules.written import Action, Group
from ticketing.log_words import steps_of
from ticketing.models import AnswerCause, CannedReply, EventKind, Message, MessageKind, Rule, Ticket, TicketEvent
from ticketing.models.rules import Act, AppliesTo
from ticketing.queries.answers import answers_to
from ticketing.services.canned_replies import CannedInput, create_canned_reply
from ticketing.services.rules.saving import RuleInput, create_rule
from ticketing.templatetags.ticket_events import event_words

HOSTILE = "Buy cheap pills at http://pills.test"
WORDS = "<p>Ticket {{ ticket.number }} of {{ organization.name }}: the number is <b>below</b>.</p>"


def reply(**more: Any) -> CannedReply:
    """A canned reply with placeholders."""
    values: dict[str, Any] = {"name": "Serial", "html": WORDS} | more
    return create_canned_reply(CannedInput(**values))


def rule_sending(canned: CannedReply, *others: Action, name: str = "Stoves", **more: Any) -> Rule:
    """A rule for every mail."""
    return create_rule(RuleInput(name, Group(), (Action(Act.CANNED, str(canned.pk)), *others), **more))


def told(seen: RemoteMessage) -> list[str]:
    """What the log says of the automatic answers to the mail."""
    return [f"{view.title}: {view.text}" for view in answer_views(answers_to(seen.raw_id))]


@pytest.mark.both
@pytest.mark.django_db
@pytest.mark.req("S4.60")
def test_a_rule_answers_once_in_the_words_of_the_canned_reply_and_no_word_of_the_senders(support: Any) -> None:
    switch_on()
    rule = rule_sending(reply(), Action(Act.NO_ACKNOWLEDGEMENT))
    hostile = make_mail(subject=HOSTILE, text=HOSTILE, sender=f"{HOSTILE} <anna@customer.test>", message_id="m1@x.test")
    [seen] = receive(support, hostile)
    answer_due()
    answer_due()
    [mail] = sent_mails()
    ticket = Ticket.objects.get()
    assert (mail["To"], mail["In-Reply-To"]) == ("anna@customer.test", "<m1@x.test>")
    assert mail["Subject"] == f"Your message to Fernhollow [#{ticket.number}]"
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Postroom-Cause"].startswith(f"rule; id={rule.pk}/")
    assert f"Ticket {ticket.number} of Fernhollow: the number is" in mail.get_body(("plain",)).get_content()
    assert "<b>below</b>" in mail.get_body(("html",)).get_content()
    assert "pills" not in mail.as_string()
    written = Message.objects.get(kind=MessageKind.OUTBOUND)
    assert (written.is_automatic, written.auto_kind, ticket.needs_reply) == (True, AnswerCause.CANNED, True)
    event = TicketEvent.objects.get(kind=EventKind.ANSWERED_BY_ITSELF)
    assert (event.cause, event.data["rule"], event.data["rule_name"]) == ("rule", rule.pk, "Stoves")
    assert event_words(event) == "sent the canned reply <b>Serial</b>"
    assert told(seen) == [
        "Acknowledgement: not sent: The rule “Stoves” says so.",
        "Answer by a rule: To anna@customer.test. Queued.",
    ]
    assert "send the canned reply Serial" in next(step.text for step in steps_of(seen) if step.rule_id)


@pytest.mark.django_db
def test_answers_of_customers_are_answered_too_where_the_rule_says_so(support: Any) -> None:
    rule_sending(reply(subject="About {{ ticket.number }}"), applies_to=AppliesTo.ANSWERS)
    receive(support, make_mail(message_id="first@x.test"))
    receive(support, make_mail(answers="first@x.test"))
    answer_due()
    number = Ticket.objects.get().number
    assert [mail["Subject"] for mail in sent_mails()] == [f"About {number} [#{number}]"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("mail", "why"),
    [
        ({"headers": [("X-Auto-Response-Suppress", "All")]}, "It asks for no automatic answer"),
        ({"sender": "no-reply@customer.test"}, "It asks for no automatic answer"),
        ({"headers": [("List-Id", "<a.lists.test>"), ("Precedence", "bulk")]}, "Nothing automatic answers"),
    ],
)
def test_nothing_automatic_is_answered_by_a_rule(support: Any, mail: dict[str, Any], why: str) -> None:
    rule_sending(reply())
    [seen] = receive(support, make_mail(**mail))
    answer_due()
    assert sent_mails() == []
    [said] = told(seen)
    assert why in said


@pytest.mark.django_db
def test_spam_gets_no_canned_reply(support: Any) -> None:
    rule_sending(reply())
    [seen] = receive(support, make_mail(headers=[("X-Spam-Flag", "YES")]))
    answer_due()
    assert (sent_mails(), told(seen)) == ([], [])


@pytest.mark.django_db
def test_a_retired_canned_reply_is_not_sent_and_the_log_says_why(support: Any) -> None:
    rule_sending(reply())
    [before] = receive(support, make_mail())
    CannedReply.objects.update(is_active=False)
    [after] = receive(support, make_mail(subject="Another lamp"))
    answer_due()
    assert sent_mails() == []
    assert told(before) == ["Answer by a rule: not sent: Its text is not there any more."]
    assert told(after) == []
    assert "deleted, retired or switched off" in next(step.text for step in steps_of(after) if step.rule_id)


def matched(*actions: Action, name: str) -> Matched:
    """A rule that every mail matches."""
    rule: CompiledRule = compile_rule(
        len(name), name, version=1, applies_to=AppliesTo.NEW, conditions=Group(), actions=actions
    )
    return Matched(rule, ())


@pytest.mark.parametrize(
    ("first", "second", "left", "sender", "sent"),
    [
        ("5", "6", ["overruled", None], "Second", 6),
        ("5", "5", [None, "same"], "First", 5),
        ("5", "7", [None, "gone"], "First", 5),
    ],
)
def test_a_mail_gets_one_canned_reply_the_last_one(
    first: str, second: str, left: list[str | None], sender: str, sent: int
) -> None:
    rules = [matched(Action(Act.CANNED, first), name="First"), matched(Action(Act.CANNED, second), name="Second")]
    effects = effects_of(
        rules, before=Standing("new", "normal"), targets=Targets(canned={5: "Serial", 6: "Opening hours"})
    )
    assert [done.left for done in effects.done] == left
    assert effects.canned is not None
    assert (effects.canned[0].name, effects.canned[1]) == (sender, sent)
