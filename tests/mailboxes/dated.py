"""What mailboxes of the kinds that are listed by date have in common: those at the fakes of Graph and of Exchange."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from helpdesk.lib import files
from helpdesk.tenancy.scope import organization_scope
from mailboxes.models import Mailbox
from mailboxes.services.reading.foreground import PollCounts
from tests.fakes.graph_mailbox import FakeMailbox
from tests.fakes.https import Answer, Fault
from tests.mailboxes.account import Polled, mail

USER = "support@fernhollow.test"


class DatedAccount(Polled, ABC):
    """A mailbox of an organization's at a fake; it appears with `connect`."""

    @property
    @abstractmethod
    def boxes(self) -> Mapping[str, FakeMailbox]:
        """What lies on the server, by whose it is."""

    @property
    @abstractmethod
    def box(self) -> FakeMailbox:
        """What lies on the server for this mailbox."""

    @abstractmethod
    def connect(self, **values: Any) -> Mailbox:
        """The mailbox is added and polled from now on."""

    @abstractmethod
    def next(self, *instead: Answer | Fault) -> None:
        """The next sessions begin with these instead, one each."""

    @abstractmethod
    def asks_to_wait(self, seconds: int) -> None:
        """The next session is told to come back later."""

    def poll(self) -> PollCounts:
        """One poll in the foreground, of a mailbox that was there before its mail.

        Servers tell whole seconds: mail that comes right before its mailbox is new, or not, as the test is fast.
        """
        mailbox = self.mailbox()
        box = self.boxes.get(mailbox.remote_user or mailbox.address)
        lying = [item.received_at for item in box.items if item.is_of_now] if box is not None else []
        assert min(lying, default=mailbox.connected_at) >= mailbox.connected_at, "connect the mailbox first"
        return super().poll()

    def set(self, **values: Any) -> None:
        """These columns of the mailbox have these values."""
        with organization_scope(self.organization.id):
            Mailbox.objects.filter(id=self.mailbox_id).update(**values)

    def put(self, *numbers: int, at: datetime | None = None, **values: Any) -> None:
        """A mail of each number lies in the inbox."""
        for number in numbers:
            self.box.deliver(mail(number), received_at=at, **values)

    def stored(self) -> list[bytes]:
        """The bytes that were taken in, oldest first."""
        return [files.read(row.raw.storage_key) for row in self.sightings() if row.raw is not None]
