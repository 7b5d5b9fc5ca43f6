"""Which words an automatic answer has: of its mailbox or of all, in the language of the mail or in any, or built-in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.conf import settings
from django.utils.translation import override

from helpdesk.accounts.services.business_hours import opening_hours
from helpdesk.lib import clock
from mailboxes.models import RemoteMessage
from ticketing.answering.built_in import BUILT_IN
from ticketing.answering.placeholders import fill
from ticketing.answering.vocabulary import Occasion, values_on
from ticketing.mail.language import language_of
from ticketing.mail.rich_text import from_text, plain_text
from ticketing.models import AnswerCause, AnswerText, AutomaticAnswer, TextKind


@dataclass(frozen=True)
class Text:
    """What is said, ready to be sent but for the tag of the subject."""

    subject: str
    html: str
    language: str = ""  # of the words; "" if they were written for any
    told: Mapping[str, object] = field(default_factory=dict)  # what the ticket's history says of it; JSON


TextOf = Callable[[AutomaticAnswer], Text | None]  # None: there is nothing to say any more
_KINDS = {
    AnswerCause.NOT_WORKED: TextKind.NOT_WORKED,
    AnswerCause.SWITCHED_OFF: TextKind.SWITCHED_OFF,
    AnswerCause.REFUSED: TextKind.REFUSED,
    AnswerCause.TOO_LARGE: TextKind.TOO_LARGE,
}
_others: dict[AnswerCause, TextOf] = {}


def register_text(cause: AnswerCause, text_of_it: TextOf) -> None:
    """Answers of this cause say what the function gives. Called from an app's `ready`."""
    _others[cause] = text_of_it


def text_of(answer: AutomaticAnswer) -> Text | None:
    """The words for this answer; None if there is nothing to say. Inside the organization's scope."""
    if answer.cause in _others:
        return _others[AnswerCause(answer.cause)](answer)
    hours, moment = opening_hours(), clock.now()
    is_closed = hours is not None and not hours.is_open(moment)
    occasion = occasion_of(answer, opens_at=hours.next_opening(moment) if hours is not None and is_closed else None)
    kinds = kinds_for(AnswerCause(answer.cause), is_closed=is_closed)
    return filled(words_for(kinds, mailbox_id=answer.raw.mailbox_id, language=answer.language), occasion)


def occasion_of(answer: AutomaticAnswer, *, opens_at: datetime | None = None) -> Occasion:
    """What placeholders stand for in this answer. A query; with its mail's mailbox and its organization."""
    received = RemoteMessage.objects.filter(raw=answer.raw).order_by("id").values_list("received_at", flat=True).first()
    return Occasion(
        organization=answer.organization,
        mailbox=answer.raw.mailbox,
        ticket=answer.ticket,
        received_at=received or answer.wished_at,
        opens_at=opens_at,
    )


def kinds_for(cause: AnswerCause, *, is_closed: bool) -> Sequence[TextKind]:
    """What an answer of this cause may say, the fitting first."""
    if cause in _KINDS:
        return [_KINDS[cause]]
    acknowledgement = [TextKind.ACKNOWLEDGEMENT]
    return [TextKind.OUTSIDE_HOURS, *acknowledgement] if is_closed else acknowledgement


def words_for(kinds: Sequence[TextKind], *, mailbox_id: int | None, language: str) -> Text:
    """The words before they are filled in: of the first kind that anybody has written, else the built-in ones.

    The mailbox's come before those of all; of each, those in the language before those for any. One query.
    """
    rows = AnswerText.objects.filter(kind__in=kinds, language__in={language, ""})
    found = [row for row in rows if row.mailbox_id in (mailbox_id, None)]
    best = min(
        found,
        key=lambda row: (kinds.index(TextKind(row.kind)), row.mailbox_id is None, row.language == ""),
        default=None,
    )
    return built_in(kinds[0], language) if best is None else Text(best.subject, best.html, best.language)


def built_in(kind: TextKind, language: str) -> Text:
    """The words of the house, in the language as far as there is a translation."""
    words = BUILT_IN[kind]
    with override(language or settings.LANGUAGE_CODE):
        return Text(str(words.subject), from_text("\n\n".join(str(each) for each in words.paragraphs)))


def filled(words: Text, occasion: Occasion) -> Text:
    """The words with every placeholder filled, moments as their language writes them."""
    with override(words.language or language_of(plain_text(words.html)) or settings.LANGUAGE_CODE):
        values = values_on(occasion)
    return replace(words, subject=fill(words.subject, values), html=fill(words.html, values, is_html=True))
