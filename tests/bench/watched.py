"""`python -m tests.bench.watched connect|idle PORT COUNT`: the steps of `watching` that need Django, as JSON."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from typing import Any

from tests.bench.intake import PASSWORD

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

SLUG = "watched"
IDLE_S = 20.0  # how long idle mailboxes are polled
POLLERS = 16  # threads, as a worker has


def connect(port: int, count: int) -> dict[str, Any]:
    """So many mailboxes in real time, their folders looked at and empty; the first poll is done."""
    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import SecurityChoice
    from mailboxes.services.setup.mailbox_inputs import MailboxInput, ServerInput
    from mailboxes.services.setup.mailboxes import create_mailbox

    with organization_scope(_organization_id()):
        for number in range(count):
            user = f"watch{number}"
            incoming = ServerInput("127.0.0.1", port, SecurityChoice.NONE, user, password=PASSWORD)
            create_mailbox(MailboxInput(user, f"{user}@bench.test", incoming, is_real_time=True), origin="command")
    _poll(all_once=True)
    return {}


def idle(port: int, count: int) -> dict[str, Any]:
    """How many mailboxes in which nothing happened are polled in a minute, each over a new connection."""
    del port, count
    return {"idle mailboxes polled a minute": round(_poll(all_once=False) * 60 / IDLE_S)}


def _poll(*, all_once: bool) -> int:
    """Polls in POLLERS threads: each mailbox once, or all again and again for IDLE_S; gives how many."""
    from django.conf import settings

    from helpdesk.lib import clock
    from helpdesk.tenancy import drains
    from helpdesk.tenancy.models import WorkItem, WorkKind

    settings.POLLS_PER_HOST = POLLERS  # they are all of one organization, at one server
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now())
    ends_at = time.monotonic() + IDLE_S
    counts: list[int] = []

    def drain() -> None:
        from django.db import connection

        handled = 0
        while all_once or time.monotonic() < ends_at:
            done = drains.drain_now(WorkKind.POLL, budget_s=60 if all_once else ends_at - time.monotonic())
            handled += done
            if not done and all_once:
                break
            if not done:
                WorkItem.objects.filter(kind=WorkKind.POLL, leased_until=None).update(due_at=clock.now())
        counts.append(handled)
        connection.close()

    threads = [threading.Thread(target=drain) for _ in range(POLLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def _organization_id() -> int:
    from helpdesk.accounts.models import Organization

    found: int = Organization.objects.values_list("id", flat=True).get(slug=SLUG)
    return found


if __name__ == "__main__":
    import helpdesk.wsgi  # noqa: F401  sets Django up

    step, at, wanted = sys.argv[1:]
    print(json.dumps({"connect": connect, "idle": idle}[step](int(at), int(wanted))))
