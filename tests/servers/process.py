"""One server process: started in its own session, ended with the process that started it.

Start servers from the main thread: Linux sends the parent-death signal when the starting *thread* ends.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.servers.waiting import wait_until

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 20.0


class ServerFailed(Exception):
    """A server did not come up or is not installed; the text says which, and shows the end of its log."""


class ServerProcess:
    """A running server program and its log file."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        folder: Path,
        user: str | None = None,
        death_signal: str = "TERM",
        environment: dict[str, str] | None = None,
    ) -> None:
        """The program is started; `wait_until` tells when it answers.

        user: drop to this account; needs root. None keeps the caller's.
        death_signal: what the kernel sends to it when the starting thread dies.
        """
        self.name = Path(arguments[0]).name
        self.log_path = folder / f"{self.name}.log"
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*_wrapper(user, death_signal), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=folder,
                env=environment,
                start_new_session=True,  # Ctrl-C ends the tests first, and they end the servers.
            )

    @property
    def pid(self) -> int:
        """The process id of the server, which is also the id of its process group."""
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def wait_until(self, is_ready: Callable[[], bool], *, timeout_s: float = START_TIMEOUT_S) -> None:
        """The server answers.

        Raises: ServerFailed with the end of the log if it ends or is still silent after timeout_s.
        """
        try:
            wait_until(lambda: not self.is_running or is_ready(), timeout_s=timeout_s)
        except TimeoutError:
            self.stop()
        if not self.is_running:
            raise ServerFailed(f"{self.name} did not come up:\n{self.log_tail()}")

    def stop(self, *, stop_signal: int = signal.SIGTERM) -> None:
        """The process and its whole group are gone, by SIGKILL if it ignores stop_signal."""
        if self.is_running:
            if stop_signal == signal.SIGKILL:
                self.signal_group(signal.SIGKILL)
            self.signal_group(signal.SIGCONT)
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, stop_signal)
            try:
                self._process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.signal_group(signal.SIGKILL)
                self._process.wait()
        self.signal_group(signal.SIGKILL)
        # A child the kernel has not taken down yet still holds its sockets, and the next start would find them.
        wait_until(lambda: not self._group_lives(), timeout_s=STOP_TIMEOUT_S, what=f"that all of {self.name} ends")

    def _group_lives(self) -> bool:
        """Whether a process of the group is anything but a zombie, which holds nothing."""
        return any(_is_alive_in_group(stat, self.pid) for stat in Path("/proc").glob("[0-9]*/stat"))

    def signal_group(self, number: int) -> None:
        """Every process of the server has been sent this signal."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def pause(self) -> None:
        """The server is frozen: the kernel still accepts connections for it, but nothing answers."""
        self.signal_group(signal.SIGSTOP)

    def resume(self) -> None:
        """A frozen server goes on."""
        self.signal_group(signal.SIGCONT)

    def log_tail(self, *, max_chars: int = 3000) -> str:
        """The end of what the server wrote."""
        return self.log_path.read_text(errors="replace")[-max_chars:]


def _is_alive_in_group(stat: Path, group: int) -> bool:
    """Reads proc(5): after the name in parentheses come state, parent and process group."""
    try:
        state, _parent, its_group = stat.read_text(errors="replace").rpartition(")")[2].split()[:3]
    except (OSError, ValueError):  # ended while we looked
        return False
    return int(its_group) == group and state not in "ZX"


def program(*names: str, also_in: Sequence[Path] = ()) -> str:
    """The path of the first of these programs that is installed.

    Raises: ServerFailed if none is.
    """
    folders = [*map(str, also_in), os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]
    for name in names:
        if found := shutil.which(name, path=os.pathsep.join(folders)):
            return found
    raise ServerFailed(f"{names[0]} is not installed; `.ci/test-packages` installs it or says what to do")


def temporary_folder(name: str) -> Path:
    """A new folder for one server, open to the accounts its parts run as."""
    folder = Path(tempfile.mkdtemp(prefix=f"postroom-{name}-"))
    folder.chmod(0o755)
    return folder


def _wrapper(user: str | None, death_signal: str) -> list[str]:
    """`setpriv` sets the parent-death signal after dropping privileges, which would clear it."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        if user is not None:
            raise ServerFailed("setpriv (package util-linux) is needed to start servers as root")
        return []
    drop = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user else []
    return [setpriv, *drop, f"--pdeathsig={death_signal}", "--"]
