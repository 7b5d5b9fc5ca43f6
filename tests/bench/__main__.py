"""`make bench`: prints a table, and the same as JSON on the last line. Everything runs on this machine in one go."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench import floor, intake, mails
from tests.bench.database import vacuum
from tests.servers.dovecot import Dovecot
from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres

MESSAGES = 2000
MESSAGES_OF_POLICY = 400  # to each of four organizations
WARM_UP = 200  # mails that were there before, so that tables and caches are not empty
LARGE_MB = 50
ACCOUNTS = {"warm": "bench1", "one": "bench1", "left": "bench2", "right": "bench2", "large": "bench2"}


def main() -> int:
    """Measures, prints, and gives 0."""
    results: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder,
        Dovecot() as dovecot,
        Postgres(durable=True) as postgres,
    ):
        environment = test_environment(Path(folder)) | {
            "DATABASE_URL": postgres.url(),
            "DATABASE_OWNER_URL": postgres.url(role=OWNER),
            "MAIL_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MAIL_ALLOWED_PORTS": str(dovecot.imap_port),
            "MAIL_ALLOW_CLEARTEXT": "yes",
            "LEASE_S": "60",
        }
        intake.manage("migrate", "--verbosity", "0", environment=environment)
        results |= measure_intake(dovecot, postgres, environment)
        results |= _measured("policy", MESSAGES_OF_POLICY, environment)
        _print_table(results)
        for count in (2_000, 100_000):
            pages = {f"pages with {count} tickets": _measured("pages", count, environment)}
            _print_table(pages)
            results |= pages
    print(json.dumps(results))
    return 0


def measure_intake(dovecot: Dovecot, postgres: Postgres, environment: Mapping[str, str]) -> dict[str, Any]:
    """The floor, one process, two processes, the large mail and the idle poll."""
    every = list(mails.mails(MESSAGES))
    intake.add_account(dovecot, "one", every)
    for name, part in (("left", every[::2]), ("right", every[1::2])):
        intake.add_account(dovecot, name, part)
    intake.add_account(dovecot, "warm", list(mails.mails(WARM_UP, seed=WARM_UP)))
    intake.add_account(dovecot, "large", [mails.large_mail(LARGE_MB * 1024 * 1024 - 200_000)])
    postgres.create_database("floor")
    low = floor.measure(
        port=dovecot.imap_port,
        user="one",
        password=intake.PASSWORD,
        database_url=postgres.url(role=OWNER, database="floor"),
    )
    for slug in ("bench1", "bench2"):
        _organization(slug, environment)
    box = {
        user: intake.add_mailbox(dovecot, user, environment, organization=organization)
        for user, organization in ACCOUNTS.items()
    }
    intake.poll([box["warm"]], environment)
    vacuum(postgres.url(role=OWNER))
    one = intake.poll([box["one"]], environment)
    idle = intake.poll([box["one"]], environment)
    two = intake.poll([box["left"], box["right"]], environment)
    large = intake.poll([box["large"]], environment)
    # An idle poll is what starting Django and looking at the mailbox costs; what is above it is the messages'.
    cpu_s = one.cpu_s - idle.cpu_s
    return {
        "messages": one.messages,
        "floor: messages a second": round(low.messages / low.wall_s, 1),
        "floor: CPU ms a message": round(low.cpu_ms_each, 2),
        "one process: messages a second": round(one.messages / (one.wall_s - idle.wall_s), 1),
        "one process: messages a CPU second": round(one.messages / cpu_s, 1),
        "one process: CPU ms a message": round(1000 * cpu_s / one.messages, 2),
        "ratio to the floor's CPU": round(cpu_s / low.cpu_s, 2),
        "two processes: messages a second": round(two.messages / (two.wall_s - idle.wall_s), 1),
        "two processes over one": round(
            (two.messages / (two.wall_s - idle.wall_s)) / (one.messages / (one.wall_s - idle.wall_s)), 2
        ),
        "peak MB, ordinary mail": round(one.peak_mb),
        f"peak MB, one mail of {LARGE_MB} MB": round(large.peak_mb),
        "idle poll with start-up: wall s": round(idle.wall_s, 2),
    }


def _organization(slug: str, environment: Mapping[str, str]) -> None:
    secret = {**environment, "BENCH_OWNER": "correct horse battery"}
    owner = ("--owner-email", f"owner@{slug}.test", "--owner-password-env", "BENCH_OWNER")
    intake.manage("create_organization", slug, "--name", slug, *owner, environment=secret)


def _measured(module: str, count: int, environment: Mapping[str, str]) -> dict[str, Any]:
    command = [sys.executable, "-m", f"tests.bench.{module}", str(count)]
    done = subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _print_table(results: Mapping[str, Any]) -> None:
    for name, value in results.items():
        if isinstance(value, dict):
            for page, numbers in value.items():
                cost = f"{numbers['median_ms']:8.1f} ms  {numbers['cpu_ms']:6.1f} ms CPU"
                print(f"{name}: {page:18} {cost}  {numbers['queries']} queries")
        else:
            print(f"{name:42} {value}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
