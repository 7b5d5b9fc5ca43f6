"""Private proxies that ask for a password: microsocks (SOCKS5) and tinyproxy (HTTP CONNECT)."""

from __future__ import annotations

import shutil
from types import TracebackType
from typing import Literal, Self

from tests.servers.ports import free_port, is_listening
from tests.servers.process import ServerProcess, program, temporary_folder

USER, PASSWORD = "egress", "pr0xy-word"


class EgressProxy:
    """A running proxy on 127.0.0.1 that lets `USER` connect to anything."""

    def __init__(self, kind: Literal["socks5", "http"]) -> None:
        self.kind = kind
        self.port = free_port()
        self.folder = temporary_folder(kind)
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        try:
            self._process = ServerProcess(self._arguments(), folder=self.folder)
            self._process.wait_until(lambda: is_listening(self.port))
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _arguments(self) -> list[str]:
        if self.kind == "socks5":
            return [program("microsocks"), "-i", "127.0.0.1", "-p", str(self.port), "-u", USER, "-P", PASSWORD]
        configuration = self.folder / "tinyproxy.conf"
        configuration.write_text(
            f"Port {self.port}\nListen 127.0.0.1\nTimeout 60\nBasicAuth {USER} {PASSWORD}\nDisableViaHeader Yes\n"
        )
        return [program("tinyproxy"), "-d", "-c", str(configuration)]
