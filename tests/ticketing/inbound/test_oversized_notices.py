"""Who can fetch the whole of a large mail hears that only its headers came: once for a mailbox, while nobody looks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from mailboxes.models import Mailbox, RawMessage
from mailboxes.services.reading.whole_requests import ask_for_whole
from tests.factories.incoming import make_mail, receive, receive_head
from tests.factories.outgoing import make_mailbox
from ticketing.models import Message, Ticket
from ticketing.services.oversized_notices import OVERSIZED, REPEATED_AFTER
from ticketing.services.reading import mark_read
from ticketing.services.waiting_notices import DELAY

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("F26")]


@pytest.fixture
def later(settings: Any) -> Any:
    """The moment when a notice of now is due; notices leave through the operator's own server."""
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return clock.now() + DELAY + timedelta(seconds=5)


def told(moment: Any) -> None:
    with clock.held_at(moment):
        drains.drain_now(WorkKind.NOTIFY)


def times_noted() -> int:
    return AuditEntry.objects.filter(action=OVERSIZED).count()


def test_one_mail_tells_the_admins_of_all_with_a_link_to_each(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    for sender in ("anna@customer.test", "ben@customer.test"):
        receive_head(support, make_mail(sender=sender, subject="Scan of a secret"))
    RawMessage.objects.update(size_bytes=80_000_000)  # as the server claimed
    told(later)
    [mail] = mailoutbox
    assert (mail.subject, sorted(mail.bcc)) == (
        f"2 mails too large for {support.name}",
        ["adam@fernhollow.test", "olive@fernhollow.test"],
    )
    links = [f"/tickets/{message.ticket.number}/#message-{message.pk}\n" for message in Message.objects.all()]
    said = [*links, "#1, 76.3", "anna@customer.test", "ben@customer.test", "Fetch now", "at most 50.0"]
    assert [words for words in said if words not in mail.body] == []
    assert "Scan of a secret" not in mail.body


def test_while_nobody_looks_no_second_mail_tells_of_the_same_mailbox_within_a_day(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    receive_head(support, make_mail())
    told(later)
    with clock.held_at(later + timedelta(hours=3)):
        receive_head(support, make_mail())
        assert times_noted() == 1
        receive_head(make_mailbox(address="other@fernhollow.test", name="Other"), make_mail())
        assert times_noted() == 2
    with clock.held_at(later + REPEATED_AFTER):
        receive_head(support, make_mail())
    assert times_noted() == 3


@pytest.mark.parametrize(("who", "times"), [("admin", 2), ("agent", 1)])
def test_once_somebody_who_can_fetch_has_looked_the_next_one_is_told_again(
    support: Mailbox, people: Any, later: Any, who: str, times: int
) -> None:
    receive_head(support, make_mail())
    mark_read(Ticket.objects.get(), reader=getattr(people, who))
    with clock.held_at(later):
        receive_head(support, make_mail())
    assert times_noted() == times


def test_nobody_is_told_of_what_was_asked_for_meanwhile(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    sighting = receive_head(support, make_mail())
    ask_for_whole(sighting.raw, actor=people.admin)
    told(later)
    assert mailoutbox == []


def test_ordinary_mail_and_history_tell_nobody(support: Mailbox, people: Any) -> None:
    whole = make_mail()
    receive(support, whole)
    head = make_mail().partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    receive(support, head, is_header_only=True, size_bytes=80_000_000, is_history=True)
    assert times_noted() == 0
