"""A TCP proxy between a client and a real server that fails on request: cuts, stalls, garbage, slowness."""

import asyncio
import contextlib
import socket
import struct
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Literal, Self

CHUNK_BYTES = 16 * 1024
GARBAGE = b"\x00\xff\xfe* BYE 250 -ERR \x16\x03garbage\r\n"

Kind = Literal["pass", "cut", "stall", "garbage"]
Direction = Literal["to_client", "to_server"]


@dataclass(frozen=True)
class Fault:
    """What happens to a connection once `after_bytes` have passed in `direction`."""

    kind: Kind = "pass"  # cut: reset; stall: nothing more either way; garbage: noise instead of the rest
    after_bytes: int = 0  # counted for each connection from when it was opened
    direction: Direction = "to_client"
    latency_s: float = 0.0  # added to every chunk, both ways


class TcpProxy:
    """A running proxy on `port`; the fault may be changed at any time and holds for open connections too."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.port = 0
        self.connections = 0  # accepted since the start
        self._fault = Fault()
        self._loop = asyncio.new_event_loop()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True, name="tcp-proxy")

    def __enter__(self) -> Self:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def fail(
        self,
        kind: Kind,
        *,
        after_bytes: int = 0,
        direction: Direction = "to_client",
        latency_s: float = 0.0,
    ) -> None:
        """From now on connections fail this way."""
        self._fault = Fault(kind, after_bytes, direction, latency_s)

    def slow_down(self, latency_s: float) -> None:
        """From now on everything passes, this much later for each chunk."""
        self._fault = Fault(latency_s=latency_s)

    def heal(self) -> None:
        """From now on everything passes; connections that failed stay failed."""
        self._fault = Fault()

    def cut_all(self) -> None:
        """Every open connection was reset; new ones are accepted."""
        asyncio.run_coroutine_threadsafe(self._cut_all(), self._loop).result()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", 0)

    async def _accept(self, reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            from_server, server = await asyncio.open_connection("127.0.0.1", self.target_port)
        except OSError:
            _reset(client)
            return
        self._open |= {client, server}
        with contextlib.suppress(OSError, asyncio.CancelledError):
            await asyncio.gather(
                self._pump(from_server, client, "to_client", others=server),
                self._pump(reader, server, "to_server", others=client),
            )
        client.transport.abort()
        server.transport.abort()
        self._open -= {client, server}

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        direction: Direction,
        *,
        others: asyncio.StreamWriter,
    ) -> None:
        passed = 0
        while chunk := await source.read(CHUNK_BYTES):
            fault = self._fault
            await asyncio.sleep(fault.latency_s)
            applies = fault.kind != "pass" and fault.direction == direction
            whole = chunk[: max(0, fault.after_bytes - passed)] if applies else chunk
            passed += len(whole)
            sink.write(whole)
            await sink.drain()
            if len(whole) < len(chunk) or (applies and passed >= fault.after_bytes):
                await self._break(fault.kind, sink=sink, others=others)
        sink.write_eof()

    async def _break(self, kind: Kind, *, sink: asyncio.StreamWriter, others: asyncio.StreamWriter) -> None:
        if kind == "garbage":
            sink.write(GARBAGE * 8)
            await sink.drain()
        if kind == "cut":
            _reset(sink)
            _reset(others)
            raise ConnectionResetError
        await asyncio.Event().wait()  # until the connection or the proxy is closed

    async def _cut_all(self) -> None:
        for writer in self._open:
            _reset(writer)

    async def _close(self) -> None:
        self._server.close()
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _reset(writer: asyncio.StreamWriter) -> None:
    """The peer gets RST instead of an orderly end: with a linger time of zero nothing is flushed."""
    connection = writer.get_extra_info("socket")
    if not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
