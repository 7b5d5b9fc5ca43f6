"""Whether the mailboxes are read at all: the switch, pauses, outages, the time between looks."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.web.moments import when_words
from mailboxes.models import HealthSpan
from mailboxes.queries.mailbox_list import MailboxState
from mailboxes.services.liveness.health import interval_s
from ticketing.queries.whereabouts import Findings
from ticketing.whereabouts.lines import MAX_NAMED, Line, Reader, State, joined, judged, names


def switch(known: Findings, reader: Reader) -> Line:
    """The organization's switch between mail and tickets."""
    links = reader.link(_("Email to ticket"), "mail_switch")
    if known.takes_mail:
        return Line("switch", State.CLEAR, _("Email to ticket is on"), links=links)
    text = _("No mailbox is read. Mail waits on its servers and becomes tickets once it is on again.")
    if known.tells_while_off:
        text = _("New mail opens no ticket: it stands in the inbound log as ignored, and its sender is told.")
    return Line("switch", State.CAUSE, _("Email to ticket is off for the whole organization"), text, links)


def paused(known: Findings, reader: Reader) -> Line:
    """The switch of each mailbox."""
    hit = [box for box in known.boxes if not box.mailbox.is_enabled]
    if not hit:
        return Line("paused", State.CLEAR, _("No mailbox is paused"))
    text = _("Mail waits on the server and becomes tickets once it is resumed.")
    title = _("Paused: %(names)s") % {"names": names(hit)}
    return judged(Line("paused", State.CAUSE, title, text, reader.links(hit, "mailbox_health")), hit, known.boxes)


def away(known: Findings, reader: Reader) -> Line:
    """Mailboxes that cannot be read: unreachable, asked to wait, not signed in."""
    hit = [box for box in known.boxes if box.mailbox.is_enabled and (box.error or box.tone == "bad")]
    if not hit:
        return Line("away", State.CLEAR, _("No mailbox fails to be read"))
    title = _("Cannot be read: %(names)s") % {"names": names(hit)}
    text = joined(hit, lambda box: f"{box.mailbox.name}: {box.error or box.health}")
    return judged(Line("away", State.CAUSE, title, text, reader.links(hit, "mailbox_health")), hit, known.boxes)


def outages(known: Findings, reader: Reader) -> Line:
    """When mailboxes could not be read, and can be again: what came meanwhile stands in the log with a later time."""
    if not known.outages:
        return Line("outages", State.CLEAR, _("No outage about then") if known.question.at else _("No outage lately"))
    spans = known.outages
    hit = [box for box in known.boxes if any(span.mailbox_id == box.mailbox.pk for span in spans)]
    said = [_outage(span) for span in spans[:MAX_NAMED]]
    text = " ".join([*said, _("What came meanwhile was brought in afterwards: look for a later time, too.")])
    title = _("Was not read for a while: %(names)s") % {"names": names(hit)}
    return Line("outages", State.OPEN, title, text, reader.links(hit, "mailbox_health"))


def _outage(span: HealthSpan) -> str:
    until = when_words(span.until_at) if span.until_at else ""
    said = {"name": span.mailbox.name, "state": span.get_state_display(), "since": when_words(span.from_at)}
    return _("%(name)s: %(state)s from %(since)s to %(until)s.") % {**said, "until": until}


def delay(known: Findings, reader: Reader) -> Line:
    """Whether each mailbox was looked at since the mail was sent."""
    polled = [box for box in known.boxes if box.is_polled]
    if not polled:
        return Line("delay", State.CLEAR, _("Mail is brought here: no server is asked at intervals"))
    at, links = known.question.at, reader.links(polled, "mailbox_health")
    text = joined(polled, _looks)
    hit = [box for box in polled if not box.last_success_at or (at and box.last_success_at < at)]
    if hit:
        title = _("Not looked at since then: %(names)s") if at else _("Not looked at yet: %(names)s")
        line = Line("delay", State.CAUSE, title % {"names": names(hit)}, text, links)
        return judged(line, hit, known.boxes)
    if at is None:
        return Line("delay", State.OPEN, _("Newer than the last look at the mailbox?"), text, links)
    return Line("delay", State.CLEAR, _("Looked at since then"), text, links)


def _looks(box: MailboxState) -> str:
    """When the mailbox was looked at, and when it will be."""
    last, following = box.last_success_at, box.next_try_at
    said = [
        _("last look %(time)s") % {"time": when_words(last)} if last else _("no look yet"),
        *([_("next look %(time)s") % {"time": when_words(following)}] if following else []),
        _every(interval_s(box.mailbox)),
        *([str(box.real_time.word)] if box.real_time else []),
    ]
    return _("%(name)s: %(said)s.") % {"name": box.mailbox.name, "said": ", ".join(said)}


def _every(seconds: int) -> str:
    if seconds % 60:
        return ngettext("every %(n)d second", "every %(n)d seconds", seconds) % {"n": seconds}
    return ngettext("every %(n)d minute", "every %(n)d minutes", seconds // 60) % {"n": seconds // 60}
