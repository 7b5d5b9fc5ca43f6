"""What was set to keep mail out: filters, answers only, the start date."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from helpdesk.web.moments import when_words
from mailboxes.models import ExistingMail
from mailboxes.queries.mailbox_list import MailboxState
from ticketing.inbound.filtering import Filter, Filtered, Verdict
from ticketing.inbound.policy.filters import entry_data
from ticketing.models.automatic import NewMail
from ticketing.models.filters import FilterMode
from ticketing.queries.whereabouts import Findings
from ticketing.reason_links import ALL, filter_address
from ticketing.reason_words import entry_words
from ticketing.whereabouts.lines import MAX_NAMED, Line, Link, Reader, State, judged, names


def filtered(known: Findings, reader: Reader) -> Line:
    """What the filters of each mailbox make of a mail with this sender, or this subject."""
    mail = Filtered(sender=known.question.sender, subject=known.question.subject, text="")
    verdicts = [(box, verdict) for box in known.boxes if (verdict := _verdict(known, box, mail)) is not None]
    if not verdicts:
        return _passed(known, mail)
    box, verdict = verdicts[0]
    whose = ALL if verdict.of_all else str(box.mailbox.pk)
    links = reader.link(_("Open the filter"), "mail_filter", whose=whose)
    entry = verdict.hit.entry if verdict.hit else None
    marked = [Link(link.words, filter_address(link.url, entry_data(entry) if entry else {})) for link in links]
    title = _said(verdict, box)
    text = _("Such a mail stands in the inbound log as ignored; nobody is answered.")
    return judged(Line("filter", State.CAUSE, title, text, marked), [each for each, _verdict in verdicts], known.boxes)


def _verdict(known: Findings, box: MailboxState, mail: Filtered) -> Verdict | None:
    filters = known.filters[box.mailbox.pk]
    verdict = filters.ignore(mail)
    if verdict is None and mail.sender and (verdict := filters.refuse(mail)) is not None:
        refusing = filters.of_all if verdict.of_all else filters.of_mailbox
        return None if _looks_further(refusing) else verdict
    return verdict


def _passed(known: Findings, mail: Filtered) -> Line:
    each = [one for filters in known.filters.values() for one in (filters.of_all, filters.of_mailbox)]
    if any(_looks_further(one) or (one.mode is not FilterMode.EVERYTHING and not mail.sender) for one in each):
        text = _("Filters also look at words, headers or the sender, which are not known without the mail.")
        return Line("filter", State.OPEN, _("No filter decides by what was entered alone"), text)
    return Line("filter", State.CLEAR, _("No filter keeps it out"))


def _looks_further(one: Filter) -> bool:
    """True if the sender alone does not tell what the filter does."""
    return bool(one.words or one.headers)


def _said(verdict: Verdict, box: MailboxState) -> str:
    whose = {"name": _("all mailboxes") if verdict.of_all else box.mailbox.name}
    if verdict.hit is None:
        return _("The filter of %(name)s allows new mail of other senders only") % whose
    entry = entry_words({**entry_data(verdict.hit.entry), "place": verdict.hit.place})
    return _("The filter of %(name)s ignores %(entry)s") % {**whose, "entry": entry}


def automatic(known: Findings, reader: Reader) -> Line:
    """Classes of automatic mail that are ignored: the log has such a mail, and says which header showed it."""
    ignored = [kind for kind, rule in known.automatic.items() if rule.new == NewMail.IGNORE]
    if not ignored:
        return Line("automatic", State.CLEAR, _("Automatic mail opens tickets, too"))
    classes = ", ".join(str(kind.label) for kind in ignored)
    text = _("Ignored, if it belongs to no ticket: %(classes)s. Such a mail stands in the inbound log.")
    links = reader.link(_("Automatic mail"), "automatic_mail")
    return Line("automatic", State.OPEN, _("Written by a program?"), text % {"classes": classes}, links)


def answers_only(known: Findings, reader: Reader) -> Line:
    """Mailboxes that open no tickets."""
    hit = [box for box in known.boxes if box.mailbox.answers_only]
    if not hit:
        return Line("answers_only", State.CLEAR, _("New mail opens tickets in every mailbox"))
    title = _("Takes answers only: %(names)s") % {"names": names(hit)}
    text = _("Mail that belongs to no ticket opens none; the inbound log shows it as ignored.")
    return judged(Line("answers_only", State.CAUSE, title, text, reader.links(hit, "edit_mailbox")), hit, known.boxes)


def started(known: Findings, reader: Reader) -> Line:
    """Mail of before the start date, or of before the mailbox was connected."""
    at = known.question.at
    floors = {box.mailbox.pk: _floor(box) for box in known.boxes}
    bounded = [box for box in known.boxes if floors[box.mailbox.pk] is not None]
    if not bounded:
        return Line("start", State.CLEAR, _("Mail of any age is imported"))
    text = " ".join(_begins(box, floors[box.mailbox.pk]) for box in bounded[:MAX_NAMED])
    links = reader.links(bounded, "edit_mailbox")
    if at is None:
        return Line("start", State.OPEN, _("Older than the start of the mailbox?"), text, links)
    hit = [box for box in bounded if (floor := floors[box.mailbox.pk]) is not None and at < floor]
    if not hit:
        return Line("start", State.CLEAR, _("Newer than the start of the mailbox"), text, links)
    title = _("Older than the start of the mailbox: %(names)s") % {"names": names(hit)}
    return judged(Line("start", State.CAUSE, title, text, links), hit, known.boxes)


def _floor(box: MailboxState) -> datetime | None:
    mailbox = box.mailbox
    connected = mailbox.connected_at if mailbox.existing_mail == ExistingMail.IGNORE and box.is_polled else None
    return max((moment for moment in (mailbox.start_at, connected) if moment is not None), default=None)


def _begins(box: MailboxState, floor: datetime | None) -> str:
    when = when_words(floor) if floor else ""
    return _("%(name)s leaves alone what came before %(time)s.") % {"name": box.mailbox.name, "time": when}
