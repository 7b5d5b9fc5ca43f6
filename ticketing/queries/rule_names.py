"""The names of what rules name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from helpdesk.accounts.models import Category, Company, Membership, Team
from helpdesk.tenancy.state import required_organization_id
from mailboxes.models import Mailbox
from ticketing.inbound.rules.written import actions_of, conditions_in, group_of
from ticketing.models import CannedReply, Rule, RuleVersion, TicketField
from ticketing.models.rules import Act, Look


@dataclass(frozen=True)
class Names:
    """By id as rules write it; what is missing is gone."""

    mailboxes: Mapping[str, str] = field(default_factory=dict)
    teams: Mapping[str, str] = field(default_factory=dict)
    members: Mapping[str, str] = field(default_factory=dict)
    categories: Mapping[str, str] = field(default_factory=dict)
    companies: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)  # by key
    canned: Mapping[str, str] = field(default_factory=dict)


def names_in(rules: Iterable[Rule | RuleVersion]) -> Names:
    """The names of everything that the rules name. A query for each kind that is named at all."""
    rows = list(rules)
    conditions = [each for row in rows for each in conditions_in(group_of(row.conditions))]
    actions = [each for row in rows for each in actions_of(row.actions)]

    def ids(*acts: Act) -> set[int]:
        return {int(each.value) for each in actions if each.act in acts and each.value}

    mailbox_ids = {int(value) for each in conditions if each.look is Look.MAILBOX for value in each.values}
    company_ids = {int(value) for each in conditions if each.look is Look.COMPANY for value in each.values}
    team_ids = ids(Act.TEAM, Act.ASSIGN_TURN, Act.ASSIGN_LEAST, Act.ALSO_OPEN)
    member_ids, category_ids, canned_ids = ids(Act.ASSIGN), ids(Act.CATEGORY), ids(Act.CANNED)
    keys = {each.field for each in actions if each.act is Act.FIELD}
    members = Membership.objects.filter(organization_id=required_organization_id(), id__in=member_ids)
    return Names(
        mailboxes=_named(Mailbox.objects.filter(id__in=mailbox_ids, deleted_at=None)) if mailbox_ids else {},
        teams=_named(Team.objects.filter(id__in=team_ids)) if team_ids else {},
        members=_named(members.select_related("user")) if member_ids else {},
        categories=_named(Category.objects.filter(id__in=category_ids)) if category_ids else {},
        fields=dict(TicketField.objects.filter(key__in=keys).values_list("key", "label")) if keys else {},
        companies=_named(Company.objects.filter(id__in=company_ids)) if company_ids else {},
        canned=_named(CannedReply.objects.filter(id__in=canned_ids)) if canned_ids else {},
    )


def _named(rows: Iterable[Mailbox | Team | Membership | Category | Company | CannedReply]) -> dict[str, str]:
    return {str(row.pk): row.name if isinstance(row, Mailbox) else str(row) for row in rows}
