"""Several addresses entered at once: a mailbox of each, and a page that says what became of each."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from helpdesk.lib import clock
from helpdesk.tenancy.models import WorkItem, WorkKind
from mailboxes.models import Connection, Mailbox, RefusedAddress
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import delete_mailbox
from mailboxes.services.setup.together import join
from tests.mailboxes.ews import ExchangeOnline, exchange_online
from tests.mailboxes.pages.entering import MAILBOXES, finish
from tests.mailboxes.pages.test_exchange import NEW_APP, by_account, by_app
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
FIRST, SALES, LOST = "support@fernhollow.example", "sales@fernhollow.example", "lost@fernhollow.example"


@pytest.fixture
def online(
    certificate_authority: CertificateAuthority, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[ExchangeOnline]:
    """A tenant with an app and two mailboxes; there is no third."""
    with exchange_online(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        for address in (FIRST, SALES):
            made.ews.mailbox(address)
        yield made


def connect(admin: Client, values: dict[str, Any], *, page: str = NEW_APP) -> None:
    """The mailbox is set up, and finished."""
    before = set(Mailbox.objects.values_list("pk", flat=True))
    answer = admin.post(page, values)
    assert answer.status_code == 302, answer.context["form"].errors
    [draft] = Mailbox.objects.exclude(pk__in=before)
    finish(admin, draft.pk)


def text_of(page: bytes) -> str:
    return html.unescape(page.decode())


@pytest.mark.req("S5.40")
def test_each_address_has_its_result(admin: Client, online: ExchangeOnline, in_fernhollow: Any) -> None:
    connect(admin, by_app(online, more_addresses=f"{SALES}; {LOST}"))
    first, *others = Mailbox.objects.order_by("id")
    assert [box.address for box in others] == [SALES, LOST]
    page = f"{MAILBOXES}{first.pk}/together/"
    waiting = text_of(admin.get(page).content)
    assert waiting.count("Connecting") == 3
    assert 'hx-trigger="every 3s"' in waiting
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now())
    for box in (first, *others):
        poll_now(box.pk, is_processed=False, wait_s=5)
    answer = admin.get(page, headers={"HX-Request": "true"})
    healths = {state.mailbox.address: str(state.mailbox.health) for state in answer.context["states"]}
    assert healths == {FIRST: "reachable", SALES: "reachable", LOST: "unreachable"}
    known = text_of(answer.content)
    assert "The provider knows no mailbox of this address." in known
    assert "hx-trigger" not in known
    assert "<html" not in known


@pytest.mark.req("S5.40")
def test_an_address_that_is_taken_stops_no_other(admin: Client, online: ExchangeOnline, in_fernhollow: Any) -> None:
    connect(admin, by_app(online, address=SALES))
    connect(admin, by_app(online, more_addresses=f"{SALES}\n{LOST}"))
    first = Mailbox.objects.get(address=FIRST)
    assert set(Mailbox.objects.filter(connection=first.connection).values_list("address", flat=True)) == {FIRST, LOST}
    for page in (f"{MAILBOXES}{first.pk}/connected/", f"{MAILBOXES}{first.pk}/together/"):
        said = text_of(admin.get(page).content)
        assert f"<bdi>{SALES}</bdi></b> was not connected. There is a mailbox with this address and folder" in said


@pytest.mark.req("S5.40")
def test_another_admin_sees_what_was_refused_and_tries_it_again(
    admin: Client, online: ExchangeOnline, in_fernhollow: Any, people: Any
) -> None:
    connect(admin, by_app(online, address=SALES))
    taken = Mailbox.objects.get(address=SALES)
    connect(admin, by_app(online, more_addresses=SALES, max_message_mb=7))
    first, other = Mailbox.objects.get(address=FIRST), Client()
    other.force_login(people.owner.user)
    page = f"{MAILBOXES}{first.pk}/together/"
    assert page in text_of(other.get(MAILBOXES).content)
    again = f"{page}{RefusedAddress.objects.get().pk}/again/"
    assert "is refused again" in text_of(other.post(again, follow=True).content)
    delete_mailbox(taken)
    said = text_of(other.post(f"{page}{RefusedAddress.objects.get().pk}/again/", follow=True).content)
    assert f"{SALES} is connected" in said
    joined = Mailbox.objects.get(address=SALES, deleted_at=None)
    assert (joined.connection, joined.max_message_bytes) == (first.connection, 7 << 20)
    assert not RefusedAddress.objects.exists()
    assert page not in text_of(other.get(MAILBOXES).content)


@pytest.mark.req("S4.61")
def test_a_refusal_that_is_put_away_is_not_said_any_more_and_by_whom_is_in_the_log(
    admin: Client, online: ExchangeOnline, in_fernhollow: Any, people: Any
) -> None:
    from helpdesk.accounts.models import AuditEntry

    connect(admin, by_app(online, address=SALES))
    connect(admin, by_app(online, more_addresses=SALES))
    first = Mailbox.objects.get(address=FIRST)
    page = f"{MAILBOXES}{first.pk}/together/"
    admin.post(f"{page}{RefusedAddress.objects.get().pk}/dismissal/")
    assert "was not connected" not in text_of(admin.get(page).content)
    entry = AuditEntry.objects.get(action="mailbox.refusal_put_away")
    assert (entry.actor, entry.target_id, entry.changes) == (people.admin, str(first.pk), {"address": [SALES, None]})


def test_what_joins_is_in_the_configuration_log_like_any_other(
    admin: Client, online: ExchangeOnline, in_fernhollow: Any, people: Any
) -> None:
    from helpdesk.accounts.models import AuditEntry

    connect(admin, by_app(online, more_addresses=SALES))
    assert AuditEntry.objects.filter(action="mailbox.added").count() == 2
    mailbox = Mailbox.objects.get(address=FIRST)
    refused = join(mailbox, [online.entered("nobody"), online.entered(LOST)], actor=people.admin)
    assert list(refused) == ["nobody"]
    assert Connection.objects.count() == 1


@pytest.mark.req("S5.40", "S5.12")
def test_an_account_opens_several_whoever_its_name_ends_with(admin: Client, in_fernhollow: Any) -> None:
    connect(admin, by_account(username="FERN\\ann\\shared@example.test", more_addresses=SALES), page=f"{MAILBOXES}new/")
    sales = Mailbox.objects.get(address=SALES)
    assert (sales.remote_user, sales.outgoing.username) == (SALES, SALES)


def test_other_protocols_know_one_address_alone(admin: Client, in_fernhollow: Any) -> None:
    values = by_account(protocol="imap", more_addresses=SALES, smtp_host="smtp.example.test")
    connect(admin, values, page=f"{MAILBOXES}new/")
    assert not Mailbox.objects.filter(address=SALES).exists()
