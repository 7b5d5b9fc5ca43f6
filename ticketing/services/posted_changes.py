"""Changes of tickets as pages ask for them: what is to change, and the value as it was posted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from helpdesk.accounts.models import Company
from ticketing.models import Priority, Status, Tag, Ticket
from ticketing.queries import people
from ticketing.services import changes
from ticketing.services.contact_companies import give_requester_company
from ticketing.services.history import By
from ticketing.services.mail_changes import undo_mail_change
from ticketing.services.posted_fields import give_field
from ticketing.services.requesters import choose_requester

Change = Callable[[Sequence[Ticket], str, By], list[Ticket]]


def _status(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return changes.change_status(chosen, status=Status(value), by=by)


def _assignment(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    if value == "me":
        return changes.assign(chosen, assignee=by.actor, by=by)
    agent = {str(member.pk): member for member in people.assignable_agents()}.get(value)
    if value and agent is None:
        raise ValueError
    return changes.assign(chosen, assignee=agent, by=by)


def _team(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    team = {str(team.pk): team for team in people.teams()}.get(value)
    if value and team is None:
        raise ValueError
    return changes.set_team(chosen, team=team, by=by)


def _category(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    category = {str(category.pk): category for category in people.categories()}.get(value)
    if value and category is None:
        raise ValueError
    return changes.set_category(chosen, category=category, by=by)


def _company(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return changes.set_company(chosen, company=_company_named(value), by=by)


def _affiliation(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    company = _company_named(value)
    return [give_requester_company(ticket, company=company, by=by) for ticket in chosen]


def _company_named(value: str) -> Company | None:
    company = {str(company.pk): company for company in people.companies()}.get(value)
    if value and company is None:
        raise ValueError
    return company


def _priority(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return changes.set_priority(chosen, priority=Priority(value), by=by)


def _spam(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return changes.mark_spam(chosen, is_spam={"yes": True, "no": False}[value], by=by)


def _tag(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return changes.add_tag(chosen, name=value, by=by)


def _untag(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    for tag in Tag.objects.filter(pk=int(value)):
        for ticket in chosen:
            changes.remove_tag(ticket, tag=tag, by=by)
    return list(chosen)


def _subject(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    renamed = [(ticket.subject, changes.rename(ticket, subject=value, by=by)) for ticket in chosen]
    return [ticket for before, ticket in renamed if ticket.subject != before]


def _requester(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    forwarded = {"writer": True, "sender": False}[value]
    return [changed for ticket in chosen for changed in choose_requester(ticket, forwarded=forwarded, by=by)]


def _mail_change(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return [changed for ticket in chosen for changed in undo_mail_change(ticket, position=int(value), by=by)]


def _field(chosen: Sequence[Ticket], value: str, by: By) -> list[Ticket]:
    return give_field(chosen, value, by=by)


# By the word in the address. Each gives the tickets that changed, and raises ValueError or KeyError for a value that is
# no choice, and ChangeRefused as its service does.
CHANGES: dict[str, Change] = {
    "status": _status,
    "assignment": _assignment,
    "team": _team,
    "category": _category,
    "company": _company,
    "priority": _priority,
    "spam": _spam,
    "tag": _tag,
    "untag": _untag,
    "subject": _subject,
    "requester": _requester,
    "field": _field,
    "mail-change": _mail_change,  # back to what it was before a mail
    "affiliation": _affiliation,  # the company of who asks
}
OF_MANY = (
    "status",
    "assignment",
    "team",
    "category",
    "company",
    "priority",
    "spam",
    "tag",
    "field",
)  # what several tickets can get at once
UNDOABLE = (*OF_MANY, "subject")
