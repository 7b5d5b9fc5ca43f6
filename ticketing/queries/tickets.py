"""Which tickets there are to see. Every function takes the actor, so that limits on agents live in one place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, Q, QuerySet, Subquery
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Team
from helpdesk.tenancy.prepared import Prepared, Row
from helpdesk.web.counts import COUNT_LIMIT, BoundedCount, NumberOf, prepared_counts
from helpdesk.web.pagination import PAGE_SIZE, Page, beyond, first_page, paginate
from ticketing.models import (
    OPEN_STATUSES,
    ContactAddress,
    EventKind,
    Integration,
    Status,
    Tag,
    Ticket,
    TicketEvent,
    TicketRead,
)

Actor = Membership | Integration
LIST_ORDER = ("-active_at", "-id")
_OPEN = Q(is_spam=False, status__in=OPEN_STATUSES)
_NO_NUMBER = 0  # of no ticket


@dataclass(frozen=True)
class Place:
    """The place of a ticket in the order of a view, "3 of 14"."""

    number: BoundedCount  # 1 is the newest
    total: BoundedCount


@dataclass(frozen=True)
class Surroundings:
    """Where a ticket stands in a view, and how its reader and its requester stand to it."""

    previous_number: int | None  # in the order of the list
    next_number: int | None
    read_up_to: int  # event position up to which the actor has read it; 0 when never
    requester_address: str  # the requester's first; "" without any
    place: Place | None  # None: the ticket is not in the view


@dataclass(frozen=True, eq=False)
class View:
    """A named selection of tickets; each is one object, by which prepared queries know it."""

    slug: str
    name: str | Promise
    icon: str
    select: Callable[[Membership], Q]
    key: str = ""
    has_count: bool = True
    in_tabbar: bool = False
    empty_title: str | Promise = ""  # empty: "No tickets here"
    empty_text: str | Promise = ""


VIEWS: tuple[View, ...] = (
    View(
        "needs-reply",
        _("Needs reply"),
        "inbox",
        lambda _actor: Q(needs_reply=True, is_spam=False, status__in=[Status.NEW, Status.OPEN]),
        key="G N",
        in_tabbar=True,
        empty_title=_("Nobody is waiting for a reply"),
        empty_text=_("A ticket comes here when a customer writes, and leaves when someone answers."),
    ),
    View(
        "mine",
        _("Mine"),
        "user",
        lambda actor: _OPEN & Q(assignee=actor),
        key="G M",
        in_tabbar=True,
        empty_title=_("You have no open tickets"),
        empty_text=_("Take one from Unassigned, and it shows up here."),
    ),
    View(
        "unassigned",
        _("Unassigned"),
        "users",
        lambda _actor: _OPEN & Q(assignee=None),
        key="G U",
        in_tabbar=True,
        empty_title=_("Every ticket has an owner"),
        empty_text=_("New mail shows up here first, then leaves when someone takes it."),
    ),
    View("waiting", _("Waiting on customer"), "hourglass", lambda _actor: Q(is_spam=False, status=Status.WAITING)),
    View("on-hold", _("On hold"), "pause", lambda _actor: Q(is_spam=False, status=Status.HOLD)),
    View("all-open", _("All open"), "mail", lambda _actor: _OPEN),
    View(
        "solved",
        _("Solved"),
        "check-circle",
        lambda _actor: Q(is_spam=False, status__in=[Status.SOLVED, Status.CLOSED]),
        has_count=False,
    ),
    View(
        "spam",
        _("Spam"),
        "ban",
        lambda _actor: Q(is_spam=True),
        empty_title=_("No spam"),
        empty_text=_("What is recognised or marked as spam waits here."),
    ),
)
# Where a search goes that found nothing in its view; it stands in no rail.
ALL = View("all", _("All tickets"), "search", lambda _actor: Q(), has_count=False)
_BY_SLUG = {view.slug: view for view in (*VIEWS, ALL)}


def team_view(team: Team) -> View:
    """The open tickets of a team."""
    return _team_view(team.pk, team.name)


@lru_cache(maxsize=1024)
def _team_view(team_id: int, name: str) -> View:
    return View(f"team-{team_id}", name, "users", lambda _actor: _OPEN & Q(team_id=team_id))


def view_named(slug: str) -> View | None:
    """The view with this slug, or None; `team-<id>` is a team of the organization."""
    if slug.startswith("team-") and slug[5:].isdigit():
        team = Team.objects.filter(pk=int(slug[5:])).first()
        return team_view(team) if team is not None else None
    return _BY_SLUG.get(slug)


def visible_tickets(actor: Actor) -> QuerySet[Ticket]:
    """All tickets the actor may see."""
    tickets: QuerySet[Ticket] = Ticket.objects.filter(organization_id=actor.organization_id, merged_into=None)
    return tickets


def tickets_of(view: View, *, actor: Membership) -> QuerySet[Ticket]:
    """The tickets of a view and nothing else of them."""
    return visible_tickets(actor).filter(view.select(actor))


def tickets_in(view: View, *, actor: Membership) -> QuerySet[Ticket]:
    """The tickets of a view, with `is_read` for the actor; loads assignee (with user) and team."""
    seen = TicketRead.objects.filter(ticket=OuterRef("pk"), membership=actor, position__gte=OuterRef("last_position"))
    return tickets_of(view, actor=actor).annotate(is_read=Exists(seen)).select_related("assignee__user", "team")


def page_of(view: View, *, actor: Membership, cursor: str = "") -> Page[Ticket]:
    """A page of the view, the newest first, loaded as by `tickets_in`. The first one is what everybody asks for."""
    if cursor:
        return paginate(tickets_in(view, actor=actor), order_by=LIST_ORDER, cursor=cursor)
    return first_page(_NEWEST.rows(view, actor=actor), order_by=LIST_ORDER)


def count_in(view: View, *, actor: Membership) -> BoundedCount:
    """How many tickets the view holds; stops counting at a thousand."""
    return counts_in([view], actor=actor)[0]


def counts_in(views: Sequence[View], *, actor: Membership, teams: Sequence[Team] = ()) -> list[BoundedCount]:
    """`count_in` for several views and then for the views of the teams, in one query."""
    return _COUNTS.rows(tuple(views), actor=actor, team_ids=[team.pk for team in teams])


def ticket_numbered(number: int, *, actor: Membership) -> Ticket | None:
    """The ticket, also if it was merged into another.

    Loads requester and its company, assignee, team, category, company, mailbox and its server.
    """
    return _NUMBERED.first(actor=actor, number=number) if number <= BigIntegerField.MAX_BIGINT else None


def other_tickets(ticket: Ticket, *, actor: Membership, limit: int = 5) -> list[Ticket]:
    """The requester's other tickets without spam, newest first."""
    return _OTHERS.rows(limit, ticket=ticket, actor=actor, requester_id=ticket.requester_id)


def tags_of(ticket: Ticket) -> list[Tag]:
    """The ticket's tags by name."""
    return _TAGS.rows(ticket=ticket)


def linked_tickets(ticket: Ticket, *, actor: Membership) -> list[Ticket]:
    """The ticket this one follows, those that follow it, and those that its history calls linked; oldest first.

    Two queries: of numbers that a query finds within, PostgreSQL knows too little, and reads every ticket.
    """
    told = [number for (number,) in _TOLD_LINKS.rows(ticket=ticket)]
    return _LINKED.rows(ticket=ticket, actor=actor, follows_id=ticket.follows_id, numbers=told or [_NO_NUMBER])


def surroundings(ticket: Ticket, *, view: View, actor: Membership) -> Surroundings:
    """What the ticket's page says of what is around it. One query, which stops counting at a thousand."""
    ((previous, following, read_up_to, address, newer, total, is_here),) = _AROUND.rows(
        view, ticket=ticket, actor=actor, active_at=ticket.active_at, requester_id=ticket.requester_id
    )
    place = Place(BoundedCount(min(newer + 1, COUNT_LIMIT)), BoundedCount(total)) if is_here else None
    return Surroundings(previous, following, read_up_to or 0, address or "", place)


def _counts(views: Sequence[View], *, actor: Membership, team_ids: Sequence[int]) -> list[QuerySet[Ticket]]:
    selected = [view.select(actor) for view in views] + [_OPEN & Q(team_id=team_id) for team_id in team_ids]
    return [visible_tickets(actor).filter(each) for each in selected]


def _newest(view: View, *, actor: Membership) -> QuerySet[Ticket]:
    return tickets_in(view, actor=actor).order_by(*LIST_ORDER)[: PAGE_SIZE + 1]


def _numbered(*, actor: Membership, number: int) -> QuerySet[Ticket]:
    tickets: QuerySet[Ticket] = Ticket.objects.filter(organization_id=actor.organization_id, number=number)
    return tickets.select_related(
        "requester__company", "assignee__user", "team", "category", "company", "mailbox__outgoing"
    )


def _others(limit: int, *, ticket: Ticket, actor: Membership, requester_id: int) -> QuerySet[Ticket]:
    same = visible_tickets(actor).filter(requester_id=requester_id, is_spam=False).exclude(pk=ticket.pk)
    return same.order_by(*LIST_ORDER)[:limit]


def _told_links(*, ticket: Ticket) -> QuerySet[TicketEvent, Any]:
    told = TicketEvent.objects.filter(ticket=ticket, kind=EventKind.LINKED)
    return told.values_list(Cast(KeyTextTransform("ticket", "data"), BigIntegerField()))


def _linked(*, ticket: Ticket, actor: Membership, follows_id: int | None, numbers: Sequence[int]) -> QuerySet[Ticket]:
    # Each by its own index: of one condition with "or" PostgreSQL would read every ticket.
    linked = Ticket.objects.filter(follows=ticket).order_by().values("pk")
    linked = linked.union(Ticket.objects.filter(number__in=numbers).order_by().values("pk"))
    if follows_id is not None:
        linked = linked.union(Ticket.objects.filter(pk=follows_id).order_by().values("pk"))
    return visible_tickets(actor).filter(pk__in=linked).order_by("number")


def _around(
    view: View, *, ticket: Ticket, actor: Membership, active_at: datetime, requester_id: int
) -> QuerySet[Ticket, Any]:
    among = tickets_of(view, actor=actor)
    place = (active_at, ticket.pk)
    previous, following = (
        Subquery(among.filter(beyond(order, values=place)).order_by(*order).values("number")[:1])
        for order in (("active_at", "id"), LIST_ORDER)
    )
    read = Subquery(TicketRead.objects.filter(ticket=ticket, membership=actor).values("position")[:1])
    addresses = ContactAddress.objects.filter(contact=requester_id).order_by("id")
    here = Ticket.objects.filter(pk=ticket.pk)
    newer = among.filter(beyond(("active_at", "id"), values=place))
    counts = [NumberOf(each.order_by().values("pk")[:COUNT_LIMIT]) for each in (newer, among)]
    is_here = Exists(among.filter(pk=ticket.pk))
    return here.values_list(previous, following, read, Subquery(addresses.values("address")[:1]), *counts, is_here)


_COUNTS = prepared_counts(_counts)
_NEWEST: Prepared[Ticket] = Prepared(_newest)
_NUMBERED: Prepared[Ticket] = Prepared(_numbered)
_OTHERS: Prepared[Ticket] = Prepared(_others)
_TOLD_LINKS: Prepared[Row] = Prepared(_told_links)
_LINKED: Prepared[Ticket] = Prepared(_linked)
_TAGS: Prepared[Tag] = Prepared(lambda ticket: Tag.objects.filter(taggings__ticket=ticket).order_by("name"))
_AROUND: Prepared[Row] = Prepared(_around)
