"""What crons are added with: intervals that nobody looks at, and where they go on from."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from colonyos_gen_wire.methods import user as user_methods
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.types.user import User

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from tests.server.kit import workflow_lab
from tests.server.kit.crons import PERIOD, START, add, get, run
from tests.server.kit.lab import lab
from tests.server.kit.stored import node, processes, text


def test_intervals_below_minus_one_are_not_looked_at() -> None:
    """They stand for the expression, as -1 does, but nobody has looked whether it is one."""

    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            for name, expression in (("good", "* * * * * *"), ("bad", "never"), ("none", "")):
                spec = text(node(name))
                settings: dict[str, Any] = {
                    "cronexpression": expression,
                    "workflowspec": spec,
                    "random": True,
                }
                assert (await add(here, user, name, interval=-2, **settings)).nextrun is None
            clock.advance(5)
            assert {each.spec.nodename for each in await processes(here, user)} == {"good"}

    asyncio.run(main())


def test_a_cron_goes_on_from_where_the_caller_says() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user, executor = await here.add_user("u"), await here.add_executor("e")
            before = await workflow_lab.submit(here, user, node("before"))
            ended = await here.assign(executor)
            await here.close(executor, ended.processid, "out")
            past = START - timedelta(days=1)
            added = await add(
                here,
                user,
                interval=50,
                lastrun=past,
                nextrun=past,
                prevprocessgraphid=before.processgraphid,
                workflowspec=text(node("due")),
            )
            assert (added.lastrun, added.nextrun) == (past, past)
            assert added.prevprocessgraphid == before.processgraphid
            later = START + timedelta(days=1)
            await add(here, user, "later", interval=1, nextrun=later, workflowspec=text(node("later")))
            clock.advance(3 * PERIOD)
            [due] = await processes(here, user)
            assert (due.spec.nodename, due.input) == ("due", ["out"])

    asyncio.run(main())


def test_the_first_look_at_a_cron_forgets_runs_that_it_was_added_with() -> None:
    async def main() -> None:
        clock = ManualClock(START)
        async with lab(clock=clock) as here:
            user = await here.add_user("u")
            graph = await workflow_lab.submit(here, user, node("a"))
            past, later = START - timedelta(days=1), START + timedelta(days=1)
            said: dict[str, Any] = {"lastrun": past, "prevprocessgraphid": graph.processgraphid}
            looked_at = await add(here, user, "looked at", interval=50, **said)
            known = await add(here, user, "known", interval=50, nextrun=later, **said)
            for each in (looked_at, known):
                assert (each.lastrun, each.prevprocessgraphid) == (past, graph.processgraphid)
            clock.advance(PERIOD)
            looked_at, known = [await get(here, user, each) for each in (looked_at, known)]
            assert (looked_at.lastrun, looked_at.prevprocessgraphid) == (None, "")
            assert looked_at.nextrun is not None
            assert (known.lastrun, known.prevprocessgraphid) == (past, graph.processgraphid)

    asyncio.run(main())


def test_a_cron_does_not_go_on_from_another_colony() -> None:
    async def main() -> None:
        async with lab() as here:
            user, executor = await here.add_user("u"), await here.add_executor("e")
            await here.add_colony("other")
            outsider = PrivateKey.generate()
            row = User(colonyname="other", userid=outsider.id, name="o")
            await here.call(here.colony_key, user_methods.ADD_USER, AddUserMsg(user=row))
            graph = await workflow_lab.submit(here, user, node("a"))
            await here.close(executor, (await here.assign(executor)).processid, "secret")
            added = await add(
                here,
                outsider,
                interval=50,
                colonyname="other",
                prevprocessgraphid=graph.processgraphid,
                workflowspec=text(colonyname="other"),
            )
            assert added.prevprocessgraphid == ""

    asyncio.run(main())


def test_keys_that_come_twice_in_the_text_of_a_workflow_are_laid_over_each_other() -> None:
    async def main() -> None:
        async with lab() as here:
            user = await here.add_user("u")
            twice = text(node("a", label="l"))[:-1] + ', "FunctionSpecs": [{"nodename": "z"}]}'
            cron = await add(here, user, interval=50, workflowspec=twice)
            assert cron.workflowspec == twice
            await run(here, user, cron)
            [started] = await processes(here, user)
            assert (started.spec.nodename, started.spec.label) == ("z", "l")

    asyncio.run(main())
