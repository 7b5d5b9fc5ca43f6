"""What ends soon is told 30, 7 and 1 days before, once each, whatever dies or steps on the way."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail as operators_mail
from django.test import Client

from helpdesk.accounts.models import AuditEntry
from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import ExpiryWarning, Mailbox, OAuthGrant
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 1)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@contextmanager
def on(day: int) -> Iterator[None]:
    """It is noon, so many days after TODAY."""
    with clock.held_at(NOON + timedelta(days=day)):
        yield


def look(day: int = 0) -> None:
    """The workers have looked at what ends, and sent what is to be sent, on that day."""
    with on(day):
        work.enqueue_standing(WorkKind.FORECAST)
        WorkItem.objects.filter(kind=WorkKind.FORECAST).update(
            due_at=clock.now(), set_at=clock.now(), leased_until=None
        )
        drains.drain_now(WorkKind.FORECAST)
        drains.drain_now(WorkKind.NOTIFY)


def subjects() -> list[str]:
    return [mail.subject for mail in operators_mail.outbox]


def told(fake: Any) -> list[int]:
    """How many days were left at each warning so far."""
    with organization_scope(fake.organization.id):
        entries = AuditEntry.objects.filter(action="mailbox.expires_soon").order_by("id")
        return [entry.changes["days"][1] for entry in entries]


@pytest.fixture
def admin(people: Any) -> Client:
    """A browser in which the admin is signed in."""
    browser = Client()
    browser.force_login(people.admin.user)
    return browser


@pytest.fixture
def secret(fake: Any, people: Any) -> Any:
    """A mailbox whose app has a client secret; its end is set by the test."""
    with on(0):
        mailbox = fake.connect(name="Orders")

    def ends_in(days: int, **values: Any) -> Mailbox:
        with organization_scope(fake.organization.id):
            fields = {"provider": "microsoft", "flow": "app", "client_secret_ends_on": TODAY + timedelta(days=days)}
            OAuthGrant.objects.update_or_create(connection=mailbox.connection, defaults=fields | values)
        return mailbox

    return ends_in


@pytest.mark.both
@pytest.mark.req("F58")
def test_a_secret_that_ends_is_told_30_7_and_1_days_before_once_each(fake: Any, secret: Any) -> None:
    secret(40)
    for day in (0, 9, 10, 11, 20, 33, 33, 34, 38, 39, 39, 40, 41, 60):
        look(day)
    assert told(fake) == [30, 7, 1]
    assert subjects() == ["Orders: The client secret ends on 10 April 2026."] * 3
    assert operators_mail.outbox[0].bcc == ["adam@fernhollow.test", "olive@fernhollow.test"]
    assert "Make a new secret at the provider" in operators_mail.outbox[0].body


@pytest.mark.both
def test_what_was_not_looked_at_in_time_is_told_at_once_and_only_the_nearest(fake: Any, secret: Any) -> None:
    secret(5)
    look(0)
    assert told(fake) == [5]
    look(4)
    assert told(fake) == [5, 1]


@pytest.mark.both
def test_a_secret_that_was_replaced_is_forgotten_and_told_of_again_when_its_own_end_comes_near(
    fake: Any, secret: Any, fernhollow: Any
) -> None:
    secret(1)
    look()
    secret(200)
    look()
    with organization_scope(fernhollow.id):
        assert not ExpiryWarning.objects.exists()
    look(170)
    assert told(fake) == [1, 30]


@pytest.mark.both
def test_a_mailbox_that_was_deleted_warns_no_more(fake: Any, secret: Any, fernhollow: Any) -> None:
    secret(20)
    look()
    fake.set(deleted_at=NOON)
    look(15)
    assert told(fake) == [20]
    with organization_scope(fernhollow.id):
        assert not ExpiryWarning.objects.exists()


@pytest.mark.both
def test_a_worker_killed_before_it_committed_tells_once_when_another_takes_over(
    fake: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(7)

    def die(name: str) -> None:
        if name == "forecast.told":
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(faults, "point", die)
        with pytest.raises(KeyboardInterrupt):
            look()
    assert told(fake) == []
    assert not WorkItem.objects.filter(kind=WorkKind.NOTIFY).exists()
    look()
    look()
    assert told(fake) == [7]
    assert len(subjects()) == 1


@pytest.mark.both
def test_a_worker_killed_between_the_warning_and_its_mail_leaves_the_mail_due(
    fake: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(7)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(
            "mailboxes.services.liveness.notifying._sent", lambda _mail: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        look()
    assert (told(fake), subjects()) == ([7], [])
    WorkItem.objects.filter(kind=WorkKind.NOTIFY).update(due_at=NOON, leased_until=None)
    look()
    assert (told(fake), len(subjects())) == ([7], 1)


def test_a_mail_that_may_have_been_sent_already_goes_out_under_the_same_message_id(
    fake: Any, secret: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret(7)
    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(
            "mailboxes.services.liveness.notifying.work.finish", lambda _claim: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        look()
    WorkItem.objects.filter(kind=WorkKind.NOTIFY).update(due_at=NOON, leased_until=None)
    look()
    first, again = operators_mail.outbox
    assert first.extra_headers["Message-ID"] == again.extra_headers["Message-ID"] != ""


@pytest.mark.both
def test_a_clock_that_ran_ahead_and_was_set_right_tells_the_later_steps_in_their_time(fake: Any, secret: Any) -> None:
    secret(20)
    look(0)
    look(19)
    look(1)
    look(2)
    assert told(fake) == [20, 1]
    look(13)
    look(19)
    assert told(fake) == [20, 1, 7, 1]


@pytest.mark.both
def test_a_clock_that_is_set_back_by_a_day_tells_nothing_again(fake: Any, secret: Any) -> None:
    secret(7)
    look(0)
    look(-1)
    look(0)
    assert told(fake) == [7]


def test_mailboxes_that_share_what_ends_are_named_in_one_warning(fake: Any, secret: Any, fernhollow: Any) -> None:
    mailbox = secret(7)
    with organization_scope(fernhollow.id):
        Mailbox.objects.create(connection=mailbox.connection, name="Billing", address="billing@fernhollow.test")
    look()
    assert subjects() == ["Billing, Orders: The client secret ends on 8 March 2026."]


def test_each_organization_hears_of_its_own_alone(fake: Any, secret: Any, people: Any) -> None:
    secret(7)
    look()
    with organization_scope(people.stranger.organization_id):
        assert not AuditEntry.objects.filter(action="mailbox.expires_soon").exists()
    assert WorkItem.objects.filter(kind=WorkKind.FORECAST).count() == 2


@pytest.mark.both
@pytest.mark.req("S4.58")
def test_the_list_the_page_and_the_next_page_of_whoever_manages_channels_say_it(
    fake: Any, secret: Any, people: Any, admin: Client
) -> None:
    with on(0):
        mailbox = secret(7)
        fake.poll()
    look(0)
    with on(0):
        page = admin.get(MAILBOXES).content.decode()
        assert "Expires soon</span>" in page
        assert page.count("The client secret ends on 8 March 2026.") == 2  # banner and toast
        assert '"stat__value">1 <small>of 1 active' in page
        again = admin.get(MAILBOXES).content.decode()
        assert again.count("The client secret ends on 8 March 2026.") == 1
        health = admin.get(f"{MAILBOXES}{mailbox.pk}/health/").content.decode()
        assert "7 days left" in health
        assert "enter it here with its end" in admin.get(f"{MAILBOXES}{mailbox.pk}/").content.decode()
        agent = Client()
        agent.force_login(people.agent.user)
        assert "client secret" not in agent.get("/o/fernhollow/views/needs-reply/").content.decode()
    look(6)
    with on(6):
        assert "Orders: The client secret" in admin.get("/o/fernhollow/views/needs-reply/").content.decode()


def test_a_sign_in_in_use_is_never_near_its_end(fake: Any, secret: Any) -> None:
    secret(0, flow="user", provider="other", state="alive", refresh_lifetime_days=7, client_secret_ends_on=None)
    for day in range(5):
        secret(
            0,
            flow="user",
            provider="other",
            state="alive",
            refresh_lifetime_days=7,
            client_secret_ends_on=None,
            refreshed_at=NOON + timedelta(days=day),
        )
        look(day)
    assert told(fake) == []
    look(11)
    assert told(fake) == [0]


@pytest.mark.both
def test_a_refused_grant_is_told_once_on_the_next_page_and_so_is_its_return(
    fake: Any, secret: Any, admin: Client, fernhollow: Any
) -> None:
    secret(400, account="anna@fernhollow.test", state="dead", state_reason="grant_dead", outage_notified_at=NOON)
    assert "No access to anna@fernhollow.test any more" in admin.get(MAILBOXES).content.decode()
    assert "No access to anna" not in admin.get(MAILBOXES).content.decode()
    secret(400, state="alive", state_reason="", outage_notified_at=None)
    assert "Access to anna@fernhollow.test works again" in admin.get(MAILBOXES).content.decode()
    assert "works again" not in admin.get(MAILBOXES).content.decode()
