"""The folder where the provider puts spam: looked into where that is possible, else said to be looked into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from helpdesk.accounts.capabilities import Capability, can
from helpdesk.lib import clock
from helpdesk.web.moments import when_words
from mailboxes.connectors.errors import Reason
from mailboxes.connectors.junk import JunkFound, JunkMail, JunkQuery
from mailboxes.health_words import cause_words
from mailboxes.queries.mailbox_list import MailboxState
from mailboxes.services.reading.junk_looks import JunkLook, forget_look, has_junk, look_into_junk
from ticketing.queries.whereabouts import AROUND, RECENTLY, Findings, Question
from ticketing.whereabouts.lines import Line, Link, Reader, State, joined

MAX_LOOKED_INTO = 5  # mailboxes, each with a sign-in of its own
_SUBJECT_CHARS = 80


def looks_into_junk(
    question: Question, boxes: Sequence[MailboxState], reader: Reader, *, is_again: bool = False
) -> Mapping[int, JunkLook]:
    """By mailbox what is known by now; looks begin where nobody has looked lately. None for who may not, or too many.

    is_again: what was found before does not count.
    """
    query, meant = _query(question), _with_junk(boxes)
    if query is None or len(meant) > MAX_LOOKED_INTO or not can(reader.member, Capability.MANAGE_CHANNELS):
        return {}
    for box in meant if is_again else ():
        forget_look(box.mailbox, query)
    return {box.mailbox.pk: look_into_junk(box.mailbox, query) for box in meant}


def junk(known: Findings, reader: Reader) -> Line:
    """What lies there; where it was not looked into, who does it and how."""
    looks = known.junk
    if not looks:
        return _unseen(known, reader)
    if any(look.is_running for look in looks.values()):
        title = _("Looking into the folder for spam at the provider")
        return Line("junk", State.OPEN, title, _("This takes some seconds."), is_live=True)
    links = [*_again(known.question, reader), *reader.links(_with_junk(known.boxes), "edit_mailbox")]
    found = {pk: look.found for pk, look in looks.items() if look.found is not None}
    polled = [box for box in known.boxes if box.is_polled]
    said = [said for box in polled if (said := _said(box, looks.get(box.mailbox.pk)))]
    number = sum(len(each.mails) for each in found.values())
    if number:
        return Line("junk", State.CAUSE, _put_there(found, number), f"{' '.join(said)} {_advice(number)}", links)
    if len(found) < len(polled):
        title = _("The folder for spam could not be looked into everywhere")
        return Line("junk", State.OPEN, title, " ".join(said), links)
    return Line("junk", State.CLEAR, _("Nothing of this sender lies in the folder for spam"), " ".join(said), links)


def _query(question: Question) -> JunkQuery | None:
    """The same for some time, so that a look is found again; None where no sender is named."""
    if not question.sender:
        return None
    if question.at is not None:
        return JunkQuery(question.sender, since=question.at - AROUND, before=question.at + AROUND)
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return JunkQuery(question.sender, since=today - RECENTLY, before=today + timedelta(days=1))


def _with_junk(boxes: Sequence[MailboxState]) -> list[MailboxState]:
    return [box for box in boxes if has_junk(box.mailbox)]


def _unseen(known: Findings, reader: Reader) -> Line:
    polled = [box for box in known.boxes if box.is_polled]
    said = [joined(polled, _read_folder), _("The provider may have put it into Junk, or a rule of it elsewhere.")]
    title = _("Look in the Junk folder yourself: it is not read from here")
    text = " ".join([*said, _how(known, reader)]).strip()
    return Line("junk", State.OPEN, title, text, reader.links(polled, "edit_mailbox"))


def _how(known: Findings, reader: Reader) -> str:
    """What would have it looked into from here."""
    meant = _with_junk(known.boxes)
    if not meant:
        return _("Over POP3 a provider shows no folder but the inbox: sign in on its own pages.") if known.boxes else ""
    if not can(reader.member, Capability.MANAGE_CHANNELS):
        return _("Who manages mailboxes has it looked into from this page.")
    if not known.question.sender:
        return _("Enter the sender’s whole address, and it is looked into from here.")
    return _("Choose the mailbox it was sent to, and its folder is looked into from here.")


def _read_folder(box: MailboxState) -> str:
    said = {"address": box.mailbox.address, "folder": box.mailbox.folder}
    return _("%(address)s: only the folder %(folder)s is read.") % said


def _put_there(found: Mapping[int, JunkFound], number: int) -> str:
    folder = next(each.folder for each in found.values() if each.mails)
    if any(each.has_more for each in found.values()):
        words = _("The provider put more than %(n)d mails of this sender into %(folder)s")
    else:
        words = ngettext(
            "The provider put %(n)d mail of this sender into %(folder)s",
            "The provider put %(n)d mails of this sender into %(folder)s",
            number,
        )
    return words % {"n": number, "folder": folder}


def _advice(number: int) -> str:
    return ngettext(
        "Move it to the inbox there, and tell the provider that it is no spam. It comes with the next look.",
        "Move them to the inbox there, and tell the provider that they are no spam. They come with the next look.",
        number,
    )


def _said(box: MailboxState, look: JunkLook | None) -> str:
    """What the look into one mailbox gave; "" for nothing."""
    name = box.mailbox.name
    if look is None:
        return _("%(name)s shows no folder but the inbox.") % {"name": name}
    if look.found is not None:
        mails = ", ".join(_mail(each) for each in look.found.mails)
        return f"{name}: {mails}." if mails else ""
    if look.reason == Reason.FOLDER_NOT_FOUND:
        return _("%(name)s has no folder for spam.") % {"name": name}
    return f"{name}: {cause_words(look.reason)}"


def _mail(mail: JunkMail) -> str:
    subject = mail.subject[:_SUBJECT_CHARS] or _("(no subject)")
    return f"“{subject}” ({when_words(mail.received_at)})" if mail.received_at else f"“{subject}”"


def _again(question: Question, reader: Reader) -> list[Link]:
    asked = {"q": question.text, "at": question.at_text, "mailbox": question.mailbox_id or "", "again": 1}
    url = reverse("where_is_my_mail", kwargs={"slug": reader.member.organization.slug})
    return [Link(_("Look again"), f"{url}?{urlencode(asked)}")]
