"""The list of contacts; the card of one: its addresses, tickets and groups; and two contacts that are one person."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib.errors import DomainError
from helpdesk.lib.text import clean_line
from helpdesk.web.rendering import page_or_part, redirect
from helpdesk.web.toasts import toast_on_next_page
from ticketing.forms.contacts import AddressForm
from ticketing.models import ContactAddress
from ticketing.queries import people
from ticketing.queries.contact_list import ContactFilter, contacts_page, groups_to_choose
from ticketing.queries.contacts import ContactCard, contact_card
from ticketing.services.contact_addresses import AddressTaken, add_address, merge_contacts, remove_address


@require_safe
@requires(Capability.VIEW_TICKETS)
def contact_list(request: OrganizationRequest) -> HttpResponse:
    """A page of all contacts, or of those that fit `?q=`, `?company=` and `?group=`."""
    asked = request.GET
    wanted = ContactFilter(clean_line(asked.get("q", ""))[:200], _id(asked.get("company")), _id(asked.get("group")))
    context = {
        "wanted": wanted,
        "page": contacts_page(wanted, cursor=asked.get("cursor", "")),
        "companies": people.companies() if request.organization.serves_companies else [],
        "groups": groups_to_choose(),
        "may_manage": can(request.membership, Capability.MANAGE_CHANNELS),
    }
    return page_or_part(request, "ticketing/contacts.html", "ticketing/_contacts.html", context)


def _id(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 19 else None


@require_safe
@requires(Capability.VIEW_TICKETS)
def contact(request: OrganizationRequest, contact_id: int) -> HttpResponse:
    """The card."""
    return _page(request, _card_or_404(request, contact_id), AddressForm())


@require_POST
@requires(Capability.WORK_TICKETS)
def new_contact_address(request: OrganizationRequest, contact_id: int) -> HttpResponse:
    """The contact has one more address; one of another contact leads to the question whether the two are one."""
    card, form = _card_or_404(request, contact_id), AddressForm(request.POST)
    if form.is_valid():
        try:
            added = add_address(card.contact, form.cleaned_data["address"], actor=request.membership)
        except AddressTaken as taken:
            slug, other_id = request.organization.slug, taken.other.pk
            return redirect(request, "merge_contacts", slug=slug, contact_id=contact_id, other_id=other_id)
        except DomainError as refused:
            form.add_error("address", refused.sentence)
        else:
            toast_on_next_page(request, _("Mail from %(address)s is theirs from now on.") % {"address": added.address})
            return redirect(request, "contact", slug=request.organization.slug, contact_id=contact_id)
    return _page(request, card, form, status=422)


@require_POST
@requires(Capability.WORK_TICKETS)
def removed_contact_address(request: OrganizationRequest, contact_id: int, address_id: int) -> HttpResponse:
    """The contact has the address no more."""
    row: ContactAddress = get_object_or_404(ContactAddress, pk=address_id, contact_id=contact_id)
    remove_address(row, actor=request.membership)
    words = _("%(address)s is removed. Who writes from it is a new contact.") % {"address": row.address}
    toast_on_next_page(request, words)
    return redirect(request, "contact", slug=request.organization.slug, contact_id=contact_id)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Capability.WORK_TICKETS)
def merging(request: OrganizationRequest, contact_id: int, other_id: int) -> HttpResponse:
    """What the other contact would bring along; posted, the two are one."""
    card, other = _card_or_404(request, contact_id), _card_or_404(request, other_id)
    if request.method != "POST":
        return render(request, "ticketing/contact_merging.html", {"card": card, "other": other})
    try:
        merged = merge_contacts(card.contact, other=other.contact, actor=request.membership)
    except DomainError as refused:
        toast_on_next_page(request, refused.sentence, tone="bad")
    else:
        words = ngettext(
            "One contact now, with %(n)d more ticket.", "One contact now, with %(n)d more tickets.", merged.tickets
        )
        toast_on_next_page(request, words % {"n": merged.tickets})
    return redirect(request, "contact", slug=request.organization.slug, contact_id=contact_id)


def _card_or_404(request: OrganizationRequest, contact_id: int) -> ContactCard:
    card = contact_card(contact_id, actor=request.membership)
    if card is None:
        raise Http404
    return card


def _page(request: OrganizationRequest, card: ContactCard, form: AddressForm, *, status: int = 200) -> HttpResponse:
    context = {
        "card": card,
        "form": form,
        "may_work": can(request.membership, Capability.WORK_TICKETS),
        "may_manage": can(request.membership, Capability.MANAGE_CHANNELS),
    }
    return render(request, "ticketing/contact.html", context, status=status)
