"""What each condition holds against its values. Pure: a comparison gives what it found, or None."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from ticketing.inbound.filtering import ascii_domain, even
from ticketing.inbound.rules.patterns import (
    Pattern,
    PatternRefused,
    as_wildcards,
    compile_pattern,
    found_by,
    searched,
)
from ticketing.inbound.rules.seen import Seen
from ticketing.inbound.rules.written import Condition
from ticketing.models.rules import Compare, Look

Comparison = Callable[[Seen], str | None]
KB = 1024

_TEXTS: dict[Look, Callable[[Seen], Iterable[str]]] = {
    Look.SUBJECT: lambda seen: (seen.subject,),
    Look.BODY: lambda seen: (seen.body,),
    Look.SENDER: lambda seen: (seen.sender,),
    Look.SENDER_NAME: lambda seen: (seen.sender_name,),
    Look.DOMAIN: lambda seen: (seen.domain,),
    Look.RECIPIENT: lambda seen: seen.recipients,
    Look.FILE_NAME: lambda seen: (name for name, _type in seen.files),
    Look.FILE_TYPE: lambda seen: (kind for _name, kind in seen.files),
}
_EVENED: dict[Look, Callable[[Seen], Iterable[str]]] = {
    Look.SUBJECT: lambda seen: (seen.evened_subject,),
    Look.BODY: lambda seen: (seen.evened_body,),
}
# What a mail is, out of a fixed set or by number.
_WORDS: dict[Look, Callable[[Seen], Iterable[str]]] = {
    Look.MAILBOX: lambda seen: (str(seen.mailbox_id),),
    Look.LANGUAGE: lambda seen: (seen.language,) if seen.language else (),
    Look.SPAM: lambda seen: (seen.about.spam,),
    Look.TRUST: lambda seen: seen.trust,
    Look.HOURS: lambda seen: ("open" if seen.about.is_open else "closed",),
    Look.COMPANY: lambda seen: () if seen.about.company_id is None else (str(seen.about.company_id),),
}


def comparison(condition: Condition) -> Comparison:
    """The condition without its negation."""
    if condition.look is Look.HAS_FILES:
        return lambda seen: seen.files[0][0] if seen.files else None
    if condition.look is Look.SIZE:
        return _over(condition.values)
    if condition.look is Look.DOMAIN and condition.compare is Compare.IS:
        return _domain(condition.values)
    if condition.look in _WORDS:
        return _word(_WORDS[condition.look], condition.values)
    if condition.look is Look.HEADER and condition.compare is Compare.THERE:
        return _header_there(condition.header)
    if condition.compare is Compare.MATCHES:
        return _matches(condition)
    return _text(condition)


def _over(values: Sequence[str]) -> Comparison:
    """values: a number of kilobytes."""
    limit = min((int(value) * KB for value in values), default=0)
    return lambda seen: str(seen.size_bytes) if seen.size_bytes > limit else None


def _domain(values: Sequence[str]) -> Comparison:
    """`example.com` alone; `*.example.com` stands for it and everything below."""
    exact = {ascii_domain(value): value for value in values if not value.startswith("*.")}
    parents = {"." + ascii_domain(value[2:]): value for value in values if value.startswith("*.")}

    def compare(seen: Seen) -> str | None:
        if (value := exact.get(seen.domain)) is not None:
            return value
        dotted = "." + seen.domain
        return next((value for parent, value in parents.items() if dotted.endswith(parent)), None) if parents else None

    return compare


def _word(words_of: Callable[[Seen], Iterable[str]], values: Sequence[str]) -> Comparison:
    wanted = frozenset(values)
    return lambda seen: next((word for word in words_of(seen) if word in wanted), None)


def _header_there(name: str) -> Comparison:
    return lambda seen: next((value[:200] for value in seen.header(name)), None)


def _matches(condition: Condition) -> Comparison:
    patterns = list(_patterns(condition.values))
    texts_of = _texts(condition)
    if condition.look is Look.BODY:
        return lambda seen: _first_match(patterns, (seen.searched_body,))
    return lambda seen: _first_match(patterns, map(searched, texts_of(seen)))


def _patterns(values: Iterable[str]) -> Iterator[Pattern]:
    for value in values:
        try:
            yield compile_pattern(value)
        except PatternRefused:  # taken when it was written; another release of RE2 may see it otherwise
            continue


def _first_match(patterns: Sequence[Pattern], texts: Iterable[bytes]) -> str | None:
    for text in texts:
        for pattern in patterns:
            found = found_by(pattern, text)
            if found is not None:
                return found[:200]
    return None


def _text(condition: Condition) -> Comparison:
    texts_of = _evened_texts(condition)
    wanted = [(even(value), value) for value in condition.values]
    if condition.compare is Compare.IS and condition.look in (Look.FILE_NAME, Look.FILE_TYPE):
        return _wildcards(condition)
    holds = {Compare.CONTAINS: _contains, Compare.IS: _equals, Compare.STARTS: _starts}[condition.compare]

    def compare(seen: Seen) -> str | None:
        for text in texts_of(seen):
            for value, written in wanted:
                if holds(value, text):
                    return written
        return None

    return compare


def _contains(value: str, text: str) -> bool:
    return value in text


def _equals(value: str, text: str) -> bool:
    return value == text


def _starts(value: str, text: str) -> bool:
    return text.startswith(value)


def _wildcards(condition: Condition) -> Comparison:
    """A file is called so, a star standing for anything; gives the file's name."""
    patterns = list(_patterns(map(as_wildcards, condition.values)))
    texts_of = _texts(condition)
    return lambda seen: _first_match(patterns, map(searched, texts_of(seen)))


def _texts(condition: Condition) -> Callable[[Seen], Iterable[str]]:
    name = condition.header
    return _TEXTS.get(condition.look) or (lambda seen: seen.header(name))


def _evened_texts(condition: Condition) -> Callable[[Seen], Iterable[str]]:
    if condition.look is Look.HEADER:
        return lambda seen: seen.evened_header(condition.header)
    known = _EVENED.get(condition.look)
    if known is not None:
        return known
    texts_of = _texts(condition)
    return lambda seen: map(even, texts_of(seen))
