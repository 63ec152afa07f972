"""Reading, drawing and removing workflows, and who may do it."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.constants import CANCELLED, MAX_COUNT, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods import colony as colony_methods
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.types.common import ProcessState

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import COLONY, Refused, lab
from tests.server.kit.stored import node, processes
from tests.server.kit.workflow_lab import (
    DIAMOND,
    cancel,
    fail,
    graph,
    graphs,
    members,
    remove,
    remove_all,
    states,
    submit,
)

NOWHERE = "f" * 64
STRANGER = "403 Access denied, not a member of Colony with name <lab>"


def test_the_drawing() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            nodes = [*DIAMOND, node("tail", "d"), node("alone")]
            made = await submit(here, key, *nodes)
            await here.close(key, (await here.assign(key)).processid)
            await here.close(key, (await here.assign(key)).processid)
            await here.assign(key)
            found = await members(here, key, made.processgraphid)
            assert [found[name].state for name in ("a", "alone", "b", "c")] == [
                SUCCESS,
                SUCCESS,
                RUNNING,
                WAITING,
            ]
            read = await graph(here, key, made.processgraphid)
            drawn = {
                each.data.label: (each.position.x, each.position.y, each.type, each.style.background)
                for each in read.nodes
            }
            assert drawn == {
                "a": (0, 0, "input", "#92d050"),
                "alone": (200, 0, "input", "#92d050"),
                "b": (0, 80, "", "#4689cd"),
                "c": (200, 80, "", "#eee8d8"),
                "d": (100, 160, "", "#eee8d8"),
                "tail": (100, 240, "output", "#eee8d8"),
            }
            assert {each.id for each in read.nodes} == set(made.processids)
            names = {process.processid: name for name, process in found.items()}
            edges = {(names[edge.source], names[edge.target], edge.animated) for edge in read.edges}
            assert edges == {
                ("a", "b", False),
                ("a", "c", False),
                ("b", "d", True),
                ("c", "d", False),
                ("d", "tail", False),
            }
            assert {edge.id for edge in read.edges} == {f"{edge.source}-{edge.target}" for edge in read.edges}

    asyncio.run(main())


def test_colours_of_what_has_ended() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b"))
            await fail(here, key, await here.assign(key))
            await cancel(here, key, made.processgraphid)
            read = await graph(here, key, made.processgraphid)
            colours = {each.data.label: each.style.background for each in read.nodes}
            assert colours == {"a": "#cb4239", "b": "#f5a623"}

    asyncio.run(main())


def test_removing_takes_the_processes_along() -> None:
    async def main() -> None:
        async with lab() as here:
            key, user = await here.add_executor("ex"), await here.add_user("ada")
            made, kept = await submit(here, key, *DIAMOND), await submit(here, key, node("k"))
            root = await here.assign(key)
            with pytest.raises(Refused, match="400 Failed to remove processgraph, cannot remove a running"):
                await remove(here, user, made.processgraphid)
            await fail(here, key, root)
            await remove(here, user, made.processgraphid)
            with pytest.raises(Refused, match="500 Failed to get processgraph, graph is nil"):
                await graph(here, user, made.processgraphid)
            for processid in made.processids:
                with pytest.raises(Refused):
                    await here.process(key, processid)
            assert [each.processgraphid for each in await graphs(here, key, WAITING)] == [kept.processgraphid]
            await remove(here, user, kept.processgraphid)
            with pytest.raises(Refused, match="404"):
                await here.assign(key)

    asyncio.run(main())


@pytest.mark.hazards("workflows_removed_by_state")
def test_removing_all_in_a_state() -> None:
    async def main() -> None:
        async with lab() as here:
            key, owner = await here.add_executor("ex"), here.colony_key
            # Each has members that are WAITING, whatever its own state is.
            cancelled = await submit(here, key, *DIAMOND)
            await cancel(here, key, cancelled.processgraphid)
            running = await submit(here, key, *DIAMOND)
            await here.close(key, (await here.assign(key)).processid)
            waiting = await submit(here, key, *DIAMOND)
            single = await here.submit(key)
            await remove_all(here, owner, WAITING)
            assert await graphs(here, key, WAITING) == []
            assert await states(here, key, running.processgraphid) == {
                "a": SUCCESS,
                "b": WAITING,
                "c": WAITING,
                "d": WAITING,
            }
            assert (await graph(here, key, cancelled.processgraphid)).state is CANCELLED
            with pytest.raises(Refused):
                await here.process(key, waiting.processids[0])
            assert (await here.process(key, single.processid)).state is WAITING
            await remove_all(here, owner, SUCCESS)
            assert (await states(here, key, running.processgraphid))["a"] is SUCCESS
            await remove_all(here, owner, CANCELLED)
            assert await graphs(here, key, CANCELLED) == []
            taken = await here.assign(key)
            assert taken.processgraphid == running.processgraphid
            await remove_all(here, owner, -1)
            assert await graphs(here, key, RUNNING) == []
            with pytest.raises(Refused, match="500"):
                await here.close(key, taken.processid)
            assert [each.processid for each in await processes(here, key)] == [single.processid]

    asyncio.run(main())


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (1, "400 not possible to remove running processgraphs"),
        (5, "400 invalid state when deleting all processgraphs"),
        (-2, "400 invalid state when deleting all processgraphs"),
    ],
)
def test_states_that_cannot_be_removed(state: int, message: str) -> None:
    async def main() -> None:
        async with lab() as here:
            with pytest.raises(Refused, match=message):
                await remove_all(here, here.colony_key, state)

    asyncio.run(main())


def test_removing_the_colony_removes_its_workflows() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, *DIAMOND)
            request = RemoveColonyMsg(colony_name=COLONY)
            await here.call(here.server_key, colony_methods.REMOVE_COLONY, request)
            await here.add_colony()
            key = await here.add_executor("ex")
            assert await graphs(here, key, WAITING) == []
            with pytest.raises(Refused, match="graph is nil"):
                await graph(here, key, made.processgraphid)

    asyncio.run(main())


def test_lists_that_are_refused() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            for state, count, message in (
                (WAITING, MAX_COUNT + 1, "400 Count is larger than MaxCount limit <100>"),
                (ProcessState(9), 10, "400 invalid msg.State"),
                (ProcessState(-1), 10, "400 invalid msg.State"),
                (WAITING, -1, "400 pq: LIMIT must not be negative"),
            ):
                with pytest.raises(Refused) as caught:
                    await graphs(here, key, state, count)
                assert str(caught.value) == message

    asyncio.run(main())


def test_members_of_the_colony_only() -> None:
    async def main() -> None:
        async with lab() as here:
            key, pending = await here.add_executor("ex"), await here.add_executor("new", approve=False)
            made = await submit(here, key, *DIAMOND)
            for outsider in (PrivateKey.generate(), pending, here.colony_key, here.server_key):
                calls = (
                    submit(here, outsider, node("a")),
                    graph(here, outsider, made.processgraphid),
                    graphs(here, outsider, WAITING),
                    cancel(here, outsider, made.processgraphid),
                    remove(here, outsider, made.processgraphid),
                )
                for call in calls:
                    with pytest.raises(Refused) as caught:
                        await call
                    assert str(caught.value) == STRANGER
            assert set((await states(here, key, made.processgraphid)).values()) == {WAITING}

    asyncio.run(main())


def test_only_the_colony_owner_removes_all() -> None:
    async def main() -> None:
        async with lab() as here:
            key, user = await here.add_executor("ex"), await here.add_user("ada")
            for other in (key, user, here.server_key, PrivateKey.generate()):
                with pytest.raises(Refused, match="403 Access denied, not colony owner"):
                    await remove_all(here, other, -1)

    asyncio.run(main())


def test_workflows_that_do_not_exist() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            for call, what in (
                (graph(here, key, NOWHERE), "get"),
                (cancel(here, key, NOWHERE), "cancel"),
                (remove(here, key, NOWHERE), "remove"),
            ):
                with pytest.raises(Refused, match=f"500 Failed to {what} processgraph, graph is nil"):
                    await call
            with pytest.raises(Refused, match="403 Colony with name <none> does not exists"):
                await submit(here, key, node("a"), colonyname="none")

    asyncio.run(main())
