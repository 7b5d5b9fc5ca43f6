"""A mailbox on real servers is tested from end to end, whoever dies on the way, and by the command of operators."""

from __future__ import annotations

import json
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from helpdesk.lib import clock, faults
from helpdesk.tenancy import drains
from helpdesk.tenancy.models import WorkItem, WorkKind
from helpdesk.tenancy.scope import organization_scope
from mailboxes.end_to_end_words import headline_of
from mailboxes.models import EndToEndTest, Mailbox, RemoteMessage, SecurityChoice
from mailboxes.queries.end_to_end import Standing, last_test
from mailboxes.services.sending.end_to_end import start_end_to_end
from mailboxes.services.setup.mailbox_inputs import OutgoingInput
from tests.deaths import Death
from tests.factories.mailboxes import PASSWORD
from ticketing.models import Contact, Ticket

pytestmark = [pytest.mark.django_db, pytest.mark.both, pytest.mark.req("S1.40", "S4.50")]
KINDS = (WorkKind.DELIVER, WorkKind.POLL, WorkKind.PROCESS)


class Way:
    """The mailbox, and a provider that puts what it takes into the folder."""

    def __init__(self, account: Any, smtp_server: Any) -> None:
        smtp_server.behave(users={account.user: PASSWORD})
        outgoing = OutgoingInput("localhost", smtp_server.port, SecurityChoice.STARTTLS)
        self.account, self.smtp, self.mailbox = account, smtp_server, account.connect(outgoing=outgoing)
        self.taken = 0

    def start(self) -> EndToEndTest:
        """A test of the mailbox is under way."""
        with organization_scope(self.account.organization.id):
            return start_end_to_end(self.fresh(), actor=None)

    def fresh(self) -> Mailbox:
        """The mailbox as it is now, inside its scope."""
        rows = Mailbox.objects.select_related("connection", "outgoing", "organization")
        found: Mailbox = rows.get(pk=self.mailbox.pk)
        return found

    def work(self) -> None:
        """What is due is done once, and what dead workers held; what has left arrives."""
        for kind in KINDS:
            WorkItem.objects.filter(kind=kind).update(leased_until=None, due_at=clock.now(), set_at=clock.now())
            drains.drain_now(kind)
            for mail in self.smtp.received[self.taken :]:
                self.account.server.deliver(self.account.user, mail.raw)
                self.taken += 1


@pytest.fixture
def way(account: Any, smtp_server: Any) -> Way:
    return Way(account, smtp_server)


@pytest.mark.parametrize(
    "point",
    [
        "deliver.begun",
        "deliver.before_mark",
        "deliver.answered",
        "poll.sighted",
        "poll.fetched",
        "poll.in_store",
        "poll.after_store",
        "intake.parsed",
        "intake.written",
        "intake.committed",
    ],
)
def test_a_test_comes_to_its_end_whoever_dies_on_the_way(way: Way, monkeypatch: pytest.MonkeyPatch, point: str) -> None:
    way.start()
    left = [point]

    def die(name: str) -> None:
        if name in left:
            left.remove(name)
            raise Death

    with monkeypatch.context() as patched:
        patched.setattr(faults, "point", die)
        with suppress(Death):
            way.work()
    assert left == []
    for _ in range(3):
        way.work()
    with organization_scope(way.account.organization.id):
        found = last_test(way.fresh())
        assert found is not None
        assert (found.standing, headline_of(found)[0]) == (Standing.DONE, "Mail arrives and opens tickets")
        assert [seen.reason_code for seen in RemoteMessage.objects.all()] == ["check_mail"]
        assert not Ticket.objects.exists()
        assert not Contact.objects.exists()
    assert len(way.smtp.received) == 1


def run(way: Way, monkeypatch: pytest.MonkeyPatch, *, wait: float) -> dict[str, Any]:
    """What the command prints while workers work; raises CommandError after printing where it does not pass."""
    monkeypatch.setattr(clock, "pause", lambda _seconds: way.work())
    output = StringIO()
    with suppress(CommandError):
        call_command("check_mailbox", str(way.mailbox.pk), f"--wait={wait}", stdout=output)
    told: dict[str, Any] = json.loads(output.getvalue())
    return told


def test_the_command_tells_the_seconds_of_each_part(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    told = run(way, monkeypatch, wait=60)
    assert set(told["seconds"]) == {"send", "arrive", "fetch", "read"}
    assert (told["opens"], told["stands_at"], told["would_be"]["outcome"]) == (True, None, "created")


def test_the_command_fails_where_the_mail_does_not_come_through(way: Way) -> None:
    with pytest.raises(CommandError, match="on its way"):
        call_command("check_mailbox", str(way.mailbox.pk), "--wait=0", stdout=StringIO())
    with pytest.raises(CommandError, match="There is no mailbox 999999"):
        call_command("check_mailbox", "999999", stdout=StringIO())
