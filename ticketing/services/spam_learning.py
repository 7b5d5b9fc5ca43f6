"""Learning what spam is from what people mark; an organization learns from itself alone.

From the first mail of a ticket, and only from a person's marks: what was recognised teaches nothing, or errors would
feed themselves. A changed or undone mark is unlearned exactly. Of each kind the last MAX_LEARNED mails count, so the
rows stay bounded: MAX_LEARNED mails of MAX_WORDS words at most, of each kind.
"""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Sequence

from ticketing.models import LearnedMail, SpamCorpus, SpamMark, SpamWord, Ticket
from ticketing.queries.first_mails import words_of_first_mails
from ticketing.services.spam_teaching import note_lessons

MAX_LEARNED = 1000  # mails of each kind
_AT_ONCE = 500
_TAUGHT: dict[str, bool] = {SpamMark.MANUAL_SPAM: True, SpamMark.MANUAL_CLEAN: False}


def learn_marks(tickets: Sequence[Ticket]) -> None:
    """What the marks of these tickets teach is known, and nothing that they taught before.

    In the caller's transaction, which has taken the counters: nobody else learns meanwhile.
    """
    if not tickets:
        return
    note_lessons(tickets)
    wanted = {ticket.pk: _TAUGHT.get(ticket.spam_mark) for ticket in tickets}
    learned = list(LearnedMail.objects.filter(ticket__in=list(wanted)))
    outdated = [row for row in learned if row.is_spam is not wanted[row.ticket_id]]
    kept = {row.ticket_id for row in learned} - {row.ticket_id for row in outdated}
    new = {pk: is_spam for pk, is_spam in wanted.items() if is_spam is not None and pk not in kept}
    _unlearn(outdated)
    if new:
        words = words_of_first_mails(new)
        rows = [LearnedMail(ticket_id=pk, is_spam=new[pk], words=list(found)) for pk, found in words.items()]
        LearnedMail.objects.bulk_create(rows)
        _count(rows, by=1)
        _forget_oldest()


def _forget_oldest() -> None:
    for is_spam in (True, False):
        newest = LearnedMail.objects.filter(is_spam=is_spam).order_by("-id")
        _unlearn(list(newest[MAX_LEARNED : MAX_LEARNED + _AT_ONCE]))


def _unlearn(rows: Sequence[LearnedMail]) -> None:
    if rows:
        _count(rows, by=-1)
        LearnedMail.objects.filter(pk__in=[row.pk for row in rows]).delete()


def _count(rows: Sequence[LearnedMail], *, by: int) -> None:
    """The words and the marks of these mails count so much more."""
    change: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for word in row.words:
            change[word][0 if row.is_spam else 1] += by
    words = sorted(change)
    for part in (words[at : at + _AT_ONCE] for at in range(0, len(words), _AT_ONCE)):
        known = {row.word: row for row in SpamWord.objects.filter(word__in=part)}
        new = [SpamWord(word=word) for word in part if word not in known]
        for row in (*known.values(), *new):
            row.in_spam += change[row.word][0]
            row.in_clean += change[row.word][1]
        SpamWord.objects.bulk_update(known.values(), ["in_spam", "in_clean"])
        SpamWord.objects.bulk_create(new)
        SpamWord.objects.filter(word__in=part, in_spam=0, in_clean=0).delete()
    corpus, _is_new = SpamCorpus.objects.get_or_create()
    corpus.spam_marks += by * sum(row.is_spam for row in rows)
    corpus.clean_marks += by * sum(not row.is_spam for row in rows)
    corpus.version = secrets.randbits(62) + 1  # random: never one that an undone lesson had
    corpus.save(update_fields=["spam_marks", "clean_marks", "version"])
