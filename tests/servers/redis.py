"""A private Redis that keeps nothing on disk and asks for a password."""

import secrets

import redis

from tests.servers.ports import free_port
from tests.servers.process import ServerProcess, program
from tests.servers.server import PrivateServer


class Redis(PrivateServer):
    """A running server; `url()` carries its password."""

    def __init__(self) -> None:
        super().__init__("redis")
        self.port = free_port()
        self.password = secrets.token_hex(16)

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

    def _answers(self) -> bool:
        with redis.Redis.from_url(self.url(), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False
