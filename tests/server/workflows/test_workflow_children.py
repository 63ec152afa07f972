"""Adding processes to a workflow that runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import pytest
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.methods.executor import APPROVE_EXECUTOR
from colonyos_gen_wire.requests.executor import ApproveExecutorMsg
from colonyos_gen_wire.types.process import FunctionSpec, Process
from colonyos_gen_wire.types.workflow import ProcessGraph

from colonyos_gen.crypto import PrivateKey
from tests.server.kit.lab import TYPE, Lab, Refused, lab
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import (
    DIAMOND,
    add_child,
    cancel,
    fail,
    graph,
    members,
    remove,
    states,
    submit,
)

NOWHERE = "f" * 64


class Scene(NamedTuple):
    """A diamond whose root runs."""

    here: Lab
    key: PrivateKey
    made: ProcessGraph
    root: Process

    async def nodes(self) -> dict[str, Process]:
        return await members(self.here, self.key, self.made.processgraphid)

    async def run_next(self, *output: object) -> tuple[str, list[Any]]:
        """Run the next process; gives the name of its node, and its input."""
        process = await self.here.assign(self.key)
        await self.here.close(self.key, process.processid, *output)
        return process.spec.nodename, process.input


@asynccontextmanager
async def diamond() -> AsyncGenerator[Scene, None]:
    async with lab() as here:
        key, user = await here.add_executor("ex"), await here.add_user("ada")
        made = await submit(here, user, *DIAMOND)
        yield Scene(here, key, made, await here.assign(key))


def test_one_more_child() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            child = await add_child(here, key, root, node("x", env={"K": "v"}))
            assert (child.state, child.waitforparents) == (WAITING, True)
            assert (child.initiatorid, child.initiatorname) == ("", "")
            assert (child.parents, child.children) == ([root.processid], [])
            assert child.processgraphid == child.attributes[0].targetprocessgraphid == root.processgraphid
            assert await here.process(key, child.processid) == child
            found = await scene.nodes()
            assert found["a"].children == [found[name].processid for name in "bcx"]
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            await here.close(key, root.processid, "out")
            assert [await scene.run_next(name) for name in "bc"] == [("b", ["out"]), ("c", ["out"])]
            # It was submitted later than everything else.
            assert await scene.run_next() == ("d", ["b", "c"])
            assert (await graph(here, key, scene.made.processgraphid)).state is RUNNING
            assert await scene.run_next() == ("x", ["out"])
            assert (await graph(here, key, scene.made.processgraphid)).state is SUCCESS

    asyncio.run(main())


def test_a_child_that_an_existing_process_waits_for() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            last = (await scene.nodes())["d"]
            child = await add_child(here, key, root, node("x"), follower=last.processid)
            assert child.children == [last.processid]
            found = await scene.nodes()
            assert found["d"].parents == [*last.parents, child.processid]
            await here.close(key, root.processid)
            assert [(await scene.run_next(name))[0] for name in "bcx"] == ["b", "c", "x"]
            assert await scene.run_next() == ("d", ["b", "c", "x"])

    asyncio.run(main())


def test_a_root_can_be_made_to_wait() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a", priority=1), node("b"))
            root, other = await here.assign(key), made.processids[1]
            assert root.spec.nodename == "a"
            child = await add_child(here, key, root, node("x"), follower=other)
            read = await graph(here, key, made.processgraphid)
            assert read.rootprocessids == [root.processid]
            assert read.processids == [root.processid, child.processid, other]
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            await here.close(key, root.processid)
            child = await here.assign(key)
            await here.close(key, child.processid, "x")
            assert (await here.assign(key)).input == ["x"]

    asyncio.run(main())


def test_inserting() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            # With insert, the process that would wait for the child is of no account.
            child = await add_child(here, key, root, node("x"), follower=NOWHERE, insert=True)
            found = await scene.nodes()
            ids = {name: process.processid for name, process in found.items()}
            assert child.children == [ids["b"], ids["c"]]
            assert found["a"].children == [child.processid]
            assert found["b"].parents == found["c"].parents == [child.processid]
            assert found["d"].parents == [ids["b"], ids["c"]]
            await here.close(key, root.processid, "from a")
            assert await scene.run_next("from x") == ("x", ["from a"])
            assert await scene.run_next() == ("b", ["from x"])
            assert await scene.run_next("c") == ("c", ["from x"])
            assert await scene.run_next() == ("d", ["c"])

    asyncio.run(main())


def test_inserting_before_a_process_with_other_parents() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key = scene.here, scene.key
            await here.close(key, scene.root.processid)
            left = await here.assign(key)
            child = await add_child(here, key, left, node("x"), insert=True)
            found = await scene.nodes()
            assert found["d"].parents == [found["c"].processid, child.processid]
            await here.close(key, left.processid)
            assert [(await scene.run_next(name))[0] for name in "cx"] == ["c", "x"]
            assert await scene.run_next() == ("d", ["c", "x"])

    asyncio.run(main())


def test_a_workflow_that_grows_while_it_runs() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("n0"))
            for number in range(1, 20):
                process = await here.assign(key)
                await add_child(here, key, process, node(f"n{number}"))
                await here.close(key, process.processid, number)
            process = await here.assign(key)
            assert process.input == [19]
            await here.close(key, process.processid)
            read = await graph(here, key, made.processgraphid)
            assert (read.state, len(read.processids), len(read.edges)) == (SUCCESS, 20, 19)

    asyncio.run(main())


def test_children_fail_and_go_with_their_workflow() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key = scene.here, scene.key
            child = await add_child(here, key, scene.root, node("x"))
            await fail(here, key, scene.root)
            assert set((await states(here, key, scene.made.processgraphid)).values()) == {FAILED}
            await remove(here, key, scene.made.processgraphid)
            with pytest.raises(Refused):
                await here.process(key, child.processid)

    asyncio.run(main())


def test_a_cancelled_workflow_gets_no_children() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            child = await add_child(here, key, root, node("x"))
            await cancel(here, key, scene.made.processgraphid)
            assert (await here.process(key, child.processid)).state is CANCELLED
            with pytest.raises(Refused, match=f"400 Process with Id {root.processid} is not running"):
                await add_child(here, key, root, node("y"))

    asyncio.run(main())


def test_without_a_workflow_id_it_is_that_of_the_parent() -> None:
    async def main() -> None:
        async with diamond() as scene:
            child = await add_child(scene.here, scene.key, scene.root, node("x"), processgraphid="")
            assert child.processgraphid == scene.made.processgraphid

    asyncio.run(main())


async def refusal_of(scene: Scene, key: PrivateKey, spec: FunctionSpec, **settings: Any) -> str:
    """Why a child is refused; nothing may have changed."""
    before = await scene.nodes()
    with pytest.raises(Refused) as caught:
        await add_child(scene.here, key, settings.pop("parent", scene.root), spec, **settings)
    assert await scene.nodes() == before
    return str(caught.value)


def test_who_may_add_children() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, root = scene.here, scene.root
            other, user, stranger = (
                await here.add_executor("other"),
                await here.add_user("u"),
                PrivateKey.generate(),
            )
            for key in (other, user):
                assert await refusal_of(scene, key, node("x")) == (
                    f"400 Process with Id {root.processid} is not assigned to executor with Id {key.id}"
                )
            denied = "403 Access denied, not a member of Colony with name <lab>"
            for key in (stranger, here.colony_key, here.server_key):
                assert await refusal_of(scene, key, node("x")) == denied
            assert await refusal_of(scene, scene.key, node("x", colonyname="none")) == (
                "403 Colony with name <none> does not exists"
            )

    asyncio.run(main())


def test_what_cannot_have_children() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key = scene.here, scene.key
            waiting = (await scene.nodes())["b"]
            assert await refusal_of(scene, key, node("x"), parent=waiting) == (
                f"400 Process with Id {waiting.processid} is not running"
            )
            await here.submit(key)
            single = await here.assign(key)
            assert (
                await refusal_of(
                    scene, key, node("x"), parent=single, processgraphid=scene.made.processgraphid
                )
                == f"400 Process with Id {single.processid} does not belong to a processgraph"
            )

    asyncio.run(main())


@pytest.mark.hazards("child_of_unknown_parent", "unknown_child", "child_of_other_workflow")
def test_what_crashes_the_real_server_is_refused() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            unknown = f"400 Process with Id {NOWHERE} does not exist in Colony <lab>"
            ghost = Process(processid=NOWHERE, spec=node("g"), processgraphid=root.processgraphid)
            assert await refusal_of(scene, key, node("x"), parent=ghost) == unknown
            assert await refusal_of(scene, key, node("x"), follower=NOWHERE) == unknown
            other = await submit(here, key, node("o"))
            assert await refusal_of(scene, key, node("x"), processgraphid=other.processgraphid) == (
                f"400 Process with Id {root.processid} does not belong to processgraph {other.processgraphid}"
            )
            assert await refusal_of(scene, key, node("x"), follower=other.processids[0]) == (
                f"400 Process with Id {other.processids[0]} does not belong to processgraph "
                f"{scene.made.processgraphid}"
            )

    asyncio.run(main())


@pytest.mark.hazards("child_of_unknown_parent")
def test_a_child_stays_in_the_colony_of_its_parent() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key = scene.here, scene.key
            await here.add_colony("other")
            await here.add_executor("ex", key=key, approve=False, colonyname="other")
            request = ApproveExecutorMsg(colonyname="other", executorname="ex")
            await here.call(here.colony_key, APPROVE_EXECUTOR, request)
            assert await refusal_of(scene, key, node("x", colonyname="other")) == (
                f"400 Process with Id {scene.root.processid} does not exist in Colony <other>"
            )

    asyncio.run(main())


def test_what_cannot_wait_for_a_child() -> None:
    async def main() -> None:
        async with diamond() as scene:
            here, key, root = scene.here, scene.key, scene.root
            assert await refusal_of(scene, key, node("x"), follower=root.processid) == (
                f"400 Process with Id {root.processid} is not waiting"
            )
            await here.close(key, root.processid)
            running = await here.assign(key)
            for ancestor in (root, running):
                assert await refusal_of(
                    scene, key, node("x"), parent=running, follower=ancestor.processid
                ) == (f"400 Process with Id {ancestor.processid} is not waiting")

    asyncio.run(main())


def test_a_child_is_checked_as_any_process_is() -> None:
    async def main() -> None:
        async with diamond() as scene:
            refusal = await refusal_of(scene, scene.key, node("x", priority=50_001))
            assert refusal.startswith("400 Failed to submit function spec, priority outside range")
            assert (await refusal_of(scene, scene.key, node("x", mem="5 apples"))).startswith("400 ")
            child = await add_child(
                scene.here, scene.key, scene.root, node("x", mem="1Gi", executortype=TYPE)
            )
            assert child.spec.conditions.mem == "1024Mi"

    asyncio.run(main())
