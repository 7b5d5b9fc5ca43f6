"""What marks have taught about words, kept while nothing new is learned: most mail says what other mail said."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from helpdesk.tenancy.prepared import Prepared, Question, Row
from helpdesk.tenancy.state import required_organization_id
from ticketing.models import SpamWord

MAX_KEPT = 20  # organizations, in one process
MAX_WORDS = 20_000  # of one of them
Count = tuple[int, int]  # in how many mails marked as spam, and in how many marked as clean

_WORDS: Prepared[Row] = Prepared(
    lambda words: SpamWord.objects.filter(word__in=words).values_list("word", "in_spam", "in_clean")
)


@dataclass(frozen=True)
class _Kept:
    version: int
    counts: dict[str, Count | None] = field(default_factory=dict)  # None: in no mail


_kept: OrderedDict[int, _Kept] = OrderedDict()
_lock = threading.Lock()


def asked_of_words(words: Sequence[str], *, version: int) -> Iterator[Question]:
    """What `word_counts` will ask: about words that are not kept."""
    known = _known(version)
    unknown = [word for word in words if word not in known]
    if unknown:
        yield _WORDS.asking(words=unknown)


def word_counts(words: Sequence[str], *, version: int) -> Mapping[str, Count]:
    """The counts of the words, as far as they were in any mail. Inside the organization's scope.

    version: of what was learned. Each change gives another, never used before; 0: nothing is kept.
    """
    known = _known(version)
    new: dict[str, Count | None] = {}
    for question in asked_of_words(words, version=version):
        found: dict[str, Count] = {word: (spam, clean) for word, spam, clean in question.rows()}
        new = {word: found.get(word) for word in words if word not in known}
        _keep(version, new)
    return {word: count for word in words if (count := known.get(word) or new.get(word)) is not None}


def _known(version: int) -> Mapping[str, Count | None]:
    with _lock:
        kept = _kept.get(required_organization_id())
        return kept.counts if kept is not None and version and kept.version == version else {}


def _keep(version: int, new: Mapping[str, Count | None]) -> None:
    if not version:
        return
    organization_id = required_organization_id()
    with _lock:
        kept = _kept.get(organization_id)
        if kept is None or kept.version != version or len(kept.counts) + len(new) > MAX_WORDS:
            kept = _kept[organization_id] = _Kept(version)
        kept.counts.update(new)
        _kept.move_to_end(organization_id)
        if len(_kept) > MAX_KEPT:
            _kept.popitem(last=False)
