"""`python -m tests.bench.watching MAILBOXES`: real time, with so many mailboxes on one Dovecot.

The watcher, a worker, beat, PostgreSQL, Redis and Dovecot share this machine, so the figures are what such a machine
carries altogether.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import intake
from tests.bench.notices import told_of_files
from tests.bench.watched import SLUG
from tests.servers.dovecot import Dovecot
from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres
from tests.servers.redis import Redis
from tests.servers.waiting import wait_until

DELIVERIES = 200
PAUSE_S = 0.15  # between deliveries
PROBES = 5
PROBED = "probed"


def main(wanted: int) -> dict[str, Any]:
    """The figures, by name."""
    with (
        told_of_files(wanted) as is_told,
        tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder,
        Dovecot() as dovecot,
        Postgres(durable=True) as postgres,
        Redis() as redis,
    ):
        environment = test_environment(Path(folder)) | {
            "DATABASE_URL": postgres.url(),
            "DATABASE_OWNER_URL": postgres.url(role=OWNER),
            "CELERY_BROKER_URL": redis.url(),
            "CACHE_URL": redis.url(database=1),
            "MAIL_ALLOWED_NETWORKS": "127.0.0.0/8",
            "MAIL_ALLOWED_PORTS": str(dovecot.imap_port),
            "MAIL_ALLOW_CLEARTEXT": "yes",
            "POLL_INTERVAL_S": "86400",
        }
        intake.manage("migrate", "--verbosity", "0", environment=environment)
        secret = environment | {"BENCH_OWNER": "correct horse battery"}
        owner = ("--owner-email", f"owner@{SLUG}.test", "--owner-password-env", "BENCH_OWNER")
        intake.manage("create_organization", SLUG, "--name", SLUG, *owner, environment=secret)
        users = [f"watch{number}" for number in range(wanted)]
        for user in (*users, PROBED):
            add_user(dovecot, user)
        _connect(environment, port=dovecot.imap_port, count=wanted)
        about = {"mailboxes": wanted, "the kernel tells the mail server of files": is_told}
        return about | _watched(dovecot, users, environment)


def add_user(dovecot: Dovecot, user: str) -> None:
    """As `Dovecot.add_user`, without waiting for each: the file is new, so that it is read at once."""
    dovecot._passwords[user] = intake.PASSWORD
    dovecot._write_user(user, intake.PASSWORD)


def _watched(dovecot: Dovecot, users: list[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """What listening costs, and how long a mail takes from the server's folder to its ticket."""
    watch = [sys.executable, "manage.py", "watch"]
    began = time.perf_counter()
    with _running(watch, environment) as watcher:
        wait_until(lambda: _live(environment) >= len(users), timeout_s=600, what="that all are listened to")
        live_s = time.perf_counter() - began
        worker = [sys.executable, "-m", "helpdesk.running.worker"]
        beat = [sys.executable, "-m", "celery", "-A", "helpdesk.celery:app", "beat", "--loglevel", "warning"]
        with _running(worker, environment), _running(beat, environment):
            wait_until(lambda: _due(environment) == 0, timeout_s=600, what="that the first polls are done")
            cpu_before, clock_before = _cpu_s(watcher.pid), time.perf_counter()
            took = _deliver(dovecot, users, environment)
            watching_cpu = (_cpu_s(watcher.pid) - cpu_before) / (time.perf_counter() - clock_before)
        memory_mb = _memory_mb(watcher.pid)
        told_s = _until_told(dovecot)
    return {
        "seconds until all are listened to": round(live_s, 1),
        "watcher: MB": round(memory_mb),
        "watcher: CPU % while mail comes": round(100 * watching_cpu, 1),
        "delivery until the server tells of it: median s": round(told_s, 2),
        **{
            f"{step}: {what}": value
            for step, seconds in took.items()
            for what, value in (
                ("median s", round(statistics.median(seconds), 2)),
                ("p95 s", round(sorted(seconds)[int(len(seconds) * 0.95)], 2)),
            )
        },
    }


def _until_told(dovecot: Dovecot) -> float:
    """Seconds from a delivery to the server's word, as an idle client of the bench itself hears it."""
    seconds: list[float] = []
    with dovecot.client(PROBED) as client:
        client.select_folder("INBOX")
        client.idle()
        for _ in range(PROBES):
            began = time.perf_counter()
            dovecot.deliver(PROBED, b"Subject: Probe\r\n\r\nHi\r\n")
            while not any(answer[1:] == (b"EXISTS",) for answer in client.idle_check(timeout=60)):
                pass
            seconds.append(time.perf_counter() - began)
        client.idle_done()
    return statistics.median(seconds)


def _deliver(dovecot: Dovecot, users: list[str], environment: Mapping[str, str]) -> dict[str, list[float]]:
    """Seconds of each mail, by step: until it was seen, fetched and stored, and a ticket; and altogether."""
    chosen = random.Random(7)
    delivered: dict[str, float] = {}
    for number in range(DELIVERIES):
        head = f"From: customer{number}@customers.test\r\nMessage-ID: <{number}@x.test>\r\nSubject: Watched\r\n\r\n"
        delivered[f"{number}@x.test"] = time.time()
        dovecot.deliver(chosen.choice(users), head.encode() + b"Hi\r\n")
        time.sleep(PAUSE_S)
    wait_until(lambda: len(_processed(environment)) >= DELIVERIES, timeout_s=120, what="that all are tickets")
    found = [(delivered[message_id], *moments) for message_id, moments in _processed(environment).items()]
    return {
        "delivery to ticket": [ticket - begun for begun, _seen, _stored, ticket in found],
        "of that, until it was seen": [seen - begun for begun, seen, _stored, _ticket in found],
        "of that, from seen to stored": [stored - seen for _begun, seen, stored, _ticket in found],
        "of that, from stored to ticket": [ticket - stored for _begun, _seen, stored, ticket in found],
    }


def _live(environment: Mapping[str, str]) -> int:
    return int(_asked("SELECT count(*) FROM mailboxes_mailbox WHERE real_time = 'live'", environment)[0][0])


def _due(environment: Mapping[str, str]) -> int:
    due = "SELECT count(*) FROM tenancy_workitem WHERE kind = 'poll' AND due_at < now() + interval '1 hour'"
    return int(_asked(due, environment)[0][0])


def _processed(environment: Mapping[str, str]) -> dict[str, tuple[float, float, float]]:
    """When each mail was seen, was stored, and became a ticket, by Message-ID."""
    rows = _asked(
        "SELECT sighting.message_id, extract(epoch FROM sighting.seen_at), extract(epoch FROM raw.stored_at), "
        "extract(epoch FROM raw.processed_at) FROM mailboxes_remotemessage sighting "
        "JOIN mailboxes_rawmessage raw ON raw.id = sighting.raw_id WHERE raw.processed_at IS NOT NULL",
        environment,
    )
    return {str(message_id): (float(seen), float(stored), float(at)) for message_id, seen, stored, at in rows}


def _asked(statement: str, environment: Mapping[str, str]) -> list[tuple[Any, ...]]:
    import psycopg

    with psycopg.connect(environment["DATABASE_OWNER_URL"]) as owner:
        return owner.execute(statement).fetchall()


@contextmanager
def _running(command: list[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, env=dict(environment))
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(pid: int) -> float:
    line = next(line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return int(line.split()[1]) / 1024


def _connect(environment: Mapping[str, str], *, port: int, count: int) -> None:
    """In a process of its own, since it needs Django."""
    command = [sys.executable, "-m", "tests.bench.watched", str(port), str(count)]
    subprocess.run(command, env=dict(environment), check=True)


if __name__ == "__main__":
    for name, value in main(int(sys.argv[1])).items():
        print(f"{name:48} {value}", flush=True)
