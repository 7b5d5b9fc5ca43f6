"""What is known about a mail that somebody misses. Inside the organization's scope, in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Q, QuerySet

from helpdesk.accounts.models import Counters, Organization
from helpdesk.lib import clock
from mailboxes.models import HealthSpan, Mailbox, RemoteMessage, SpanState
from mailboxes.queries.mailbox_list import MailboxState, active_mailboxes, states_of
from mailboxes.services.reading.junk_looks import JunkLook
from ticketing.inbound.automatic import Rules
from ticketing.inbound.filtering import Filters
from ticketing.inbound.floods import FloodLimits
from ticketing.inbound.settings import settings_for
from ticketing.inbound.writers import WriterRules
from ticketing.models import ContactAddress
from ticketing.queries.inbound_log import LOG_ORDER, LogFilter, narrowed
from ticketing.queries.log_page import SEARCHED, filtered_rows, searched_since

AROUND = timedelta(days=1)  # people remember a time about so well, and clocks of servers differ
SHOWN = 10
RECENTLY = timedelta(days=7)
AWAY = (SpanState.UNREACHABLE, SpanState.THROTTLED, SpanState.PAUSED)


@dataclass(frozen=True)
class Question:
    """Which mail is missed."""

    text: str  # what the log is searched for: in sender, subject and Message-ID
    sender: str = ""  # lower-cased, if the text is a whole address
    subject: str = ""  # if it is neither that nor a Message-ID
    at: datetime | None = None  # about when it was sent; None: not said
    at_text: str = ""  # the same as it was entered
    mailbox_id: int | None = None  # to which mailbox; None: not known


@dataclass(frozen=True)
class Findings:
    """What the lines of the check list are made from."""

    question: Question
    takes_mail: bool  # the organization's switch
    tells_while_off: bool
    boxes: Sequence[MailboxState]  # to which it can have been sent
    filters: Mapping[int, Filters]  # by mailbox
    writers: Mapping[int, WriterRules]  # the same
    floods: FloodLimits
    is_stranger: bool  # no contact has its sender's address; True where the sender was not said
    found: Sequence[RemoteMessage]  # of the log, the newest first, at most SHOWN; each with `ticket_number`
    has_more: bool
    outages: Sequence[HealthSpan]  # of these mailboxes that are over, about then or of the last week; each with it
    automatic: Rules  # what becomes of automatic mail
    seen_again: Mapping[int, int]  # of those found: how often under another number
    searched_since: datetime | None  # older ones were not looked at; None: all that can be meant were
    junk: Mapping[int, JunkLook] = field(default_factory=dict)  # what the folders for spam were found to hold


def askable_mailboxes() -> list[tuple[int, str]]:
    """Id and name of each mailbox that a mail can be missed in."""
    rows = Mailbox.objects.filter(deleted_at=None, is_draft=False, holds_sent=False).order_by("name", "id")
    return list(rows.values_list("id", "name"))


def findings(organization: Organization, question: Question) -> Findings:
    """Everything about the mail. A mailbox that is not there counts as not known."""
    boxes = boxes_meant(question)
    is_chosen = question.mailbox_id in {box.mailbox.pk for box in boxes}
    version = Counters.objects.values_list("policy_version", flat=True).first() or 0
    wanted = narrowed(LogFilter(text=question.text, mailbox_id=question.mailbox_id if is_chosen else None))
    since = None if question.at else searched_since(wanted)
    rows = _around(wanted, question.at) if question.at else filtered_rows(wanted, since=since)
    found = list(rows.order_by(*LOG_ORDER)[: SHOWN + 1])
    shown = found[:SHOWN]
    settings = {box.mailbox.pk: settings_for(box.mailbox.pk, version=version) for box in boxes}
    of_all = settings_for(0, version=version)
    again = RemoteMessage.objects.filter(resighting_of__in=[row.pk for row in shown]).values_list("resighting_of")
    return Findings(
        question=question,
        takes_mail=organization.takes_mail,
        tells_while_off=organization.tells_while_off,
        boxes=boxes,
        filters={pk: each.filters for pk, each in settings.items()},
        writers={pk: each.writers for pk, each in settings.items()},
        floods=of_all.floods,
        is_stranger=not ContactAddress.objects.filter(address=question.sender).exists(),
        outages=_outages(boxes, question.at),
        automatic=of_all.automatic,
        found=shown,
        has_more=len(found) > SHOWN,
        seen_again=dict(again.annotate(Count("id")).order_by()),
        searched_since=since,
    )


def boxes_meant(question: Question) -> Sequence[MailboxState]:
    """The mailboxes to which it can have been sent."""
    mailboxes = [box for box in active_mailboxes() if not (box.is_draft or box.holds_sent)]
    chosen = [mailbox for mailbox in mailboxes if mailbox.pk == question.mailbox_id]
    return states_of(chosen or mailboxes)


def _outages(boxes: Sequence[MailboxState], at: datetime | None) -> list[HealthSpan]:
    """When these mailboxes could not be read, the newest first. What is still going on is said elsewhere."""
    first, last = (at - AROUND, at + AROUND) if at else (clock.now() - RECENTLY, clock.now())
    ids = [box.mailbox.pk for box in boxes]
    spans = HealthSpan.objects.filter(mailbox__in=ids, state__in=AWAY, from_at__lte=last, until_at__gte=first)
    return list(spans.select_related("mailbox").order_by("-from_at")[:SHOWN])


def _around(wanted: LogFilter, at: datetime) -> QuerySet[RemoteMessage]:
    """The messages that came about then, among the SEARCHED that were seen from then on: one may be seen later."""
    first, last = at - AROUND, at + AROUND
    seen = RemoteMessage.objects.filter(seen_at__gte=first).order_by("seen_at", "id")  # of the index alone
    end = list(seen.values_list("seen_at", flat=True)[SEARCHED - 1 : SEARCHED])
    came = Q(received_at__range=(first, last)) | Q(received_at=None, seen_at__lte=last)
    rows = filtered_rows(wanted, since=first).filter(came)
    return rows.filter(seen_at__lte=end[0]) if end else rows
