"""What is refused when a workflow is submitted, and what is kept of the rest."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.constants import CANCELLED, ENV, MAX_PRIORITY, WAITING
from colonyos_gen_wire.types.process import FunctionSpec
from msgspec.structs import replace

from tests.server.kit.lab import COLONY, Refused, lab
from tests.server.kit.stored import node, processes
from tests.server.kit.workflow_lab import cancel, graph, graphs, members, remove, submit

BAD_DEPENDENCY = "500 Failed to submit workflow, invalid dependencies, are you depending on a nodename that does not exits?"
NOT_ADDED = "500 Failed to submit workflow, failed to add process"


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ([node("")], "500 Nodename is missing, check function spec for errors"),
        ([node("a"), node("b"), node("a")], "500 Duplicate nodename: a"),
        ([node("a"), node("a"), node("")], "500 Duplicate nodename: a"),
        ([node("a"), node("", "missing")], "500 Nodename is missing, check function spec for errors"),
        ([node("a"), node("b", "missing")], BAD_DEPENDENCY),
        ([node("a"), node("b", "a", "")], BAD_DEPENDENCY),
        ([node("a"), node("b", mem="5 apples")], NOT_ADDED),
        ([node("a"), node("b", maxretries=2**31)], NOT_ADDED),
        ([node("a"), node("b", label="x\x00")], NOT_ADDED),
        (
            [node("a"), node("b", priority=MAX_PRIORITY + 1)],
            "400 Failed to submit function spec, priority outside range [-50000, 50000]",
        ),
    ],
)
@pytest.mark.hazards("unknown_dependency", "nul_in_env")
def test_a_workflow_that_is_not_valid_leaves_nothing_behind(nodes: list[FunctionSpec], message: str) -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            with pytest.raises(Refused) as caught:
                await submit(here, key, *nodes)
            assert str(caught.value) == message
            assert await graphs(here, key, WAITING) == []
            assert await processes(here, key) == []

    asyncio.run(main())


def test_nodes_get_the_colony_of_the_workflow() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            nodes = [node("a", colonyname="elsewhere"), node("b", "a", colonyname="")]
            made = await submit(here, key, *nodes)
            found = await members(here, key, made.processgraphid)
            assert {process.spec.conditions.colonyname for process in found.values()} == {COLONY}
            assert (await here.assign(key)).spec.nodename == "a"

    asyncio.run(main())


def test_environment_of_a_node() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a", env={"K": "v"}))
            attribute = (await here.process(key, made.processids[0])).attributes[0]
            assert (attribute.attributetype, attribute.key, attribute.value) == (ENV, "K", "v")
            assert attribute.targetprocessgraphid == made.processgraphid

    asyncio.run(main())


def test_a_parent_that_is_named_twice_gives_its_output_twice() -> None:
    """As on the real server: a function that gets other arguments here than there would pass its tests for nothing."""

    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", "a", "a"))
            found = await members(here, key, made.processgraphid)
            assert found["b"].parents == [found["a"].processid] * 2
            assert found["a"].children == [found["b"].processid] * 2
            edges = (await graph(here, key, made.processgraphid)).edges
            assert [(edge.source, edge.target) for edge in edges] == [
                (found["a"].processid, found["b"].processid)
            ] * 2
            assert found["b"].spec.conditions.dependencies == ["a", "a"]
            await here.close(key, (await here.assign(key)).processid, "x")
            assert (await here.assign(key)).input == ["x", "x"]

    asyncio.run(main())


def test_a_workflow_without_nodes_waits_for_ever() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key)
            assert (made.processids, made.rootprocessids) == ([], [])
            read = await graph(here, key, made.processgraphid)
            assert (read.state, read.processids, read.nodes, read.edges) == (WAITING, [], [], [])
            await cancel(here, key, made.processgraphid)
            assert (await graph(here, key, made.processgraphid)).state is CANCELLED

    asyncio.run(main())


@pytest.mark.parametrize(
    "nodes",
    [[node("a", "a")], [node("a", "c"), node("b", "a"), node("c", "b")]],
    ids=["itself", "each other"],
)
def test_a_cycle_never_runs(nodes: list[FunctionSpec]) -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("free"), *nodes)
            process = await here.assign(key)
            assert (process.spec.nodename, made.rootprocessids) == ("free", [process.processid])
            await here.close(key, process.processid)
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            read = await graph(here, key, made.processgraphid)
            assert sorted(read.processids) == sorted(made.processids)
            assert len(read.nodes) == len(nodes) + 1
            await cancel(here, key, made.processgraphid)
            found = await members(here, key, made.processgraphid)
            assert all(found[each.nodename].state is CANCELLED for each in nodes)
            await remove(here, key, made.processgraphid)
            with pytest.raises(Refused):
                await here.process(key, made.processids[-1])

    asyncio.run(main())


def test_dependencies_mean_nothing_outside_workflows() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            single = replace(node("a", "nothing"), nodename="")
            process = await here.submit(key, single)
            assert (process.waitforparents, process.processgraphid) == (False, "")
            assert (await here.assign(key)).processid == process.processid

    asyncio.run(main())
