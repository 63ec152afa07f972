"""A server with a file is killed again and again, and must not forget anything that it has acknowledged."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from colonyos_gen_wire.types.colony import Colony
from colonyos_gen_wire.types.executor import Executor
from colonyos_gen_wire.types.log import Log

from colonyos_gen import AsyncClient, PrivateKey, RPCError
from colonyos_gen.server._store.records import Records
from colonyos_gen.server._store.sqlite_journal import SqliteJournal
from colonyos_gen.server._store.tables import Store
from tests.server.kit.lab import COLONY, TYPE, spec
from tests.server.kit.spawned import ServerProcess

from .acknowledged import Acknowledged, output, workflow

pytestmark = pytest.mark.long

KILLS = 20
WORKERS = 4
MORE_S = 0.2
"""How long a server may go on, after it has answered each kind of request, before it is killed."""


def test_a_killed_server_forgets_nothing_that_it_has_acknowledged(tmp_path: Path) -> None:
    asyncio.run(kill_again_and_again(tmp_path / "server.db"))


async def kill_again_and_again(file: Path) -> None:
    """Load, kill, restart and check, `KILLS` times; then look at the file itself."""
    keys = {f"worker-{number}": PrivateKey.generate() for number in range(WORKERS)}
    owner, colony_key = PrivateKey.generate(), PrivateKey.generate()
    seen, known, numbers = Acknowledged(), set[str](), itertools.count()
    spare = ServerProcess()
    try:
        for round_ in range(KILLS + 1):
            server, spare = spare, ServerProcess()
            url = server.serve(db=str(file), server_key=owner.hex())
            try:
                async with AsyncClient(
                    url, server_key=owner, colony_key=colony_key, member_key=keys["worker-0"], retries=0
                ) as client:
                    if round_ == 0:
                        await people(client, colony_key, keys)
                    await seen.check(client, known)
                    load = [asyncio.create_task(work(client, *item, seen, numbers)) for item in keys.items()]
                    before = answered(seen)
                    while any(now == old for now, old in zip(answered(seen), before, strict=True)):
                        assert not all(task.done() for task in load)
                        await asyncio.sleep(0.005)
                    await asyncio.sleep(random.uniform(0, MORE_S))
                    server.kill()
                    await asyncio.gather(*load)
            finally:
                server.kill()
    finally:
        spare.kill()
    check_file(file, seen)


def answered(seen: Acknowledged) -> list[int]:
    """How often each kind of request was answered."""
    return [len(each) for each in (seen.submitted, seen.workflows, seen.assigned, seen.closed)]


async def people(client: AsyncClient, colony_key: PrivateKey, keys: dict[str, PrivateKey]) -> None:
    """A colony with an executor for each of the keys."""
    await client.add_colony(Colony(colonyid=colony_key.id, name=COLONY))
    for name, key in keys.items():
        await client.add_executor(Executor.new(name, key.id, TYPE, COLONY))
        await client.approve_executor(COLONY, name)


async def work(
    client: AsyncClient, name: str, key: PrivateKey, seen: Acknowledged, numbers: Iterator[int]
) -> None:
    """Submit, assign, log and close, and note every answer, until the server is gone."""
    try:
        while True:
            number = next(numbers)
            if number % 4 == 0:
                graph = await client.submit_workflow(workflow(), prvkey=key)
                seen.workflows[graph.processgraphid] = graph.processids
            else:
                process = await client.submit(spec("single", args=[number]), prvkey=key)
                seen.submitted[process.processid] = [number]
            process = await client.assign(COLONY, 5, prvkey=key)
            seen.assigned[process.processid] = key.id
            line = f"{process.processid} by {name}"
            await client.add_log(Log(processid=process.processid, message=line), prvkey=key)
            seen.logged[name].append(line)
            await client.close(process.processid, output=output(process.processid), prvkey=key)
            seen.closed.add(process.processid)
    except RPCError as error:
        if not error.conn_err():
            raise


def check_file(file: Path, seen: Acknowledged) -> None:
    """Compare with the rows of the file, after the last kill."""
    journal = SqliteJournal(file)
    records = Records(Store(journal))
    seen.check_rows(records.processes, records.processgraphs, list(records.logs))
    journal.close()
