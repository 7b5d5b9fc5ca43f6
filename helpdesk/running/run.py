"""`make run`: an empty installation on this machine, on SQLite and without other servers.

Its first-run page makes the first organization and owner.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import helpdesk.env  # noqa: F401  what stands in `.env` counts here, too
from helpdesk.running import programs
from helpdesk.running.supervisor import Supervisor

HOST = "127.0.0.1"


def say(words: str) -> None:
    """The words stand on the terminal."""
    print(words, flush=True)  # noqa: T201  the person at the terminal


def main() -> int:
    """Runs until Ctrl-C; gives the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", default=os.environ.get("PORT") or "8000")
    data = Path(os.environ.get("DATA_DIR") or programs.ROOT / "data").resolve()
    try:
        port = programs.port_of(parser.parse_args().port)
        with programs.only_one_in(data):
            _run(port, data)
    except programs.CannotStart as problem:
        say(str(problem))
        return 1
    say("All parts have ended.")
    return 0


def _run(port: int, data: Path) -> None:
    here = f"http://{HOST}:{port}"
    base_url = os.environ.get("BASE_URL") or here
    environment = {"DATA_DIR": str(data), "BASE_URL": base_url}
    programs.require_free_port(HOST, port, cure=f"Choose another: make run PORT={programs.next_port(port)}")
    programs.manage("migrate", "--verbosity", "0", environment=environment)
    programs.forget_ready_workers(data)
    logs = data / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    parts = [
        programs.web(host=HOST, port=port, environment=environment),
        programs.worker(environment),
        programs.beat(environment),
        programs.watch(environment),
    ]
    with Supervisor(parts, log_folder=logs, say=say) as all_of:
        all_of.watch(until=lambda: programs.is_answering(HOST, port) and programs.workers_are_ready(data))
        if not all_of.is_stopping:
            listens = "" if base_url == here else f" and listens on {HOST}:{port}"
            say(f"Postroom is at {base_url}/{listens}  (data and logs in {data}). Ctrl-C ends it.")
        all_of.watch()


if __name__ == "__main__":
    sys.exit(main())
