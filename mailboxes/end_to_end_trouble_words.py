"""What is wrong where an end-to-end test stands, and what to check there, most likely first."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from mailboxes.connectors.registry import traits_of
from mailboxes.health_words import error_words
from mailboxes.models import DeliveryState
from mailboxes.outbox_words import reason_words
from mailboxes.queries.end_to_end import Leg, Progress, Standing
from mailboxes.services.sending.outgoing_servers import server_for
from mailboxes.verdict_words import verdict_words

Check = tuple[str, str]  # a sentence, and the page where that is; "" for none


@dataclass(frozen=True)
class Trouble:
    """Why the mail is not further."""

    text: str
    causes: tuple[Check, ...] = ()
    server_words: str = ""


def trouble_of(leg: Leg, progress: Progress) -> Trouble:
    """Why the mail has not come past this part of its way."""
    if leg is Leg.SEND:
        return _not_sent(progress)
    if leg is Leg.ARRIVE:
        return _not_arrived(progress)
    if progress.standing is Standing.FAILED and progress.sighting is not None:
        sighting = progress.sighting
        words = verdict_words(sighting.reason_code, sighting.reason_data)
        return Trouble(words or str(sighting.get_outcome_display()), ((_("See it in the inbound log."), ""),))
    return Trouble(_("It is stored, and waits to be processed."), (_workers(),))


def server_name(progress: Progress) -> str:
    """Through which server the mail leaves or left."""
    server = progress.recipient.outbox.outgoing if progress.recipient else None
    server = server or server_for(progress.mailbox)
    return server.label if server else ""


def _not_sent(progress: Progress) -> Trouble:
    recipient = progress.recipient
    outbox = (_("Look at it in the outbox."), _url("outbox", progress))
    server = (_("Check the outgoing server, and test it there."), _form(progress))
    if recipient is None:
        return Trouble(_("It is gone from the outbox."), (server,))
    if recipient.state == DeliveryState.UNKNOWN:
        return Trouble(_("A worker died while sending: whether the server took it is not known."), (outbox,))
    why = str(reason_words(recipient.reason, recipient.detail, server=recipient.outbox.outgoing))
    if progress.standing is Standing.FAILED:
        return Trouble(why or _("It did not leave."), (server, outbox), recipient.detail)
    if why:
        return Trouble(why, (server, outbox, _workers()), recipient.detail)
    return Trouble(_("It waits in the outbox, and nobody has tried to send it."), (_workers(), outbox))


def _not_arrived(progress: Progress) -> Trouble:
    mailbox = progress.mailbox
    health = _url("mailbox_health", progress, mailbox_id=mailbox.pk)
    if not traits_of(mailbox.connection.kind).is_polled:
        forwarding = (_("Does the provider forward mail to this address here?"), _form(progress))
        return Trouble(_("It has left, and nobody has brought it here."), (forwarding, *_on_the_way(progress)))
    if mailbox.failures_in_row:
        words = _("It has left, and the mailbox cannot be read. %(why)s") % {"why": error_words(mailbox)}
        return Trouble(words, ((_("See what to check, on the page of health."), health),), mailbox.error_detail)
    if not progress.was_polled_since:
        seen = (_("See when it was checked last, on the page of health."), health)
        return Trouble(_("It has left, and the mailbox has not been checked since."), (_workers(), seen))
    words = _("It has left, and is not in %(folder)s, which was checked since.") % {"folder": mailbox.folder}
    return Trouble(words, _on_the_way(progress))


def _on_the_way(progress: Progress) -> tuple[Check, ...]:
    """Where a mail can be that a server took and nobody has seen since."""
    values = {"address": progress.mailbox.address, "folder": progress.mailbox.folder}
    return (
        (_("Look for it among spam and in the quarantine of the provider."), ""),
        (_("Is %(address)s an address of the account that is read?") % values, _form(progress)),
        (_("Does a rule at the provider move it elsewhere than to %(folder)s, or forward it?") % values, ""),
        (_("Some servers let a first mail wait some minutes. It is followed for an hour; look in again."), ""),
    )


def _workers() -> Check:
    return _("Do the workers run? Whoever runs the installation sees it with manage.py doctor."), ""


def _form(progress: Progress) -> str:
    return _url("edit_mailbox", progress, mailbox_id=progress.mailbox.pk)


def _url(name: str, progress: Progress, **values: int) -> str:
    return reverse(name, kwargs={"slug": progress.mailbox.organization.slug, **values})
