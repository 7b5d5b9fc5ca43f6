"""`python -m tests.bench.log_pages [MESSAGES]`: what each question to a long inbound log costs, as a table.

On a PostgreSQL of its own, as the application's role, beside a second organization a tenth as large. With `--plans` it
also prints the plan of the slowest query of each page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench import intake
from tests.bench.database import vacuum
from tests.bench.log_rows import fill
from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres

MESSAGES = 1_000_000
REPEATS = 9
_CHILD = "POSTROOM_LOG_PAGES"


def main(arguments: list[str]) -> int:
    """Makes the installation and measures in a process that is served as it is."""
    with tempfile.TemporaryDirectory(prefix="postroom-log-") as folder, Postgres(durable=True) as postgres:
        environment = test_environment(Path(folder)) | {
            "DATABASE_URL": postgres.url(),
            "DATABASE_OWNER_URL": postgres.url(role=OWNER),
            "DJANGO_SETTINGS_MODULE": "helpdesk.settings",
            _CHILD: postgres.url(role="postgres"),
        }
        intake.manage("migrate", "--verbosity", "0", environment=environment)
        return subprocess.run(
            [sys.executable, "-m", __spec__.name, *arguments], env=environment, check=False
        ).returncode


def measure(arguments: list[str]) -> int:
    """Prints a line for each question."""
    import helpdesk.wsgi  # noqa: F401  sets Django up as it is served

    count = next((int(each) for each in arguments if each.isdecimal()), MESSAGES)
    client, entry_id = _filled(count)
    for name, address in _questions(count, entry_id).items():
        print(_line(name, _measured(client, address, shows_plan="--plans" in arguments)), flush=True)
    return 0


def _filled(count: int) -> tuple[Any, int]:
    """A client of an admin of the larger organization, and the id of a message in the middle of its log."""
    from django.test import Client

    from helpdesk.accounts.models import Membership, Role, User
    from helpdesk.accounts.services.organizations import create_organization
    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import Connection, Mailbox, RemoteMessage
    from tests.factories.tickets import make_ticket
    from ticketing.services.references import id_hash

    for number, (slug, wanted) in enumerate((("other", max(1000, count // 10)), ("log", count))):
        organization = create_organization(slug=slug, name=slug)
        with organization_scope(organization.pk):
            make_ticket()
            connection = Connection.objects.create(host="imap.example", username=slug)
            boxes = [
                Mailbox.objects.create(connection=connection, name=f"Box {n:02}", address=f"box{n}@{slug}.test")
                for n in range(21)
            ]
        base = (number + 1) * 10_000_000
        ids = [box.pk for box in boxes]
        fill(os.environ[_CHILD], organization_id=organization.pk, mailbox_ids=ids, count=wanted, base=base)
        with organization_scope(organization.pk):  # a Message-ID that is looked for
            key = id_hash(f"mail{wanted // 2}@customers.example")
            RemoteMessage.objects.filter(pk=base + wanted // 2).update(message_key=key)
    vacuum(os.environ["DATABASE_OWNER_URL"])
    user = User.objects.create_user("admin@log.test")
    Membership.objects.create(organization=organization, user=user, role=Role.ADMIN)
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    return client, base + count // 2


def _questions(count: int, entry_id: int) -> Mapping[str, str]:
    log = "/o/log/inbound-log/"
    first, middle = "2026-01-01", "2026-01-20"
    return {
        "newest": log,
        "outcome held": f"{log}?outcome=held",
        "outcome created": f"{log}?outcome=created",
        "outcome ignored": f"{log}?outcome=ignored",
        "outcome failed": f"{log}?outcome=failed",
        "same error": f"{log}?like={_failed_id(count)}",
        "busy mailbox": f"{log}?mailbox={_mailbox_id(3)}",
        "quiet mailbox": f"{log}?mailbox={_mailbox_id(20)}",
        "quiet mailbox, held": f"{log}?mailbox={_mailbox_id(20)}&outcome=held",
        "quiet mailbox, created": f"{log}?mailbox={_mailbox_id(20)}&outcome=created",
        "busy mailbox, failed": f"{log}?mailbox={_mailbox_id(3)}&outcome=failed",
        "part of a subject": f"{log}?q=number+{count - 70}",
        "part that nothing has": f"{log}?q=zeppelin",
        "whole sender": f"{log}?q=customer77@customers.example",
        "whole Message-ID": f"{log}?q=%3Cmail{count // 2}@customers.example%3E",
        "whole sender, mailbox": f"{log}?q=customer77@customers.example&mailbox={_mailbox_id(3)}",
        "an old day": f"{log}?from={first}&to={first}",
        "an old day, created": f"{log}?from={first}&to={first}&outcome=created",
        "an old day, held": f"{log}?from={first}&to={first}&outcome=held",
        "an old day, part of a subject": f"{log}?from={middle}&to={middle}&q=zeppelin",
        "an old day, busy mailbox": f"{log}?from={middle}&to={middle}&mailbox={_mailbox_id(3)}",
        "one message": f"{log}{entry_id}/",
        "where is my mail, sender": "/o/log/inbound-log/where-is-my-mail/?q=customer77@customers.example",
        "where is my mail, subject and time": f"/o/log/inbound-log/where-is-my-mail/?q=zeppelin&at={middle}T10:00",
        "where is my mail, unknown": "/o/log/inbound-log/where-is-my-mail/?q=nobody@nowhere.example",
        "ticket list, for its rail": "/o/log/views/all-open/",
    }


def _failed_id(count: int) -> int:
    return 20_000_000 + count - count % 1000 - 1


def _mailbox_id(number: int) -> int:
    from helpdesk.tenancy.scope import organization_scope
    from mailboxes.models import Mailbox

    with organization_scope(_organization_id()):
        return int(Mailbox.objects.get(name=f"Box {number:02}").pk)


def _organization_id() -> int:
    from helpdesk.accounts.models import Organization

    return int(Organization.objects.get(slug="log").pk)


def _measured(client: Any, address: str, *, shows_plan: bool) -> dict[str, Any]:
    import statistics
    import time

    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    asked = [(float(each["time"]) * 1000, each["sql"]) for each in queries.captured_queries]
    times, cpu_times = [], []
    for _ in range(REPEATS):
        began, cpu = time.perf_counter(), time.process_time()
        client.get(address)
        times.append((time.perf_counter() - began) * 1000)
        cpu_times.append((time.process_time() - cpu) * 1000)
    slowest = max(asked)
    if shows_plan:
        _explain(slowest[1])
    cost = {"ms": statistics.median(times), "cpu_ms": statistics.median(cpu_times)}
    return cost | {"queries": len(asked), "slowest_ms": slowest[0]}


def _explain(sql: str) -> None:
    from django.db import connection

    from helpdesk.tenancy.scope import organization_scope

    print(sql[:1500])
    with organization_scope(_organization_id()), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + sql.replace("%", "%%"))
        print("\n".join(f"    {line}" for (line,) in cursor.fetchall()))


def _line(name: str, found: Mapping[str, Any]) -> str:
    cost = f"{found['ms']:8.1f} ms {found['cpu_ms']:7.1f} ms CPU"
    return f"{name:36} {cost} {found['queries']:4} queries, the slowest {found['slowest_ms']:8.1f} ms"


if __name__ == "__main__":
    sys.exit((measure if os.environ.get(_CHILD) else main)(sys.argv[1:]))
