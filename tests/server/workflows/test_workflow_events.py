"""What subscribers hear of the processes of a workflow."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.constants import CANCELLED, FAILED, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESS, SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg, SubscribeProcessMsg

from tests.server.kit.lab import TYPE, lab
from tests.server.kit.socket_lab import line
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import cancel, fail, submit

pytestmark = pytest.mark.hazards(
    "process_subscription_near_change", "abandoned_feed", "waiting_feed_takes_wakeups"
)


def test_a_child_has_not_arrived_before_its_parents_have_ended() -> None:
    async def main() -> None:
        async with lab() as here, line(here) as listener:
            key = await here.add_executor("ex")
            request = SubscribeProcessesMsg(executortype=TYPE, state=WAITING, timeout=60)
            await listener.ask(key, SUBSCRIBE_PROCESSES, request)
            made = await submit(here, key, node("a"), node("b", "a"))
            assert (await listener.item(SUBSCRIBE_PROCESSES)).processid == made.rootprocessids[0]
            assert await listener.quiet()
            await here.close(key, (await here.assign(key)).processid)
            told = await listener.item(SUBSCRIBE_PROCESSES)
            assert (told.spec.nodename, told.waitforparents) == ("b", False)

    asyncio.run(main())


def test_processes_that_fail_with_their_workflow_are_told() -> None:
    async def main() -> None:
        async with lab() as here, line(here) as listener:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", "a"))
            request = SubscribeProcessMsg(processid=made.processids[1], state=FAILED, timeout=60)
            await listener.ask(key, SUBSCRIBE_PROCESS, request)
            await fail(here, key, await here.assign(key))
            told = await listener.item(SUBSCRIBE_PROCESS)
            assert told == await here.process(key, made.processids[1])
            assert told.state is FAILED

    asyncio.run(main())


def test_processes_that_are_cancelled_with_their_workflow_are_told() -> None:
    async def main() -> None:
        async with lab() as here, line(here) as listener:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", "a"))
            request = SubscribeProcessMsg(processid=made.processids[1], state=CANCELLED, timeout=60)
            await listener.ask(key, SUBSCRIBE_PROCESS, request)
            await cancel(here, key, made.processgraphid)
            assert (await listener.item(SUBSCRIBE_PROCESS)).state is CANCELLED

    asyncio.run(main())
