"""One cause, one notice, and one when it is over: a grant that is refused, a server that several mailboxes share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core import mail as operators_mail
from django.test import Client

from helpdesk.accounts.capabilities import CAPABILITIES, Capability
from helpdesk.accounts.models import Role
from helpdesk.lib import clock
from helpdesk.tenancy import drains, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Health, Mailbox, OAuthGrant, OutgoingServer
from mailboxes.services.reading.foreground import poll_now
from mailboxes.services.setup.mailboxes import create_mailbox, delete_mailbox, pause_mailbox, update_mailbox
from tests.factories.outgoing import queue_mail
from tests.mailboxes.graph import Microsoft, microsoft_cloud
from tests.mailboxes.pages.entering import MAILBOXES
from tests.servers.certificates import CertificateAuthority

pytestmark = [pytest.mark.django_db, pytest.mark.both]
HELP, SALES = "help@fernhollow.example", "sales@fernhollow.example"
QUEUE = "/o/fernhollow/views/needs-reply/"
AWAY = ConnectorError(Reason.UNREACHABLE, permanent=False, detail="no route")


@pytest.fixture(autouse=True)
def operators_server(settings: Any) -> None:
    """Notices leave through the operator's server, whichever mailboxes work."""
    settings.EMAIL_URL = "smtp://operator.example"


def told() -> list[str]:
    """The subjects of the notices so far."""
    drains.drain_now(WorkKind.NOTIFY)
    return [mail.subject for mail in operators_mail.outbox]


@pytest.fixture
def microsoft(
    certificate_authority: CertificateAuthority,
    monkeypatch: pytest.MonkeyPatch,
    settings: Any,
    tmp_path: Any,
    people: Any,
) -> Iterator[Microsoft]:
    """A tenant with an app, and two mailboxes."""
    settings.MEDIA_ROOT = tmp_path / "files"
    with microsoft_cloud(certificate_authority, monkeypatch=monkeypatch, settings=settings) as made:
        made.graph.mailbox(HELP)
        made.graph.mailbox(SALES)
        yield made


@pytest.fixture
def registered(microsoft: Microsoft, fernhollow: Any) -> list[Mailbox]:
    """Both mailboxes are read by one registration, and send by it."""
    with organization_scope(fernhollow.id):
        first = microsoft.entered(HELP, name="Help")
        connection = create_mailbox(first).connection
        create_mailbox(microsoft.entered(SALES, name="Sales"), connection=connection)
        return list(Mailbox.objects.select_related("outgoing").order_by("name"))


def poll_all(boxes: list[Mailbox], *, times: int = 1) -> None:
    for _ in range(times):
        for box in boxes:
            poll_now(box.pk, is_processed=False, wait_s=5)


def send(mailbox: Mailbox) -> None:
    """A mail is in the outbox of the mailbox, and whatever is due was tried."""
    with organization_scope(mailbox.organization_id):
        queue_mail(mailbox.outgoing, mailbox=mailbox)
    drains.drain_now(WorkKind.DELIVER)


def refuse(microsoft: Microsoft, organization: Any) -> None:
    """The app's secret is expired, and its tokens have ended."""
    microsoft.entra.apps[microsoft.client_id].secrets[microsoft.secret] = "expired"
    with organization_scope(organization.id):
        OAuthGrant.objects.update(tokens_sealed="")


@pytest.mark.req("F58")
def test_a_refused_grant_gives_one_mail_that_names_all_its_mailboxes_and_one_when_it_is_over(
    microsoft: Microsoft, registered: list[Mailbox], fernhollow: Any
) -> None:
    refuse(microsoft, fernhollow)
    poll_all(registered[:1])
    assert len(told()) == 1
    poll_all(registered, times=4)
    for mailbox in registered:
        send(mailbox)
    [notice] = told()
    assert notice.startswith("No access to")
    assert "Mailboxes: Help, Sales." in operators_mail.outbox[0].body
    assert "client secret" in operators_mail.outbox[0].body
    microsoft.entra.apps[microsoft.client_id].secrets[microsoft.secret] = "ok"
    poll_all(registered, times=2)
    drains.drain_now(WorkKind.DELIVER)
    assert [subject.partition(" ")[0] for subject in told()] == ["No", "Access"]
    assert "Mailboxes: Help, Sales." in operators_mail.outbox[1].body
    assert sorted(sent.sender for sent in microsoft.graph.sent) == [HELP, SALES]
    with organization_scope(fernhollow.id):
        assert not OutgoingServer.objects.exclude(paused_at=None).exists()


@pytest.mark.req("F58", "F60")
def test_a_secret_that_is_entered_anew_is_told_as_the_recovery(
    microsoft: Microsoft, registered: list[Mailbox], fernhollow: Any
) -> None:
    refuse(microsoft, fernhollow)
    poll_all(registered, times=3)
    microsoft.entra.apps[microsoft.client_id].secrets["abc8Q~another"] = "ok"
    with organization_scope(fernhollow.id):
        app = microsoft.app(client_secret="abc8Q~another")
        update_mailbox(registered[0], microsoft.entered(HELP, app=app, name="Help"))
    poll_all(registered)
    assert [subject.partition(" ")[0] for subject in told()] == ["No", "Access"]


def test_the_product_says_it_once_as_well(
    microsoft: Microsoft, registered: list[Mailbox], fernhollow: Any, people: Any
) -> None:
    admin = Client()
    admin.force_login(people.admin.user)
    refuse(microsoft, fernhollow)
    poll_all(registered, times=3)
    page = admin.get(MAILBOXES).content.decode()
    assert page.count("No access to") == 1
    assert "cannot be read. Mail stays safe" not in page


@pytest.mark.req("S4.58")
def test_a_refused_grant_hides_no_other_trouble(
    microsoft: Microsoft, registered: list[Mailbox], fernhollow: Any
) -> None:
    refuse(microsoft, fernhollow)
    poll_all(registered[:1])
    microsoft.entra.apps[microsoft.client_id].secrets[microsoft.secret] = "ok"
    del microsoft.graph.mailboxes[HELP]
    poll_all(registered[:1], times=3)
    assert [subject.partition(" ")[0] for subject in told()] == ["No", "Access", "Mailbox"]


@pytest.fixture
def three(fake: Any, people: Any) -> list[Mailbox]:
    """Three mailboxes of one connection."""
    first = fake.connect(name="Orders")
    with organization_scope(fake.organization.id):
        others = [
            Mailbox.objects.create(connection=first.connection, name=name, address=f"{name.lower()}@fernhollow.test")
            for name in ("Billing", "Repairs")
        ]
        for other in others:
            work.enqueue(WorkKind.POLL, organization_id=fake.organization.id, row_id=other.pk)
    return [first, *others]


def fail(fake: Any, boxes: list[Mailbox], *, error: ConnectorError = AWAY, times: int = 3) -> None:
    fake.source.trouble = error
    poll_all(boxes, times=times)
    fake.source.trouble = None


@pytest.mark.req("S4.58", "S4.59", "F3")
def test_mailboxes_of_one_server_that_is_away_are_named_in_one_mail_and_in_one_when_all_are_back(
    fake: Any, three: list[Mailbox]
) -> None:
    fail(fake, three, times=5)
    assert told() == ["Mailboxes cannot be reached: Billing, Orders, Repairs"]
    assert "no route" in operators_mail.outbox[0].body
    poll_all(three[:2], times=2)
    assert len(told()) == 1
    poll_all(three[2:])
    assert told()[1:] == ["Mailboxes work again: Billing, Orders, Repairs"]


@pytest.mark.req("S4.58")
def test_a_trusted_certificate_that_changed_is_told_once_for_all_behind_it(fake: Any, three: list[Mailbox]) -> None:
    fail(fake, three, error=ConnectorError(Reason.TLS_CERTIFICATE_CHANGED, permanent=False))
    assert len(told()) == 1


def test_one_that_fails_alone_is_told_alone_and_says_whom_the_notice_stands_for(
    fake: Any, three: list[Mailbox]
) -> None:
    poll_all(three)
    fail(fake, three[:1])
    assert told() == ["Mailbox Orders cannot be reached"]
    assert "One connection serves Billing, Orders, Repairs" in operators_mail.outbox[0].body
    poll_all(three)
    assert told()[1:] == ["Mailbox Orders works again"]


@pytest.mark.parametrize("reason", [Reason.FOLDER_NOT_FOUND, Reason.MAILBOX_NOT_FOUND])
def test_what_is_about_one_mailbox_is_told_of_each(fake: Any, three: list[Mailbox], reason: Reason) -> None:
    fail(fake, three[:2], error=ConnectorError(reason, permanent=True))
    assert sorted(told()) == ["Mailbox Billing cannot be reached", "Mailbox Orders cannot be reached"]
    assert "One connection" not in operators_mail.outbox[0].body
    poll_all(three)
    assert sorted(told()[2:]) == ["Mailbox Billing works again", "Mailbox Orders works again"]


def test_another_reason_on_the_same_connection_is_told_by_itself(fake: Any, three: list[Mailbox]) -> None:
    fail(fake, three[:1], error=ConnectorError(Reason.LOGIN_REFUSED, permanent=True))
    fail(fake, three[1:2])
    assert told() == ["Mailbox Orders cannot be reached", "Mailbox Billing cannot be reached"]


def test_one_that_was_paused_meanwhile_keeps_no_recovery_waiting(
    fake: Any, three: list[Mailbox], fernhollow: Any
) -> None:
    fail(fake, three[:2])
    with organization_scope(fernhollow.id):
        pause_mailbox(three[0])
    poll_all(three[1:2])
    assert told()[1:] == ["Mailbox Billing works again"]


@pytest.mark.req("S4.59")
@pytest.mark.parametrize("leave", [pause_mailbox, delete_mailbox])
def test_one_that_came_back_is_told_once_the_other_is_paused_or_deleted(
    fake: Any, three: list[Mailbox], fernhollow: Any, leave: Callable[[Mailbox], None]
) -> None:
    fail(fake, three)
    poll_all(three[:2], times=2)
    assert len(told()) == 1
    with organization_scope(fernhollow.id):
        leave(Mailbox.objects.get(id=three[2].pk))
    poll_all(three[:2], times=2)
    assert told()[1:] == ["Mailboxes work again: Billing, Orders"]


def test_one_that_came_back_is_told_once_the_other_fails_for_a_reason_of_its_own(
    fake: Any, three: list[Mailbox]
) -> None:
    fail(fake, three[:2])
    poll_all(three[:1])
    fail(fake, three[1:2], error=ConnectorError(Reason.FOLDER_NOT_FOUND, permanent=True), times=1)
    poll_all(three[:1], times=2)
    assert told()[1:] == ["Mailbox Orders works again"]
    poll_all(three[1:2])
    assert told()[2:] == ["Mailbox Billing works again"]


def test_one_that_fails_again_before_all_were_back_is_told_no_second_time(fake: Any, three: list[Mailbox]) -> None:
    fail(fake, three[:2])
    poll_all(three[:1])
    fail(fake, three[:1])
    poll_all(three[:2])
    assert told() == ["Mailboxes cannot be reached: Billing, Orders", "Mailboxes work again: Billing, Orders"]


@pytest.mark.req("S4.58")
def test_several_that_failed_are_one_toast(fake: Any, three: list[Mailbox], people: Any, fernhollow: Any) -> None:
    admin = Client()
    admin.force_login(people.admin.user)
    fail(fake, three)
    assert "Orders, Billing, Repairs cannot be read. Mail stays safe" in admin.get(MAILBOXES).content.decode()
    poll_all(three)
    assert "Orders, Billing, Repairs are read again." in admin.get(MAILBOXES).content.decode()


def test_more_mailboxes_than_a_toast_holds_are_counted(fake: Any, people: Any, fernhollow: Any) -> None:
    first = fake.connect(name="Box 0")
    with organization_scope(fernhollow.id):
        for number in range(1, 8):
            Mailbox.objects.create(
                connection=first.connection, name=f"Box {number}", address=f"box{number}@fernhollow.test"
            )
        Mailbox.objects.update(outage_notified_at=clock.now(), health=Health.UNREACHABLE)
    admin = Client()
    admin.force_login(people.admin.user)
    assert "Box 4 and 3 more cannot be read" in admin.get(MAILBOXES).content.decode()


@pytest.mark.req("S4.58", "S4.59")
def test_whoever_may_manage_channels_hears_of_both_by_mail_and_in_the_product_whatever_the_role(
    fake: Any, three: list[Mailbox], people: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    channels = {Capability.MANAGE_CHANNELS}
    monkeypatch.setitem(CAPABILITIES, Role.AGENT, CAPABILITIES[Role.AGENT] | channels)
    monkeypatch.setitem(CAPABILITIES, Role.ADMIN, CAPABILITIES[Role.ADMIN] - channels)
    browsers = {name: Client() for name in ("owner", "admin", "agent", "viewer")}
    for name, browser in browsers.items():
        browser.force_login(getattr(people, name).user)
    fail(fake, three[:1])
    down = {
        name for name, browser in browsers.items() if "Orders cannot be read" in browser.get(QUEUE).content.decode()
    }
    poll_all(three[:1])
    back = {name for name, browser in browsers.items() if "Orders is read again" in browser.get(QUEUE).content.decode()}
    assert down == back == {"owner", "agent"}
    assert len(told()) == 2
    assert {tuple(mail.bcc) for mail in operators_mail.outbox} == {("ines@fernhollow.test", "olive@fernhollow.test")}
