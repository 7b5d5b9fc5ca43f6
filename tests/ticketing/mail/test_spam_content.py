"""The words of a mail, and what marks have taught about them, on a labelled corpus made here."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from ticketing.mail.spam_content import MAX_WORDS, MIN_TO_ACT, Marks, Opinion, weigh, words_of

pytestmark = pytest.mark.req("S3.15")

COMMON = "the and you your with for this that please thank order have can from our will time today best regards".split()
CUSTOMER = (
    "invoice delivery broken lamp stove valve replacement refund address parcel question warranty screw shelf missing "
    "arrived yesterday customer number repair technician appointment colour size return label photo attached leaking"
).split()
SPAM = (
    "winner bonus casino crypto investment guaranteed profit pills discount miracle loan urgent transfer inheritance "
    "million click unsubscribe limited offer ranking traffic backlinks seo luxury replica watches investor earn cash"
).split()
# Both kinds use some of the other's words: a customer asks for a discount, a swindler names a parcel.
MIXED = 0.15


def make_text(chance: random.Random, *, is_spam: bool) -> str:
    """One generated mail."""
    own, other = (SPAM, CUSTOMER) if is_spam else (CUSTOMER, SPAM)
    drawn = [chance.choice(other if chance.random() < MIXED else own) for _ in range(chance.randint(6, 25))]
    words = drawn + chance.choices(COMMON, k=len(drawn))
    chance.shuffle(words)
    return " ".join(words)


def learned(chance: random.Random, *, of_each: int) -> tuple[dict[str, tuple[int, int]], Marks]:
    """What so many marks of each kind teach."""
    spam, clean = (
        Counter(
            word
            for _ in range(of_each)
            for word in words_of(subject="", text=make_text(chance, is_spam=is_spam), sender="")
        )
        for is_spam in (True, False)
    )
    return {word: (spam[word], clean[word]) for word in spam | clean}, Marks(of_each, of_each)


def opinion_on(text: str, taught: tuple[dict[str, tuple[int, int]], Marks]) -> Opinion:
    """What is thought of a mail that says enough."""
    found = weigh(words_of(subject="", text=text, sender=""), counts=taught[0], marks=taught[1])
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(5))
def test_after_fifty_marks_of_each_kind_what_is_called_spam_is_spam(seed: int) -> None:
    chance = random.Random(seed)
    taught = learned(chance, of_each=MIN_TO_ACT)
    labelled = [(make_text(chance, is_spam=is_spam), is_spam) for is_spam in (True, False) for _ in range(300)]
    called = [is_spam for text, is_spam in labelled if opinion_on(text, taught).is_spam]
    assert sum(called) / len(called) >= 0.95
    assert sum(called) / 300 >= 0.8


def test_until_fifty_marks_of_each_kind_it_is_only_said() -> None:
    chance = random.Random(1)
    opinion = opinion_on(" ".join(SPAM), learned(chance, of_each=MIN_TO_ACT - 1))
    assert (opinion.is_spam, opinion.is_suspect) == (False, True)


def test_the_words_that_weighed_most_are_named() -> None:
    chance = random.Random(1)
    opinion = opinion_on("casino bonus crypto winner pills lamp", learned(chance, of_each=MIN_TO_ACT))
    assert set(opinion.words) == {"casino", "bonus", "crypto", "winner", "pills"}


def test_too_few_marks_or_known_words_give_no_opinion() -> None:
    counts = dict.fromkeys(SPAM, (5, 0))
    assert weigh(SPAM, counts=counts, marks=Marks(9, 50)) is None
    assert weigh([*SPAM[:4], "never", "seen"], counts=counts, marks=Marks(50, 50)) is None


def test_clean_needs_as_many_marks_as_spam() -> None:
    chance = random.Random(2)
    text = " ".join(CUSTOMER)
    assert opinion_on(text, learned(chance, of_each=MIN_TO_ACT)).is_clean
    assert not opinion_on(text, learned(chance, of_each=20)).is_clean


def test_the_words_are_of_subject_text_links_and_the_senders_domain() -> None:
    words = words_of(subject="Öl-Angebot 2026", text="See https://Shop.example/x1 NOW", sender="a@Mail.test")
    assert words == ("from:mail.test", "link:shop.example", "angebot", "see", "now")


def test_of_an_endless_mail_a_bounded_number_of_words_is_read() -> None:
    text = " ".join(f"word{number}" for number in range(100_000))
    assert len(words_of(subject="", text=text, sender="")) == MAX_WORDS
