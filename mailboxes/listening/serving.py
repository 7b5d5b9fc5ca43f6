"""The ports that mail servers hand mail to, until the process is asked to stop."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from helpdesk.running import signs
from mailboxes.listening.deliveries import protocol

THREADS = 8
SIGN_EVERY_S = 10.0


async def serve(
    ports: Mapping[str, int], *, host: str, max_bytes: int, ready: Callable[[Mapping[str, int]], None]
) -> None:
    """Mail is taken at these ports ("smtp", "lmtp"; 0: any that is free) until SIGTERM or SIGINT.

    `ready` hears the ports once all of them are open. What is being stored at the end is stored, whoever hears of it.
    Raises OSError for a port that cannot be opened.
    """
    loop, stopping = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    with ThreadPoolExecutor(THREADS, thread_name_prefix="receive") as pool:
        servers = {
            name: await loop.create_server(
                partial(protocol, pool, is_lmtp=name == "lmtp", max_bytes=max_bytes), host, port
            )
            for name, port in ports.items()
        }
        ready({name: server.sockets[0].getsockname()[1] for name, server in servers.items()})
        signing = loop.create_task(_say_alive())
        await stopping.wait()
        signing.cancel()
        for server in servers.values():
            server.close()


async def _say_alive() -> None:
    while True:
        await asyncio.to_thread(signs.say_alive, signs.RECEIVE)
        await asyncio.sleep(SIGN_EVERY_S)
