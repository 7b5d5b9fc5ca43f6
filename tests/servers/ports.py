"""Free loopback ports for the private servers of a test run."""

import random
import socket

# Below the range from which the kernel picks ports for outgoing connections (32768 and up on Linux), so that
# no client socket takes a port between our looking and the server's binding.
FIRST_PORT, LAST_PORT = 12000, 31999

_given_out: set[int] = set()


def free_port() -> int:
    """A port on 127.0.0.1 that nobody listens on, and that this process has not been given before.

    Raises: OSError if none of 200 tries was free.
    """
    for _ in range(200):
        port = random.SystemRandom().randint(FIRST_PORT, LAST_PORT)
        if port not in _given_out and not _is_taken(port):
            _given_out.add(port)
            return port
    raise OSError(f"no free port between {FIRST_PORT} and {LAST_PORT} on 127.0.0.1")


def is_listening(port: int, *, timeout_s: float = 1) -> bool:
    """Whether something on 127.0.0.1 accepts a connection on this port."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout_s).close()
    except OSError:
        return False
    return True


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
