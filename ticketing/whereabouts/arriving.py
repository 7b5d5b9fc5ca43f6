"""What the inbound log knows of the mail, and where on a server it can lie that is not read."""

from __future__ import annotations

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from mailboxes.models import AfterImportChoice, Outcome, RemoteMessage
from mailboxes.queries.mailbox_list import MailboxState
from ticketing.queries.whereabouts import Findings
from ticketing.reason_words import reason_words
from ticketing.whereabouts.lines import Line, Link, Reader, State, joined

_IN_A_TICKET = frozenset({Outcome.CREATED, Outcome.ADDED})


def logged(known: Findings, reader: Reader) -> Line:
    """The verdict on what was found: of the newest that is in no ticket, else of the newest."""
    if not known.found:
        text = _("Whatever a mailbox shows us stands in the log with its verdict: this mail was not shown to us.")
        return Line("log", State.OPEN, _("Nothing in the inbound log matches"), text)
    kept = _kept_out(known)
    row = (kept or list(known.found))[0]
    outcome = {"outcome": row.get_outcome_display(), "reason": reason_words(row)}
    title = _("In the inbound log: %(outcome)s. %(reason)s") % outcome
    return Line("log", State.CAUSE if kept else State.CLEAR, title, _count(known), _links(row, reader))


def _kept_out(known: Findings) -> list[RemoteMessage]:
    """What is in no ticket, without copies of what is: one mail sent to two mailboxes is two messages of the log."""
    here = {row.message_id for row in known.found if row.outcome in _IN_A_TICKET and row.message_id}
    return [row for row in known.found if row.outcome not in _IN_A_TICKET and row.message_id not in here]


def _count(known: Findings) -> str:
    if known.has_more:
        return _("More than %(n)d messages match; say about when it came to see fewer.") % {"n": len(known.found)}
    number = len(known.found)
    return ngettext("%(n)d message matches.", "%(n)d messages match.", number) % {"n": number}


def _links(row: RemoteMessage, reader: Reader) -> Sequence[Link]:
    slug = reader.member.organization.slug
    number: int | None = row.ticket_number  # type: ignore[attr-defined]  # annotated by log_rows
    entry = Link(_("Open the entry"), reverse("inbound_log_entry", kwargs={"slug": slug, "entry_id": row.pk}))
    if number is None:
        return [entry]
    words = _("Ticket #%(number)s") % {"number": number}
    return [Link(words, reverse("ticket", kwargs={"slug": slug, "number": number})), entry]


def doubled(known: Findings, reader: Reader) -> Line:
    """Mail that was taken for one that is here already."""
    again = [row for row in _kept_out(known) if row.outcome == Outcome.DUPLICATE]
    if again:
        text = reason_words(again[0])
        return Line("duplicate", State.CAUSE, _("It was here already"), text, _links(again[0], reader))
    renumbered = sum(known.seen_again.values())
    text = (
        ngettext(
            "%(n)d time one of them was seen again under another number on the server; it counts once.",
            "%(n)d times one of them was seen again under another number on the server; it counts once.",
            renumbered,
        )
        % {"n": renumbered}
        if renumbered
        else ""
    )
    return Line("duplicate", State.CLEAR, _("Nothing that matches was taken for a duplicate"), text)


def moved(known: Findings, reader: Reader) -> Line:
    """Mailboxes whose imported mail leaves the folder."""
    hit = [box for box in known.boxes if box.mailbox.takes_mail_away]
    if not hit:
        return Line("moved", State.CLEAR, _("Imported mail stays in its folder on the server"))
    title = _("Imported mail leaves its folder on the server")
    text = joined(hit, _goes) + " " + _("Whoever misses it there finds it in its ticket, or in the inbound log.")
    return Line("moved", State.OPEN, title, text, reader.links(hit, "edit_mailbox"))


def _goes(box: MailboxState) -> str:
    name, days = box.mailbox.name, box.mailbox.after_import_days
    if box.mailbox.after_import == AfterImportChoice.MOVE:
        return _("%(name)s: moved to %(folder)s.") % {"name": name, "folder": box.mailbox.after_import_folder}
    words = ngettext("%(name)s: deleted after %(n)d day.", "%(name)s: deleted after %(n)d days.", days)
    return words % {"name": name, "n": days}


def elsewhere(known: Findings, reader: Reader) -> Line:
    """Mail that went to no mailbox of ours."""
    addresses = joined(known.boxes, lambda box: ", ".join([box.mailbox.address, *box.mailbox.aliases]), ", ")
    text = _("Ask the sender to which address it went, and whether it came back. Those read here: %(addresses)s.")
    links = reader.link(_("Connect a mailbox"), "connect_mailbox")
    title = _("Sent to another address, or returned?")
    return Line("elsewhere", State.OPEN, title, text % {"addresses": addresses}, links)
