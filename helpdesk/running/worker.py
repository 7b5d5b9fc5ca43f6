"""`python -m helpdesk.running.worker`: the background, as two Celery processes.

What waits for servers (polling, sending) runs in threads; what parses mail runs in processes of its own, so that a
mail that hangs or kills its worker takes nothing else along, and can be stopped by a hard time limit.
"""

from __future__ import annotations

import os
import sys

from helpdesk.running.programs import CELERY, QUIET
from helpdesk.running.starting import require_plain_role
from helpdesk.running.supervisor import Child, Supervisor


def names() -> list[str]:
    """What the two processes are called on the broker; one pair for each host or container."""
    return [f"{pool}@{os.uname().nodename}" for pool in ("transport", "intake")]


def children() -> tuple[Child, Child]:
    """The two worker processes; how wide they are comes from WORKER_THREADS and WORKER_PROCESSES."""
    threads = os.environ.get("WORKER_THREADS", "16")
    processes = os.environ.get("WORKER_PROCESSES", "2")
    transport_name, intake_name = names()
    transport = ("worker", "-n", transport_name, "-Q", "poll,outbound", "-P", "threads", "-c", threads)
    intake = ("worker", "-n", intake_name, "-Q", "inbound,default", "-P", "prefork", "-c", processes)
    return Child("transport", (*CELERY, *transport, *QUIET)), Child("intake", (*CELERY, *intake, *QUIET))


def main() -> None:
    """Both run until this process is told to stop. A refusal to start is said once, instead of with each restart."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings")
    require_plain_role()
    with Supervisor(children(), log_folder=None, say=lambda words: print(words, file=sys.stderr, flush=True)) as all_of:  # noqa: T201  the container's log
        all_of.watch()


if __name__ == "__main__":
    main()
