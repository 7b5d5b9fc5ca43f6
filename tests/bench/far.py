"""`python -m tests.bench.far TARGET_PORT ROUND_TRIP_MS`: a server that is far away. Prints the port to connect to.

Every byte arrives half a round trip later, in both directions and however many are on their way; a connection is made
to the server one round trip after it was accepted, which is what TCP's handshake takes.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

CHUNK_BYTES = 64 * 1024


async def main(target_port: int, round_trip_s: float) -> None:
    """Passes on until the process ends."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(round_trip_s)
        try:
            from_server, to_server = await asyncio.open_connection("127.0.0.1", target_port)
        except OSError:
            writer.transport.abort()
            return
        with contextlib.suppress(OSError):
            await asyncio.gather(
                _pass_on(reader, to_server, later_s=round_trip_s / 2),
                _pass_on(from_server, writer, later_s=round_trip_s / 2),
            )
        writer.close()
        to_server.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, later_s: float) -> None:
    """What is read is written later, in order; so is the end."""
    loop = asyncio.get_running_loop()
    while chunk := await reader.read(CHUNK_BYTES):
        loop.call_later(later_s, writer.write, chunk)
    await asyncio.sleep(later_s)
    if writer.can_write_eof():
        writer.write_eof()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]) / 1000))
