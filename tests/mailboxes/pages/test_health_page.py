"""The page of one mailbox's health, and what the list says of each mailbox while it is looked at."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import GrantState, HealthSpan, Mailbox, OAuthGrant
from mailboxes.services.setup.drafts import finish_draft
from mailboxes.services.setup.mailboxes import pause_mailbox, resume_mailbox
from tests.accounts.counting import queries_of
from tests.factories.mailboxes import PASSWORD
from tests.mailboxes.account import mail
from tests.mailboxes.pages.entering import MAILBOXES

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
XSS = "<img src=x onerror=alert(1)>"
REFUSED = ConnectorError(Reason.LOGIN_REFUSED, permanent=True, detail=f"NO {XSS} invalid credentials")


def fail(fake: Any, error: ConnectorError = REFUSED, *, times: int = 2) -> None:
    fake.source.trouble = error
    for _ in range(times):
        fake.poll()


def heal(fake: Any) -> None:
    fake.source.trouble = None
    fake.poll()


def health(client: Client, fake: Any, **headers: str) -> str:
    return client.get(f"{MAILBOXES}{fake.mailbox_id}/health/", headers=headers).content.decode()


def shown(client: Client) -> list[str]:
    """The columns of the only mailbox in the list, from its last sync on."""
    return re.findall(r'class="mbox__v[^>]*>(.*?)</div>', client.get(MAILBOXES).content.decode())


def items(page: str) -> list[str]:
    """The lines of the ordered list of what to check."""
    ordered = page.partition("What to check, most likely first")[2].partition("</ol>")[0]
    return re.findall(r"<li>(?:<a [^>]*>)?([^<]+)", ordered)


@pytest.mark.both
@pytest.mark.req("S4.54", "S4.55", "S4.57", "S4.63")
def test_a_mailbox_that_is_down_shows_cause_beginning_tries_next_try_and_what_to_check(
    fake: Any, admin: Client
) -> None:
    fake.connect(name="Repairs")
    heal(fake)
    fail(fake, times=14)
    for page in (admin.get(MAILBOXES).content.decode(), health(admin, fake)):
        for words in ("Unreachable", "refuses the username or password", "14 tries so far", "Since", "next"):
            assert words in page
        assert "<img src=x" not in page
    assert f"{MAILBOXES}{fake.mailbox_id}/health/" in admin.get(MAILBOXES).content.decode()
    page = health(admin, fake)
    assert "What the server said" in page
    assert items(page)[0].startswith("Username and password are right")
    assert items(page)[1].startswith("It worked before")
    assert f'href="{MAILBOXES}{fake.mailbox_id}/#id_username"' in page


@pytest.mark.parametrize(
    ("reason", "first"),
    [
        (Reason.NAME_NOT_FOUND, "The server name is right."),
        (Reason.TIMEOUT, "No firewall or proxy is in between."),
        (Reason.LOGIN_DISABLED, "IMAP is switched on for the account."),
        (Reason.TLS_FAILED, "Port and security belong together"),
    ],
)
@pytest.mark.req("S4.63")
def test_the_list_of_what_to_check_begins_with_what_the_cause_points_at(
    fake: Any, admin: Client, reason: Reason, first: str
) -> None:
    fake.connect()
    fail(fake, ConnectorError(reason, permanent=False))
    assert items(health(admin, fake))[0].startswith(first)
    assert len(items(health(admin, fake))) == 6


@pytest.mark.req("S4.63")
def test_an_account_that_signs_in_with_tokens_is_told_of_its_sign_in_and_no_password(
    fake: Any, admin: Client, fernhollow: Any
) -> None:
    mailbox = fake.connect()
    with organization_scope(fernhollow.id):
        OAuthGrant.objects.create(connection=mailbox.connection, provider="google", flow="user", state=GrantState.DEAD)
    fail(fake, ConnectorError(Reason.GRANT_DEAD, permanent=True))
    assert items(health(admin, fake))[0].startswith("It worked before: the sign-in or the client secret has expired")
    assert not any("app password" in item for item in items(health(admin, fake)))
    assert "Sign in again</span>" in admin.get(MAILBOXES).content.decode()


@pytest.mark.req("S4.57", "S1.39")
def test_the_report_to_copy_names_server_cause_and_times_and_no_secret(fake: Any, admin: Client) -> None:
    fake.connect(name=XSS)
    fail(fake)
    report = health(admin, fake).partition('id="health-report">')[2].partition("</pre>")[0]
    for words in ("imap.example.test:993", "login_refused", "invalid credentials", "Tries: 2", "&lt;img"):
        assert words in report
    assert PASSWORD not in report
    assert "<img" not in report


@pytest.mark.both
@pytest.mark.req("S4.54")
def test_the_connection_history_tells_outages_with_tries_and_the_words_of_the_server(fake: Any, admin: Client) -> None:
    fake.connect()
    heal(fake)
    fail(fake, times=3)
    heal(fake)
    with organization_scope(fake.organization.id):
        pause_mailbox(fake.mailbox())
    page = health(admin, fake).partition("Connection history")[2]
    states = re.findall(r'data-state="(\w+)"', page)
    assert states == ["skip", "ok", "fail", "ok"]
    assert "3 tries. The server said" in page
    assert "Reachable for" in page
    assert page.index("Paused for") < page.index("refuses the username")
    assert "<img src=x" not in page


def test_history_older_than_ninety_days_is_not_shown(fake: Any, admin: Client) -> None:
    fake.connect()
    fail(fake)
    heal(fake)
    with organization_scope(fake.organization.id):
        old = clock.now() - timedelta(days=91)
        HealthSpan.objects.filter(state="unreachable").update(from_at=old, until_at=old)
    assert "refuses the username" not in health(admin, fake)


@pytest.mark.both
@pytest.mark.req("S4.55", "S4.56")
def test_the_last_24_hours_are_bars_of_their_mailbox_alone_and_the_hours_it_is_down_are_marked(
    fake: Any, admin: Client, fernhollow: Any
) -> None:
    now = clock.now()
    with clock.held_at(now - timedelta(hours=5)):
        mailbox = fake.connect(name="Orders")
        fake.poll()
        for number in (1, 2, 3):
            fake.source.put(mail(number))
        fake.poll()
    with clock.held_at(now - timedelta(hours=1)):
        fake.set(health="unreachable", failing_since=clock.now(), error_reason="timeout")
    page = admin.get(MAILBOXES).content.decode()
    spark = page.partition('class="spark"')[2].partition("</svg>")[0]
    heights = [int(height) for height in re.findall(r'height="(\d+)" rx', spark)]
    assert heights == [28 if hour == 18 else 2 for hour in range(24)]
    assert spark.count('class="gap"') == 2
    assert "3 in 24 hours; unreachable for the last 2 hours" in spark
    chart = health(admin, fake)
    assert "0 belong to tickets, 3 do not" in chart
    assert 'class="down"' in chart
    assert chart.count("<td>3</td>") == 1
    del mailbox


@pytest.mark.parametrize(("state", "word"), [("unreachable", "since"), ("throttled", "until"), ("reachable", "since")])
@pytest.mark.req("S4.54")
def test_the_list_says_since_when_or_until_when(fake: Any, admin: Client, state: str, word: str) -> None:
    fake.connect()
    moment = clock.now() - timedelta(hours=1)
    failing = {"failing_since": moment, "error_reason": "throttled"} if state != "reachable" else {}
    fake.set(health=state, health_since=moment, throttled_until=moment, **failing)
    row = admin.get(MAILBOXES).content.decode().partition('class="mbox__health"')[2].partition('class="mbox__v"')[0]
    assert f"{word} <time" in row
    assert "since <time" in row


def test_the_list_says_when_the_last_sync_was_and_how_many_mails_wait(fake: Any, admin: Client) -> None:
    fake.connect()
    never, nothing = shown(admin)[:2]
    assert ("Never" in never, nothing) == (True, "0")
    fake.poll()
    fake.source.put(mail(1))
    fake.source.put(mail(2))
    fake.poll()
    last_sync, waiting = shown(admin)[:2]
    assert ("<time" in last_sync, waiting) == (True, "2")


@pytest.mark.req("S5.32", "S4.26")
def test_not_finished_disabled_and_paused_are_three_words(fake: Any, admin: Client, fernhollow: Any) -> None:
    mailbox = fake.connect(is_draft=True)
    assert "Not finished</span>" in admin.get(MAILBOXES).content.decode()
    with organization_scope(fernhollow.id):
        finish_draft(mailbox, starts=False)
        assert "Disabled</span>" in admin.get(MAILBOXES).content.decode()
        resume_mailbox(mailbox)
        assert "Connecting</span>" in admin.get(MAILBOXES).content.decode()
        pause_mailbox(mailbox)
    page = admin.get(MAILBOXES).content.decode()
    assert "Disabled</span>" in page
    assert f"{MAILBOXES}{mailbox.pk}/resume/" in page
    with organization_scope(fernhollow.id):
        resume_mailbox(mailbox)
    fake.poll()
    with organization_scope(fernhollow.id):
        pause_mailbox(mailbox)
    assert "Paused</span>" in admin.get(MAILBOXES).content.decode()


@pytest.mark.req("S5.15")
def test_the_page_is_polled_as_a_part_at_a_fixed_number_of_queries(fake: Any, admin: Client) -> None:
    fake.connect()
    few = queries_of(admin, f"{MAILBOXES}{fake.mailbox_id}/health/", headers=HTMX)
    for _ in range(4):
        fail(fake)
        heal(fake)
    assert queries_of(admin, f"{MAILBOXES}{fake.mailbox_id}/health/", headers=HTMX) == few
    part = health(admin, fake, **HTMX)
    assert "Connection history" in part
    assert "<html" not in part
    assert 'hx-trigger="every 15s"' in health(admin, fake)


def test_health_of_another_organizations_mailbox_or_of_a_deleted_one_is_not_found(
    fake: Any, admin: Client, people: Any
) -> None:
    mailbox = fake.connect()
    stranger = Client()
    stranger.force_login(people.stranger.user)
    assert stranger.get(f"/o/otherco/mailboxes/{mailbox.pk}/health/").status_code == 404
    with organization_scope(fake.organization.id):
        Mailbox.objects.update(deleted_at=clock.now())
    assert admin.get(f"{MAILBOXES}{mailbox.pk}/health/").status_code == 404
