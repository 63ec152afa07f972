"""Workflows that do not succeed: failures and what they lead to, deadlines, and cancelling."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.constants import (
    CANCELLED,
    FAILED,
    RAN_TOO_LONG,
    RELEASE_PERIOD_S,
    RUNNING,
    SUCCESS,
    WAITED_TOO_LONG,
    WAITING,
)
from colonyos_gen_wire.methods import channel as channel_methods
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods import statistics as statistics_methods
from colonyos_gen_wire.requests.channel import ChannelReadMsg
from colonyos_gen_wire.requests.process import CancelProcessMsg, RemoveAllProcessesMsg, RemoveProcessMsg
from colonyos_gen_wire.requests.statistics import GetColonyStatisticsMsg

from colonyos_gen.server import ManualClock
from tests.server.kit.lab import COLONY, Refused, lab
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import DIAMOND, cancel, fail, graph, graphs, members, states, submit


def test_a_failure_ends_everything_that_has_not_ended() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, *DIAMOND, node("other"))
            root = await here.assign(key)
            await here.close(key, root.processid, "x")
            assert (await here.assign(key)).spec.nodename == "other"
            left, right = await here.assign(key), await here.assign(key)
            clock.advance(3)
            await fail(here, key, left, "it broke")
            found = await members(here, key, made.processgraphid)
            assert {name: process.state for name, process in found.items()} == {
                "a": SUCCESS,
                "b": FAILED,
                "c": FAILED,
                "d": FAILED,
                "other": FAILED,
            }
            assert found["a"].output == ["x"]
            assert [found[name].errors for name in "bcd"] == [["it broke"], [], []]
            assert found["b"].endtime is not None
            assert found["b"].endtime == found["c"].endtime == found["d"].endtime
            read = await graph(here, key, made.processgraphid)
            assert (read.state, read.endtime) == (FAILED, found["b"].endtime)
            with pytest.raises(Refused, match="400 Tried to set failed process as successful"):
                await here.close(key, right.processid, "late")
            with pytest.raises(Refused, match="404"):
                await here.assign(key)

    asyncio.run(main())


def test_other_branches_go_on_when_a_leaf_fails() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            nodes = [node("r"), node("leaf", "r"), node("m", "r"), node("n", "m")]
            made = await submit(here, key, *nodes)
            await here.close(key, (await here.assign(key)).processid)
            await fail(here, key, await here.assign(key), "no")
            assert (await graph(here, key, made.processgraphid)).state is FAILED
            for name in ("m", "n"):
                process = await here.assign(key)
                assert process.spec.nodename == name
                await here.close(key, process.processid)
            assert await states(here, key, made.processgraphid) == {
                "r": SUCCESS,
                "leaf": FAILED,
                "m": SUCCESS,
                "n": SUCCESS,
            }
            read = await graph(here, key, made.processgraphid)
            ended = (await here.process(key, process.processid)).endtime
            assert (read.state, read.endtime) == (FAILED, ended)

    asyncio.run(main())


def test_one_workflow_does_not_fail_another() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            first, second = await submit(here, key, *DIAMOND), await submit(here, key, *DIAMOND)
            await fail(here, key, await here.assign(key))
            assert (await graph(here, key, first.processgraphid)).state is FAILED
            assert (await graph(here, key, second.processgraphid)).state is WAITING
            assert (await here.assign(key)).processid == second.rootprocessids[0]

    asyncio.run(main())


def test_a_member_that_waits_too_long_fails_the_workflow() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            # The time spent on waiting for parents counts too.
            made = await submit(here, key, node("a"), node("b", "a", maxwaittime=60), node("c", "b"))
            root = await here.assign(key)
            clock.advance(50)
            assert (await graph(here, key, made.processgraphid)).state is RUNNING
            clock.advance(10 + 2 * RELEASE_PERIOD_S)
            found = await members(here, key, made.processgraphid)
            assert [found[name].state for name in "abc"] == [FAILED, FAILED, FAILED]
            assert [found[name].errors for name in "abc"] == [[], [WAITED_TOO_LONG], []]
            assert (await graph(here, key, made.processgraphid)).state is FAILED
            with pytest.raises(Refused, match="400 Tried to set failed process as successful"):
                await here.close(key, root.processid)

    asyncio.run(main())


def test_a_member_that_runs_too_long_fails_the_workflow() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a", maxexectime=30, maxretries=1), node("b", "a"))
            for _ in range(2):
                assert (await here.assign(key)).spec.nodename == "a"
                assert (await graph(here, key, made.processgraphid)).state is RUNNING
                clock.advance(30 + 2 * RELEASE_PERIOD_S)
            found = await members(here, key, made.processgraphid)
            assert [found[name].state for name in "ab"] == [FAILED, FAILED]
            assert found["a"].errors == [RAN_TOO_LONG]
            assert (await graph(here, key, made.processgraphid)).state is FAILED

    asyncio.run(main())


def test_members_without_a_time_limit() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a", maxexectime=0, maxretries=0))
            assert (await here.assign(key)).spec.maxexectime == -1
            clock.advance(300)
            assert (await graph(here, key, made.processgraphid)).state is RUNNING

    asyncio.run(main())


def test_channels_of_failed_members_are_gone() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            await submit(
                here, key, node("a", channels=["talk"]), node("b", channels=["talk"]), node("c", "b")
            )
            first, second = await here.assign(key), await here.assign(key)
            request = ChannelReadMsg(processid=first.processid, channelname="talk")
            assert await here.call(key, channel_methods.CHANNEL_READ, request) == []
            await fail(here, key, second)
            with pytest.raises(Refused):
                await here.call(key, channel_methods.CHANNEL_READ, request)

    asyncio.run(main())


def test_cancelling() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key, user = await here.add_executor("ex"), await here.add_user("ada")
            made = await submit(here, user, *DIAMOND)
            await here.close(key, (await here.assign(key)).processid, "x")
            running = await here.assign(key)
            clock.advance(5)
            await cancel(here, user, made.processgraphid)
            found = await members(here, user, made.processgraphid)
            assert [found[name].state for name in "abcd"] == [SUCCESS, CANCELLED, CANCELLED, CANCELLED]
            read = await graph(here, user, made.processgraphid)
            assert (read.state, read.endtime) == (CANCELLED, found["d"].endtime)
            assert [each.processgraphid for each in await graphs(here, user, CANCELLED)] == [
                made.processgraphid
            ]
            with pytest.raises(Refused, match="404"):
                await here.assign(key)
            with pytest.raises(Refused, match="400 Tried to set cancelled process as successful"):
                await here.close(key, running.processid)
            clock.advance(5)
            await cancel(here, user, made.processgraphid)
            assert await graph(here, user, made.processgraphid) == read
            counts = await here.call(
                user, statistics_methods.GET_STATISTICS, GetColonyStatisticsMsg(colonyname=COLONY)
            )
            assert (counts.cancelledworkflows, counts.cancelledprocesses) == (1, 3)

    asyncio.run(main())


def test_cancelling_what_has_ended_changes_nothing() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            done, failed = await submit(here, key, node("a")), await submit(here, key, node("a"))
            await here.close(key, (await here.assign(key)).processid)
            await fail(here, key, await here.assign(key))
            for made, state in ((done, SUCCESS), (failed, FAILED)):
                before = await graph(here, key, made.processgraphid)
                assert before.state is state
                await cancel(here, key, made.processgraphid)
                assert await graph(here, key, made.processgraphid) == before

    asyncio.run(main())


def test_cancelling_what_a_failed_leaf_has_left_running() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b"))
            await fail(here, key, await here.assign(key))
            await cancel(here, key, made.processgraphid)
            assert await states(here, key, made.processgraphid) == {"a": FAILED, "b": CANCELLED}
            assert (await graph(here, key, made.processgraphid)).state is CANCELLED

    asyncio.run(main())


def test_members_cannot_be_cancelled_or_removed_by_themselves() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, *DIAMOND)
            processid = made.processids[1]
            with pytest.raises(
                Refused, match="400 Failed to cancel, cannot cancel a process part of a workflow"
            ):
                await here.call(key, process_methods.CANCEL_PROCESS, CancelProcessMsg(processid=processid))
            with pytest.raises(
                Refused, match="400 Failed to remove, cannot remove a process part of a workflow"
            ):
                await here.call(key, process_methods.REMOVE_PROCESS, RemoveProcessMsg(processid=processid))
            request = RemoveAllProcessesMsg(colonyname=COLONY, state=-1)
            await here.call(here.colony_key, process_methods.REMOVE_ALL_PROCESSES, request)
            assert set((await states(here, key, made.processgraphid)).values()) == {WAITING}

    asyncio.run(main())


def test_what_failed_before_anything_ran_never_starts() -> None:
    """Although one of its nodes that the failure has left alone may run."""

    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock, quirks="v1.9") as here:
            key = await here.add_executor("ex")
            made = await submit(here, key, node("a"), node("b", maxwaittime=1))
            clock.advance(3)
            assert (await graph(here, key, made.processgraphid)).state is FAILED
            assert (await here.assign(key)).spec.nodename == "a"
            read = await graph(here, key, made.processgraphid)
            assert (read.state, read.starttime) == (FAILED, None)

    asyncio.run(main())
