"""Being the one who works on a claimed item: a heartbeat while the network is slow, and a check with every write."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from django.db import DatabaseError, connection

from helpdesk.lib import clock
from helpdesk.tenancy import work
from helpdesk.tenancy.scope import organization_scope, writing_scope

logger = logging.getLogger(__name__)

MAX_HELD_S = 30 * 60  # a server that trickles bytes cannot keep a worker for longer


class Lease:
    """A claim kept alive inside the `with` block. Once lost it stays lost, and nothing can be written under it."""

    def __init__(self, claim: work.Claim, *, lease_s: float) -> None:
        self.claim = claim
        self._lease_s = lease_s
        self._ended = threading.Event()
        self._also: tuple[Callable[[], None], ...] = ()
        self._heart = threading.Thread(target=self._beat, name=f"lease-{claim.item_id}", daemon=True)

    def __enter__(self) -> Self:
        self._heart.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._heart.join()

    @contextmanager
    def beating_with(self, also: Callable[[], None]) -> Iterator[None]:
        """With each heartbeat inside the block `also` is called, in the heart's thread. It must not raise."""
        before = self._also
        self._also = (*before, also)
        try:
            yield
        finally:
            self._also = before

    def check(self) -> None:
        """The claim is ours at this moment, and for another lease. Raises LeaseLost."""
        work.still_ours(self.claim, lease_s=self._lease_s)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """A transaction in the organization's scope that commits only if the claim is ours. Raises LeaseLost."""
        with writing_scope(self.claim.organization_id):
            self.check()
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """The organization's scope. Never around network work."""
        with organization_scope(self.claim.organization_id):
            yield

    def _beat(self) -> None:
        """Renews the lease while the main thread waits for the network; stops for good when it is lost."""
        gives_up_at = clock.monotonic() + MAX_HELD_S
        try:
            while not self._ended.wait(self._lease_s / 3) and clock.monotonic() < gives_up_at:
                self.check()
                for also in self._also:
                    also()
        except (work.LeaseLost, DatabaseError) as error:
            logger.warning(
                "lease.heartbeat_ended", extra={"item_id": self.claim.item_id, "error": type(error).__name__}
            )
        finally:
            connection.close()
