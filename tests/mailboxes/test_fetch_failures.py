"""Messages that a server cannot give, or that are too large: a verdict each, and the rest goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock, files
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Outcome
from mailboxes.services.reading.retrying import NothingToFetch, fetch_again
from tests.mailboxes.account import mail, words
from ticketing.services.waiting_notices import QUARANTINED

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.mark.req("F1", "F3", "F9", "F52")
def test_a_message_the_server_cannot_give_fails_after_three_tries_and_stops_no_other(fake: Any) -> None:
    fake.connect()
    bad = fake.source.put(mail(1))
    fake.source.put(mail(2))
    fake.source.messages[bad].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False, detail="index broken")
    first = fake.poll()
    assert (first.stored, first.failed, fake.outcomes()) == (1, 0, [("1", "pending"), ("2", "pending")])
    fake.poll()
    assert fake.poll().failed == 1
    sighting = fake.sightings()[0]
    assert sighting.outcome == Outcome.FAILED
    assert words(sighting) == "The server did not give it: “index broken”. Tried 3 times; in quarantine."
    fake.poll()
    assert fake.source.fetched.count("1") == 3


@pytest.mark.req("F3")
def test_what_could_not_be_fetched_is_tried_again_with_each_reconciliation(fake: Any, settings: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
    for _ in range(3):
        fake.poll()
    fake.source.messages[number].error = None
    settings.RECONCILE_S = 0
    assert (fake.poll().stored, fake.outcomes()) == (1, [("1", "pending")])


@pytest.mark.req("F9", "F52")
@pytest.mark.parametrize(("reason", "tries"), [(Reason.MESSAGE_UNREADABLE, 3), (Reason.TOO_LARGE, 1)])
def test_what_could_not_be_fetched_is_told_once_and_anew_when_somebody_retried_it(
    fake: Any, people: Any, settings: Any, mailoutbox: Any, reason: Reason, tries: int
) -> None:
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    mailbox = fake.connect()
    fake.source.messages[fake.source.put(mail(1))].error = ConnectorError(reason, permanent=False)
    fake.source.fetch_headers = lambda _ids: {}

    def told() -> int:
        with organization_scope(fake.organization.id):
            return AuditEntry.objects.filter(action=QUARANTINED).count()

    for _ in range(tries - 1):
        fake.poll()
    assert told() == 0
    fake.poll()
    assert told() == 1
    with clock.held_at(clock.now() + timedelta(hours=1)):
        fake.poll()  # reconciles, which makes it wait again
        fake.poll()
        assert (told(), fake.source.fetched.count("1"), fake.outcomes()) == (1, tries + 1, [("1", "failed")])
        drains.drain_now(WorkKind.NOTIFY)
        with organization_scope(fake.organization.id):
            fetch_again(fake.sightings()[0])
        for _ in range(tries):
            fake.poll()
        assert told() == 2
    [notice] = mailoutbox
    assert notice.subject == "1 mail is in quarantine"
    assert f"{mailbox.name}: 1" in notice.body
    assert sorted(notice.bcc) == ["adam@fernhollow.test", "olive@fernhollow.test"]


def test_trouble_with_the_server_as_a_whole_counts_against_no_message(fake: Any) -> None:
    fake.connect()
    fake.source.put(mail(1))
    fake.source.fetch_trouble = ConnectorError(Reason.THROTTLED, permanent=False)
    assert fake.poll().errors == fake.poll().errors == ["throttled"]
    assert fake.sightings()[0].fetch_attempts == 0
    fake.source.fetch_trouble = None
    assert fake.poll().stored == 1


def test_a_person_may_ask_for_a_failed_message_once(fake: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_UNREADABLE, permanent=False)
    for _ in range(3):
        fake.poll()
    fake.source.messages[number].error = None
    with organization_scope(fake.organization.id):
        fetch_again(fake.sightings()[0])
        with pytest.raises(NothingToFetch):
            fetch_again(fake.sightings()[0])
    assert fake.poll().stored == 1


def test_a_message_that_is_gone_before_the_download_has_a_verdict(fake: Any) -> None:
    fake.connect()
    number = fake.source.put(mail(1))
    fake.source.messages[number].error = ConnectorError(Reason.MESSAGE_GONE, permanent=True)
    fake.poll()
    assert [(row.outcome, row.reason_code) for row in fake.sightings()] == [("ignored", "gone")]


@pytest.mark.req("F23", "F26")
def test_of_a_message_too_large_the_header_is_kept_with_the_claimed_size(fake: Any) -> None:
    fake.connect(max_message_bytes=1000)
    fake.source.put(mail(1, body="x" * 5000))
    fake.poll()
    raw = fake.sightings()[0].raw
    assert (raw.is_header_only, raw.size_bytes) == (True, len(mail(1, body="x" * 5000)))
    assert files.read(raw.storage_key).endswith(b"Message-ID: <mail-1@example.org>\r\n\r\n")
