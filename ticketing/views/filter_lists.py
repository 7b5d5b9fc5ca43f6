"""Lists of entries as files, brought in and taken out; and the filter of one mailbox given to all others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.views.lookup import mailbox_or_404
from ticketing.inbound.filtering import Entry
from ticketing.models.filters import FilterCopy, FilterMode
from ticketing.services.filter_copies import copy_to_all, targets_of, undo_copy
from ticketing.services.filter_lists import MAX_FILE_BYTES, MAX_WRONG, ReadList, read_list, write_list
from ticketing.services.filters import FilterInput, save_filter, stored
from ticketing.views.filters import owner_or_404


@require_safe
@requires(Capability.MANAGE_CHANNELS)
def filter_list(_request: OrganizationRequest, whose: str) -> HttpResponse:
    """The entries as CSV."""
    content = write_list(stored(owner_or_404(whose)).entries)
    response = HttpResponse(content.encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="filter-{whose}.csv"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def import_filter(request: OrganizationRequest, whose: str) -> HttpResponse:
    """The choice of a file; posted, all of its entries are in the filter, or none and every wrong line is named."""
    mailbox = owner_or_404(whose)
    current = stored(mailbox)
    trouble, found = _uploaded(request) if request.method == "POST" else ("", None)
    if found is not None and not found.wrong and not trouble:
        try:
            count = _take(request, mailbox, current, found.entries)
        except DomainError as refused:
            trouble = refused.sentence
        else:
            toast_on_next_page(request, _imported_words(count, current.mode))
            return redirect(request, "mail_filter", slug=request.organization.slug, whose=whose)
    context = {
        "mailbox": mailbox,
        "whose": whose,
        "count": len(current.entries),
        "replaces": request.POST.get("how") == "replace",
        "trouble": trouble,
        "wrong": found.wrong[:MAX_WRONG] if found else (),
        "wrong_count": len(found.wrong) if found else 0,
        "more_count": max(0, len(found.wrong) - MAX_WRONG) if found else 0,
    }
    return render(request, "ticketing/filter_import.html", context, status=422 if request.method == "POST" else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def copy_filter(request: OrganizationRequest, mailbox_id: int) -> HttpResponse:
    """What every other mailbox has and would have; posted, they have the filter of this one."""
    mailbox = mailbox_or_404(mailbox_id)
    if request.method != "POST":
        targets = targets_of(mailbox)
        context = {
            "mailbox": mailbox,
            "filter": stored(mailbox),
            "targets": targets,
            "change_count": sum(target.changes for target in targets),
        }
        return render(request, "ticketing/filter_copying.html", context)
    try:
        copy = copy_to_all(mailbox, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    else:
        toast_on_next_page(request, _copied_words(copy))
    return redirect(request, "mail_filter", slug=request.organization.slug, whose=mailbox.pk)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def undo_filter_copy(request: OrganizationRequest, copy_id: int) -> HttpResponse:
    """The other mailboxes have their former filters, except where somebody changed one since."""
    copy: FilterCopy = get_object_or_404(FilterCopy, pk=copy_id)
    try:
        undone = undo_copy(copy, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="info")
    else:
        words = ngettext(
            "%(n)d mailbox has its former filter.", "%(n)d mailboxes have their former filter.", undone.restored
        )
        said = words % {"n": undone.restored}
        if undone.kept:
            kept = ngettext(
                "%(n)d was changed since and is left.", "%(n)d were changed since and are left.", undone.kept
            )
            said = f"{said} {kept % {'n': undone.kept}}"
        toast_on_next_page(request, said)
    return redirect(request, "mail_filter", slug=request.organization.slug, whose=copy.source_id)


def _uploaded(request: OrganizationRequest) -> tuple[str, ReadList | None]:
    """What is wrong with the file as a whole, and what is in it."""
    file = request.FILES.get("file")
    if file is None:
        return _("Choose a file."), None
    if (file.size or 0) > MAX_FILE_BYTES:
        return _("The file is larger than 2 MB."), None
    found = read_list(file.read())
    if not found.entries and not found.wrong:
        return _("The file holds no entry."), None
    return "", found


def _take(request: OrganizationRequest, mailbox: Mailbox | None, current: FilterInput, entries: Sequence[Entry]) -> int:
    """The entries are in the filter; gives how many were not in it before."""
    kept = () if request.POST.get("how") == "replace" else current.entries
    save_filter(mailbox, replace(current, entries=[*kept, *entries]), actor=request.membership)
    return len(set(entries) - set(current.entries))


def _imported_words(count: int, mode: FilterMode) -> str:
    words = ngettext("%(n)d new entry is in the filter.", "%(n)d new entries are in the filter.", count) % {"n": count}
    if mode is FilterMode.EVERYTHING:
        words = f"{words} {_('It still accepts everything: choose what the entries mean.')}"
    return words


def _copied_words(copy: FilterCopy | None) -> str:
    if copy is None:
        return _("All other mailboxes have this filter already.")
    count = len(copy.before)
    words = ngettext("%(n)d mailbox has this filter now.", "%(n)d mailboxes have this filter now.", count)
    return words % {"n": count}
