"""One organization's servers that do not answer keep nobody else's mail waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from helpdesk.tenancy import choosing, drains, shares, work
from helpdesk.tenancy.models import WorkKind
from helpdesk.tenancy.scope import organization_scope
from helpdesk.tenancy.shares import Threads
from mailboxes.connectors import registry
from mailboxes.connectors.config import ImapConfig
from mailboxes.connectors.errors import ConnectorError, Reason
from mailboxes.models import Mailbox, RawMessage
from tests.factories.mailboxes import make_mailbox
from tests.fakes.source import FakeSource
from tests.mailboxes.account import mail

pytestmark = [pytest.mark.django_db, pytest.mark.both]

THREADS = 16
SLOW = 20
QUIET = "quiet.example.test"


class SilentSource(FakeSource):
    """A server that is waited for: meanwhile the worker's next thread has its turn."""

    def __init__(self, next_turn: Callable[[], None]) -> None:
        super().__init__()
        self._next_turn = next_turn

    @contextmanager
    def open(self, *, writable: bool = False) -> Iterator[Any]:
        self._next_turn()
        raise ConnectorError(Reason.TIMEOUT, permanent=False)
        yield


class Worker:
    """A worker whose threads wait, one after the other, until none is left or none finds anything to do."""

    def __init__(self, quiet: Mailbox) -> None:
        self.waiting = 0
        self.quiet = quiet
        self.came_beside: int | None = None  # how many threads waited when the quiet one's mail was there

    def next_turn(self) -> None:
        """One more thread waits; the next one looks for work, and once there is none a quiet mailbox is due."""
        self.waiting += 1
        if self.waiting < THREADS and not drains.drain_now(WorkKind.POLL) and self.came_beside is None:
            work.ask_now(WorkKind.POLL, organization_id=self.quiet.organization_id, row_id=self.quiet.pk)
            drains.drain_now(WorkKind.POLL)
            with organization_scope(self.quiet.organization_id):
                self.came_beside = self.waiting if RawMessage.objects.exists() else None


@pytest.fixture
def quiet(otherco: Any) -> Mailbox:
    """A mailbox whose server answers."""
    return _mailbox_at(QUIET, otherco)


@pytest.fixture
def worker(quiet: Mailbox, fernhollow: Any, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> Worker:
    """A worker with mailboxes of fernhollow to poll, each at another server, of which none answers."""
    settings.MEDIA_ROOT = tmp_path / "files"
    monkeypatch.setattr(shares, "_threads", Threads(THREADS, percent=settings.ORGANIZATION_SHARE_PERCENT))
    monkeypatch.setattr(choosing, "_alone", {})
    worker, answers = Worker(quiet), FakeSource()
    silent = SilentSource(worker.next_turn)

    def source_at(config: ImapConfig) -> FakeSource:
        return answers if config.login.host == QUIET else silent

    monkeypatch.setitem(registry.SOURCES, "imap", registry.SourceKind(source_at, registry.traits_of("imap")))
    drains.drain_now(WorkKind.POLL)
    answers.put(mail(1))
    for number in range(SLOW):
        _mailbox_at(f"slow{number}.example.test", fernhollow)
    return worker


def _mailbox_at(host: str, organization: Any) -> Mailbox:
    mailbox = make_mailbox(organization)
    with organization_scope(organization.id):
        mailbox.connection.host = host
        mailbox.connection.save()
    work.ask_now(WorkKind.POLL, organization_id=organization.id, row_id=mailbox.pk)
    return mailbox


@pytest.mark.req("F68")
def test_a_quiet_organizations_mail_comes_while_another_waits_for_its_servers(worker: Worker) -> None:
    drains.drain_now(WorkKind.POLL)
    assert worker.came_beside == 12
