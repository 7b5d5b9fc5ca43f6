"""Admins hear of mail that waits for them: all of it, and not of each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from helpdesk.accounts.models import AuditEntry, Team
from helpdesk.lib import clock
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Mailbox, Outcome
from tests.factories.held import hold
from tests.factories.incoming import make_mail, process_due, store
from tests.factories.outgoing import make_mailbox
from ticketing.services.mail_orders import discard
from ticketing.services.waiting_notices import DELAY, HELD, note_waiting

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def later(settings: Any) -> Any:
    """The moment when a notice of now is due; notices leave through the operator's own server."""
    settings.EMAIL_URL = "smtp://127.0.0.1"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    return clock.now() + DELAY + timedelta(seconds=5)


@pytest.mark.req("F52")
def test_held_mail_is_told_once_and_with_what_came_until_then(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    for number in range(3):
        hold(support, subject=f"Mail {number}")
        note_waiting(HELD, mailbox_id=support.pk)
    assert WorkItem.objects.filter(kind=WorkKind.NOTIFY).count() == 1
    with clock.held_at(later):
        drains.drain_now(WorkKind.NOTIFY)
        [mail] = mailoutbox
        note_waiting(HELD, mailbox_id=support.pk)
    assert mail.subject == "3 mails are held for review"
    assert [words in mail.body for words in (f"{support.name}: 3", "/inbound-log/")] == [True] * 2
    assert sorted(mail.bcc) == ["adam@fernhollow.test", "olive@fernhollow.test"]
    assert AuditEntry.objects.filter(action=HELD).count() == 2


@pytest.mark.req("F9")
def test_mail_in_quarantine_is_told(support: Mailbox, people: Any, later: Any, mailoutbox: Any) -> None:
    store(support, make_mail())
    WorkItem.objects.update(attempts=3)
    process_due()
    with clock.held_at(later):
        drains.drain_now(WorkKind.NOTIFY)
    assert [mail.subject for mail in mailoutbox] == ["1 mail is in quarantine"]


def test_a_step_that_holds_tells_the_admins(support: Mailbox, people: Any, monkeypatch: Any) -> None:
    from ticketing.inbound import process
    from ticketing.inbound.decisions import Decision, Reason

    held = Decision(outcome=Outcome.HELD, reason=Reason.NOT_ALLOWED, data={"of_all": True})
    monkeypatch.setattr(process, "decide", lambda *_args: (held, ("ignore_unlisted",)))
    raw = store(support, make_mail())
    process_due()
    raw.refresh_from_db()
    assert raw.state == "done"
    assert raw.sightings.get().outcome == Outcome.HELD
    assert AuditEntry.objects.filter(action=HELD).count() == 1


@pytest.mark.req("F52")
def test_the_team_of_the_mailbox_is_told_of_its_mail_alone(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    team = Team.objects.create(name="Repairs")
    team.members.set(
        [people.agent, people.viewer, people.admin],
        through_defaults={"organization_id": support.organization_id},
    )
    support.team = team
    support.save()
    other = make_mailbox(address="other@fernhollow.test", name="Other")
    for mailbox in (support, other, support):
        hold(mailbox)
        note_waiting(HELD, mailbox_id=mailbox.pk)
    with clock.held_at(later):
        drains.drain_now(WorkKind.NOTIFY)
    to_all, to_team = sorted(mailoutbox, key=lambda mail: -len(mail.bcc))
    assert (to_team.bcc, to_team.subject) == ([people.agent.user.email], "2 mails are held for review")
    said = ["put it into a ticket", "the team Repairs", "/inbound-log/?outcome=held"]
    assert [words for words in said if words not in to_team.body] == []
    assert ("Other" in to_team.body, "Other: 1" in to_all.body) == (False, True)


def test_nobody_is_told_of_what_was_seen_to_meanwhile(
    support: Mailbox, people: Any, later: Any, mailoutbox: Any
) -> None:
    discard(hold(support), actor=people.admin)
    note_waiting(HELD, mailbox_id=support.pk)
    with clock.held_at(later):
        drains.drain_now(WorkKind.NOTIFY)
    assert mailoutbox == []


def test_the_rail_says_it_to_owners_while_it_waits(support: Mailbox, people: Any, client: Any) -> None:
    link = "/o/fernhollow/inbound-log/?outcome=held"
    page = "/o/fernhollow/views/all-open/"
    hold(support)
    seen = {}
    for who in ("admin", "agent", "viewer"):
        client.force_login(getattr(people, who).user)
        seen[who] = link in client.get(page).content.decode()
    assert seen == {"admin": True, "agent": False, "viewer": False}
    team = Team.objects.create(name="Repairs")
    team.members.add(people.agent, through_defaults={"organization_id": support.organization_id})
    Mailbox.objects.update(team=team)
    client.force_login(people.agent.user)
    assert link in client.get(page).content.decode()
