"""The private Redis asks for its password and forgets everything."""

from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.servers.redis import Redis

pytestmark = pytest.mark.servers

NEVER = Retry(NoBackoff(), retries=0)


@pytest.fixture(scope="module")
def server() -> Iterator[Redis]:
    with Redis() as running:
        yield running


def test_a_client_without_the_password_is_refused(server: Redis) -> None:
    with redis.Redis(port=server.port, retry=NEVER) as client, pytest.raises(redis.AuthenticationError):
        client.get("anything")


def test_a_restart_forgets_everything(server: Redis) -> None:
    with redis.Redis.from_url(server.url()) as client:
        client.set("key", "value")
    server.restart()
    with redis.Redis.from_url(server.url()) as client:
        assert client.get("key") is None


def test_a_paused_server_does_not_answer(server: Redis) -> None:
    server.pause()
    with (
        redis.Redis.from_url(server.url(), socket_timeout=0.2, retry=NEVER) as client,
        pytest.raises(redis.TimeoutError),
    ):
        client.ping()
    server.resume()
    with redis.Redis.from_url(server.url()) as client:
        assert client.ping()
