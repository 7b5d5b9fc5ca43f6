"""Filters: the list of all, and the page of one, on which entries are written, tried out and saved."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.views.lookup import mailbox_or_404
from ticketing.forms.filters import FilterForm
from ticketing.inbound.filtering import Entry
from ticketing.models.filters import EntryKind, FilterMode
from ticketing.queries.filter_trials import count_hits, offered_mails, past_mails
from ticketing.queries.filters import filter_lines, last_copy
from ticketing.queries.rules import lines_naming
from ticketing.reason_links import ALL
from ticketing.services.filter_entries import written_as
from ticketing.services.filters import save_filter, stored
from ticketing.suggested_words import SUGGESTED, Suggestion, suggestions

MAX_ID_DIGITS = 18


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def filters(request: OrganizationRequest) -> HttpResponse:
    """Every filter with what it does."""
    return render(request, "ticketing/filters.html", {"lines": filter_lines()})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def mail_filter(request: OrganizationRequest, whose: str) -> HttpResponse:
    """The filter; posted, it is saved."""
    mailbox = owner_or_404(whose)
    if request.method != "POST":
        return _page(request, mailbox, FilterForm.of(stored(mailbox)))
    form = FilterForm(request.POST)
    if form.is_valid():
        try:
            save_filter(mailbox, form.filter_input(), actor=request.membership)
        except DomainError as refused:
            form.add_error(None, refused.sentence)
        else:
            toast_on_next_page(request, _("The filter is saved. It decides about mail from now on."))
            return redirect(request, "mail_filter", slug=request.organization.slug, whose=whose)
    return _page(request, mailbox, form, status=422)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def filter_draft(request: OrganizationRequest, whose: str) -> HttpResponse:
    """The form as it is filled in, with the words of `add` or without the entry of `without`; nothing is saved."""
    mailbox = owner_or_404(whose)
    data = request.POST.copy()
    if added := request.POST.get("add", ""):
        data.appendlist(EntryKind.WORDS, str(added))
        if data.get("mode") == FilterMode.EVERYTHING:
            data["mode"] = FilterMode.IGNORE
    kind, _blank, entry = data.get("without", "").partition(" ")
    if entry:
        data.setlist(kind, [each for each in data.getlist(kind) if each != entry])
    return _page(request, mailbox, FilterForm(data), is_draft=True)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def filter_suggestions(request: OrganizationRequest, whose: str) -> HttpResponse:
    """The suggested words, each with how many of the last messages it would have kept out."""
    mailbox = owner_or_404(whose)
    mails = past_mails(mailbox)
    offered = request.GET.getlist("offer") or list(SUGGESTED)
    counted = [Suggestion(words, count_hits(each, mails)) for words, each in SUGGESTED.items() if words in offered]
    context = {"whose": whose, "suggestions": counted, "looked_at": len(mails)}
    return page_or_part(
        request, "ticketing/filter_suggestions.html", "ticketing/_filter_suggestion_counts.html", context
    )


def owner_or_404(whose: str) -> Mailbox | None:
    """The mailbox of the filter; None for that of all mailboxes. Raises Http404."""
    if whose == ALL:
        return None
    if not (whose.isascii() and whose.isdecimal() and len(whose) <= MAX_ID_DIGITS):
        raise Http404
    return mailbox_or_404(int(whose))


def _page(
    request: OrganizationRequest,
    mailbox: Mailbox | None,
    form: FilterForm,
    *,
    status: int = 200,
    is_draft: bool = False,
) -> HttpResponse:
    marked = _marked(request)
    lists = form.entry_lists({marked.kind: written_as(marked)} if marked else None)
    words = next(each.shown for each in lists if each.kind is EntryKind.WORDS)
    context: dict[str, Any] = {
        "mailbox": mailbox,
        "whose": mailbox.pk if mailbox else ALL,
        "form": form,
        "lists": lists,
        "modes": FilterMode,
        "mode": form["mode"].value(),
        "suggestions": suggestions(words),
        "marked": marked,
        "is_marked_there": marked is not None and any(each.marked in each.shown for each in lists if each.marked),
        "offered": offered_mails(mailbox),
        "copy": last_copy(mailbox) if mailbox else None,
        "rule_lines": lines_naming(mailbox) if mailbox else [],
        "is_draft": is_draft,
    }
    return page_or_part(request, "ticketing/filter.html", "ticketing/_filter_form.html", context, status=status)


def _marked(request: OrganizationRequest) -> Entry | None:
    """The entry that the log names as the one that decided."""
    kind = request.GET.get("kind", "")
    if kind not in EntryKind.values:
        return None
    return Entry(EntryKind(kind), request.GET.get("value", "")[:320], request.GET.get("header", "")[:80])
