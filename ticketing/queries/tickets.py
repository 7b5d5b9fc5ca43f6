"""Which tickets there are to see. Every function takes the actor, so that limits on agents live in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from helpdesk.accounts.models import Membership, Team
from helpdesk.web.counts import BoundedCount, bounded_counts
from helpdesk.web.pagination import beyond
from ticketing.models import OPEN_STATUSES, ContactAddress, Status, Ticket, TicketRead

LIST_ORDER = ("-active_at", "-id")
_OPEN = Q(is_spam=False, status__in=OPEN_STATUSES)


@dataclass(frozen=True)
class Surroundings:
    """Where a ticket stands in a view, and how its reader and its requester stand to it."""

    previous_number: int | None  # in the order of the list
    next_number: int | None
    read_up_to: int  # event position up to which the actor has read it; 0 when never
    requester_address: str  # the requester's first; "" without any


@dataclass(frozen=True)
class View:
    """A named selection of tickets."""

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
    return View(f"team-{team.pk}", team.name, "users", lambda _actor: _OPEN & Q(team_id=team.pk))


def view_named(slug: str) -> View | None:
    """The view with this slug, or None; `team-<id>` is a team of the organization."""
    if slug.startswith("team-") and slug[5:].isdigit():
        team = Team.objects.filter(pk=int(slug[5:])).first()
        return team_view(team) if team is not None else None
    return _BY_SLUG.get(slug)


def visible_tickets(actor: Membership) -> QuerySet[Ticket]:
    """All tickets the actor may see."""
    tickets: QuerySet[Ticket] = Ticket.objects.filter(organization_id=actor.organization_id, merged_into=None)
    return tickets


def tickets_in(view: View, *, actor: Membership) -> QuerySet[Ticket]:
    """The tickets of a view, with `is_unread` for the actor; loads assignee (with user) and team."""
    seen = TicketRead.objects.filter(ticket=OuterRef("pk"), membership=actor, position__gte=OuterRef("last_position"))
    return (
        visible_tickets(actor)
        .filter(view.select(actor))
        .annotate(is_read=Exists(seen))
        .select_related("assignee__user", "team")
    )


def count_in(view: View, *, actor: Membership) -> BoundedCount:
    """How many tickets the view holds; stops counting at a thousand."""
    return counts_in([view], actor=actor)[0]


def counts_in(views: Iterable[View], *, actor: Membership) -> list[BoundedCount]:
    """`count_in` for several views, in one query."""
    return bounded_counts([visible_tickets(actor).filter(view.select(actor)) for view in views])


def ticket_numbered(number: int, *, actor: Membership) -> Ticket | None:
    """The ticket, also if it was merged into another; loads requester, assignee, team, mailbox and its server."""
    tickets = Ticket.objects.filter(organization_id=actor.organization_id, number=number)
    return tickets.select_related("requester", "assignee__user", "team", "mailbox__outgoing").first()


def other_tickets(ticket: Ticket, *, actor: Membership, limit: int = 5) -> list[Ticket]:
    """The requester's other tickets, newest first."""
    same = visible_tickets(actor).filter(requester_id=ticket.requester_id).exclude(pk=ticket.pk)
    return list(same.order_by(*LIST_ORDER)[:limit])


def linked_tickets(ticket: Ticket, *, actor: Membership) -> list[Ticket]:
    """The ticket this one follows, and those that follow it, oldest first."""
    linked = Q(follows=ticket)
    if ticket.follows_id is not None:  # never compared to NULL: that keeps PostgreSQL from both indexes
        linked |= Q(pk=ticket.follows_id)
    return list(visible_tickets(actor).filter(linked).order_by("number"))


def surroundings(ticket: Ticket, *, view: View, actor: Membership) -> Surroundings:
    """What the ticket's page says of what is around it. One query."""
    among = visible_tickets(actor).filter(view.select(actor))
    place = (ticket.active_at, ticket.pk)
    previous, following = (
        Subquery(among.filter(beyond(order, values=place)).order_by(*order).values("number")[:1])
        for order in (("active_at", "id"), LIST_ORDER)
    )
    read = Subquery(TicketRead.objects.filter(ticket=ticket, membership=actor).values("position")[:1])
    addresses = ContactAddress.objects.filter(contact=ticket.requester_id).order_by("id")
    here = Ticket.objects.filter(pk=ticket.pk)
    row = here.values_list(previous, following, read, Subquery(addresses.values("address")[:1])).get()
    return Surroundings(row[0], row[1], row[2] or 0, row[3] or "")
