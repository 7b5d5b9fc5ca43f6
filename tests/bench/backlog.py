"""`python -m tests.bench.backlog [MAILS]`: how long quiet organizations wait beside one with a backlog, as a line.

On a PostgreSQL of its own, as the application's role, with one worker process that handles mail as a worker does. One
organization has MAILS mails waiting; then one mail comes to each of ten others. Storing the backlog takes a minute.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from itertools import count
from pathlib import Path
from typing import Any

from tests.bench import intake
from tests.bench.database import vacuum
from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres

MAILS = 20_000
QUIET = 10
AT_ONCE = 500
_CHILD = "POSTROOM_BACKLOG"
_numbers = count(1)


def main(arguments: list[str]) -> int:
    """Makes the installation and measures in a process that is set up as a worker's is."""
    with tempfile.TemporaryDirectory(prefix="postroom-backlog-") as folder, Postgres(durable=True) as postgres:
        environment = test_environment(Path(folder)) | {
            "DATABASE_URL": postgres.url(),
            "DATABASE_OWNER_URL": postgres.url(role=OWNER),
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            _CHILD: "yes",
        }
        intake.manage("migrate", "--verbosity", "0", environment=environment)
        return subprocess.run([sys.executable, "-m", __spec__.name, *arguments], env=environment).returncode


def measure(arguments: list[str]) -> int:
    """Prints the seconds until the first and the last of the quiet organizations have their ticket."""
    import helpdesk.wsgi  # noqa: F401  sets Django up as it is served
    from helpdesk.tenancy import drains
    from helpdesk.tenancy.models import WorkKind

    backlog = next((int(each) for each in arguments if each.isdecimal()), MAILS)
    loud = _mailbox("loud")
    for start in range(0, backlog, AT_ONCE):
        _store(loud, min(AT_ONCE, backlog - start))
    vacuum(os.environ["DATABASE_OWNER_URL"])
    waiting = [_mailbox(f"quiet{number}") for number in range(QUIET)]
    for mailbox in waiting:
        _store(mailbox, 1)
    began, served, handled = time.perf_counter(), list[float](), 0
    while waiting:
        handled += drains.drain_now(WorkKind.PROCESS, budget_s=0.2)
        settled = [mailbox for mailbox in waiting if _is_served(mailbox)]
        served += [time.perf_counter() - began] * len(settled)
        waiting = [mailbox for mailbox in waiting if mailbox not in settled]
    print(
        f"beside a backlog of {backlog} mails: first of {QUIET} quiet organizations served after {served[0]:.1f} s,"
        f" last after {served[-1]:.1f} s; {handled - QUIET} of the backlog meanwhile"
    )
    return 0


def _mailbox(slug: str) -> Any:
    from helpdesk.accounts.services.organizations import create_organization
    from helpdesk.tenancy.scope import organization_scope
    from tests.factories.outgoing import make_mailbox

    organization = create_organization(slug=slug, name=slug)
    with organization_scope(organization.id):
        return make_mailbox(address="help@desk.test")


def _store(mailbox: Any, wanted: int) -> None:
    """So many mails are stored and due, each from somebody else."""
    from tests.bench.policy import store_due
    from tests.factories.incoming import make_mail

    numbers = [next(_numbers) for _ in range(wanted)]
    store_due(mailbox, [make_mail(message_id=f"{n}@people.test", sender=f"person{n}@people.test") for n in numbers])


def _is_served(mailbox: Any) -> bool:
    from helpdesk.tenancy.scope import organization_scope
    from ticketing.models import Ticket

    with organization_scope(mailbox.organization_id):
        return bool(Ticket.objects.exists())


if __name__ == "__main__":
    sys.exit(measure(sys.argv[1:]) if os.environ.get(_CHILD) else main(sys.argv[1:]))
