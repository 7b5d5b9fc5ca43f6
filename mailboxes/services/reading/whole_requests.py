"""A person asks for the whole of a message that was larger than its mailbox takes."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import Mailbox, RawMessage, RemoteMessage, WholeFetch, WholeFetchState
from mailboxes.queries.whole_fetches import hindrance_of
from mailboxes.services.reading import whole_states
from mailboxes.services.setup.mailboxes import ask_poll_now


class CannotFetchWhole(DomainError):
    """As things stand the whole message cannot be had."""

    code = "cannot_fetch_whole"


@transaction.atomic
def ask_for_whole(raw: RawMessage, *, actor: Membership) -> bool:
    """A poll brings the message down whatever its mailbox's limit; False if somebody had asked for it already.

    Needs the organization's scope. Raises CannotFetchWhole with what stands in the way and what to do about it.
    """
    known = WholeFetch.objects.filter(raw=raw).first()
    if known is not None and known.state != WholeFetchState.FAILED:
        return False
    mailbox = Mailbox.objects.get(id=raw.mailbox_id)
    hindrance = hindrance_of(raw, mailbox=mailbox)
    if hindrance:
        raise CannotFetchWhole(str(hindrance))
    if not _wish(raw, known, actor=actor):
        return False
    _audit(raw, actor=actor)
    ask_poll_now(mailbox)
    return True


def _wish(raw: RawMessage, known: WholeFetch | None, *, actor: Membership) -> bool:
    """The message is wanted; False if it is by now: of two people who ask at once, one is the second."""
    values = {"requested_by": actor, "requested_at": clock.now(), "attempts": 0, "reason_code": "", "detail": ""}
    if known is not None:
        return whole_states.move(known.pk, to=WholeFetchState.REQUESTED, **values)
    try:
        with transaction.atomic():
            WholeFetch.objects.create(raw=raw, mailbox_id=raw.mailbox_id, changed_at=clock.now(), **values)
    except IntegrityError:
        return False
    return True


def _audit(raw: RawMessage, *, actor: Membership) -> None:
    numbers = RemoteMessage.objects.filter(raw=raw, resighting_of=None).order_by("id")
    number = numbers.values_list("remote_id", flat=True).first()
    label = _("Message %(number)s") % {"number": number} if number else _("Mail %(id)s") % {"id": raw.pk}
    audit.record(
        "mail.whole_requested", target=raw, actor=actor, label=label, changes={"size_bytes": (None, raw.size_bytes)}
    )
