"""Changing status, assignee, team, category, company, priority, tags and spam mark, of one ticket or of several.

The page of a ticket is also where its contact is given a company.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect, wants_part
from helpdesk.web.toasts import Action, Tone, toast, toast_on_next_page
from ticketing.models import Ticket
from ticketing.queries.tickets import ticket_numbered, view_named, visible_tickets
from ticketing.services.bulk_changes import start_bulk_change
from ticketing.services.history import By
from ticketing.services.posted_changes import CHANGES, OF_MANY, UNDOABLE
from ticketing.services.posted_fields import field_words, written_field
from ticketing.services.undoing import Undone, undo_changes
from ticketing.views.queue import list_on_screen
from ticketing.views.ticket import changed_ticket, ticket_on_screen

MAX_AT_ONCE = 100
NOT_A_CHOICE = _lazy("This value is not among the choices. Reload the page and choose again.")


@require_POST
@requires(Capability.WORK_TICKETS)
def change(request: OrganizationRequest, number: int, what: str) -> HttpResponse:
    """One ticket has the posted `value`: its parts anew for htmx, else back to where the person was."""
    ticket = ticket_numbered(number, actor=request.membership)
    if ticket is None or what not in CHANGES:
        raise Http404
    value = request.POST.get("value", "").strip()
    changed = _changed(request, [ticket], what, value)
    if isinstance(changed, HttpResponse):
        return changed
    words = said(what, changed, value=value)
    if wants_part(request):
        answer = changed_ticket(request, number, said=words)
        # What stands in a picker is chosen back there; a subject would have to be typed again.
        return toast(answer, words, action=_undo_action(request, changed, what)) if what == "subject" else answer
    return back_with_toast(request, words)


@require_POST
@requires(Capability.WORK_TICKETS)
def change_many(request: OrganizationRequest, what: str) -> HttpResponse:
    """The picked tickets (`ticket`, repeated) have the posted `value`: the list anew for htmx, with Undo, else back.

    A tag is posted as `tag` and the field `?key=` as `field-<key>`: they stand in the form of all the other choices,
    which have their own values. With `all`, the name of a view, a worker changes everything that it holds, or that the
    words in `q` find in it.
    """
    if what not in OF_MANY:
        raise Http404
    value = _posted(request, what)
    if "all" in request.POST:
        return _change_all(request, what, value)
    numbers = [int(text) for text in request.POST.getlist("ticket") if text.isdecimal() and len(text) < 19]
    chosen = visible_tickets(request.membership).filter(number__in=numbers[:MAX_AT_ONCE])
    changed = _changed(request, list(chosen), what, value)
    if isinstance(changed, HttpResponse):
        return changed
    anew = list_on_screen(request) if wants_part(request) else None
    if anew is None:
        return back_with_toast(request, changed_words(len(changed)))
    return toast(anew, said(what, changed, value=value), action=_undo_action(request, changed, what))


@require_POST
@requires(Capability.WORK_TICKETS)
def undo(request: OrganizationRequest, first: int, last: int) -> HttpResponse:
    """The person's own changes at these places of the history are taken back, where nobody has decided since."""
    mine = visible_tickets(request.membership)
    undone = undo_changes(first=first, last=last, among=mine, by=By(actor=request.membership))
    words = _undone_words(undone)
    anew = (list_on_screen(request) or ticket_on_screen(request, said=words)) if wants_part(request) else None
    return toast(anew, words) if anew is not None else back_with_toast(request, words)


def _posted(request: OrganizationRequest, what: str) -> str:
    if what == "field":
        key = request.GET.get("key", "")
        return written_field(key, request.POST.getlist(f"field-{key}"))
    return request.POST.get("tag" if what == "tag" else "value", "").strip()


def _change_all(request: OrganizationRequest, what: str, value: str) -> HttpResponse:
    view = view_named(request.POST.get("all", ""))
    if view is None:
        raise Http404
    words = request.POST.get("q", "").strip()
    refusal = refusal_of(
        request, lambda: start_bulk_change(what=what, value=value, view=view, words=words, actor=request.membership)
    )
    if refusal is not None:
        return refusal
    anew = list_on_screen(request, also=("ticketing/_bulk_changes_news.html",)) if wants_part(request) else None
    return anew if anew is not None else redirect(request, _back(request))


def _changed(
    request: OrganizationRequest, chosen: Sequence[Ticket], what: str, value: str
) -> list[Ticket] | HttpResponse:
    """The tickets that are others now, or the refusal with what to do."""
    changed: list[Ticket] = []
    refusal = refusal_of(request, lambda: changed.extend(CHANGES[what](chosen, value, By(actor=request.membership))))
    return changed if refusal is None else refusal


def refusal_of(request: OrganizationRequest, change: Callable[[], object]) -> HttpResponse | None:
    """The change is made; or the answer that says why not and what to do."""
    try:
        change()
    except (ValueError, KeyError):
        sentence = str(NOT_A_CHOICE)
        return _refuse_part(sentence) if wants_part(request) else HttpResponseBadRequest(sentence)
    except DomainError as refused:
        if wants_part(request):
            return _refuse_part(refused.sentence)
        return back_with_toast(request, refused.sentence, tone="bad")
    return None


def _refuse_part(sentence: str) -> HttpResponse:
    return toast(HttpResponse(status=204), sentence, tone="bad")


def back_with_toast(request: OrganizationRequest, text: str, *, tone: Tone = "ok") -> HttpResponse:
    """Where the person came from, which says so."""
    toast_on_next_page(request, text, tone=tone)
    return redirect(request, _back(request))


def _undo_action(request: OrganizationRequest, changed: Sequence[Ticket], what: str) -> Action | None:
    return undo_of(request, changed) if what in UNDOABLE else None


def undo_of(request: OrganizationRequest, changed: Sequence[Ticket]) -> Action | None:
    """What takes the last change of the tickets back; None where nothing was changed."""
    if not changed:
        return None
    places = [ticket.last_position for ticket in changed]
    where = {"slug": request.organization.slug, "first": min(places), "last": max(places)}
    return Action(_("Undo"), reverse("undo_changes", kwargs=where))


def said(what: str, changed: Sequence[Ticket], *, value: str) -> str:
    """What was done to the tickets, which all have the same value now. value: as it was posted."""
    if not changed:
        return _("Nothing to change. It was so already.")
    if what == "mail-change":
        return _("Taken back. The history tells of it.")
    if what == "affiliation":
        return _("Company of the contact: %s") % _value(what, changed[0], value)
    return f"{changed_words(len(changed))}: {_value(what, changed[0], value)}"


def _value(what: str, ticket: Ticket, posted: str) -> str:
    values: dict[str, Callable[[], object]] = {
        "status": ticket.get_status_display,
        "assignment": lambda: ticket.assignee or _("Nobody"),
        "team": lambda: ticket.team or _("No team"),
        "category": lambda: ticket.category or _("No category"),
        "company": lambda: ticket.company or _("No company"),
        "affiliation": lambda: ticket.requester.company or _("No company"),
        "priority": ticket.get_priority_display,
        "tag": lambda: " ".join(posted.split()),
        "subject": lambda: ticket.subject,
        "requester": lambda: ticket.requester_name,
        "spam": lambda: _("Spam") if ticket.is_spam else _("Not spam"),
        "field": lambda: "{}: {}".format(*(each or _("Not set") for each in field_words(posted))),
    }
    return str(values.get(what, lambda: _("Tags"))())


def _undone_words(undone: Undone) -> str:
    count = len(undone.restored)
    words = ngettext("%(count)d ticket changed back", "%(count)d tickets changed back", count) % {"count": count}
    if not undone.kept:
        return words
    kept = ngettext(
        "%(count)d was changed since and stays as it is",
        "%(count)d were changed since and stay as they are",
        undone.kept,
    )
    return f"{words}; {kept % {'count': undone.kept}}"


def changed_words(count: int) -> str:
    """How many tickets were changed."""
    return ngettext("%(count)d ticket changed", "%(count)d tickets changed", count) % {"count": count}


def _back(request: OrganizationRequest) -> str:
    """The address the person came from, if it is one of this organization."""
    home = f"/o/{request.organization.slug}/"
    asked = request.POST.get("next", "")
    return asked if asked.startswith(home) else home
