"""The counts behind suggested tags while something is learned: read once, changed here, written once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

from ticketing.mail.tag_content import TagOpinion, WordCount, tags_like_any
from ticketing.models import LearnedTags, TagCorpus, TagWord

MOST_JUDGED = 40  # then both numbers are halved, so that what was long ago weighs less
_AT_ONCE = 500

Counts = dict[str, int]  # by the id of a tag as text
Later = Mapping[int, Sequence[Sequence[str]]]  # words of later mails by ticket
NO_LATER: Later = {}
T = TypeVar("T")


class Memory:
    """What the words of some mails have taught. Nothing is written before `save`."""

    def __init__(self, corpus: TagCorpus, *, of: Sequence[LearnedTags], later: Later = NO_LATER) -> None:
        """later: what came after each mail, by ticket; it is judged with it, and teaches nothing."""
        self._corpus, self._later = corpus, later
        self._words = _read({word for row in of for word in row.words})
        self._heard = _read({word for mails in later.values() for mail in mails for word in mail} - self._words.keys())

    def learn(self, row: LearnedTags, *, tags: Sequence[int], judged: Collection[int] | None) -> None:
        """The mail counts with these tags, and no longer with those it had.

        judged: the tags that are judged by what was known without this mail, each once a mail; None: all.
        """
        if row.pk is not None:
            self.count(row, by=-1)
        row.tags = list(tags)
        for opinion in self._said(row) if judged is None or judged else ():
            if opinion.tag_id not in row.judged and (judged is None or opinion.tag_id in judged):
                row.judged = [*row.judged, opinion.tag_id]
                self._judge(opinion.tag_id, is_right=opinion.tag_id in row.tags)
        self.count(row, by=1)

    def count(self, row: LearnedTags, *, by: int) -> None:
        """The mail counts so much more."""
        self._corpus.mails += by
        _add(self._corpus.by_tag, row.tags, by=by)
        for word in row.words:
            found = self._words[word]
            found.mails += by
            _add(found.by_tag, row.tags, by=by)

    def save(self) -> None:
        """It is written; words that no mail has any more are gone."""
        rows = list(self._words.values())
        gone = [row.pk for row in rows if row.pk is not None and row.mails <= 0]
        kept = [row for row in rows if row.mails > 0]
        TagWord.objects.bulk_create(  # a tenth of what as many updates cost
            (TagWord(word=row.word, mails=row.mails, by_tag=row.by_tag) for row in kept),
            batch_size=_AT_ONCE,
            update_conflicts=True,
            unique_fields=["organization", "word"],
            update_fields=["mails", "by_tag"],
        )
        for part in _parts(gone):
            TagWord.objects.filter(pk__in=part).delete()
        self._corpus.save(update_fields=["mails", "by_tag", "judged"])

    def _said(self, row: LearnedTags) -> list[TagOpinion]:
        mails = [row.words, *self._later.get(row.ticket_id, ())]
        known = {word: self._words.get(word) or self._heard[word] for mail in mails for word in mail}
        counts = {word: count_of(found) for word, found in known.items() if found.mails > 0}
        taught = count_of(self._corpus)
        return tags_like_any(mails, counts=counts, taught=taught, among=taught.by_tag)

    def _judge(self, tag_id: int, *, is_right: bool) -> None:
        said, right = self._corpus.judged.get(str(tag_id), (0, 0))
        said, right = said + 1, right + is_right
        self._corpus.judged[str(tag_id)] = [said // 2, right // 2] if said >= MOST_JUDGED else [said, right]


def count_of(row: TagWord | TagCorpus) -> WordCount:
    """In how many mails, and in how many of those with each tag."""
    return WordCount(row.mails, {int(tag_id): number for tag_id, number in row.by_tag.items()})


def _read(words: Collection[str]) -> dict[str, TagWord]:
    """Each of the words, those that nobody has learned yet as rows to be made."""
    known = (row for part in _parts(sorted(words)) for row in TagWord.objects.filter(word__in=part))
    return {word: TagWord(word=word) for word in words} | {row.word: row for row in known}


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[at : at + _AT_ONCE] for at in range(0, len(items), _AT_ONCE))


def _add(counts: Counts, tags: Sequence[int], *, by: int) -> None:
    for key in map(str, tags):
        counts[key] = counts.get(key, 0) + by
        if counts[key] <= 0:
            del counts[key]
