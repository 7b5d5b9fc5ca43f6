"""A private Redis that keeps nothing on disk and asks for a password."""

import secrets
import shutil
from types import TracebackType
from typing import Self

import redis

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program, temporary_folder


class Redis:
    """A running server; `url()` carries its password."""

    def __init__(self) -> None:
        self.port = free_port()
        self.password = secrets.token_hex(16)
        self.folder = temporary_folder("redis")
        self._process: ServerProcess | None = None

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, *, database: int = 0) -> str:
        """The address of one of the 16 numbered databases, in the form CELERY_BROKER_URL takes."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """The server answers, empty."""
        configuration = self.folder / "redis.conf"
        configuration.touch(mode=0o600)
        configuration.write_text(
            f'port {self.port}\nbind 127.0.0.1\nsave ""\nappendonly no\n'
            f"dir {self.folder}\nrequirepass {self.password}\n"
        )
        self._process = ServerProcess([program("redis-server"), str(configuration)], folder=self.folder)
        self._process.wait_until(self._answers)

    def stop(self) -> None:
        """The server is gone, with everything it held."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def restart(self) -> None:
        """Every connection was cut and everything is forgotten."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Connections are accepted, but nothing answers."""
        if self._process is not None:
            self._process.pause()

    def resume(self) -> None:
        """A paused server goes on."""
        if self._process is not None:
            self._process.resume()

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url(), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
