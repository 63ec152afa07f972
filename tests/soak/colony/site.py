"""A colony of the soak, with its workers and its ledger."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import sys
import tempfile
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

from colonyos_gen_wire import ExecutorState, User

from colonyos_gen import PrivateKey, Worker, connect
from colonyos_gen.session import AsyncSession
from colonyos_gen.testing._environment import Environment
from tests.soak.colony.functions import TYPE, Records, offer, registered
from tests.soak.colony.ledger import Ledger
from tests.soak.ground import Ground

ROOT = Path(__file__).parents[3]
WAIT_S = 120.0
"""Longest that anything of the soak may take to end before it counts as stuck."""
_LOOK_S = 0.5
_CLIENTS = 10


class Site:
    """A colony on the server, a ledger of what was asked for in it, and workers that are started on demand."""

    def __init__(self, ground: Ground, name: str, folder: Path) -> None:
        self.ground: Ground = ground
        """The server."""
        self.name: str = name
        """Name of the colony."""
        self.ledger: Ledger = Ledger(folder)
        """What was asked for."""
        self._folder = folder
        self._colony_key = PrivateKey.generate()
        self._user_key = PrivateKey.generate()
        self._processes: list[asyncio.subprocess.Process] = []
        self._sessions = contextlib.AsyncExitStack()
        self._clients: list[AsyncSession] = []
        self._numbers = itertools.count(1)
        self._records: Records | None = None

    @property
    def session(self) -> AsyncSession:
        """A session with all keys."""
        return self._clients[0]

    @property
    def clients(self) -> list[AsyncSession]:
        """Sessions with clients of their own."""
        return self._clients

    def unique(self, what: str) -> str:
        """A name that is in use nowhere else; it ends in a letter, for the sake of types that differ by a digit."""
        return f"{what}-{self.name[-6:]}-{next(self._numbers)}-x"

    async def open(self) -> None:
        """Make the colony, and a user in it."""
        keys = {"server": self.ground.server_key, "colony": self._colony_key, "member": self._user_key}
        for _ in range(_CLIENTS):
            session = connect(self.name, url=self.ground.url, keys=keys, environ={})
            self._clients.append(await self._sessions.enter_async_context(session))
        await self.session.colonies.add(self.name)
        await self.session.rpc.add_user(User(colonyname=self.name, userid=self._user_key.id, name="soaker"))

    @property
    def environ(self) -> Environment:
        """The variables of a worker of the colony."""
        host, port = self.ground.place
        return Environment.of(host, port, self.name, colony_key=self._colony_key)

    async def start_workers(self, processes: int, count: int, concurrency: int) -> None:
        """Start so many programs with so many workers each, and wait until all are registered."""
        options = json.dumps({"count": count, "concurrency": concurrency, "folder": str(self._folder)})
        paths = os.pathsep.join([str(ROOT), str(ROOT / "generated" / "python")])
        environ = os.environ | self.environ | {"PYTHONPATH": paths}
        for _ in range(processes):
            with (self._folder / "workers.log").open("ab") as log:
                process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "tests.soak.colony.workers", options),
                    env=environ,
                    stdin=asyncio.subprocess.PIPE,
                    stdout=asyncio.subprocess.PIPE,
                    stderr=log,
                )
            self._processes.append(process)
        for process in self._processes:
            assert process.stdout is not None
            if not await asyncio.wait_for(process.stdout.readline(), WAIT_S):
                raise RuntimeError(
                    f"a worker process ended instead of working: see {self._folder}/workers.log"
                )

    async def stop_workers(self) -> None:
        """Let the workers end, and wait until they have."""
        for process in self._processes:
            assert process.stdin is not None
            process.stdin.close()
        for process in self._processes:
            try:
                code = await asyncio.wait_for(process.wait(), WAIT_S)
            except TimeoutError:
                process.kill()
                code = await process.wait()
            self.ledger.require(
                code == 0, f"a worker process ended with {code}: see {self._folder}/workers.log"
            )
        self._processes.clear()

    @contextlib.asynccontextmanager
    async def guests(self, count: int, executortype: str = TYPE) -> AsyncGenerator[list[str]]:
        """Workers in this process for as long as the block lasts, by their names."""
        self._records = self._records or Records(self._folder)
        workers = [
            Worker(executortype, name=self.unique("guest"), concurrency=2, prvkey=PrivateKey.generate())
            for _ in range(count)
        ]
        serving: list[asyncio.Task[None]] = []
        ready: list[asyncio.Event] = []
        for worker in workers:
            offer(worker, self._records)
            ready.append(asyncio.Event())
            serving.append(asyncio.create_task(worker.serve(environ=self.environ, ready=ready[-1].set)))
        try:
            async with asyncio.timeout(WAIT_S):
                await registered(serving, ready)
            yield [worker.name or "" for worker in workers]
        finally:
            for worker in workers:
                worker.stop("the guest leaves")
            await asyncio.gather(*serving)

    async def call(self, session: AsyncSession, seconds: float = 0.0, to: str = TYPE) -> None:
        """Call a function, and look at what it returns."""
        token = self.ledger.token()
        output = await session.call("work", token, seconds, to=to, timeout=WAIT_S)
        self.ledger.require(output == token, f"work returned {output!r} for {token}")

    async def until_ran(self, tokens: Iterable[str], times: int = 1) -> bool:
        """Wait until each of these has run so often; whether they have."""
        waited = list(tokens)
        for _ in range(int(WAIT_S / _LOOK_S)):
            if all(count >= times for count in self.ledger.ran(*waited)):
                return True
            await asyncio.sleep(_LOOK_S)
        return False

    async def close(self) -> None:
        """Wait until all has ended, let the workers end, and remove the colony; what was wrong is in the ledger."""
        try:
            await self._settle()
            await self.stop_workers()
            self.ledger.require(
                await self._counts() == {}, f"after the workers had ended: {await self._counts()}"
            )
            for executor in await self.session.executors.list():
                if executor.state is not ExecutorState.UNREGISTERED:
                    await self.session.executors.remove(executor.executorname, timeout=WAIT_S)
            await self.session.colonies.remove(self.name, timeout=WAIT_S)
        finally:
            for process in self._processes:
                process.kill()
            if self._records is not None:
                self._records.close()
            await self._sessions.aclose()

    async def _settle(self) -> None:
        for _ in range(int(WAIT_S / _LOOK_S)):
            if not await self._counts():
                return
            await asyncio.sleep(_LOOK_S)
        self.ledger.require(False, f"not ended after {WAIT_S:g} s: {await self._counts()}")

    async def _counts(self) -> dict[str, int]:
        """How many processes of each kind have not ended. Workflows have ended when their processes have."""
        now = await self.session.rpc.get_statistics(self.name)
        counts = {"waiting": now.waitingprocesses, "running": now.runningprocesses}
        return {name: count for name, count in counts.items() if count}


@contextlib.asynccontextmanager
async def site(ground: Ground, wrong: list[str]) -> AsyncGenerator[Site]:
    """A colony for as long as the block lasts. What was not as it should be is added to `wrong` at its end."""
    name = f"soak-{os.urandom(3).hex()}"
    folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=ground.folder))
    made = Site(ground, name, folder)
    try:
        await made.open()
        yield made
    finally:
        try:
            await made.close()
        finally:
            wrong += made.ledger.check()


def note(error: BaseException, where: str) -> str:
    """An error in one line."""
    text = str(error).splitlines()
    return f"{where}: {type(error).__name__}: {text[0] if text else ''}"[:300]
