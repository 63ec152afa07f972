"""Workflows from submission to success: who runs when, with which input, and what readers see meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import aiohttp
import pytest
from colonyos_gen_wire.constants import RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods import executor as executor_methods
from colonyos_gen_wire.methods import statistics as statistics_methods
from colonyos_gen_wire.requests.executor import RemoveExecutorMsg
from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._store.tables import Change, Row
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import DIAMOND, graph, graphs, members, states, submit


class WatchedJournal:
    """A journal that counts what it gets, and that can be made to fail."""

    def __init__(self) -> None:
        self.broken = False
        self.written = 0

    def load(self, table: str, row_type: type[Row], /) -> Iterable[Row]:  # noqa: ARG002
        return ()

    def write(self, changes: Sequence[Change], /) -> None:
        if self.broken:
            raise OSError("no space left")
        self.written += len(changes)


async def run_next(here: Lab, key: PrivateKey, *output: object) -> str:
    """Run the next process, and tell the name of its node."""
    process = await here.assign(key)
    await here.close(key, process.processid, *output)
    return process.spec.nodename


def test_a_chain_passes_outputs_on() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await submit(here, key, node("a"), node("b", "a"), node("c", "b"))
            first = await here.assign(key)
            assert (first.spec.nodename, first.input) == ("a", [])
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            await here.close(key, first.processid, "x", {"y": [1, None]})
            second = await here.assign(key)
            assert (second.spec.nodename, second.input) == ("b", ["x", {"y": [1, None]}])
            await here.close(key, second.processid)
            third = await here.assign(key)
            assert (third.spec.nodename, third.input) == ("c", [])
            assert (await here.process(key, second.processid)).input == second.input

    asyncio.run(main())


def test_a_diamond() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key, user = await here.add_executor("ex"), await here.add_user("ada")
            submitted = await submit(here, user, *DIAMOND)
            assert (submitted.initiatorid, submitted.initiatorname) == (user.id, "ada")
            assert (submitted.state, submitted.submissiontime) == (WAITING, None)
            read = await graph(here, user, submitted.processgraphid)
            assert (read.state, read.starttime, read.endtime) == (WAITING, None, None)
            assert read.submissiontime is not None
            found = await members(here, user, submitted.processgraphid)
            ids = {name: process.processid for name, process in found.items()}
            assert submitted.processids == [ids[name] for name in "abcd"]
            assert submitted.rootprocessids == read.rootprocessids == [ids["a"]]
            assert read.processids == [ids[name] for name in "abdc"]
            assert [found[name].waitforparents for name in "abcd"] == [False, True, True, True]
            assert (found["a"].parents, found["a"].children) == ([], [ids["b"], ids["c"]])
            assert (found["d"].parents, found["d"].children) == ([ids["b"], ids["c"]], [])
            assert {process.initiatorname for process in found.values()} == {"ada"}

            clock.advance(5)
            root = await here.assign(key)
            running = await graph(here, user, submitted.processgraphid)
            assert (running.state, running.starttime, running.endtime) == (RUNNING, root.starttime, None)
            clock.advance(5)
            await here.close(key, root.processid, 0)
            left, right = await here.assign(key), await here.assign(key)
            assert [left.spec.nodename, right.spec.nodename] == ["b", "c"]
            assert left.input == right.input == [0]
            # The order of outputs is that of the parents, whichever ends first.
            await here.close(key, right.processid, "from c")
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            await here.close(key, left.processid, "from b", "too")
            last = await here.assign(key)
            assert (last.spec.nodename, last.input) == ("d", ["from b", "too", "from c"])
            clock.advance(5)
            await here.close(key, last.processid, "done")
            done = await graph(here, user, submitted.processgraphid)
            ended = (await here.process(key, last.processid)).endtime
            assert (done.state, done.starttime, done.endtime) == (SUCCESS, root.starttime, ended)

    asyncio.run(main())


def test_a_waiting_executor_gets_the_child_at_once() -> None:
    async def main() -> None:
        async with lab() as here:
            first, second = await here.add_executor("first"), await here.add_executor("second")
            await submit(here, first, node("a"), node("b", "a"))
            root = await here.assign(first)
            poll = asyncio.create_task(here.assign(second, timeout=60))
            while here.server.listeners == 0:
                await asyncio.sleep(0.01)
            await here.close(first, root.processid, 7)
            child = await poll
            assert (child.spec.nodename, child.input) == ("b", [7])

    asyncio.run(main())


def test_released_children_are_served_by_priority() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            nodes = [
                node(name, "root", priority=priority) for name, priority in (("l", 0), ("m", 2), ("n", 1))
            ]
            await submit(here, key, node("root"), *nodes)
            assert [await run_next(here, key) for _ in range(4)] == ["root", "m", "n", "l"]

    asyncio.run(main())


def test_a_member_that_runs_again_gets_its_input_again() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", "a", maxexectime=5, maxretries=1))
            await run_next(here, key, "x")
            assert (await here.assign(key)).input == ["x"]
            clock.advance(10)
            assert await states(here, key, made.processgraphid) == {"a": SUCCESS, "b": WAITING}
            again = await here.assign(key)
            assert (again.spec.nodename, again.retries, again.input) == ("b", 1, ["x"])
            await here.close(key, again.processid)
            assert (await graph(here, key, made.processgraphid)).state is SUCCESS

    asyncio.run(main())


def test_a_workflow_waits_again_when_its_executor_leaves() -> None:
    async def main() -> None:
        async with lab() as here:
            gone, user = await here.add_executor("gone"), await here.add_user("ada")
            made = await submit(here, user, node("a"), node("b", "a"))
            root = await here.assign(gone)
            request = RemoveExecutorMsg(colonyname=COLONY, executorname="gone")
            await here.call(here.colony_key, executor_methods.REMOVE_EXECUTOR, request)
            found = await graph(here, user, made.processgraphid)
            assert (found.state, found.starttime) == (WAITING, root.starttime)
            key = await here.add_executor("other")
            assert [await run_next(here, key) for _ in range(2)] == ["a", "b"]

    asyncio.run(main())


def test_a_wide_workflow_is_quick() -> None:
    width, executors = 500, 8

    async def main() -> None:
        journal = WatchedJournal()
        async with lab(journal=journal) as here:
            keys = [await here.add_executor(f"ex{number}") for number in range(executors)]
            names = [f"n{number}" for number in range(width)]
            nodes = [
                node("root"),
                *(node(name, "root") for name in names),
                node("end", *names, executortype="closer"),
            ]
            made = await submit(here, keys[0], *nodes)
            await run_next(here, keys[0], "go")
            before = journal.written

            async def work(key: PrivateKey) -> int:
                count = 0
                with contextlib.suppress(Refused):
                    while True:
                        process = await here.assign(key)
                        assert process.input == ["go"]
                        await here.close(key, process.processid, process.spec.nodename)
                        count += 1
                return count

            assert sum(await asyncio.gather(*map(work, keys))) == width
            # For each node: the executor is heard, and the node is assigned and closed; and a few refused calls.
            assert journal.written - before < 3 * width + 2 * executors + 10
            closer = await here.add_executor("closer", executortype="closer")
            last = await here.assign(closer)
            assert (last.spec.nodename, last.input) == ("end", names)
            await here.close(closer, last.processid)
            assert (await graph(here, closer, made.processgraphid)).state is SUCCESS

    asyncio.run(main())


def test_a_long_chain() -> None:
    length = 3000

    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            nodes = [node("n0"), *(node(f"n{number}", f"n{number - 1}") for number in range(1, length))]
            made = await submit(here, key, *nodes)
            found = await graph(here, key, made.processgraphid)
            assert found.processids == made.processids
            assert len(found.edges) == length - 1
            assert [await run_next(here, key) for _ in range(3)] == ["n0", "n1", "n2"]

    asyncio.run(main())


def test_lists_by_state_and_counts() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            made: list[str] = []
            for name in "abcd":
                made.append((await submit(here, key, node(name))).processgraphid)
                clock.advance(1)
            await run_next(here, key)
            await here.assign(key)
            assert [each.processgraphid for each in await graphs(here, key, SUCCESS)] == [made[0]]
            assert [each.processgraphid for each in await graphs(here, key, RUNNING)] == [made[1]]
            waiting = await graphs(here, key, WAITING)
            assert [each.processgraphid for each in waiting] == [made[3], made[2]]
            assert all(each.processids and not each.nodes and not each.edges for each in waiting)
            assert len(await graphs(here, key, WAITING, count=1)) == 1
            assert await graphs(here, key, WAITING, count=0) == []
            counts = await here.call(
                key, statistics_methods.GET_STATISTICS, GetColonyStatisticsMsg(colonyname=COLONY)
            )
            assert (counts.waitingworkflows, counts.runningworkflows) == (2, 1)
            assert (counts.successfulworkflows, counts.failedworkflows, counts.cancelledworkflows) == (
                1,
                0,
                0,
            )

    asyncio.run(main())


def test_a_workflow_goes_on_after_a_restart(tmp_path: Path) -> None:
    owner = PrivateKey.generate()
    file = tmp_path / "server.db"

    async def live() -> None:
        async with Server(server_key=owner, db=file) as server, aiohttp.ClientSession() as web:
            here = Lab(server, web)
            await here.add_colony()
            key = await here.add_executor("ex")
            made = await submit(here, key, *DIAMOND)
            await run_next(here, key, "x")
            await here.assign(key)
            before = await graph(here, key, made.processgraphid)
        async with Server(server_key=owner, db=file) as server, aiohttp.ClientSession() as web:
            here = Lab(server, web)
            assert await graph(here, key, made.processgraphid) == before
            running = (await members(here, key, made.processgraphid))["b"]
            await here.close(key, running.processid, "b")
            assert await run_next(here, key, "c") == "c"
            last = await here.assign(key)
            assert (last.spec.nodename, last.input) == ("d", ["b", "c"])
            await here.close(key, last.processid)
            assert (await graph(here, key, made.processgraphid)).state is SUCCESS

    asyncio.run(live())


def test_what_a_change_leads_to_is_undone_with_it() -> None:
    async def main() -> None:
        journal = WatchedJournal()
        async with lab(journal=journal) as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", "a"))
            root = await here.assign(key)
            journal.broken = True
            with pytest.raises(Refused, match="500"):
                await here.close(key, root.processid)
            journal.broken = False
            assert await states(here, key, made.processgraphid) == {"a": RUNNING, "b": WAITING}
            assert (await graph(here, key, made.processgraphid)).state is RUNNING
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            await here.close(key, root.processid)
            assert await run_next(here, key) == "b"
            assert (await graph(here, key, made.processgraphid)).state is SUCCESS

    asyncio.run(main())
