"""Whose mail is let in: who may open tickets and add to them, and what loop protection stops."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from helpdesk.lib import clock
from helpdesk.web.moments import when_words
from mailboxes.queries.mailbox_list import MailboxState
from ticketing.inbound.floods import STRANGERS, Stop, keys_of
from ticketing.inbound.writers import WriterRules, is_listed
from ticketing.models import Openers, Updaters
from ticketing.queries.whereabouts import Findings
from ticketing.reason_links import ALL
from ticketing.whereabouts.lines import MAX_NAMED, Line, Link, Reader, State, judged, names


def may_open(known: Findings, reader: Reader) -> Line:
    """Mailboxes where not everybody may open tickets."""
    rules, sender = known.writers, known.question.sender
    nobody = [box for box in known.boxes if rules[box.mailbox.pk].openers is Openers.NOBODY]
    some = [box for box in known.boxes if _may_not(rules[box.mailbox.pk], sender)]
    text = _("Such a mail stands in the inbound log as held, rejected or ignored. Answers to tickets are not meant.")
    if nobody:
        title = _("Nobody may open tickets by mail: %(names)s") % {"names": names(nobody)}
        line = Line("may_open", State.CAUSE, title, text, _links(known, nobody, reader))
        return judged(line, nobody, known.boxes)
    if some:
        title = _("Not everybody may open tickets: %(names)s") % {"names": names(some)}
        return Line("may_open", State.OPEN, title, text, _links(known, some, reader))
    is_limited = any(each.openers is Openers.LISTED for each in rules.values())
    proof = _("Its domain is listed. That counts as far as the mail server proves that the mail comes from there.")
    return Line("may_open", State.CLEAR, _("Its sender may open tickets in every mailbox"), proof if is_limited else "")


def _may_not(rules: WriterRules, sender: str) -> bool:
    """Whether that depends on more than the sender's domain."""
    return rules.openers is Openers.LISTED and not (sender and is_listed(sender, rules.domains))


def may_add(known: Findings, reader: Reader) -> Line:
    """Mailboxes where not everybody who has a ticket's mail may answer it."""
    hit = [box for box in known.boxes if known.writers[box.mailbox.pk].updaters is not Updaters.TOKEN]
    if not hit:
        return Line("may_add", State.CLEAR, _("Whoever answers a mail of a ticket adds to it"))
    title = _("Not everybody may add to tickets: %(names)s") % {"names": names(hit)}
    text = _("If it was an answer: the history of its ticket tells of it, and the inbound log says what became of it.")
    return Line("may_add", State.OPEN, title, text, _links(known, hit, reader))


def _links(known: Findings, boxes: Sequence[MailboxState], reader: Reader) -> list[Link]:
    """Where it is set, each place once."""
    found = [
        link
        for box in boxes[:MAX_NAMED]
        for of_all in (known.writers[box.mailbox.pk].of_all,)
        for link in reader.link(
            _("All mailboxes") if of_all else box.mailbox.name, "writers", whose=ALL if of_all else str(box.mailbox.pk)
        )
    ]
    return list(dict.fromkeys(found))


def stopped(known: Findings, reader: Reader) -> Line:
    """Mail that loop protection stops now."""
    found = {box.mailbox.pk: _stop(known, box) for box in known.boxes}
    hit = [box for box in known.boxes if found[box.mailbox.pk] is not None]
    stops = [stop for stop in found.values() if stop is not None]
    if not stops:
        return _strangers_stopped(known, reader)
    title = _("Stopped, because it was more than is ordinary: %(names)s") % {"names": names(hit)}
    until = _("It stands in the inbound log as Loop stopped, and such mail is stopped until %(time)s.")
    text = until % {"time": when_words(max(stop.until for stop in stops))}
    links = reader.link(_("Loop protection"), "loops")
    return judged(Line("stopped", State.CAUSE, title, text, links), hit, known.boxes)


def _strangers_stopped(known: Findings, reader: Reader) -> Line:
    """Where nothing else stops it: whether it may be stopped since its sender, who was not said, is nobody known."""
    stop = known.floods.stops.get(STRANGERS)
    if known.question.sender or stop is None or not stop.stands(clock.now()):
        return Line("stopped", State.CLEAR, _("Loop protection stops no such mail"))
    text = _("If its sender is no known contact, it stands in the inbound log as Loop stopped, until %(time)s.")
    links = reader.link(_("Loop protection"), "loops")
    title = _("Mail of unknown senders is stopped, because it was more than is ordinary")
    return Line("stopped", State.OPEN, title, text % {"time": when_words(stop.until)}, links)


def _stop(known: Findings, box: MailboxState) -> Stop | None:
    """What stops mail of this sender to the mailbox, or whatever opens a ticket there."""
    sender, limits = known.question.sender, known.floods
    strangers = (STRANGERS,) if sender and known.is_stranger else ()
    key = limits.standing((*keys_of(sender, box.mailbox.pk), *strangers), at=clock.now())
    return limits.stops[key] if key is not None else None
