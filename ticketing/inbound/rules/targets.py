"""What actions name, as it is now: asked only for a mail that a rule matched.

An id in a rule may be of something that was deleted since; a rule must never keep a mail from coming in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from django.db.models import Count, Q

from helpdesk.accounts.models import Category, Membership, Role, Team, TeamMember
from helpdesk.tenancy.state import required_organization_id
from ticketing.fields.values import Field, field_of
from ticketing.inbound.rules.written import Action
from ticketing.models import OPEN_STATUSES, CannedReply, Tag, Ticket, TicketField
from ticketing.models.rules import Act, TeamTurn

if TYPE_CHECKING:
    from ticketing.inbound.rules.effects import Standing

TAG_HUES = 8
_IN_TEAM = (Act.ASSIGN_TURN, Act.ASSIGN_LEAST)


@dataclass(frozen=True, slots=True)
class TagTarget:
    """A tag; without an id it is still to be made."""

    id: int | None
    name: str
    hue: int


@dataclass(frozen=True)
class Targets:
    """By id, with their names."""

    teams: Mapping[int, str] = field(default_factory=dict)
    members: Mapping[int, str] = field(default_factory=dict)
    able: Mapping[int, str] = field(default_factory=dict)  # members who can work on tickets
    categories: Mapping[int, str] = field(default_factory=dict)
    usable_categories: Mapping[int, str] = field(default_factory=dict)  # not retired
    tags: Mapping[str, TagTarget] = field(default_factory=dict)  # by name, case folded
    places: Mapping[int, Sequence[int]] = field(default_factory=dict)  # by team: members who can work, in order
    turns: Mapping[int, int] = field(default_factory=dict)  # by team: who had the last one
    loads: Mapping[int, int] = field(default_factory=dict)  # by member: open tickets
    fields: Mapping[str, Field] = field(default_factory=dict)  # custom ones, by key
    canned: Mapping[int, str] = field(default_factory=dict)  # canned replies that are not retired

    def in_turn(self, team_id: int) -> list[int]:
        """The team's members, whose turn it is next first."""
        members, last = list(self.places.get(team_id, ())), self.turns.get(team_id, 0)
        return [each for each in members if each > last] + [each for each in members if each <= last]

    def named(self, action: Action) -> str:
        """What the action names by an id, for people; "" for everything else and for what is gone."""
        known = {
            Act.TEAM: self.teams,
            Act.ALSO_OPEN: self.teams,
            Act.ASSIGN_TURN: self.teams,
            Act.ASSIGN_LEAST: self.teams,
            Act.ASSIGN: self.members,
            Act.CATEGORY: self.categories,
            Act.CANNED: self.canned,
        }.get(action.act, {})
        return known.get(int(action.value), "") if known and action.value else ""

    def name_of(self, column: str, key: object) -> str:
        """The name of what stands in a ticket's column; "" for nothing."""
        known = {"team_id": self.teams, "assignee_id": self.members, "category_id": self.categories}[column]
        return known.get(key, "") if isinstance(key, int) else ""


def load_targets(actions: Iterable[Action], *, before: Standing) -> Targets:
    """What the actions name and the ticket has. At most one query for each kind of thing; inside the scope."""
    wanted = list(actions)
    team_ids = _ids(wanted, Act.TEAM, Act.ALSO_OPEN, *_IN_TEAM) | _known(before.team_id)
    sharing = any(each.act in _IN_TEAM for each in wanted)
    places = _places(team_ids) if sharing and team_ids else {}
    member_ids = _ids(wanted, Act.ASSIGN) | {each for members in places.values() for each in members}
    is_assigned = sharing or any(each.act is Act.ASSIGN for each in wanted)
    members = _members(member_ids | _known(before.assignee_id)) if is_assigned else []
    categories = (
        _categories(_ids(wanted, Act.CATEGORY) | _known(before.category_id)) if _has(wanted, Act.CATEGORY) else []
    )
    able = {member.pk: str(member) for member in members if member.is_active and member.role != Role.VIEWER}
    return Targets(
        teams=dict(Team.objects.filter(id__in=team_ids).values_list("id", "name")) if team_ids else {},
        members={member.pk: str(member) for member in members},
        able=able,
        categories={pk: path for pk, path, _active in categories},
        usable_categories={pk: path for pk, path, is_active in categories if is_active},
        tags=_tags({each.value for each in wanted if each.act in (Act.ADD_TAG, Act.REMOVE_TAG)}),
        places={team_id: [each for each in ids if each in able] for team_id, ids in places.items()},
        turns=dict(TeamTurn.objects.filter(team_id__in=team_ids).values_list("team_id", "membership_id"))
        if sharing
        else {},
        loads=_loads(member_ids) if _has(wanted, Act.ASSIGN_LEAST) else {},
        fields=_fields({each.field for each in wanted if each.act is Act.FIELD}),
        canned=_canned(_ids(wanted, Act.CANNED)),
    )


def _has(actions: Iterable[Action], act: Act) -> bool:
    return any(each.act is act for each in actions)


def _ids(actions: Iterable[Action], *acts: Act) -> set[int]:
    return {int(each.value) for each in actions if each.act in acts and each.value}


def _known(key: int | None) -> set[int]:
    return set() if key is None else {key}


def _places(team_ids: Iterable[int]) -> dict[int, list[int]]:
    places: dict[int, list[int]] = defaultdict(list)
    rows = TeamMember.objects.filter(team_id__in=team_ids).order_by("membership_id")
    for team_id, membership_id in rows.values_list("team_id", "membership_id"):
        places[team_id].append(membership_id)
    return places


def _members(ids: Iterable[int]) -> list[Membership]:
    """Memberships lie outside of any scope: the organization is named."""
    rows = Membership.objects.filter(organization_id=required_organization_id(), id__in=ids)
    return list(rows.select_related("user"))


def _categories(ids: Iterable[int]) -> list[tuple[int, str, bool]]:
    return list(Category.objects.filter(id__in=ids).values_list("id", "path", "is_active"))


def _tags(names: Iterable[str]) -> dict[str, TagTarget]:
    """The tags of these names; those that are still to be made have no id."""
    asked = sorted(set(names))
    if not asked:
        return {}
    rows = Tag.objects.filter(reduce(or_, (Q(name__iexact=name) for name in asked))).order_by("-id")
    found = {name.casefold(): TagTarget(pk, name, hue) for pk, name, hue in rows.values_list("id", "name", "hue")}
    missing = [name for name in asked if name.casefold() not in found]
    count = Tag.objects.count() if missing else 0
    new = {name.casefold(): TagTarget(None, name, (count + at) % TAG_HUES + 1) for at, name in enumerate(missing)}
    return found | new


def _fields(keys: Iterable[str]) -> dict[str, Field]:
    wanted = set(keys)
    return {row.key: field_of(row) for row in TicketField.objects.filter(key__in=wanted)} if wanted else {}


def _canned(ids: Iterable[int]) -> dict[int, str]:
    wanted = set(ids)
    rows = CannedReply.objects.filter(id__in=wanted, is_active=True)
    return dict(rows.values_list("id", "name")) if wanted else {}


def _loads(member_ids: Iterable[int]) -> dict[int, int]:
    """The open tickets of each, spam and merged ones aside."""
    rows = Ticket.objects.filter(assignee_id__in=member_ids, status__in=OPEN_STATUSES, is_spam=False, merged_into=None)
    return dict(rows.values_list("assignee_id").annotate(Count("id")))
