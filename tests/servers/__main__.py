"""Runs a command with a private PostgreSQL and Redis: `python -m tests.servers run -- COMMAND…`.

The command finds them in DATABASE_URL (the application's role), DATABASE_OWNER_URL (the role that migrates)
and TEST_REDIS_URL. Its exit code becomes ours; SIGTERM and SIGINT are passed on to it.
"""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Sequence

from tests.servers.postgres import OWNER, Postgres
from tests.servers.process import ServerFailed
from tests.servers.redis import Redis


def main() -> int:
    """The exit code of the command, or 2 with one clear line if a server did not come up."""
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="run a command with PostgreSQL and Redis")
    run.add_argument("--durable", action="store_true", help="let PostgreSQL write through to the disk")
    run.add_argument("command", nargs="+", help="the command and its arguments, after --")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _stop)
    try:
        with Postgres(durable=arguments.durable) as postgres, Redis() as redis:
            return run_with(arguments.command, postgres=postgres, redis=redis)
    except ServerFailed as error:
        print(error, file=sys.stderr)
        return 2


def run_with(command: Sequence[str], *, postgres: Postgres, redis: Redis) -> int:
    """The exit code of the command, 128 + the signal's number if a signal ended it."""
    environment = os.environ | {
        "DATABASE_URL": postgres.url(),
        "DATABASE_OWNER_URL": postgres.url(role=OWNER),
        "TEST_REDIS_URL": redis.url(),
        "POSTROOM_TEST": "1",
    }
    process = subprocess.Popen(command, env=environment)
    try:
        code = process.wait()
    except BaseException:
        # Ctrl-C reached the command too; a SIGTERM came to us alone.
        process.terminate()
        process.wait()
        raise
    return code if code >= 0 else 128 - code


def _stop(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
