"""`python -m tests.bench.idled connect|idle PORT COUNT`: the steps of `idling` that need Django, as JSON."""

from __future__ import annotations

import json
import os
import resource
import sys
import threading
import time
from typing import Any

from tests.bench.intake import PASSWORD

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

SLUG = "idled"
IDLE_S = 10.0  # how long idle mailboxes are polled


def connect(port: int, count: int) -> dict[str, Any]:
    """So many mailboxes, their folders looked at and empty."""
    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import SecurityChoice
    from mailboxes.services.setup.mailbox_inputs import MailboxInput, ServerInput
    from mailboxes.services.setup.mailboxes import create_mailbox

    with organization_scope(_organization_id()):
        for number in range(count):
            user = f"idle{number}"
            incoming = ServerInput("localhost", port, SecurityChoice.TLS, user, password=PASSWORD)
            create_mailbox(MailboxInput(user, f"{user}@bench.test", incoming), origin="command")
    _poll_each(threads=16)
    return {}


def idle(port: int, threads: int) -> dict[str, Any]:
    """How many mailboxes in which nothing happened are polled in a minute at this port, and what that costs here."""
    from django.conf import settings

    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import Connection, Mailbox
    from mailboxes.services.reading.kept import KEPT

    with organization_scope(_organization_id()):
        Connection.objects.update(port=port)
    before_mb = _memory_mb()
    _poll_each(threads=threads, most=None if settings.KEPT_CONNECTIONS else 2 * threads)
    cpu_before = time.process_time()
    handled = _poll_on(threads=threads)
    with organization_scope(_organization_id()):
        failed = Mailbox.objects.exclude(failures_in_row=0).count()
    figures = {
        "polls a minute": round(handled * 60 / IDLE_S),
        "worker's CPU ms a poll": round(1000 * (time.process_time() - cpu_before) / handled, 1),
    }
    if KEPT:
        figures |= {"kept": len(KEPT), "worker's MB": round(_memory_mb()), "MB at its start": round(before_mb)}
    return figures | ({"failed": failed} if failed else {})


def _poll_each(*, threads: int, most: int | None = None) -> None:
    """Every mailbox was polled once, at most so many, by so many threads."""
    _make_due(most)
    _in_threads(threads, ends_at=0.0)


def _poll_on(*, threads: int) -> int:
    """All were polled again and again for IDLE_S; gives how often one was."""
    ends_at = time.monotonic() + IDLE_S
    maker = threading.Thread(target=_keep_due, args=(ends_at,))
    maker.start()
    handled = _in_threads(threads, ends_at=ends_at)
    maker.join()
    return handled


def _in_threads(threads: int, *, ends_at: float) -> int:
    counts: list[int] = []

    def drain() -> None:
        from django.db import connection

        from helpdesk.tenancy import drains
        from helpdesk.tenancy.models import WorkKind

        handled = drains.drain_now(WorkKind.POLL, budget_s=120 if not ends_at else ends_at - time.monotonic())
        while time.monotonic() < ends_at:
            time.sleep(0.05)  # nothing is due at this moment
            handled += drains.drain_now(WorkKind.POLL, budget_s=ends_at - time.monotonic())
        counts.append(handled)
        connection.close()

    started = [threading.Thread(target=drain) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    return sum(counts)


def _keep_due(ends_at: float) -> None:
    """Whatever was polled is due again soon; by one thread, so that no two wait for each other's rows."""
    from django.db import connection

    while time.monotonic() < ends_at:
        _make_due()
        time.sleep(0.2)
    connection.close()


def _make_due(most: int | None = None) -> None:
    from helpdesk.lib import clock
    from helpdesk.tenancy.models import WorkItem, WorkKind

    free = WorkItem.objects.filter(kind=WorkKind.POLL, leased_until=None, due_at__gt=clock.now())
    for item_id in free.values_list("id", flat=True)[:most]:
        WorkItem.objects.filter(id=item_id, leased_until=None).update(due_at=clock.now())


def _memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _organization_id() -> int:
    from helpdesk.accounts.models import Organization

    found: int = Organization.objects.values_list("id", flat=True).get(slug=SLUG)
    return found


if __name__ == "__main__":
    import helpdesk.wsgi  # noqa: F401  sets Django up

    step, at, wanted = sys.argv[1:]
    print(json.dumps({"connect": connect, "idle": idle}[step](int(at), int(wanted))))
