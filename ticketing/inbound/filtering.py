"""Filters as the policy asks them: compiled once for many mails, and what of a mail an entry matched. Pure.

Words match in any case and across line ends, as whole words: "out of office" does not match "out of offices". A star at
either end lets the word go on there. In scripts that put no spaces between words any place matches.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import idna

from ticketing.mail.values import ParsedMail
from ticketing.models.filters import EntryKind, FilterMode

# Han, kana, Thai, Lao, Burmese and Khmer are written without spaces.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+")
_PART_OF_WORD = re.compile(rf"[^\W_{_UNSPACED}]")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a filter, as stored."""

    kind: EntryKind
    value: str
    header: str = ""


@dataclass(frozen=True)
class Filtered:
    """What filters look at in a mail."""

    sender: str  # lower-cased address
    subject: str
    text: str  # what its sender wrote: without what is quoted
    headers: Sequence[tuple[str, str]] = ()

    @cached_property
    def places(self) -> tuple[tuple[str, str, frozenset[str]], ...]:
        """Where words are looked for: its name, the text, evened, and the words in it."""
        evened = (("subject", even(self.subject)), ("body", even(self.text)))
        return tuple((place, text, frozenset(_WORD.findall(text))) for place, text in evened)

    def evened_header(self, name: str) -> Sequence[str]:
        """What the headers of this name (lower-cased) say, as words are looked for in it."""
        if name not in self._evened:
            self._evened[name] = [even(value) for value in self.by_header.get(name, ())]
        return self._evened[name]

    @cached_property
    def _evened(self) -> dict[str, list[str]]:
        return {}

    @cached_property
    def by_header(self) -> Mapping[str, Sequence[str]]:
        """What the headers of each name (lower-cased) say."""
        found: dict[str, list[str]] = defaultdict(list)
        for name, value in self.headers:
            found[name.lower()].append(value)
        return dict(found)


def looked_at(mail: ParsedMail, *, sender: str) -> Filtered:
    """What filters see of the mail. Quoted text counts only where nothing else was written."""
    return Filtered(sender=sender, subject=mail.subject, text=mail.written, headers=mail.headers)


@dataclass(frozen=True, slots=True)
class Hit:
    """The entry that matched, and where."""

    entry: Entry
    place: str  # sender, subject, body or header


@dataclass(frozen=True, slots=True)
class _Words:
    """An entry, and what it looks for, evened."""

    entry: Entry
    wanted: str


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter ready to be asked about many mails."""

    mode: FilterMode
    size: int = 0  # entries
    addresses: Mapping[str, Entry] = field(default_factory=dict)
    domains: Mapping[str, Entry] = field(default_factory=dict)
    parents: Mapping[str, Entry] = field(default_factory=dict)  # with all domains below them
    words: Mapping[str, Sequence[_Words]] = field(default_factory=dict)  # by a word they need whole, "" for none
    headers: Sequence[_Words] = ()
    named: frozenset[str] = frozenset()  # the names of these headers

    def hit(self, mail: Filtered) -> Hit | None:
        """The first entry that matches: of addresses, domains, headers, then words. None if none does."""
        return next(self._hits(mail), None)

    def _hits(self, mail: Filtered) -> Iterator[Hit]:
        for entry in self._by_sender(mail.sender):
            yield Hit(entry, "sender")
        for each in self.headers if not self.named.isdisjoint(mail.by_header) else ():
            if _has_header(each, mail.evened_header(each.entry.header)):
                yield Hit(each.entry, "header")
        for place, text, words in mail.places if self.words else ():
            for word in ("", *sorted(words & self.words.keys())):
                for each in self.words.get(word, ()):
                    if has_words(each.wanted, text):
                        yield Hit(each.entry, place)

    def _by_sender(self, sender: str) -> Iterator[Entry]:
        local, _at, domain = sender.rpartition("@")
        domain = ascii_domain(domain)
        # An address stands for those with a tag behind a plus, too; one with a tag for itself alone.
        for name in dict.fromkeys((local, local.partition("+")[0])):
            if (entry := self.addresses.get(f"{name}@{domain}")) is not None:
                yield entry
        if (entry := self.domains.get(domain)) is not None:
            yield entry
        for parent in _with_parents(domain):
            if (entry := self.parents.get(parent)) is not None:
                yield entry


@dataclass(frozen=True, slots=True)
class Verdict:
    """What keeps a mail out."""

    of_all: bool  # the filter of all mailboxes, else the mailbox's own
    hit: Hit | None  # None: the filter allows others only


@dataclass(frozen=True, slots=True)
class Filters:
    """The two filters that a mailbox's mail meets, that of all mailboxes first."""

    of_all: Filter
    of_mailbox: Filter

    def ignore(self, mail: Filtered) -> Verdict | None:
        """Why the mail is ignored, whether it answers a ticket or not; None if it is not."""
        for of_all, each in self._of(FilterMode.IGNORE):
            if (hit := each.hit(mail)) is not None:
                return Verdict(of_all, hit)
        return None

    def refuse(self, mail: Filtered) -> Verdict | None:
        """Why the mail may open no ticket; None if it may."""
        for of_all, each in self._of(FilterMode.ALLOW):
            if each.hit(mail) is None:
                return Verdict(of_all, None)
        return None

    def _of(self, mode: FilterMode) -> Iterator[tuple[bool, Filter]]:
        return ((of_all, each) for of_all, each in ((True, self.of_all), (False, self.of_mailbox)) if each.mode is mode)


def compile_filter(mode: FilterMode, entries: Iterable[Entry]) -> Filter:
    """The filter; one that accepts everything has no entries to ask."""
    kept = [] if mode is FilterMode.EVERYTHING else list(entries)

    def by_address(kind: EntryKind) -> dict[str, Entry]:
        return {_ascii_address(entry.value): entry for entry in kept if entry.kind is kind}

    words: dict[str, list[_Words]] = defaultdict(list)
    for entry in kept:
        if entry.kind is EntryKind.WORDS:
            wanted = even(entry.value)
            words[_whole_word(wanted)].append(_Words(entry, wanted))
    return Filter(
        mode=mode,
        size=len(kept),
        addresses=by_address(EntryKind.ADDRESS),
        domains=by_address(EntryKind.DOMAIN),
        parents=by_address(EntryKind.SUBDOMAINS),
        words=dict(words),
        headers=tuple(_Words(entry, even(entry.value)) for entry in kept if entry.kind is EntryKind.HEADER),
        named=frozenset(entry.header for entry in kept if entry.kind is EntryKind.HEADER),
    )


ACCEPT_EVERYTHING = Filters(*[compile_filter(FilterMode.EVERYTHING, ())] * 2)


def even(text: str) -> str:
    """The text as words are looked for in it: one case, one way of writing a letter, single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(text.lower().split())


def has_words(words: str, text: str) -> bool:
    """Whether the words, evened, stand in the text, evened, with nothing of a word before and behind them."""
    wanted = words.strip("*")
    if not wanted:
        return False
    at = text.find(wanted)
    while at >= 0:
        end = at + len(wanted)
        if (words[0] == "*" or _is_edge(text[at - 1 : at], wanted[0])) and (
            words[-1] == "*" or _is_edge(text[end : end + 1], wanted[-1])
        ):
            return True
        at = text.find(wanted, at + 1)
    return False


def ascii_domain(domain: str) -> str:
    """The domain as it travels, so that both ways of writing an international one are the same."""
    if domain.isascii():
        return domain.lower()
    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return domain.lower()


def _ascii_address(text: str) -> str:
    local, at, domain = text.rpartition("@")
    return f"{local}{at}{ascii_domain(domain)}"


def _is_edge(outside: str, inside: str) -> bool:
    """No word goes on from one character to the other; `outside` may be empty."""
    return not (outside and _PART_OF_WORD.match(outside) and _PART_OF_WORD.match(inside))


def _whole_word(words: str) -> str:
    """The longest word that a text must have whole to match; "" if any text may."""
    found = list(_WORD.finditer(words.strip("*")))
    last = len(words.strip("*"))
    whole = [
        each.group()
        for each in found
        if not (each.start() == 0 and words.startswith("*")) and not (each.end() == last and words.endswith("*"))
    ]
    return max(whole, key=len, default="")


def _with_parents(domain: str) -> Iterator[str]:
    """The domain, then each above it that is more than a top level."""
    while "." in domain:
        yield domain
        domain = domain.partition(".")[2]


def _has_header(words: _Words, found: Sequence[str]) -> bool:
    """found: what the headers of the wanted name say, evened."""
    if not words.wanted:
        return bool(found)
    return any(has_words(words.wanted, value) for value in found)
