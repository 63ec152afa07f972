"""Figures of the embedded server, in a process of its own, measured through the client over loopback."""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from pathlib import Path
from typing import Any

from colonyos_gen_wire import Colony, Executor, FunctionSpec
from colonyos_gen_wire.constants import CHANNEL_BURST

from colonyos_gen import AsyncClient, PrivateKey, RPCError
from colonyos_gen.server._processes import lifecycle
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Change
from tests.server.kit.spawned import ServerProcess

COLONY, TYPE = "bench", "worker"
LENGTHS = (1_000, 10_000, 100_000)
WAITING_EXECUTORS = 1_000
STREAMS, ENTRIES = 20, 10_000

Row = tuple[str, str]


class Stage:
    """A running server with a colony, and executors that are registered on demand."""

    def __init__(self, client: AsyncClient, server: ServerProcess) -> None:
        self.client = client
        self.server = server

    async def executors(self, count: int) -> list[PrivateKey]:
        """The keys of new executors."""
        keys = [PrivateKey.generate() for _ in range(count)]
        for key in keys:
            name = f"executor-{key.id}"
            await self.client.add_executor(Executor.new(name, key.id, TYPE, COLONY))
            await self.client.approve_executor(COLONY, name)
        return keys


@contextlib.asynccontextmanager
async def stage(db: Path | None = None) -> AsyncGenerator[Stage]:
    """A server, in memory or with a file."""
    owner, colony_key = PrivateKey.generate(), PrivateKey.generate()
    server = ServerProcess()
    try:
        url = server.serve(server_key=owner.hex(), db=str(db) if db else None)
        async with AsyncClient(
            url, server_key=owner, colony_key=colony_key, pool_size=2 * WAITING_EXECUTORS, timeout=60
        ) as client:
            await client.add_colony(Colony(colonyid=colony_key.id, name=COLONY))
            yield Stage(client, server)
    finally:
        server.kill()


def spec(**settings: Any) -> FunctionSpec:
    """A function for the executors of the stage."""
    made = FunctionSpec.new("work", TYPE, COLONY)
    for name, value in settings.items():
        setattr(made, name, value)
    return made


async def cycles(db: Path | None, clients: int, seconds: float = 3.0) -> Row:
    """Submit, assign and close, as fast as some clients at once can."""
    async with stage(db) as on:
        keys = await on.executors(clients)
        done = 0
        end = time.perf_counter() + seconds

        async def work(key: PrivateKey) -> None:
            nonlocal done
            while time.perf_counter() < end:
                await on.client.submit(spec(), prvkey=key)
                process = await on.client.assign(COLONY, 10, prvkey=key)
                await on.client.close(process.processid, output=[1], prvkey=key)
                done += 1

        await asyncio.gather(*map(work, keys))
    where = "file" if db else "memory"
    name = f"submit, assign, close: {clients} at once, {where}"
    return name, f"{done / seconds:,.0f} cycles/s"


async def latency() -> Row:
    """One small call after another."""
    async with stage() as on:
        [key] = await on.executors(1)
        process = await on.client.submit(spec(), prvkey=key)
        taken = [
            await timed(lambda: on.client.get_process(process.processid, prvkey=key)) for _ in range(1000)
        ]
    return "get_process, median", f"{statistics.median(taken) * 1e3:.2f} ms"


async def queue(length: int, folder: Path) -> list[Row]:
    """Assign with many processes waiting, and the memory that they take."""
    empty, full = folder / f"empty-{length}.db", folder / f"full-{length}.db"
    fill(empty, 0)
    fill(full, length)
    async with stage(empty) as on:
        before = resident(on.server.pid)
    started = time.perf_counter()
    async with stage(full) as on:
        opened = time.perf_counter() - started
        after = resident(on.server.pid)
        [key] = await on.executors(1)
        taken = [await timed(lambda: on.client.assign(COLONY, 10, prvkey=key)) for _ in range(300)]
    rows = [(f"assign, median, {length:,} waiting, file", f"{statistics.median(taken) * 1e3:.2f} ms")]
    if length == LENGTHS[-1]:
        rows.append((f"start with {length:,} waiting", f"{opened:.1f} s"))
        if before and after:
            rows.append(("memory of a waiting process", f"{(after - before) / length / 1024:.1f} KiB"))
    return rows


def fill(file: Path, length: int) -> None:
    """A file with this many waiting processes in it."""
    journal = SqliteJournal(file)
    now = time.time_ns()
    for start in range(0, length, 1000):
        processes = [
            lifecycle.submitted(spec(args=[start + number]), "0" * 64, "nobody", now + start + number)
            for number in range(min(1000, length - start))
        ]
        journal.write([Change("processes", process.processid, process) for process in processes])
    journal.close()


def resident(pid: int) -> int | None:
    """Bytes of memory that a process takes; None where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:"))


async def waking() -> list[Row]:
    """Many executors in a long poll, each of which gets one process."""
    async with stage() as on:
        keys = await on.executors(WAITING_EXECUTORS)
        submitted: dict[str, float] = {}
        got: dict[str, float] = {}

        async def wait(key: PrivateKey) -> None:
            process = await on.client.assign(COLONY, 60, prvkey=key)
            got[process.processid] = time.perf_counter()

        waiting = [asyncio.create_task(wait(key)) for key in keys]
        await asyncio.sleep(3)
        started = time.perf_counter()
        for _ in keys:
            asked = time.perf_counter()
            process = await on.client.submit(spec(), prvkey=keys[0])
            submitted[process.processid] = asked
        await asyncio.gather(*waiting)
        total = max(got.values()) - started
        delays = [got[processid] - submitted[processid] for processid in submitted]
    return [
        (f"{WAITING_EXECUTORS:,} long polls answered by submits", f"{total:.1f} s"),
        ("from submit to the waiting executor, median", f"{statistics.median(delays) * 1e3:.2f} ms"),
    ]


async def streaming() -> Row:
    """Entries through channels to subscribers. The server limits the rate of a process, so there are several of them."""
    each = min(ENTRIES // STREAMS, CHANNEL_BURST)
    async with stage() as on:
        [key] = await on.executors(1)
        processids: list[str] = []
        for _ in range(STREAMS):
            await on.client.submit(spec(channels=["out"]), prvkey=key)
            processids.append((await on.client.assign(COLONY, 10, prvkey=key)).processid)

        async def write(processid: str) -> None:
            for number in range(each):
                await on.client.channel_append(processid, "out", number, b"x" * 100, prvkey=key)

        async def read(processid: str) -> int:
            async with on.client.subscribe_channel(processid, "out", timeout=60, prvkey=key) as entries:
                return await count(entries, each)

        started = time.perf_counter()
        reading = [asyncio.create_task(read(processid)) for processid in processids]
        await asyncio.gather(*map(write, processids))
        received = sum([await each for each in reading])
        taken = time.perf_counter() - started
    return (
        f"{received:,} channel entries, {STREAMS} streams",
        f"{taken:.1f} s ({received / taken:,.0f}/s)",
    )


async def count(items: AsyncIterator[object], limit: int) -> int:
    """How many items come, up to `limit`."""
    found = 0
    async for _ in items:
        found += 1
        if found == limit:
            break
    return found


async def timed(call: Callable[[], Any]) -> float:
    """Seconds that a call takes."""
    started = time.perf_counter()
    await call()
    return time.perf_counter() - started


async def figures() -> AsyncIterator[Row]:
    """All of them, one after the other."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        yield await latency()
        for clients in (1, 16):
            yield await cycles(None, clients)
            yield await cycles(folder / f"cycles-{clients}.db", clients)
        for length in LENGTHS:
            for row in await queue(length, folder):
                yield row
        for row in await waking():
            yield row
        try:
            yield await streaming()
        except RPCError as error:
            if error.status != 501:
                raise
            yield "channels", "not served yet"


async def show() -> None:
    """Measure and print."""
    print(f"\n{'embedded server':50} {'figure':>24}")
    async for name, figure in figures():
        print(f"{name:50} {figure:>24}", flush=True)


def main() -> None:
    """Measure and print."""
    asyncio.run(show())


if __name__ == "__main__":
    main()
