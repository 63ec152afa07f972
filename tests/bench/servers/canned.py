"""A server process that answers every request with the same recorded process, as fast as it can."""

from __future__ import annotations

import asyncio
import sys


class Canned(asyncio.Protocol):
    """HTTP/1.1 just good enough for one client that sends one request at a time."""

    def __init__(self, reply: bytes) -> None:
        self._head = (
            b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n\r\n"
        )
        self._reply = self._head % len(reply) + reply
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, separator, rest = self._received.partition(b"\r\n\r\n")
        if not separator:
            return
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(rest) >= int(length.partition(b":")[2]):
            self._received = b""
            self._transport.write(self._reply)


async def serve(reply: bytes) -> None:
    """Serve `reply` on a free port, which is printed first."""
    server = await asyncio.get_running_loop().create_server(lambda: Canned(reply), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.stdin.buffer.read()))
