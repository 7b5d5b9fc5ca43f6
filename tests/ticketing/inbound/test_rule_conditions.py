"""Conditions of rules against mails, without a database: what holds, what does not, and by what."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ticketing.inbound.rules.compiled import CompiledRule, compile_rule, matching
from ticketing.inbound.rules.patterns import PatternRefused, compile_pattern, found_by
from ticketing.inbound.rules.seen import About, Seen
from ticketing.inbound.rules.written import Action, Condition, Group, group_of, stored_group
from ticketing.inbound.sender_trust import Proof, SenderTrust
from ticketing.mail.language import language_of
from ticketing.models.rules import Act, AppliesTo, Compare, Joined, Look

MAIL = Seen(
    about=About(
        is_answer=False,
        trust=SenderTrust(proof=Proof.PROVEN, reply_to="amara@elsewhere.test", is_first=True),
        company_id=3,
    ),
    mailbox_id=7,
    sender="amara@mail.larkmoor.test",
    sender_name="Amara Okoye",
    recipients=("support@fernhollow.test", "boss@fernhollow.test"),
    subject="STRAẞE: stove\n valve hisses",
    text="Guten Tag, mein Ofen zischt und ich weiß nicht, warum das so ist.",
    headers=(("X-Mailer", "Robot 2"),),
    files=(("quote-2026.pdf", "application/pdf"),),
    size_bytes=20_000,
)
IS, HAS, STARTS, MATCHES, THERE, OVER = (
    Compare.IS,
    Compare.CONTAINS,
    Compare.STARTS,
    Compare.MATCHES,
    Compare.THERE,
    Compare.OVER,
)


def holds(part: Condition | Group, mail: Seen = MAIL) -> bool:
    group = part if isinstance(part, Group) else Group(parts=(part,))
    assert group_of(stored_group(group)) == group
    rule = compile_rule(1, "x", version=1, applies_to=AppliesTo.BOTH, conditions=group, actions=())
    return bool(matching([rule], mail))


@pytest.mark.req("S4.60")
@pytest.mark.parametrize(
    ("look", "compare", "fits", "near_miss"),
    [
        (Look.SUBJECT, HAS, "strasse", "stoves"),
        (Look.SUBJECT, HAS, "stove valve", "stovevalve"),
        (Look.SUBJECT, STARTS, "Straße:", "stove"),
        (Look.SUBJECT, IS, "straße: stove valve hisses", "stove valve hisses"),
        (Look.SUBJECT, MATCHES, r"va(lve|n)\b", r"^stove"),
        (Look.BODY, HAS, "ZISCHT", "hisst"),
        (Look.BODY, MATCHES, r"ofen\s+zischt", r"ofen zischt$"),
        (Look.SENDER, IS, "Amara@Mail.Larkmoor.test", "amara@larkmoor.test"),
        (Look.SENDER_NAME, HAS, "okoye", "brandt"),
        (Look.DOMAIN, IS, "mail.larkmoor.test", "larkmoor.test"),
        (Look.DOMAIN, IS, "*.larkmoor.test", "*.moor.test"),
        (Look.RECIPIENT, IS, "boss@fernhollow.test", "fernhollow.test"),
        (Look.RECIPIENT, STARTS, "boss@", "fernhollow"),
        (Look.MAILBOX, IS, "7", "8"),
        (Look.FILE_NAME, IS, "quote*.pdf", "quote"),
        (Look.FILE_NAME, HAS, "2026", "2025"),
        (Look.FILE_TYPE, STARTS, "application/", "image/"),
        (Look.SIZE, OVER, "19", "20"),
        (Look.LANGUAGE, IS, "de", "en"),
        (Look.SPAM, IS, "unjudged", "suspect"),
        (Look.TRUST, IS, "proven", "failed"),
        (Look.TRUST, IS, "first_contact", "untold"),
        (Look.COMPANY, IS, "3", "4"),
    ],
)
def test_a_condition_holds_for_what_it_says_and_for_nothing_near_it(
    look: Look, compare: Compare, fits: str, near_miss: str
) -> None:
    condition = Condition(look, compare, ("nothing like it" if compare is not OVER else "999", fits))
    assert holds(condition)
    assert not holds(replace(condition, is_negated=True))
    missing = replace(condition, values=(near_miss,))
    assert not holds(missing)
    assert holds(replace(missing, is_negated=True))


@pytest.mark.parametrize(("name", "is_there"), [("x-mailer", True), ("list-id", False)])
def test_a_header_is_asked_by_its_name(name: str, is_there: bool) -> None:
    assert holds(Condition(Look.HEADER, THERE, header=name)) is is_there
    assert holds(Condition(Look.HEADER, HAS, ("robot",), header=name)) is is_there


def test_trust_names_a_first_contact_and_answers_that_go_elsewhere() -> None:
    assert MAIL.trust == {"proven", "first_contact", "other_reply_to"}
    assert replace(MAIL, about=About(is_answer=False)).trust == {"untold"}


YES, NO = Condition(Look.HAS_FILES, THERE), Condition(Look.HAS_FILES, THERE, is_negated=True)


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (Group(), True),
        (Group(Joined.ALL, (YES, YES)), True),
        (Group(Joined.ALL, (YES, NO)), False),
        (Group(Joined.ANY, (NO, YES)), True),
        (Group(Joined.ANY, (NO, NO)), False),
        (Group(Joined.NONE, (NO, NO)), True),
        (Group(Joined.NONE, (NO, YES)), False),
        (Group(Joined.ALL, (YES, Group(Joined.ANY, (NO, Group(Joined.NONE, (NO,)))))), True),
        (Group(Joined.ALL, (YES, Group(Joined.ANY, (NO, Group(Joined.NONE, (YES,)))))), False),
    ],
)
def test_groups_in_groups_are_joined_as_they_say(group: Group, expected: bool) -> None:
    assert holds(group) is expected


def test_all_that_match_act_in_order_until_one_says_stop_and_each_says_by_what() -> None:
    def rule(number: int, condition: Condition, *acts: Act, applies_to: AppliesTo = AppliesTo.NEW) -> CompiledRule:
        actions = tuple(Action(act) for act in acts)
        group = Group(parts=(condition,))
        return compile_rule(number, "x", version=1, applies_to=applies_to, conditions=group, actions=actions)

    rules = [
        rule(1, YES),
        rule(2, NO, Act.STOP),
        rule(3, YES, applies_to=AppliesTo.ANSWERS),
        rule(4, YES, Act.STOP),
        rule(5, YES),
    ]
    found = matching(rules, MAIL)
    assert [each.rule.id for each in found] == [1, 4]
    assert found[0].hits[0].found == "quote-2026.pdf"


@pytest.mark.parametrize("pattern", ["(", "(?=x)", r"(a)\1", "a" * 501, "((a{100}){100}){100}"])
def test_a_pattern_that_could_take_for_ever_or_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(PatternRefused):
        compile_pattern(pattern)
    assert not holds(Condition(Look.SUBJECT, MATCHES, (pattern,)))


def test_a_pattern_that_hangs_elsewhere_needs_no_more_than_the_texts_length() -> None:
    """Python's own expressions would need 2 to the power of 100,000 steps here."""
    assert found_by(compile_pattern("(a+)+$"), b"a" * 100_000 + b"!") is None


@pytest.mark.parametrize(
    ("text", "declared", "expected"),
    [
        ("My stove hisses and I do not know why it does that.", "de-DE", "en"),
        ("Bonjour, mon réchaud ne marche pas depuis hier.", "", "fr"),
        ("Dzień dobry, moja kuchenka nie działa i proszę o pomoc.", "", "pl"),
        ("Здравствуйте, моя плита не работает", "", "ru"),
        ("Добрий день, моя плита не працює", "", "uk"),
        ("ストーブが壊れました。助けてください", "", "ja"),
        ("您好，我的炉子坏了，请帮忙", "", "zh"),
        ("OK", "de-AT, en", "de"),
        ("OK", "", ""),
        ("12345", "x" * 10, ""),
    ],
)
def test_the_words_tell_the_language_and_the_header_only_where_they_do_not(
    text: str, declared: str, expected: str
) -> None:
    assert language_of(text, headers=[("Content-Language", declared)]) == expected
