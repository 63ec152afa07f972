"""What large requests of anybody do to everybody else: the longest time without a turn for others, and the CPU time taken."""

from __future__ import annotations

import asyncio
import base64
import time
from collections.abc import Iterator

from colonyos_gen import PrivateKey
from colonyos_gen.server import Server
from tests.server.kit.hostile import HOSTILE
from tests.server.kit.lab import envelope

SIZE = 60_000_000


def requests() -> Iterator[tuple[str, bytes]]:
    """Bodies of nearly the largest size, and small ones that would be work to make a request of."""
    for name, (make, _) in HOSTILE.items():
        yield name, make(SIZE)
    key = PrivateKey.generate()
    for name, msgtype, fields in (
        ("signed: lists", "submitfuncspecmsg", b'"spec":{"args":[%b0]}' % (b"[]," * (SIZE // 4))),
        ("signed: unknown message", "x", b'"a":"%b"' % (b"x" * (SIZE // 4 * 3))),
        (
            "signed: 64 KiB of nodes",
            "submitworkflowspecmsg",
            b'"spec":{"functionspecs":[%b{}]}' % (b"{}," * 16_000),
        ),
        ("signed: 64 KiB of numbers", "submitfuncspecmsg", b'"spec":{"args":[%b0]}' % (b"0," * 24_000)),
    ):
        yield name, envelope(key, msgtype, b'{"msgtype":"%b",%b}' % (msgtype.encode(), fields))


async def longest(server: Server, body: bytes) -> tuple[float, float]:
    """Seconds of the longest stretch without a turn for others, and of CPU time, until there is an answer."""
    gap, last = 0.0, time.perf_counter()

    async def others() -> None:
        nonlocal gap, last
        while True:
            now = time.perf_counter()
            gap, last = max(gap, now - last), now
            await asyncio.sleep(0.0005)

    turns = asyncio.create_task(others())
    await asyncio.sleep(0.002)
    gap, last, began = 0.0, time.perf_counter(), time.process_time()
    await server.answer(body)
    await asyncio.sleep(0.001)
    taken = time.process_time() - began
    turns.cancel()
    return max(gap, time.perf_counter() - last), taken


async def show() -> None:
    """Measure and print."""
    print(
        f"\n{'requests of anybody, ' + format(SIZE, ',') + ' bytes':50} {'longest stretch':>16} {'CPU time':>12}"
    )
    key, plain = PrivateKey.generate(), base64.b64encode(bytes(SIZE // 4 * 3))
    began = time.process_time()
    key.sign(plain)
    print(f"{'hashing so much, for comparison':50} {'':>16} {(time.process_time() - began) * 1e3:9.0f} ms")
    async with Server() as server:
        for name, body in requests():
            stretch, taken = await longest(server, body)
            print(f"{name:50} {stretch * 1e3:13.1f} ms {taken * 1e3:9.0f} ms", flush=True)


def main() -> None:
    """Measure and print."""
    asyncio.run(show())


if __name__ == "__main__":
    main()
