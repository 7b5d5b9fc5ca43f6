"""End-to-end tests: a marked mail by the mailbox's real way, followed by rows that its real way writes.

    started ─▶ outbox ─▶ accepted ─▶ the real poll lists and stores it ─▶ intake judges it as real mail, keeps nothing

Nothing of a test lives in a process: whoever dies on the way, another goes on, and every page shows the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import formats
from django.utils.translation import gettext as _

from helpdesk.accounts.models import Membership
from helpdesk.accounts.services import audit
from helpdesk.lib import clock
from helpdesk.lib.errors import DomainError
from mailboxes.models import (
    Cause,
    EndToEndTest,
    FilingState,
    Mailbox,
    OutgoingServer,
    RawMessage,
    RecipientKind,
    RemoteMessage,
)
from mailboxes.services.sending.check_mail import CheckMark, check_mail_to, line_by_hand, name_in_id
from mailboxes.services.sending.outbox import NewMail, queue
from mailboxes.services.sending.outgoing_servers import server_for

ONE_AT_A_TIME_FOR = timedelta(minutes=2)  # then another may be started beside one that has not ended
KEPT = 20  # tests of a mailbox
WHOLE_LETTERS = "Grüße, Ærø, Łódź, Ελλάδα, 東京, ✓"


@transaction.atomic
def start_end_to_end(mailbox: Mailbox, *, actor: Membership | None, by_hand: bool = False) -> EndToEndTest:
    """A test of the mailbox is under way: the one that is already, or a new one.

    Without an outgoing server, and with by_hand, a person sends the mail: any mail with the line in `text`.
    Needs the scope. Raises DomainError: switched_off, paused, not_yet, sending_paused, and those of the outbox.
    """
    Mailbox.objects.select_for_update().get(pk=mailbox.pk)  # two who begin at once get one test
    server = None if by_hand else server_for(mailbox)
    refuse_what_cannot_arrive(mailbox, server=server)
    running = _running(mailbox, by_hand=server is None)
    if running is not None:
        return running
    test = _by_hand(mailbox) if server is None else _sent(mailbox, server)
    test.started_by = actor
    test.save()
    _forget_old(mailbox)
    if actor is not None:
        audit.record("mailbox.end_to_end_tested", target=mailbox, actor=actor, changes={})
    return test


def refuse_what_cannot_arrive(mailbox: Mailbox, *, server: OutgoingServer | None) -> None:
    """Raises DomainError where a mail that is sent now would not be taken, or would not leave."""
    if not mailbox.organization.reads_mail:
        words = _("Email to ticket is switched off, so no mail is taken. Switch it on, then test.")
        raise DomainError(words, code="switched_off")
    if not mailbox.is_enabled:
        words = _("The mailbox is paused or was never started, so its mail is not taken. Start it, then test.")
        raise DomainError(words, code="paused")
    if mailbox.start_at is not None and mailbox.start_at > clock.now():
        day = formats.date_format(mailbox.start_at.date())
        words = _("The mailbox takes mail only from its start date on, %(day)s. Change the date, or test then.")
        raise DomainError(words % {"day": day}, code="not_yet")
    if server is not None and server.paused_at is not None:
        words = _("Sending through %(server)s is paused: its sign-in was refused. Mend that, then test.")
        raise DomainError(words % {"server": server.label}, code="sending_paused")


def end_to_end_named(message_id: str, *, marks: Iterable[CheckMark], at: datetime) -> str:
    """The name of the test that a mail is of, whatever became of its From; "" for none.

    message_id: without brackets; where a server has written another one, a second mark tells. at: when it was received.
    """
    name = name_in_id(message_id)
    if name and EndToEndTest.objects.filter(name=name, message_id=message_id).exists():
        return name
    for mark in marks:
        test = EndToEndTest.objects.filter(name=mark.name).first()
        if test is not None and mark.is_of(test.address, at=at):
            return mark.name
    return ""


def note_verdict(name: str, *, raw_id: int, verdict: Mapping[str, object]) -> None:
    """What the mail of the test of this name would have become; the first in its own mailbox counts.

    raw_id: of the stored mail. Inside the caller's transaction.
    """
    test = EndToEndTest.objects.filter(name=name).first()
    raw = RawMessage.objects.filter(id=raw_id).only("mailbox_id").first()
    if test is None or raw is None:
        return
    is_own = raw.mailbox_id == test.mailbox_id
    if test.judged_at is not None and (not is_own or test.came_to_itself):
        return
    test.sighting = RemoteMessage.objects.filter(raw_id=raw_id).order_by("id").first()
    test.judged_at, test.verdict = clock.now(), dict(verdict)
    test.save(update_fields=["sighting", "judged_at", "verdict"])


def _running(mailbox: Mailbox, *, by_hand: bool) -> EndToEndTest | None:
    begun = EndToEndTest.objects.filter(mailbox=mailbox, judged_at=None, started_at__gt=clock.now() - ONE_AT_A_TIME_FOR)
    own = begun.filter(message_id="") if by_hand else begun.exclude(message_id="")
    return own.order_by("-started_at").first()


def _by_hand(mailbox: Mailbox) -> EndToEndTest:
    name, line = line_by_hand(mailbox.address)
    return EndToEndTest(mailbox=mailbox, started_at=clock.now(), name=name, address=mailbox.address, text=line)


def _sent(mailbox: Mailbox, server: OutgoingServer) -> EndToEndTest:
    subject = _("Postroom – end-to-end test of this mailbox")
    text = _("Postroom follows this mail on its way out and in again, up to where real mail becomes a ticket.")
    text = f"{text}\n\n{WHOLE_LETTERS}"
    address = mailbox.address
    message_id, content = check_mail_to(address, sender=address, subject=subject, text=text)
    mail = NewMail(
        mailbox=mailbox,
        server=server,
        content=content,
        message_id=message_id,
        subject=subject,
        mail_from=address,
        recipients=[(RecipientKind.TO, address)],
        cause=Cause.NOTICE,
        cause_id="",
        ticket_id=None,
        send_after=clock.now(),
    )
    outbox = queue(mail)
    outbox.filing = FilingState.NONE
    outbox.save(update_fields=["filing"])
    return EndToEndTest(
        mailbox=mailbox,
        started_at=clock.now(),
        name=name_in_id(message_id),
        address=address,
        message_id=message_id,
        subject=subject,
        text=text,
        outbox=outbox,
    )


def _forget_old(mailbox: Mailbox) -> None:
    """Nothing is kept beyond the last ones; a mail that comes so late is a strange mail's business."""
    kept = EndToEndTest.objects.filter(mailbox=mailbox).order_by("-started_at", "-id").values_list("id", flat=True)
    EndToEndTest.objects.filter(id__in=list(kept[KEPT:])).delete()
