"""`python -m tests.bench.watched PORT COUNT`: the step of `watching` that needs Django."""

from __future__ import annotations

import os
import sys
import threading

from tests.bench.intake import PASSWORD

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")

SLUG = "watched"
POLLERS = 16  # threads, as a worker has


def connect(port: int, count: int) -> None:
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
    _poll_each()


def _poll_each() -> None:
    """Each mailbox was polled once, in POLLERS threads."""
    from django.conf import settings

    from helpdesk.lib import clock
    from helpdesk.tenancy.models import WorkItem, WorkKind

    settings.POLLS_PER_HOST = POLLERS  # they are all of one organization, at one server
    WorkItem.objects.filter(kind=WorkKind.POLL).update(due_at=clock.now())
    threads = [threading.Thread(target=_drain) for _ in range(POLLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _drain() -> None:
    from django.db import connection

    from helpdesk.tenancy import drains
    from helpdesk.tenancy.models import WorkKind

    while drains.drain_now(WorkKind.POLL, budget_s=60):
        pass
    connection.close()


def _organization_id() -> int:
    from helpdesk.accounts.models import Organization

    found: int = Organization.objects.values_list("id", flat=True).get(slug=SLUG)
    return found


if __name__ == "__main__":
    import helpdesk.wsgi  # noqa: F401  sets Django up

    connect(int(sys.argv[1]), int(sys.argv[2]))
