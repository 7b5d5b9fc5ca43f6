"""What all private servers have in common: a folder, one process, and that nothing of them outlives the test."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.process import ServerFailed, ServerProcess, temporary_folder


class PrivateServer:
    """A server in a folder of its own; both are gone when the context ends."""

    def __init__(self, name: str) -> None:
        self.folder: Path = temporary_folder(name)
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        try:
            self._come_up()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._go_down()
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """The server answers, on the same ports as ever."""
        raise NotImplementedError

    def stop(self) -> None:
        """Every connection is cut and nothing listens."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def restart(self) -> None:
        """Every connection was cut, and the server answers again."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Connections are accepted, but nothing answers, until `resume`."""
        if self._process is not None:
            self._process.pause()

    def resume(self) -> None:
        """A paused server goes on where it was."""
        if self._process is not None:
            self._process.resume()

    @property
    def log(self) -> str:
        """What the server's process wrote lately."""
        if self._process is None:
            raise ServerFailed("the server is not running")
        return self._process.log_tail()

    def _come_up(self) -> None:
        self.start()

    def _go_down(self) -> None:
        self.stop()
