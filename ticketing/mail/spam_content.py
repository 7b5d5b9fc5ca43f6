"""What a mail says, as an organization's marks have taught it to be weighed: naive Bayes over the words it holds. Pure.

A word counts once a mail. Of the words, the most telling decide, so that length says nothing. The words that weighed
most are given with the verdict.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

MAX_WORDS = 150  # kept of one mail
MAX_WORD_CHARS = 40
TEXT_CHARS = 5000  # read of one mail
_FIRST_CHARS = 1500
MIN_TO_SAY = 10  # marks of each kind before anything is said
MIN_TO_ACT = 50  # marks of each kind before a mail is taken for spam; until then it is only said
SPAM_PERCENT = 95
CLEAN_PERCENT = 5
_MIN_KNOWN = 5  # words that were learned; on fewer nothing is built
_TELLING = 25
_SHOWN = 6
_SMOOTHING = 0.5
_WORD = re.compile(r"[^\W_]{3,20}")
_HOST = re.compile(r"https?://([a-z0-9.-]{4,34})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Marks:
    """How many mails of each kind the words were learned from."""

    spam: int = 0
    clean: int = 0

    @property
    def can_say(self) -> bool:
        """True once there is enough to say something."""
        return min(self.spam, self.clean) >= MIN_TO_SAY


@dataclass(frozen=True, slots=True)
class Opinion:
    """How much a mail is like those that were marked."""

    percent: int  # 0 clean to 100 spam
    words: tuple[str, ...]  # that weighed most in this direction, the heaviest first
    marks: Marks

    @property
    def is_spam(self) -> bool:
        """Sure enough, and learned from enough, to take it for spam."""
        return self._may_act and self.percent >= SPAM_PERCENT

    @property
    def is_clean(self) -> bool:
        """Sure enough, and learned from enough, to call it clean."""
        return self._may_act and self.percent <= CLEAN_PERCENT

    @property
    def is_suspect(self) -> bool:
        """As sure as for spam, but learned from too little to act on it."""
        return not self._may_act and self.percent >= SPAM_PERCENT

    @property
    def _may_act(self) -> bool:
        return min(self.marks.spam, self.marks.clean) >= MIN_TO_ACT


def words_of(*, subject: str, text: str, sender: str) -> tuple[str, ...]:
    """The distinct words that are learned and weighed, lower-cased: of the sender's domain, links, subject and text."""
    text = text[:TEXT_CHARS]
    domain = sender.rpartition("@")[2].lower()[: MAX_WORD_CHARS - 5]
    has_links = "://" in text
    hosts = [f"link:{host.lower()}" for host in _HOST.findall(text)] if has_links else []
    found = dict.fromkeys([*([f"from:{domain}"] if domain else []), *hosts])
    for part in _parts(f"{subject[:400]} {_HOST.sub(' ', text) if has_links else text}"):
        found |= dict.fromkeys(word.lower() for word in dict.fromkeys(_WORD.findall(part)) if not word.isdigit())
        if len(found) >= MAX_WORDS:
            break
    return tuple(found)[:MAX_WORDS]


def _parts(text: str) -> Iterator[str]:
    """The text in two, parted between words: of most mails the first has all the words that are kept."""
    end = text.find(" ", _FIRST_CHARS)
    if end < 0:
        yield text
        return
    yield text[:end]
    yield text[end:]


def weigh(words: Iterable[str], *, counts: Mapping[str, tuple[int, int]], marks: Marks) -> Opinion | None:
    """The opinion on a mail with these words; None where too little of it was ever learned.

    counts: by word, in how many mails marked as spam and in how many marked as clean it was.
    """
    weights = {word: _weight(*counts[word], marks) for word in words if word in counts}
    if not marks.can_say or len(weights) < _MIN_KNOWN:
        return None
    telling = sorted(weights.items(), key=lambda item: (-abs(item[1]), item[0]))[:_TELLING]
    total = sum(weight for _word, weight in telling)
    percent = round(100 / (1 + math.exp(-max(-50.0, min(50.0, total)))))
    shown = [word for word, weight in telling if weight * total > 0][:_SHOWN]
    return Opinion(percent, tuple(shown), marks)


def _weight(spam: int, clean: int, marks: Marks) -> float:
    """How much more often the word is in spam, as a logarithm."""
    in_spam = (spam + _SMOOTHING) / (marks.spam + 2 * _SMOOTHING)
    in_clean = (clean + _SMOOTHING) / (marks.clean + 2 * _SMOOTHING)
    return math.log(in_spam / in_clean)
