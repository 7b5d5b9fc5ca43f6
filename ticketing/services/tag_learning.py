"""Learning which tags mails get from what people do; an organization learns from itself alone.

A ticket teaches by its first mail, once a person has put a tag on it, taken one off, dismissed one that was suggested,
or solved it: then with the tags that it carries, those of rules among them, since somebody looked at them and let them
be. Solved without any it teaches what has none. Spam and tags for spam teach nothing, nor does what nobody has touched.
The last MAX_LEARNED mails count.

Where a ticket is solved it is seen, too, whether what would have been suggested, by that mail or by later ones, was
right (`TagCorpus.judged`).

Everything here is in the caller's transaction, which has taken the counters: nobody else learns meanwhile.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from ticketing.models import LearnedTags, TagCorpus, Ticket, TicketTag
from ticketing.queries.first_mails import words_of_first_mails, words_of_later_mails
from ticketing.services.history import By
from ticketing.services.tag_memory import NO_LATER, Memory

MAX_LEARNED = 2000
LEARNED_AT_ONCE = (
    20  # of many that are changed together: others wait for the counters meanwhile, and so many say enough
)
_AT_ONCE = 500


def learn_tags(tickets: Sequence[Ticket], *, by: By) -> None:
    """What the tags of these tickets teach is known, if a person changed them."""
    corpus = _corpus_of(by) if tickets else None
    if corpus is None:
        return
    if corpus._state.adding:
        if not any(_carried(tickets).values()):
            return
        corpus.save()
    _learn(tickets, corpus=corpus, judged=())


def learn_solved(tickets: Sequence[Ticket], *, by: By) -> None:
    """The same of tickets that a person has solved, and what would have been suggested for them is judged.

    One query where nobody has ever put on a tag.
    """
    corpus = _corpus_of(by) if tickets else None
    if corpus is not None and not corpus._state.adding:
        _learn(tickets, corpus=corpus, judged=None)


def learn_dismissal(ticket: Ticket, *, tag_id: int, by: By) -> None:
    """A person has said that this tag does not belong to the ticket."""
    corpus = _corpus_of(by)
    if corpus is not None and not corpus._state.adding:
        _learn([ticket], corpus=corpus, judged=(tag_id,))


def unlearn_spam(tickets: Sequence[Ticket], *, by: By) -> None:
    """Those of the tickets that are spam teach nothing."""
    spam = [ticket for ticket in tickets if ticket.is_spam]
    if spam:
        learn_tags(spam, by=by)


def _corpus_of(by: By) -> TagCorpus | None:
    """What is known, unsaved where that is nothing yet; None if this teaches nothing."""
    if by.actor is None:
        return None
    found: TagCorpus = TagCorpus.objects.first() or TagCorpus()
    return found if found.is_on else None


def _learn(tickets: Sequence[Ticket], *, corpus: TagCorpus, judged: Collection[int] | None) -> None:
    """judged: the tags that are judged where they would have been suggested; None: all."""
    tickets = tickets[:LEARNED_AT_ONCE]
    carried = _carried(tickets)
    rows = {row.ticket_id: row for row in LearnedTags.objects.filter(ticket__in=[ticket.pk for ticket in tickets])}
    spam = [rows.pop(ticket.pk) for ticket in tickets if ticket.is_spam and ticket.pk in rows]
    unread = [ticket.pk for ticket in tickets if not ticket.is_spam and ticket.pk not in rows]
    for ticket_id, words in words_of_first_mails(unread).items() if unread else ():
        rows[ticket_id] = LearnedTags(ticket_id=ticket_id, words=list(words))
    lessons = [row for row in rows.values() if row.pk is None or judged != () or row.tags != carried[row.ticket_id]]
    later = words_of_later_mails([row.ticket_id for row in lessons]) if lessons and judged != () else NO_LATER
    memory = Memory(corpus, of=[*lessons, *spam], later=later)
    for row in spam:
        memory.count(row, by=-1)
    for row in lessons:
        memory.learn(row, tags=carried[row.ticket_id], judged=judged)
    memory.save()
    LearnedTags.objects.bulk_create(row for row in lessons if row.pk is None)
    LearnedTags.objects.bulk_update([row for row in lessons if row.pk is not None], ["tags", "judged"])
    LearnedTags.objects.filter(pk__in=[row.pk for row in spam]).delete()
    _forget_oldest(corpus)


def _carried(tickets: Iterable[Ticket]) -> dict[int, list[int]]:
    """By ticket the ids of its tags, ascending, without those for spam."""
    found: dict[int, list[int]] = {ticket.pk: [] for ticket in tickets}
    rows = TicketTag.objects.filter(ticket__in=list(found), tag__is_for_spam=False).order_by("tag_id")
    for ticket_id, tag_id in rows.values_list("ticket_id", "tag_id"):
        found[ticket_id].append(tag_id)
    return found


def _forget_oldest(corpus: TagCorpus) -> None:
    excess = min(corpus.mails - MAX_LEARNED, _AT_ONCE)
    if excess <= 0:
        return
    oldest = list(LearnedTags.objects.order_by("id")[:excess])
    memory = Memory(corpus, of=oldest)
    for row in oldest:
        memory.count(row, by=-1)
    memory.save()
    LearnedTags.objects.filter(pk__in=[row.pk for row in oldest]).delete()
