"""Crons, with time in the hand of the test."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from colonyos_gen_wire.constants import CRON_CHECK_PERIOD_MS, RUNNING
from colonyos_gen_wire.methods import colony as colony_methods
from colonyos_gen_wire.methods import cron as methods
from colonyos_gen_wire.methods import user as user_methods
from colonyos_gen_wire.methods import workflow as workflow_methods
from colonyos_gen_wire.requests.colony import RemoveColonyMsg
from colonyos_gen_wire.requests.cron import RemoveCronMsg, RunCronMsg
from colonyos_gen_wire.requests.user import AddUserMsg, RemoveUserMsg
from colonyos_gen_wire.requests.workflow import CancelProcessGraphMsg
from colonyos_gen_wire.types.user import User

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock, Server
from colonyos_gen.server._clock import moment
from tests.server.kit.crons import PERIOD, START, add, get, names, run
from tests.server.kit.lab import COLONY, Lab, Refused, lab
from tests.server.kit.stored import node, processes, submissions, text


def test_an_interval_counts_from_the_run_before() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            cron = await add(here, user, interval=600)
            assert (cron.nextrun, cron.lastrun, cron.checkerperiod) == (None, None, 0)
            clock.advance(PERIOD)
            cron = await get(here, user, cron)
            assert (cron.nextrun, cron.lastrun) == (START + timedelta(seconds=601), None)
            assert cron.checkerperiod == CRON_CHECK_PERIOD_MS
            clock.advance(hours=2)
            # A run is due once its moment has passed, which the check after that notices.
            expected = [START + timedelta(seconds=602 + 601 * n) for n in range(11)]
            assert await submissions(here, user) == expected
            cron = await get(here, user, cron)
            assert cron.lastrun == expected[-1]
            assert cron.nextrun == expected[-1] + timedelta(seconds=600)
            assert {each.processgraphid for each in await processes(here, user)} > {cron.prevprocessgraphid}

    asyncio.run(main())


def test_an_expression_keeps_its_beats() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await add(here, user, "utc", cronexpression="0 30 3 * * *")
            await add(
                here, user, "tokyo", cronexpression="TZ=Asia/Tokyo @daily", workflowspec=text(node("t"))
            )
            never = await add(
                here, user, "never", cronexpression="0 0 0 30 2 *", workflowspec=text(node("n"))
            )
            clock.advance(hours=48)
            late = timedelta(seconds=PERIOD)
            days = (START, START + timedelta(days=1))
            assert await submissions(here, user) == [day + timedelta(hours=3.5) + late for day in days]
            assert await submissions(here, user, "t") == [day + timedelta(hours=15) + late for day in days]
            assert await submissions(here, user, "n") == []
            assert (await get(here, user, never)).nextrun is None

    asyncio.run(main())


def test_crons_take_turns_in_the_order_of_their_moments() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            for name, interval in (("slow", 50), ("fast", 20), ("middle", 30)):
                await add(here, user, name, interval=interval, workflowspec=text(node(name)))
            clock.advance(minutes=1.1)
            found = [each.spec.funcname for each in await processes(here, user)]
            assert found == ["fast", "middle", "fast", "slow", "middle", "fast"]

    asyncio.run(main())


def test_missed_moments_are_made_up_for_once() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            await add(here, user, cronexpression="* * * * * *")
            clock.advance(PERIOD)
            await here.server.stop()
            clock.advance(hours=5)
            await here.server.start()
            assert await submissions(here, user) == []
            clock.advance(PERIOD)
            assert await submissions(here, user) == [moment(clock.now_ns())]

    asyncio.run(main())


def test_a_cron_waits_for_its_last_workflow() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            cron = await add(here, key, interval=10, waitforprevprocessgraph=True)
            clock.advance(hours=1)
            [process] = await processes(here, key)
            assert (await run(here, key, cron)).prevprocessgraphid == process.processgraphid
            assert len(await processes(here, key)) == 1
            await here.assign(key)
            clock.advance(minutes=1)
            assert await processes(here, key) == []
            await here.close(key, process.processid)
            clock.advance(PERIOD)
            # Nobody waits for a workflow that was cancelled.
            [process] = await processes(here, key)
            cancel = CancelProcessGraphMsg(processgraphid=process.processgraphid)
            await here.call(key, workflow_methods.CANCEL_PROCESSGRAPH, cancel)
            clock.advance(15)
            assert len(await processes(here, key)) == 1
            await run(here, key, await add(here, key, "free", interval=1000))
            assert len(await processes(here, key)) == 2

    asyncio.run(main())


def test_the_leaves_of_one_workflow_feed_the_roots_of_the_next() -> None:
    async def main() -> None:
        async with lab(clock=ManualClock()) as here:
            key = await here.add_executor("ex")
            spec = text(node("root", args=["kept"]), node("left", "root"), node("right", "root"))
            cron = await add(here, key, interval=1000, workflowspec=spec)
            await run(here, key, cron)
            outputs = {"root": "inner", "left": 1, "right": {"two": 2}}
            for _ in outputs:
                process = await here.assign(key)
                await here.close(key, process.processid, outputs[process.spec.funcname])
            await run(here, key, cron)
            root = await here.assign(key)
            assert (root.spec.funcname, root.spec.args) == ("root", ["kept"])
            assert sorted(root.input, key=str) == [1, {"two": 2}]

    asyncio.run(main())


def test_running_by_hand() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user, executor = await here.add_user("u"), await here.add_executor("ex")
            cron = await add(here, user, interval=100)
            before = await run(here, executor, cron)
            assert (before.prevprocessgraphid, before.lastrun, before.checkerperiod) == ("", None, 0)
            process = await here.assign(executor)
            assert (process.state, process.initiatorid, process.initiatorname) == (RUNNING, user.id, "u")
            after = await get(here, user, cron)
            assert after.prevprocessgraphid == process.processgraphid
            assert (after.lastrun, after.nextrun) == (START, START + timedelta(seconds=100))
            with pytest.raises(Refused, match="403 Access denied, not a member of Colony with name <lab>"):
                await run(here, PrivateKey.generate(), cron)
            # Unlike on the real server, nothing has started.
            assert await processes(here, user) == []
            with pytest.raises(Refused, match="400 cron not found"):
                await here.call(user, methods.RUN_CRON, RunCronMsg(cronid="0" * 64))

    asyncio.run(main())


@pytest.mark.hazards("unknown_dependency")
def test_what_cannot_run_is_not_added() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            await add(here, user, "taken", interval=5)
            dependencies = "invalid dependencies, are you depending on a nodename that does not exits"
            for settings, answer in (
                ({"interval": 0}, "400 Cron interval must be -1"),
                ({"interval": -(2**31) - 1}, 'pq: value "-2147483649" is out of range for type integer'),
                ({"interval": 2**31}, 'pq: value "2147483648" is out of range for type integer'),
                ({"cronexpression": ""}, "400 empty cron expression string"),
                ({"cronexpression": "* * * * *"}, "400 expected exactly 6 fields, found 5"),
                ({"cronexpression": "0 0 0 L * *"}, "400 failed to parse int from L"),
                ({"cronexpression": "@daily", "random": True}, "400 Random cron is only supported"),
                ({"interval": 5, "workflowspec": "{"}, "400 unexpected end of JSON input"),
                (
                    {"interval": 5, "workflowspec": "a"},
                    "400 invalid character 'a' looking for beginning of value",
                ),
                ({"interval": 5, "workflowspec": "null"}, "400 json: cannot unmarshal null into Go value"),
                ({"interval": 5, "workflowspec": "[]"}, "400 json: cannot unmarshal array into Go value"),
                ({"interval": 5, "workflowspec": '{"functionspecs": 5}'}, "400 json: cannot unmarshal "),
                ({"interval": 5, "workflowspec": "[" * 100_000}, "400 unexpected end of JSON input"),
                ({"interval": 5, "workflowspec": text(node("a", "b"))}, dependencies),
                ({"interval": 5, "workflowspec": text(colonyname="x")}, "500 Could not derive InitiatorName"),
                ({"interval": 0, "workflowspec": text(colonyname="x")}, "400 Cron interval must be -1"),
                (
                    {"cronexpression": "x", "workflowspec": text(colonyname="x")},
                    "400 expected exactly 6 fields",
                ),
                (
                    {"interval": 5, "name": "taken"},
                    "400 Cron with name <taken> in Colony <lab> already exists",
                ),
                ({"interval": 5, "name": "a\0b"}, "400 pq: invalid byte sequence"),
                ({"interval": 5, "cronexpression": "a\0"}, "400 pq: invalid byte sequence"),
            ):
                fields: dict[str, Any] = {"name": "new", **settings}
                with pytest.raises(Refused) as caught:
                    await add(here, user, **fields)
                assert answer in str(caught.value)
            with pytest.raises(Refused, match="403 Access denied, not a member"):
                await add(here, here.colony_key, interval=5)
            executor = await here.add_executor("e")
            with pytest.raises(Refused, match="400 The workflow is for Colony <x>"):
                await add(here, executor, interval=5, workflowspec=text(colonyname="x"))
            assert await names(here, user) == ["taken"]
            assert (await add(here, user, "colons: allowed", interval=5, random=True)).random

    asyncio.run(main())


def test_the_server_fills_in_its_own_fields() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            added = await add(
                here,
                user,
                interval=50,
                cronid="f" * 64,
                initiatorid="e" * 64,
                initiatorname="somebody",
                checkerperiod=7,
            )
            assert added.cronid != "f" * 64
            assert (added.initiatorid, added.initiatorname) == (user.id, "u")
            assert (added.lastrun, added.nextrun) == (None, None)
            assert (added.prevprocessgraphid, added.checkerperiod) == ("", 0)
            clock.advance(3 * PERIOD)
            assert await processes(here, user) == []

    asyncio.run(main())


def test_lists_and_removal() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            crons = [await add(here, user, name, interval=5) for name in "abc"]
            assert await names(here, user) == ["a", "b", "c"]
            assert await names(here, user, 2) == ["a", "b"]
            assert await names(here, user, 0) == []
            with pytest.raises(Refused, match="400 pq: LIMIT must not be negative"):
                await names(here, user, -1)
            await here.call(user, methods.REMOVE_CRON, RemoveCronMsg(cronid=crons[0].cronid))
            with pytest.raises(Refused, match="500 Failed to remove cron, cron is nil"):
                await here.call(user, methods.REMOVE_CRON, RemoveCronMsg(cronid=crons[0].cronid))
            with pytest.raises(Refused, match="500 Failed to get cron, cron is nil"):
                await get(here, user, crons[0])
            clock.advance(8)
            assert len(await processes(here, user)) == 2
            await add(here, user, "a", interval=5)
            await here.call(
                here.server_key, colony_methods.REMOVE_COLONY, RemoveColonyMsg(colony_name=COLONY)
            )
            await here.add_colony()
            user = await here.add_user("u")
            clock.advance(30)
            assert await names(here, user) == []
            assert await processes(here, user) == []

    asyncio.run(main())


def test_one_that_cannot_start_does_not_hold_up_the_others() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            gone, user = await here.add_user("gone"), await here.add_user("u")
            orphan = await add(here, gone, "orphan", interval=10, workflowspec=text(node("orphan")))
            await add(here, user, "well", interval=10)
            remove = RemoveUserMsg(colonyname=COLONY, name="gone")
            await here.call(here.colony_key, user_methods.REMOVE_USER, remove)
            clock.advance(30)
            assert len(await submissions(here, user)) == 2
            assert await submissions(here, user, "orphan") == []
            with pytest.raises(Refused, match="500 Could not derive InitiatorName"):
                await run(here, user, orphan)

    asyncio.run(main())


def test_a_cron_outlives_the_server(tmp_path: Path) -> None:
    async def main() -> None:
        clock, key = ManualClock(START), PrivateKey.generate()
        async with lab(clock=clock, server_key=key, db=tmp_path / "db") as here:
            user = await here.add_user("u")
            cron = await add(here, user, interval=100)
            clock.advance(PERIOD)
            nextrun = (await get(here, user, cron)).nextrun
        clock.advance(hours=1)
        again = Server(clock=clock, server_key=key, db=tmp_path / "db")
        async with again as server, aiohttp.ClientSession() as session:
            here = Lab(server, session)
            assert (await get(here, user, cron)).nextrun == nextrun
            clock.advance(PERIOD)
            assert await submissions(here, user) == [moment(clock.now_ns())]

    asyncio.run(main())


def test_its_initiator_is_called_as_he_is_now() -> None:
    """One who was removed and came back by another name, with the same key."""

    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            cron = await add(here, user, interval=60)
            await here.call(
                here.colony_key, user_methods.REMOVE_USER, RemoveUserMsg(colonyname=COLONY, name="u")
            )
            again = User(colonyname=COLONY, userid=user.id, name="u2")
            await here.call(here.colony_key, user_methods.ADD_USER, AddUserMsg(user=again))
            await run(here, user, cron)
            (process,) = await processes(here, user)
            assert (process.initiatorid, process.initiatorname) == (user.id, "u2")
            assert (await get(here, user, cron)).initiatorname == "u"

    asyncio.run(main())
