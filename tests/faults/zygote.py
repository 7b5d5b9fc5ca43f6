"""A process with Django loaded that forks one child for each command: starting Python again would cost seconds each.

Reads JSON lines from standard input: {"number", "folder", "environment", "arguments"} runs `manage.py` with these
arguments, {"code"} instead of arguments runs these lines. Answers with the child's process id; the child's exit code
appears in `<folder>/<number>.code`, its output in `.out` and `.err`. Ends when the input ends.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import django

LOOK_EVERY_S = 0.02
_heartbeat = threading.RLock()


def main() -> None:
    django.setup()
    running: dict[int, Path] = {}
    while True:
        ready, _, _ = select.select([sys.stdin], [], [], LOOK_EVERY_S if running else None)
        if ready:
            line = sys.stdin.readline()
            if not line:
                return
            request = json.loads(line)
            result = Path(request["folder"]) / f"{request['number']}.code"
            pid = os.fork()
            if pid == 0:
                _run(request)
            running[pid] = result
            print(pid, flush=True)
        for pid in list(running):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                _tell(running.pop(pid), os.waitstatus_to_exitcode(status))


def _tell(path: Path, code: int) -> None:
    draft = path.with_suffix(".draft")
    draft.write_text(str(code))
    draft.rename(path)


def _run(request: dict[str, Any]) -> None:
    """The child: never returns."""
    from django.core.management import execute_from_command_line

    from helpdesk.lib import faults

    os.environ.update(request["environment"])
    _stop_between_heartbeats()
    faults.arm(os.environ.get("POSTROOM_FAULT", ""))
    base = Path(request["folder"]) / str(request["number"])
    for target, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(base.with_suffix(suffix), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), target)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    code = 1
    try:
        if "code" in request:
            exec(compile(request["code"], "<script>", "exec"), {"__name__": "__main__"})
        else:
            execute_from_command_line(["manage.py", *request["arguments"]])
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:  # noqa: BLE001  a forked child must never come back into the loop above
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _stop_between_heartbeats() -> None:
    """SIGSTOP comes while no thread renews a lease: SQLite's lock is the process's, and would stop everybody else."""
    from helpdesk.lib import faults
    from mailboxes.services.reading.lease import Lease

    check = Lease.check

    def checked(lease: Lease) -> None:
        with _heartbeat:
            check(lease)

    def stop() -> None:
        with _heartbeat:
            os.kill(os.getpid(), signal.SIGSTOP)

    Lease.check = checked  # type: ignore[method-assign]  # for this test process
    faults._ACTIONS["stop"] = stop


if __name__ == "__main__":
    main()
