"""Which tags a mail is like, as people's tags have taught it: for each tag naive Bayes over the mail's words. Pure.

Mails with the tag are told from those without it. The words are those of `spam_content`, each counted once a mail; the
most telling decide, and those that spoke for the tag are given with it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

MIN_EXAMPLES = 10  # mails with the tag: of fewer, words that they share by chance look telling
MIN_OTHERS = 10  # mails without it: what it is told from
LIKELY_PERCENT = 95
MOST = 3  # for one mail, the likeliest
MIN_JUDGED = 5  # times it would have been suggested, before it is held back for having been wrong
RIGHT_PERCENT = 80  # of these it has to be right to be suggested
_MIN_FOR_IT = 3  # words that speak for the tag; on fewer nothing is built
_TELLING = 25
_SHOWN = 5
_SMOOTHING = 0.5


@dataclass(frozen=True, slots=True)
class WordCount:
    """In how many mails a word was."""

    mails: int = 0
    by_tag: Mapping[int, int] = field(default_factory=dict)  # of those with the tag


@dataclass(frozen=True, slots=True)
class TagOpinion:
    """One tag that a mail is like."""

    tag_id: int
    percent: int
    words: tuple[str, ...]  # that weighed most for it, the heaviest first
    examples: int  # mails with the tag that it was learned from


def is_ready(examples: int, *, of: int) -> bool:
    """True if so many mails with the tag, among so many in all, are enough to suggest it."""
    return examples >= MIN_EXAMPLES and of - examples >= MIN_OTHERS


def is_held_back(said: int, right: int) -> bool:
    """True if the tag was wrong too often where it was, or would have been, suggested."""
    return said >= MIN_JUDGED and right * 100 < RIGHT_PERCENT * said


def tags_like(
    words: Iterable[str], *, counts: Mapping[str, WordCount], taught: WordCount, among: Iterable[int]
) -> list[TagOpinion]:
    """The tags that mails with these words carry, the likeliest first; never one that is not ready.

    taught: how many mails were learned from, and how many carry each tag.
    """
    known = {word: counts[word] for word in words if word in counts}
    found = (
        _opinion(tag_id, known=known, examples=taught.by_tag.get(tag_id, 0), mails=taught.mails) for tag_id in among
    )
    likely = [opinion for opinion in found if opinion is not None]
    return sorted(likely, key=lambda opinion: (-opinion.percent, opinion.tag_id))


def tags_like_any(
    mails: Iterable[Iterable[str]], *, counts: Mapping[str, WordCount], taught: WordCount, among: Collection[int]
) -> list[TagOpinion]:
    """The same of several mails, each looked at by itself: what one of them is like, the others cannot hide."""
    likeliest: dict[int, TagOpinion] = {}
    for words in mails:
        for opinion in tags_like(words, counts=counts, taught=taught, among=among):
            known = likeliest.get(opinion.tag_id)
            if known is None or opinion.percent > known.percent:
                likeliest[opinion.tag_id] = opinion
    return sorted(likeliest.values(), key=lambda opinion: (-opinion.percent, opinion.tag_id))


def _opinion(tag_id: int, *, known: Mapping[str, WordCount], examples: int, mails: int) -> TagOpinion | None:
    if not is_ready(examples, of=mails):
        return None
    others = mails - examples
    weights = {word: _weight(count, tag_id, examples=examples, others=others) for word, count in known.items()}
    telling = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))[:_TELLING]
    for_it = [word for word, weight in telling if weight > 0]
    # How rare the tag is counts as well: the same words say less of one that few mails carry.
    total = math.log(examples / others) + sum(weight for _word, weight in telling)
    percent = round(100 / (1 + math.exp(-max(-50.0, min(50.0, total)))))
    if percent < LIKELY_PERCENT or len(for_it) < _MIN_FOR_IT:
        return None
    return TagOpinion(tag_id, percent, tuple(for_it[:_SHOWN]), examples)


def _weight(count: WordCount, tag_id: int, *, examples: int, others: int) -> float:
    """How much more often the word is in mails with the tag, as a logarithm."""
    with_it = count.by_tag.get(tag_id, 0)
    in_examples = (with_it + _SMOOTHING) / (examples + 2 * _SMOOTHING)
    in_others = (count.mails - with_it + _SMOOTHING) / (others + 2 * _SMOOTHING)
    return math.log(in_examples / in_others)
