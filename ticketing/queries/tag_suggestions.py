"""The tags that are suggested on a ticket, because people put them on tickets whose first mail said alike.

Worked out when somebody looks. One query until something can be suggested at all.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.tenancy.prepared import Prepared
from ticketing.mail.tag_content import MOST, TagOpinion, WordCount, is_held_back, is_ready, tags_like_any
from ticketing.models import (
    EventKind,
    Status,
    Suggested,
    SuggestionAnswer,
    Tag,
    TagCorpus,
    TagWord,
    Ticket,
    TicketEvent,
)
from ticketing.queries.first_mails import words_of_first_mails, words_of_later_mails

_CORPUS: Prepared[TagCorpus] = Prepared(lambda: TagCorpus.objects.order_by("id"))
_WORDS: Prepared[tuple[str, int, Mapping[str, int]]] = Prepared(
    lambda words: TagWord.objects.filter(word__in=words).values_list("word", "mails", "by_tag")
)


@dataclass(frozen=True, slots=True)
class TagSuggestion:
    """One tag, and what speaks for it."""

    tag: Tag
    opinion: TagOpinion

    @property
    def why(self) -> str:
        """In words."""
        number = self.opinion.examples
        words = ", ".join(f"“{word}”" for word in self.opinion.words)
        said = ngettext(
            "Suggested: as on %(n)d ticket, by %(words)s", "Suggested: as on %(n)d tickets, by %(words)s", number
        )
        return said % {"n": number, "words": words}


def suggested_tags(ticket: Ticket, *, has: Collection[Tag]) -> list[TagSuggestion]:
    """At most MOST that it does not have, and that nobody has dismissed or taken off; none for spam and what is closed.

    has: the tags of the ticket.
    """
    corpus = None if ticket.is_spam or ticket.status == Status.CLOSED else _CORPUS.first()
    if corpus is None or not corpus.is_on:
        return []
    ready = set(_ready(corpus)).difference(tag.pk for tag in has)
    mails = _mails_of(ticket) if ready else []
    words = sorted({word for mail in mails for word in mail})
    if not words:
        return []
    counts = {word: WordCount(number, _by_id(by_tag)) for word, number, by_tag in _WORDS.rows(words=words)}
    taught = WordCount(corpus.mails, _by_id(corpus.by_tag))
    opinions = tags_like_any(mails, counts=counts, taught=taught, among=ready)
    return _shown(ticket, opinions) if opinions else []


def _mails_of(ticket: Ticket) -> list[tuple[str, ...]]:
    """The words of its first mail, and of those that came later."""
    first = words_of_first_mails([ticket.pk]).get(ticket.pk, ())
    return [first, *(words_of_later_mails([ticket.pk]).get(ticket.pk, ()) if ticket.message_count > 1 else ())]


def _ready(corpus: TagCorpus) -> list[int]:
    return [
        int(tag_id)
        for tag_id, examples in corpus.by_tag.items()
        if is_ready(examples, of=corpus.mails) and not is_held_back(*corpus.judged.get(tag_id, (0, 0)))
    ]


def _shown(ticket: Ticket, opinions: list[TagOpinion]) -> list[TagSuggestion]:
    tags = {tag.pk: tag for tag in Tag.objects.filter(pk__in=[each.tag_id for each in opinions], is_for_spam=False)}
    unwanted = {*_dismissed(ticket), *_taken_off(ticket)}
    found = [TagSuggestion(tags[each.tag_id], each) for each in opinions if each.tag_id in tags]
    return [each for each in found if each.tag.name not in unwanted][:MOST]


def _dismissed(ticket: Ticket) -> list[str]:
    answers = SuggestionAnswer.objects.filter(ticket=ticket, what=Suggested.TAG, is_applied=False)
    return list(answers.values_list("value", flat=True))


def _taken_off(ticket: Ticket) -> list[str]:
    events = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.TAG_REMOVED)
    return [data["tag"] for data in events.values_list("data", flat=True)]


def _by_id(counts: Mapping[str, int]) -> dict[int, int]:
    return {int(tag_id): number for tag_id, number in counts.items()}


@dataclass(frozen=True, slots=True)
class TagLesson:
    """How far a tag is from being suggested."""

    examples: int
    said: int
    right: int
    is_ready: bool
    is_held_back: bool

    @property
    def words(self) -> str:
        """In words."""
        if self.is_held_back:
            return _("held back: right %(right)d of %(said)d times") % {"right": self.right, "said": self.said}
        if self.is_ready:
            return _("yes")
        return _("not yet")


def learning() -> tuple[bool, Mapping[int, TagLesson]]:
    """Whether tags are suggested, and what is known of each that was learned."""
    corpus = TagCorpus.objects.first() or TagCorpus()
    return corpus.is_on, {int(tag_id): _lesson(corpus, tag_id) for tag_id in corpus.by_tag}


def _lesson(corpus: TagCorpus, tag_id: str) -> TagLesson:
    examples, (said, right) = corpus.by_tag[tag_id], corpus.judged.get(tag_id, (0, 0))
    ready = is_ready(examples, of=corpus.mails)
    return TagLesson(examples, said, right, is_ready=ready, is_held_back=is_held_back(said, right))
