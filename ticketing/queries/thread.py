"""What a ticket's page shows: messages with people, files and delivery, and what happened between them.

A fixed number of queries, whatever the length; beyond the newest 30 messages the earlier ones wait to be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import QuerySet, prefetch_related_objects

from helpdesk.accounts.models import Membership
from helpdesk.tenancy.prepared import Prepared
from mailboxes.queries.whole_fetches import WholeMail, whole_mails
from ticketing.models import Attachment, EventKind, Integration, Message, MessageKind, ThreadReason, Ticket, TicketEvent
from ticketing.queries.subject_changes import with_other_subject

SHOWN_MESSAGES = 30
HISTORY_LENGTH = 50
_MOVED = (ThreadReason.JOINED, ThreadReason.SPLIT_OFF)
_MERGE_WITHIN = timedelta(minutes=2)
# A message stands in the thread itself; its event would say it twice.
_SAID_BY_MESSAGE = (
    EventKind.TICKET_OPENED,
    EventKind.MESSAGE_RECEIVED,
    EventKind.REPLY_WRITTEN,
    EventKind.NOTE_WRITTEN,
    EventKind.ANSWERED_BY_ITSELF,
    EventKind.BOUNCE_RECEIVED,
)


@dataclass
class MessageEntry:
    """One message as the thread shows it."""

    message: Message
    files: list[Attachment] = field(default_factory=list)  # listed under it
    inline: list[Attachment] = field(default_factory=list)  # shown inside it
    whole_mail: WholeMail | None = None  # of a message made from headers alone: how it can be had whole
    reports: list[TicketEvent] = field(default_factory=list)  # what receipts and complaints say of it
    is_folded: bool = False
    is_new: bool = False  # after what the actor had read
    has_other_subject: bool = False  # it may be about something new


@dataclass
class EventEntry:
    """Changes by one person or program within two minutes, in one line."""

    events: list[TicketEvent]

    @property
    def who(self) -> Membership | Integration | None:
        """The person or program that made them; None: Postroom itself."""
        return self.events[0].actor or self.events[0].integration

    @property
    def rule(self) -> tuple[int, str] | None:
        """Id and name of the rule that made them; None if none did."""
        data = self.events[0].data
        return (data["rule"], data["rule_name"]) if self.events[0].cause == "rule" and "rule" in data else None

    @property
    def at(self) -> datetime:
        """When the last of them was made."""
        return self.events[-1].at


@dataclass(frozen=True)
class Thread:
    """Messages and events in order."""

    entries: list[MessageEntry | EventEntry]
    earlier: int  # messages before the first one shown
    newest: Message | None  # the newest mail that can be answered
    last_position: int

    @property
    def said(self) -> list[MessageEntry | EventEntry]:
        """The entries up to the last message."""
        return self.entries[: len(self.entries) - len(self.since)]

    @property
    def since(self) -> list[EventEntry]:
        """What happened after the last message."""
        last = next((at for at, entry in enumerate(reversed(self.entries)) if isinstance(entry, MessageEntry)), None)
        tail = self.entries if last is None else self.entries[len(self.entries) - last :]
        return [entry for entry in tail if isinstance(entry, EventEntry)]


def thread_of(
    ticket: Ticket, *, read_up_to: int = 0, show_all: bool = False, history: Sequence[TicketEvent] | None = None
) -> Thread:
    """The thread of the ticket; each message with author, contact, outbox, recipients and attachments loaded.

    history: the newest entries as `history_of` gives them, if the caller has them; saves a query where they suffice.
    """
    messages = _MESSAGES.rows(None if show_all else SHOWN_MESSAGES + 1, ticket=ticket)[::-1]
    prefetch_related_objects(messages, "recipients", "attachments")
    has_more = not show_all and len(messages) > SHOWN_MESSAGES
    if has_more:
        messages = messages[1:]
    earlier = Message.objects.filter(ticket=ticket, position__lt=messages[0].position).count() if has_more else 0
    events = _events(ticket, since=messages[0].position if has_more else 0, history=history)
    shown = add_whole_mails([entry_of(m, read_up_to=read_up_to) for m in messages])
    _add_reports(shown, [*_told_elsewhere(shown, ticket=ticket), *events])
    _mark_subjects(shown, subject=ticket.subject)
    entries = _interleave(shown, events)
    _fold(entries)
    return Thread(entries=entries, earlier=earlier, newest=_answerable(messages), last_position=ticket.last_position)


def entry_of(message: Message, *, read_up_to: int = 0) -> MessageEntry:
    """The entry of one message with recipients and attachments prefetched; what it lacks is not looked up."""
    files = list(message.attachments.all())
    return MessageEntry(
        message=message,
        files=[file for file in files if not file.is_inline],
        inline=[file for file in files if file.is_inline],
        is_new=message.position > read_up_to > 0 and message.kind == MessageKind.INBOUND,
    )


def add_whole_mails(entries: list[MessageEntry]) -> list[MessageEntry]:
    """The entries, those made from headers alone with what is known of the rest. No query when none lacks a file."""
    lacking = [entry for entry in entries if any(file.blob_id is None for file in entry.files)]
    known = whole_mails(entry.message.raw_id for entry in lacking if entry.message.raw_id) if lacking else {}
    for entry in lacking:
        entry.whole_mail = known.get(entry.message.raw_id or 0)
    return entries


def _events(ticket: Ticket, *, since: int, history: Sequence[TicketEvent] | None) -> list[TicketEvent]:
    if history is not None and (len(history) < HISTORY_LENGTH or history[-1].position < since):
        return [e for e in reversed(history) if e.position >= since and e.kind not in _SAID_BY_MESSAGE]
    shown = TicketEvent.objects.filter(ticket=ticket, position__gte=since).exclude(kind__in=_SAID_BY_MESSAGE)
    return list(shown.select_related("actor__user", "integration").order_by("position"))


def _told_elsewhere(entries: Iterable[MessageEntry], *, ticket: Ticket) -> list[TicketEvent]:
    """What the history of their former tickets tells of messages that came from there. No query where none did."""
    moved = [entry.message.pk for entry in entries if entry.message.thread_reason in _MOVED]
    if not moved:
        return []
    told = TicketEvent.objects.filter(message_id__in=moved, kind=EventKind.MAIL_IGNORED).exclude(ticket=ticket)
    return list(told.order_by("position"))


def _add_reports(entries: Iterable[MessageEntry], events: Iterable[TicketEvent]) -> None:
    """Each message gets what the history tells of it."""
    of = {entry.message.pk: entry for entry in entries}
    for event in events:
        if event.kind == EventKind.MAIL_IGNORED and "told" in event.data and event.message_id in of:
            of[event.message_id].reports.append(event)


def _mark_subjects(entries: Sequence[MessageEntry], *, subject: str) -> None:
    found = with_other_subject([entry.message for entry in entries], subject=subject)
    for entry in entries:
        entry.has_other_subject = entry.message.pk in found


def _interleave(messages: Iterable[MessageEntry], events: Sequence[TicketEvent]) -> list[MessageEntry | EventEntry]:
    entries: list[MessageEntry | EventEntry] = []
    waiting = list(events)
    for entry in messages:
        while waiting and waiting[0].position < entry.message.position:
            _append(entries, waiting.pop(0))
        entries.append(entry)
    for event in waiting:
        _append(entries, event)
    return entries


def _append(entries: list[MessageEntry | EventEntry], event: TicketEvent) -> None:
    last = entries[-1] if entries else None
    new = EventEntry([event])
    if (
        isinstance(last, EventEntry)
        and (last.who, last.rule) == (new.who, new.rule)
        and event.at - last.at <= _MERGE_WITHIN
    ):
        last.events.append(event)
    else:
        entries.append(new)


def _fold(entries: list[MessageEntry | EventEntry]) -> None:
    """The last three messages stand open, and whatever is new; earlier ones are one line each."""
    messages = [entry for entry in entries if isinstance(entry, MessageEntry)]
    for entry in messages[:-3]:
        entry.is_folded = not entry.is_new


def _answerable(messages: Sequence[Message]) -> Message | None:
    inbound = [m for m in messages if m.kind == MessageKind.INBOUND]
    mails = inbound or [m for m in messages if m.kind == MessageKind.OUTBOUND]
    return mails[-1] if mails else None


def history_of(ticket: Ticket) -> list[TicketEvent]:
    """The newest changes first, HISTORY_LENGTH at most, with their actors."""
    return _HISTORY.rows(ticket=ticket)


def _messages(limit: int | None, *, ticket: Ticket) -> QuerySet[Message]:
    messages: QuerySet[Message] = Message.objects.filter(ticket=ticket).order_by("-position")[:limit]
    return messages.select_related("author__user", "integration", "contact", "outbox", "bounce_of__ticket")


def _history(*, ticket: Ticket) -> QuerySet[TicketEvent]:
    events: QuerySet[TicketEvent] = TicketEvent.objects.filter(ticket=ticket).order_by("-position")[:HISTORY_LENGTH]
    return events.select_related("actor__user", "integration")


_MESSAGES: Prepared[Message] = Prepared(_messages)
_HISTORY: Prepared[TicketEvent] = Prepared(_history)
