"""Runs a command with private servers: `python -m tests.servers run -- COMMAND…`.

The command finds them in DATABASE_URL (the application's role), DATABASE_OWNER_URL (the role that migrates) and
TEST_REDIS_URL. Its exit code becomes ours; a SIGTERM to us ends it.
"""

import argparse
import contextlib
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.servers.environment import test_environment
from tests.servers.postgres import OWNER, Postgres
from tests.servers.process import ServerFailed
from tests.servers.redis import Redis


def main() -> int:
    """The exit code of the command, or 2 with one clear line if a server did not come up."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job is started ignoring it
    with contextlib.ExitStack() as stack:
        data_folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-data-")))
        environment = test_environment(data_folder)
        try:
            if not arguments.sqlite:
                postgres = stack.enter_context(Postgres(durable=arguments.durable))
                environment["DATABASE_URL"] = postgres.url()
                environment["DATABASE_OWNER_URL"] = postgres.url(role=OWNER)
            if not arguments.no_redis:
                environment["TEST_REDIS_URL"] = stack.enter_context(Redis()).url()
        except ServerFailed as error:
            print(error, file=sys.stderr)
            return 2
        return run_in(environment, command=arguments.command)


def run_in(environment: dict[str, str], *, command: Sequence[str]) -> int:
    """The exit code of the command; 128 + the signal's number if a signal ended it."""
    process = subprocess.Popen(command, env=environment)
    try:
        code = process.wait()
    except BaseException:
        # Ctrl-C reached the command as well, a SIGTERM came to us alone.
        process.terminate()
        process.wait()
        raise
    return code if code >= 0 else 128 - code


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.servers", description=__doc__)
    run = parser.add_subparsers(dest="action", required=True).add_parser("run", help="run a command")
    run.add_argument("--sqlite", action="store_true", help="SQLite in a temporary folder, no PostgreSQL")
    run.add_argument("--no-redis", action="store_true", help="no Redis")
    run.add_argument("--durable", action="store_true", help="let PostgreSQL write through to the disk")
    run.add_argument("command", nargs="+", help="the command and its arguments, after --")
    return parser.parse_args()


def _leave(number: int, frame: object) -> None:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
