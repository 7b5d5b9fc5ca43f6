"""The words of automatic answers: one page for each text, with a preview."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.accounts.forms.refusals import show_refusal
from helpdesk.lib.errors import DomainError
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.answering.previews import preview_of
from ticketing.answering.texts import words_for
from ticketing.answering.vocabulary import KNOWN, MEANINGS
from ticketing.forms.answers import AnswerTextForm
from ticketing.forms.languages import language_name
from ticketing.mail.language import LANGUAGES
from ticketing.mail.rich_text import plain_text
from ticketing.models import AnswerText, TextKind
from ticketing.services.answer_texts import Place, TextInput, remove_text, save_text, tidy_text
from ticketing.views.filters import owner_or_404

ANY = "any"


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.MANAGE_CHANNELS)
def answer_text(request: OrganizationRequest, whose: str, kind: str, language: str = "") -> HttpResponse:
    """A text; posted, answers say it from now on, or with `preview` it is shown as it would leave."""
    place, rows = _place_or_404(whose, kind, language)
    row = next((each for each in rows if each.language == place.language), None) if language else None
    offered = [place.language] if language else _free(rows)
    if request.method != "POST":
        begin = words_for([place.kind], mailbox_id=place.mailbox.pk if place.mailbox else None, language=place.language)
        shown = AnswerTextForm.of(row, built_in=TextInput(begin.subject, begin.html), languages=offered)
        return _page(request, place, shown, row=row)
    form = AnswerTextForm(request.POST, languages=offered)
    if form.is_valid():
        place = place if language else Place(place.mailbox, place.kind, form.cleaned_data["language"])
        try:
            if "preview" in request.POST:
                return _page(request, place, form, tidied=tidy_text(place.kind, form.to_input()), row=row)
            save_text(place, form.to_input(), version=form.cleaned_data["version"], actor=request.membership)
        except (ValidationError, DomainError) as refused:
            show_refusal(form, refused)
        else:
            return _done(request, place, _("Saved. Answers from now on say it."))
    return _page(request, place, form, row=row)


@require_POST
@requires(Capability.MANAGE_CHANNELS)
def answer_text_removal(request: OrganizationRequest, whose: str, kind: str, language: str) -> HttpResponse:
    """The text is gone; answers say what they say without it."""
    place, _rows = _place_or_404(whose, kind, language)
    remove_text(place, actor=request.membership)
    return _done(request, place, _("Removed. Answers say what they say without it."))


def _place_or_404(whose: str, kind: str, language: str) -> tuple[Place, list[AnswerText]]:
    """The place, and every text of its mailbox and kind. Raises Http404."""
    mailbox = owner_or_404(whose)
    if kind not in TextKind.values or (language and language != ANY and language not in LANGUAGES):
        raise Http404
    place = Place(mailbox, TextKind(kind), "" if language == ANY else language)
    return place, list(AnswerText.objects.filter(mailbox=mailbox, kind=kind))


def _free(rows: list[AnswerText]) -> list[str]:
    taken = {row.language for row in rows}
    return [code for code in LANGUAGES if code not in taken]


def _done(request: OrganizationRequest, place: Place, sentence: str) -> HttpResponse:
    toast_on_next_page(request, sentence)
    slug = request.organization.slug
    if place.mailbox is None:
        return redirect(request, "automatic_answers", slug=slug)
    return redirect(request, "mailbox_answers", slug=slug, mailbox_id=place.mailbox.pk)


def _page(
    request: OrganizationRequest,
    place: Place,
    form: AnswerTextForm,
    *,
    tidied: TextInput | None = None,
    row: AnswerText | None = None,
) -> HttpResponse:
    html = form["html"].value() or ""
    context: dict[str, Any] = {
        "form": form,
        "place": place,
        "mailbox": place.mailbox,
        "row": row,
        "language_name": language_name(place.language),
        "as_text": plain_text(html),
        "placeholders": [(f"{{{{ {name} }}}}", words) for name, words in MEANINGS.items() if name in KNOWN[place.kind]],
        "preview": preview_of(tidied, place=place, organization=request.organization) if tidied else None,
    }
    status = 422 if form.errors else 200
    return page_or_part(request, "ticketing/answer_text.html", "ticketing/_answer_text.html", context, status=status)
