"""Changing a ticket: status, assignee, team, category, company, priority, tags, spam mark. Each writes its event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from helpdesk.accounts.models import Category, Company, Membership, Role, Team
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from helpdesk.tenancy import counters
from ticketing.models import (
    ALLOWED_TRANSITIONS,
    SPAM_MARKS,
    EventKind,
    Priority,
    SpamMark,
    Status,
    Tag,
    Ticket,
    TicketTag,
)
from ticketing.services.history import By, Happening, record
from ticketing.services.search import index_subject
from ticketing.services.spam_learning import learn_marks
from ticketing.services.tag_learning import learn_solved, learn_tags, unlearn_spam

MAX_TAG_CHARS = 30
_HUES = 8


class ChangeRefused(DomainError):
    """The change is not possible; the sentence says why."""


@transaction.atomic
def change_status(tickets: Sequence[Ticket], *, status: Status, by: By) -> list[Ticket]:
    """The tickets have the status; gives those that changed. One that may not go there is refused, and none changes.

    Raises ChangeRefused naming the first ticket that cannot.
    """
    moving = [ticket for ticket in locked(tickets) if ticket.status != status]
    for ticket in moving:
        if status not in ALLOWED_TRANSITIONS[ticket.status]:
            raise ChangeRefused(
                f"#{ticket.number} is {Status(ticket.status).label} and cannot become {status.label}.",
                code="status_not_allowed",
            )
    happenings = [
        _changed(ticket, EventKind.STATUS_CHANGED, ticket.status, status.value, before=_before(ticket))
        for ticket in moving
    ]
    for ticket in moving:
        _enter(ticket, status, at=clock.now())
    save(moving, happenings, by=by)
    if status in (Status.SOLVED, Status.CLOSED):
        learn_solved(moving, by=by)
    return moving


def _enter(ticket: Ticket, status: Status, *, at: datetime) -> None:
    ticket.status = status
    ticket.solved_at = at if status in (Status.SOLVED, Status.CLOSED) else None
    ticket.closed_at = at if status == Status.CLOSED else None
    if status in (Status.SOLVED, Status.CLOSED, Status.WAITING):
        ticket.needs_reply = False
        ticket.waiting_since = None


@transaction.atomic
def assign(tickets: Sequence[Ticket], *, assignee: Membership | None, by: By) -> list[Ticket]:
    """The tickets belong to the assignee, or to nobody; gives those that changed.

    Raises ChangeRefused if the assignee cannot work on tickets.
    """
    if assignee is not None:
        check_assignee(assignee)
    target = assignee.pk if assignee else None
    moving = [ticket for ticket in locked(tickets) if ticket.assignee_id != target]
    names = _names_of(Membership.objects.filter(pk__in={t.assignee_id for t in moving}).select_related("user"))
    new_name = str(assignee) if assignee else ""
    happenings = [
        _changed(
            ticket,
            EventKind.ASSIGNEE_CHANGED,
            names.get(ticket.assignee_id, ""),
            new_name,
            from_id=ticket.assignee_id,
            to_id=target,
        )
        for ticket in moving
    ]
    for ticket in moving:
        ticket.assignee = assignee
    return save(moving, happenings, by=by)


def check_assignee(assignee: Membership) -> None:
    """Raises ChangeRefused for who cannot work on tickets."""
    if not assignee.is_active or assignee.role == Role.VIEWER:
        raise ChangeRefused(f"{assignee} cannot be given tickets. Choose an active agent.", code="assignee_cannot_work")


@transaction.atomic
def set_team(tickets: Sequence[Ticket], *, team: Team | None, by: By) -> list[Ticket]:
    """The tickets belong to the team, or to none; gives those that changed."""
    target = team.pk if team else None
    moving = [ticket for ticket in locked(tickets) if ticket.team_id != target]
    names = _names_of(Team.objects.filter(pk__in={ticket.team_id for ticket in moving}))
    happenings = [
        _changed(
            ticket,
            EventKind.TEAM_CHANGED,
            names.get(ticket.team_id, ""),
            team.name if team else "",
            from_id=ticket.team_id,
            to_id=target,
        )
        for ticket in moving
    ]
    for ticket in moving:
        ticket.team = team
    return save(moving, happenings, by=by)


@transaction.atomic
def set_category(tickets: Sequence[Ticket], *, category: Category | None, by: By) -> list[Ticket]:
    """The tickets are about this, or about nothing named; gives those that changed.

    Raises ChangeRefused for a retired category, save on tickets that have it.
    """
    known = Category.objects.all()
    return _give(tickets, "category", category, kind=EventKind.CATEGORY_CHANGED, known=known, by=by)


@transaction.atomic
def set_company(tickets: Sequence[Ticket], *, company: Company | None, by: By) -> list[Ticket]:
    """The tickets are for this company, or for none; gives those that changed.

    Raises ChangeRefused for a retired company, save on tickets that have it.
    """
    known = Company.objects.all()
    return _give(tickets, "company", company, kind=EventKind.COMPANY_CHANGED, known=known, by=by)


def _give(
    tickets: Sequence[Ticket],
    field: str,
    value: Category | Company | None,
    *,
    kind: EventKind,
    known: QuerySet[Category] | QuerySet[Company],
    by: By,
) -> list[Ticket]:
    target, column = value.pk if value else None, f"{field}_id"
    moving = [ticket for ticket in locked(tickets) if getattr(ticket, column) != target]
    if moving:
        check_in_use(value, field=field)
    names = _names_of(known.filter(pk__in={getattr(ticket, column) for ticket in moving}))
    happenings = []
    for ticket in moving:
        from_id = getattr(ticket, column)
        old, new = names.get(from_id, ""), str(value) if value else ""
        happenings.append(_changed(ticket, kind, old, new, from_id=from_id, to_id=target))
        setattr(ticket, field, value)
    return save(moving, happenings, by=by)


def check_in_use(value: Category | Company | None, *, field: str) -> None:
    """Raises ChangeRefused for what is retired."""
    if value is not None and not value.is_active:
        raise ChangeRefused(f"{value} is retired. Choose another {field}.", code=f"{field}_retired")


@transaction.atomic
def set_priority(tickets: Sequence[Ticket], *, priority: Priority, by: By) -> list[Ticket]:
    """The tickets have the priority; gives those that changed."""
    moving = [ticket for ticket in locked(tickets) if ticket.priority != priority]
    happenings = [_changed(ticket, EventKind.PRIORITY_CHANGED, ticket.priority, priority.value) for ticket in moving]
    for ticket in moving:
        ticket.priority = priority
    return save(moving, happenings, by=by)


@transaction.atomic
def rename(ticket: Ticket, *, subject: str, by: By) -> Ticket:
    """The ticket has the subject, white space tidied, cut at 400 characters.

    Raises ChangeRefused for an empty one.
    """
    tidy = " ".join(subject.replace("\x00", "").split())[:400]
    if not tidy:
        raise ChangeRefused("Write a subject: without one the ticket is hard to find.", code="subject_empty")
    [current] = locked([ticket])
    if tidy == current.subject:
        return current
    happening = _changed(current, EventKind.SUBJECT_CHANGED, current.subject, tidy)
    current.subject = tidy
    index_subject(ticket_id=current.pk, subject=tidy)
    return save([current], [happening], by=by)[0]


@transaction.atomic
def add_tag(tickets: Sequence[Ticket], *, name: str, by: By) -> list[Ticket]:
    """The tickets carry the tag, which is made if the organization has none of that name.

    Raises ChangeRefused for an empty name or one over 30 characters.
    """
    tag = tag_named(name)
    have = set(TicketTag.objects.filter(tag=tag, ticket__in=list(tickets)).values_list("ticket_id", flat=True))
    moving = [ticket for ticket in locked(tickets) if ticket.pk not in have]
    TicketTag.objects.bulk_create(TicketTag(ticket=ticket, tag=tag) for ticket in moving)
    save(moving, [Happening(t, EventKind.TAG_ADDED, {"tag": tag.name, "hue": tag.hue}) for t in moving], by=by)
    learn_tags(moving, by=by)
    return moving


def tag_named(name: str) -> Tag:
    """The tag with this name in whatever case, made if there is none. In the caller's transaction.

    Raises ChangeRefused for an empty name or one over 30 characters.
    """
    word = " ".join(name.split())
    if not word or len(word) > MAX_TAG_CHARS:
        raise ChangeRefused(f"A tag has 1 to {MAX_TAG_CHARS} characters.", code="tag_name")
    known: Tag | None = Tag.objects.filter(name__iexact=word).first()
    if known is not None:
        return known
    made: Tag = Tag.objects.create(name=word, hue=Tag.objects.count() % _HUES + 1)
    return made


@transaction.atomic
def remove_tag(ticket: Ticket, *, tag: Tag, by: By) -> None:
    """The ticket does not carry the tag."""
    gone, _ = TicketTag.objects.filter(ticket=ticket, tag=tag).delete()
    if gone:
        record([Happening(ticket, EventKind.TAG_REMOVED, {"tag": tag.name, "hue": tag.hue})], by=by)
        learn_tags([ticket], by=by)


@transaction.atomic
def mark_spam(tickets: Sequence[Ticket], *, is_spam: bool, by: By) -> list[Ticket]:
    """A person said whether the tickets are spam; gives those that changed. Their status stays what it was."""
    mark = SpamMark.MANUAL_SPAM if is_spam else SpamMark.MANUAL_CLEAN
    moving = [ticket for ticket in locked(tickets) if ticket.spam_mark != mark]
    happenings = [_changed(ticket, EventKind.SPAM_MARKED, ticket.spam_mark, mark.value) for ticket in moving]
    for ticket in moving:
        ticket.spam_mark = mark
        ticket.is_spam = mark in SPAM_MARKS
    learn_marks(moving)
    unlearn_spam(moving, by=by)
    return save(moving, happenings, by=by)


def locked(tickets: Sequence[Ticket]) -> list[Ticket]:
    """The rows as they are now, locked until commit where the database can."""
    counters.take()  # positions before tickets, as intake locks them: the other way round is a deadlock
    wanted = [ticket.pk for ticket in tickets]
    return list(Ticket.objects.select_for_update().filter(pk__in=wanted).order_by("pk"))


def _names_of(rows: Any) -> Mapping[int | None, str]:
    return {row.pk: str(row) for row in rows}


def _changed(ticket: Ticket, kind: EventKind, old: str, new: str, **more: Any) -> Happening:
    return Happening(ticket, kind, {"from": old, "to": new, **more})


def _before(ticket: Ticket) -> dict[str, Any]:
    """What the new status overwrites beside the status, so that it can be put back."""
    moments = {name: getattr(ticket, name) for name in ("waiting_since", "solved_at", "closed_at")}
    return {
        "needs_reply": ticket.needs_reply,
        **{name: moment.isoformat() if moment else None for name, moment in moments.items()},
    }


_COLUMNS = (
    "status",
    "priority",
    "assignee",
    "team",
    "category",
    "company",
    "subject",
    "spam_mark",
    "is_spam",
    "needs_reply",
    "waiting_since",
    "solved_at",
    "closed_at",
)


def save(tickets: list[Ticket], happenings: list[Happening], *, by: By) -> list[Ticket]:
    """The changed columns and one event for each ticket are written. In the caller's transaction; gives the tickets."""
    if tickets:
        Ticket.objects.bulk_update(tickets, _COLUMNS)
    record(happenings, by=by)
    return tickets
