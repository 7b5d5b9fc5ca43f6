"""A mailbox that is being set up: taking it up where it stands. What its steps share."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from helpdesk.accounts.access import OrganizationRequest, requires
from helpdesk.accounts.capabilities import Capability
from helpdesk.web.rendering import redirect
from helpdesk.web.toasts import toast_on_next_page
from mailboxes.models import Mailbox
from mailboxes.services.setup.drafts import NoDraft
from mailboxes.views.lookup import mailbox_or_404
from mailboxes.wizard import LAYOUT, Step, is_read, stands_at, url_of, wizard_of

P = ParamSpec("P")
LATER = "later"  # what the button says that leaves the wizard


def of_draft(
    view: Callable[Concatenate[OrganizationRequest, Mailbox, P], HttpResponse],
) -> Callable[..., HttpResponse]:
    """The view is given the draft. Of one that was finished or deleted meanwhile it is said, on the list."""

    @wraps(view)
    def wrapper(request: OrganizationRequest, mailbox_id: int, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        mailbox = mailbox_or_404(mailbox_id, with_deleted=True)
        try:
            if mailbox.is_draft and mailbox.deleted_at is None:
                return view(request, mailbox, *args, **kwargs)
            words = _over(mailbox)
        except NoDraft as gone:
            words = gone.sentence
        toast_on_next_page(request, words, tone="info")
        return redirect(request, "mailboxes", slug=request.organization.slug)

    return wrapper


def around(request: OrganizationRequest, step: Step, draft: Mailbox) -> dict[str, Any]:
    """What the page of a step needs besides its own: the list beside it, and the draft."""
    return {"layout": LAYOUT, "mailbox": draft, "wizard": wizard_of(step, draft, slug=request.organization.slug)}


def to_step(request: OrganizationRequest, step: Step, draft: Mailbox) -> HttpResponse:
    """On to the page of this step."""
    return redirect(request, url_of(step, draft, slug=request.organization.slug))


def leave(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """To the list, where the draft waits."""
    toast_on_next_page(request, _("%(name)s is kept, to be finished later.") % {"name": draft.name})
    return redirect(request, "mailboxes", slug=request.organization.slug)


@require_safe
@requires(Capability.MANAGE_CHANNELS)
@of_draft
def take_up(request: OrganizationRequest, draft: Mailbox) -> HttpResponse:
    """To the step at which the draft stands."""
    return to_step(request, stands_at(draft), draft)


def _over(mailbox: Mailbox) -> str:
    if mailbox.deleted_at is not None:
        return _("%(name)s was deleted.") % {"name": mailbox.name}
    if not is_read(mailbox):
        words = _("%(name)s is set up already. If nobody saw its secret address, make a new one on its page.")
        return words % {"name": mailbox.name}
    return _("%(name)s is set up already.") % {"name": mailbox.name}
