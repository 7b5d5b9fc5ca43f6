"""Changing status, assignee, team, priority, tags and the spam mark, of one ticket or of several at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast, toast_on_next_page
from ticketing.models import Priority, Status, Tag, Ticket
from ticketing.queries import people
from ticketing.queries.tickets import ticket_numbered, visible_tickets
from ticketing.services import changes
from ticketing.services.history import By

MAX_AT_ONCE = 100
Change = Callable[[Sequence[Ticket], str, By], object]


def _status(chosen: Sequence[Ticket], value: str, by: By) -> None:
    changes.change_status(chosen, status=Status(value), by=by)


def _assignment(chosen: Sequence[Ticket], value: str, by: By) -> None:
    if value == "me":
        changes.assign(chosen, assignee=by.actor, by=by)
        return
    agent = {str(member.pk): member for member in people.assignable_agents()}.get(value)
    if value and agent is None:
        raise ValueError
    changes.assign(chosen, assignee=agent, by=by)


def _team(chosen: Sequence[Ticket], value: str, by: By) -> None:
    team = {str(team.pk): team for team in people.teams()}.get(value)
    if value and team is None:
        raise ValueError
    changes.set_team(chosen, team=team, by=by)


def _priority(chosen: Sequence[Ticket], value: str, by: By) -> None:
    changes.set_priority(chosen, priority=Priority(value), by=by)


def _spam(chosen: Sequence[Ticket], value: str, by: By) -> None:
    changes.mark_spam(chosen, is_spam={"yes": True, "no": False}[value], by=by)


def _tag(chosen: Sequence[Ticket], value: str, by: By) -> None:
    changes.add_tag(chosen, name=value, by=by)


def _untag(chosen: Sequence[Ticket], value: str, by: By) -> None:
    for tag in Tag.objects.filter(pk=int(value)):
        for ticket in chosen:
            changes.remove_tag(ticket, tag=tag, by=by)


CHANGES: dict[str, Change] = {
    "status": _status,
    "assignment": _assignment,
    "team": _team,
    "priority": _priority,
    "spam": _spam,
    "tag": _tag,
    "untag": _untag,
}


@require_POST
@requires(Capability.WORK_TICKETS)
def change(request: OrganizationRequest, number: int, what: str) -> HttpResponse:
    """One ticket has the posted `value`; back to where the person was."""
    ticket = ticket_numbered(number, actor=request.membership)
    if ticket is None or what not in CHANGES:
        raise Http404
    return _answer(request, [ticket], what)


@require_POST
@requires(Capability.WORK_TICKETS)
def change_many(request: OrganizationRequest, what: str) -> HttpResponse:
    """The picked tickets (`ticket`, repeated) have the posted `value`."""
    if what not in CHANGES:
        raise Http404
    numbers = [int(text) for text in request.POST.getlist("ticket") if text.isdecimal() and len(text) < 19]
    chosen = visible_tickets(request.membership).filter(number__in=numbers[:MAX_AT_ONCE])
    return _answer(request, list(chosen), what)


def _answer(request: OrganizationRequest, chosen: Sequence[Ticket], what: str) -> HttpResponse:
    back = _back(request)
    try:
        CHANGES[what](chosen, request.POST.get("value", "").strip(), By(actor=request.membership))
    except (ValueError, KeyError):
        return HttpResponseBadRequest(_("This value is not among the choices. Reload the page and choose again."))
    except DomainError as refused:
        return (
            toast(HttpResponse(status=204), refused.sentence, tone="bad") if request.htmx else _refuse(request, refused)
        )
    toast_on_next_page(request, _changed_words(len(chosen)))
    return redirect(request, back)


def _refuse(request: OrganizationRequest, refused: DomainError) -> HttpResponse:
    toast_on_next_page(request, refused.sentence, tone="bad")
    return redirect(request, _back(request))


def _changed_words(count: int) -> str:
    return ngettext("%(count)d ticket changed", "%(count)d tickets changed", count) % {"count": count}


def _back(request: OrganizationRequest) -> str:
    """The address the person came from, if it is one of this organization."""
    home = f"/o/{request.organization.slug}/"
    asked = request.POST.get("next", "")
    return asked if asked.startswith(home) else home
