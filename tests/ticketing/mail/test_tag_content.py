"""Which tags a mail is like, on labelled mails made here: subjects of a shop, most mails without any tag."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ticketing.mail.spam_content import words_of
from ticketing.mail.tag_content import MIN_EXAMPLES, TagOpinion, WordCount, is_held_back, tags_like

pytestmark = pytest.mark.req("S3.15")

COMMON = "the and you your with for this that please thank order have can from our will time today best regards".split()
SUBJECTS = {
    1: "invoice amount paid iban bank reminder due vat receipt transfer booking credit".split(),
    2: "parcel courier tracking delivery address depot driver arrived missing shipment customs carrier".split(),
    3: "broken crack leaking repair technician valve spare warranty defect rattles smoke replacement".split(),
    0: "opening hours catalogue colour size visit showroom question offer newsletter staff job parking gift".split(),
}
SHARE = {1: 0.15, 2: 0.2, 3: 0.1, 0: 0.55}  # of the mails; 0: without a tag
# People mention the invoice of a parcel, and the parcel of a repair.
MIXED = 0.2


def make_mail(chance: random.Random, subject: int) -> tuple[str, ...]:
    """The words of one generated mail."""
    others = [word for other, words in SUBJECTS.items() if other != subject for word in words]
    drawn = [
        chance.choice(others if chance.random() < MIXED else SUBJECTS[subject]) for _ in range(chance.randint(5, 20))
    ]
    text = drawn + chance.choices(COMMON, k=len(drawn))
    chance.shuffle(text)
    return words_of(subject="", text=" ".join(text), sender="")


def drawn(chance: random.Random, count: int) -> list[tuple[int, tuple[str, ...]]]:
    """So many labelled mails, as often about each subject as they come."""
    subjects = chance.choices(list(SHARE), weights=list(SHARE.values()), k=count)
    return [(subject, make_mail(chance, subject)) for subject in subjects]


def taught_by(mails: list[tuple[int, tuple[str, ...]]]) -> tuple[dict[str, WordCount], WordCount]:
    """What these mails teach."""
    total = Counter(word for _subject, words in mails for word in words)
    of_tag = {
        tag: Counter(word for subject, words in mails if subject == tag for word in words) for tag in SUBJECTS if tag
    }
    counts = {
        word: WordCount(number, {tag: found[word] for tag, found in of_tag.items() if found[word]})
        for word, number in total.items()
    }
    return counts, WordCount(len(mails), Counter(subject for subject, _words in mails if subject))


def opinions_on(words: tuple[str, ...], taught: tuple[dict[str, WordCount], WordCount]) -> list[TagOpinion]:
    """What is thought of a mail."""
    return tags_like(words, counts=taught[0], taught=taught[1], among=[1, 2, 3])


@pytest.mark.parametrize("seed", range(5))
def test_what_is_suggested_is_what_people_would_have_given(seed: int) -> None:
    chance = random.Random(seed)
    taught = taught_by(drawn(chance, 150))
    asked = drawn(chance, 600)
    said = [(subject, opinion.tag_id) for subject, words in asked for opinion in opinions_on(words, taught)]
    right = sum(subject == tag_id for subject, tag_id in said)
    assert right / len(said) >= 0.95
    assert right / sum(subject != 0 for subject, _words in asked) >= 0.6


def test_a_tag_is_suggested_from_enough_examples_on() -> None:
    chance = random.Random(1)
    others = [(0, make_mail(chance, 0)) for _ in range(40)]
    few = [(1, make_mail(chance, 1)) for _ in range(MIN_EXAMPLES)]
    asked = tuple(SUBJECTS[1])
    assert opinions_on(asked, taught_by([*others, *few[1:]])) == []
    assert [opinion.tag_id for opinion in opinions_on(asked, taught_by([*others, *few]))] == [1]


def test_where_every_mail_carries_it_nothing_tells_it_from_others() -> None:
    chance = random.Random(1)
    assert opinions_on(tuple(SUBJECTS[1]), taught_by([(1, make_mail(chance, 1)) for _ in range(50)])) == []


def test_the_words_that_spoke_for_it_are_named_and_two_are_too_few() -> None:
    taught = taught_by(drawn(random.Random(1), 200))
    [opinion] = opinions_on(("invoice", "iban", "vat", "amount", "please"), taught)
    assert set(opinion.words) >= {"invoice", "iban", "vat", "amount"}
    assert opinion.examples == taught[1].by_tag[1]
    assert opinions_on(("invoice", "iban"), taught) == []


@pytest.mark.parametrize(
    ("said", "right", "is_held"), [(4, 0, False), (5, 3, True), (5, 4, False), (20, 15, True), (20, 16, False)]
)
def test_what_was_wrong_too_often_is_held_back(said: int, right: int, is_held: bool) -> None:
    assert is_held_back(said, right) is is_held
