"""What is said of a mailbox's next message knows everything that is set for its mail."""

from __future__ import annotations

from typing import Any

import pytest

from mailboxes.next_message import next_message
from tests.factories.outgoing import make_outgoing_server
from ticketing.inbound.rules.written import Action, Condition, Group
from ticketing.models import AnswerPolicy, EntryKind, FilterMode, Openers, Refused, Updaters
from ticketing.models.rules import Act, Compare, Look
from ticketing.services.filter_entries import tidy_entry
from ticketing.services.filters import FilterInput, save_filter
from ticketing.services.policy_version import policy_changed
from ticketing.services.rules.saving import RuleInput, create_rule
from ticketing.services.writer_policies import WriterInput, save_writers

pytestmark = [pytest.mark.django_db, pytest.mark.req("S4.52", "S5.84")]


def words_of(mailbox: Any) -> list[str]:
    return [line.words for line in next_message(mailbox)]


def test_filters_writers_rules_and_acknowledgements_are_told_once_they_are_set(support: Any) -> None:
    assert len(words_of(support)) == 3
    entry = tidy_entry(EntryKind.WORDS, "lottery")
    save_filter(None, FilterInput(FilterMode.IGNORE, [entry]))
    save_filter(support, FilterInput(FilterMode.ALLOW, [entry, tidy_entry(EntryKind.DOMAIN, "b.test")]))
    data = WriterInput(
        openers=Openers.LISTED, domains=("b.test",), updaters=Updaters.PEOPLE, updating_refused=Refused.DISCARD
    )
    save_writers(support, data)
    AnswerPolicy.objects.create(mailbox=support, acknowledges=True)
    group = Group(parts=(Condition(Look.SUBJECT, Compare.CONTAINS, ("kiss",)),))
    create_rule(RuleInput("Kisses", group, (Action(Act.PRIORITY, "high"),)))
    said = words_of(support)
    assert said[1:5] == [
        "pass the filter of all mailboxes, which ignores what its 1 entry matches",
        "pass the filter of the mailbox, which lets only such new mail in as its 2 entries match",
        "open a ticket only from known contacts and senders of 1 domain, or from members, as far as they are proven; "
        "else be held for review",
        "be added to a ticket only from people on it, or from members; else discarded",
    ]
    assert said[6] == "be looked at by 1 rule, which may set something else"
    save_writers(support, WriterInput(openers=Openers.NOBODY, opening_refused=Refused.ANSWER, version=1))
    assert "open no ticket, whoever sends it, but be refused, with an answer where one may go" in words_of(support)


def test_a_mailbox_that_opens_no_tickets_is_not_said_to_acknowledge_any(support: Any) -> None:
    AnswerPolicy.objects.create(acknowledges=True)
    policy_changed()
    support.outgoing = make_outgoing_server()
    assert "be acknowledged at once if it opens a ticket" in words_of(support)[-1]
    support.answers_only = True
    assert "be answered by people alone" in words_of(support)[-1]
    support.answers_only, support.organization.tells_while_off = False, True
    assert "be answered by people alone" in words_of(support)[-1]
    assert any("its sender is told" in words for words in words_of(support))
