"""What marks have taught about words is read once, and anew after the next lesson."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ticketing.inbound import learned_words
from ticketing.inbound.learned_words import word_counts
from ticketing.models import SpamWord

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.usefixtures("support")]
WORDS = ("casino", "lamp", "unheard")


@pytest.fixture(autouse=True)
def learned(support: object) -> None:
    SpamWord.objects.create(word="casino", in_spam=9, in_clean=1)
    SpamWord.objects.create(word="lamp", in_spam=0, in_clean=4)


def asked(*words: str, version: int) -> tuple[dict[str, tuple[int, int]], int]:
    """What comes of it, and how many queries it took."""
    with CaptureQueriesContext(connection) as queries:
        found = dict(word_counts(words, version=version))
    return found, len(queries)


def test_only_words_that_were_not_asked_about_are_read() -> None:
    known = {"casino": (9, 1), "lamp": (0, 4)}
    assert asked(*WORDS, version=71) == (known, 1)
    assert asked(*WORDS, version=71) == (known, 0)
    assert asked("lamp", "another", version=71) == ({"lamp": (0, 4)}, 1)


def test_after_another_lesson_all_are_read_anew() -> None:
    asked(*WORDS, version=72)
    SpamWord.objects.filter(word="lamp").update(in_spam=2)
    assert asked("lamp", version=73) == ({"lamp": (2, 4)}, 1)


def test_what_was_learned_before_lessons_were_numbered_is_not_kept() -> None:
    assert [asked("lamp", version=0)[1] for _ in range(2)] == [1, 1]


def test_no_more_words_are_kept_than_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learned_words, "MAX_WORDS", 2)
    asked("casino", "lamp", version=74)
    assert asked("unheard", version=74) == ({}, 1)
    assert asked("casino", "unheard", version=74) == ({"casino": (9, 1)}, 1)
