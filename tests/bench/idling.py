"""`python -m tests.bench.idling MAILBOXES`: how many idle mailboxes one worker process polls in a minute.

Over new connections and over kept ones, near (loopback) and far (a round trip of 200 ms, `far`), all with TLS. Dovecot,
PostgreSQL, Redis and the far way share this machine with the worker, so the figures are what such a machine carries
altogether. Compare the ratios; the aim is 1,000 a minute far away, with room to spare.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.bench import intake
from tests.bench.idled import SLUG
from tests.bench.watching import add_user
from tests.servers.dovecot import Dovecot
from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres
from tests.servers.redis import Redis

ROUND_TRIP_MS = 200
THREADS = 16  # WORKER_THREADS unless an operator says otherwise
MORE_THREADS = 48
AIM = 1000  # polls a minute, far away
NEAR, FAR = "near", f"{ROUND_TRIP_MS} ms away"
PARTS = (  # where, over which connections, and in how many threads
    (NEAR, "new", THREADS),
    (NEAR, "kept", THREADS),
    (FAR, "new", THREADS),
    (FAR, "kept", THREADS),
    (FAR, "new", MORE_THREADS),
)


def main(wanted: int) -> dict[str, Any]:
    """The figures, by name."""
    with (
        tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder,
        Dovecot() as dovecot,
        Postgres(durable=True) as postgres,
        Redis() as redis,
        _far(dovecot.imaps_port) as far_port,
    ):
        near_port = dovecot.imaps_port
        environment = test_environment(Path(folder)) | {
            "DATABASE_URL": postgres.url(),
            "DATABASE_OWNER_URL": postgres.url(role=OWNER),
            "CELERY_BROKER_URL": redis.url(),
            "CACHE_URL": redis.url(database=1),
            "MAIL_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
            "MAIL_ALLOWED_PORTS": f"{near_port},{far_port}",
            "MAIL_CA_FILE": str(dovecot.ca_path),
            "POLL_INTERVAL_S": "60",
        }
        intake.manage("migrate", "--verbosity", "0", environment=environment)
        secret = environment | {"BENCH_OWNER": "correct horse battery"}
        owner = ("--owner-email", f"owner@{SLUG}.test", "--owner-password-env", "BENCH_OWNER")
        intake.manage("create_organization", SLUG, "--name", SLUG, *owner, environment=secret)
        for number in range(wanted):
            add_user(dovecot, f"idle{number}")
        _child("connect", environment | {"POLLS_PER_HOST": str(THREADS)}, near_port, wanted)
        results: dict[str, Any] = {"mailboxes": wanted}
        polls: dict[tuple[str, str, int], int] = {}
        for part in PARTS:
            place, way, threads = part
            kept = wanted if way == "kept" else 0
            sized = environment | {"KEPT_CONNECTIONS": str(kept), "POLLS_PER_HOST": str(threads)}
            seen = _child("idle", sized, near_port if place == NEAR else far_port, threads)
            polls[part] = seen["polls a minute"]
            name = f"{place}, {way} connections, {threads} threads"
            results |= {f"{name}: {what}": value for what, value in seen.items()}
        return results | _ratios(polls)


def _ratios(polls: Mapping[tuple[str, str, int], int]) -> dict[str, float]:
    """What does not depend much on what else the machine does."""
    far_kept = polls[FAR, "kept", THREADS]
    return {
        "kept over new, near": round(polls[NEAR, "kept", THREADS] / polls[NEAR, "new", THREADS], 2),
        f"kept over new, {FAR}": round(far_kept / polls[FAR, "new", THREADS], 2),
        f"kept, {FAR} over near": round(far_kept / polls[NEAR, "kept", THREADS], 2),
        f"kept, {FAR}, over the aim of {AIM}": round(far_kept / AIM, 2),
    }


@contextmanager
def _far(target_port: int) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.far", str(target_port), str(ROUND_TRIP_MS)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.terminate()
        process.wait(60)


def _child(step: str, environment: Mapping[str, str], port: int, count: int) -> dict[str, Any]:
    """A step that needs Django, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.idled", step, str(port), str(count)]
    done = subprocess.run(command, env=dict(environment), check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    began = time.perf_counter()
    for name, value in main(int(sys.argv[1])).items():
        print(f"{name:58} {value}", flush=True)
    print(f"{'seconds that measuring took':58} {round(time.perf_counter() - began)}", flush=True)
