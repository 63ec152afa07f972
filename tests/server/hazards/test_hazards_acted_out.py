"""With `hazards="act"` the server ends, or stands still, as the real one would."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from colonyos_gen_wire.constants import HEALTH_PATH, MAX_OPEN_DATABASE_CONNECTIONS, SUCCESS
from colonyos_gen_wire.hazards import CANCEL_MEETS_REMOVAL, TOO_MANY_READS
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.process import GetProcessMsg
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg

from colonyos_gen import ConnectionFailedError, FunctionSpec
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import Server
from colonyos_gen.testing import LocalColony
from tests.server.kit import generators
from tests.server.kit.lab import TYPE, Lab
from tests.server.kit.socket_lab import line

from .hazard_lab import cancel, lines, noticed, play, polling, remove, sealed

pytestmark = pytest.mark.hazards


async def _end(here: Lab, user: PrivateKey) -> None:
    """Send what ends the server."""
    process = await here.submit(user)
    async with lines(here, 2) as (one, other):
        one.send(sealed(cancel(user, process.processid)))
        other.send(sealed(remove(user, process.processid)))
        replies = await asyncio.gather(one.status(), other.status(), return_exceptions=True)
        assert any(isinstance(reply, ConnectionError | asyncio.IncompleteReadError) for reply in replies)


async def _freeze(here: Lab, user: PrivateKey) -> None:
    """Send what freezes the server."""
    process = await here.submit(user)
    read = user, process_methods.GET_PROCESS, GetProcessMsg(processid=process.processid)
    async with lines(here, MAX_OPEN_DATABASE_CONNECTIONS + 1) as made:
        for each in made:
            each.send(sealed(read))
        while here.server.frozen is None:
            await asyncio.sleep(0.001)


def test_the_server_ends_for_everybody() -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        feed = SubscribeProcessesMsg(executortype=TYPE, state=SUCCESS, timeout=30)
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, feed)
            poll = asyncio.create_task(here.assign(await here.add_executor("p", executortype="q"), 60))
            while not here.server.listeners:
                await asyncio.sleep(0.001)
            assert here.server.died is None
            await _end(here, user)
            assert here.server.died is CANCEL_MEETS_REMOVAL
            with pytest.raises(aiohttp.ClientError):
                await poll
            assert (await connection.frame()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        with pytest.raises(aiohttp.ClientConnectionError):
            await here.submit(user)
        assert noticed(here) == {"cancel_meets_removal": 1}

    play(act, hazards="act")


def test_a_server_that_has_ended_is_started_again() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        before = here.server.url
        await _end(here, user)
        await here.server.start()
        assert (here.server.died, here.server.url) == (None, before)
        await here.submit(user)
        await _end(here, user)
        assert here.server.died is CANCEL_MEETS_REMOVAL

    play(act, hazards="act")


def test_a_server_that_has_ended_can_be_stopped() -> None:
    async def act(here: Lab) -> None:
        await _end(here, await here.add_user("u"))
        await here.server.stop()
        assert here.server.died is CANCEL_MEETS_REMOVAL

    play(act, hazards="act")


def test_by_content_too() -> None:
    async def act(here: Lab) -> None:
        with pytest.raises(aiohttp.ClientError):
            await generators.add(here, await here.add_user("u"), trigger=0)
        assert here.server.died is not None
        assert here.server.died.name == "generator_without_trigger"

    play(act, hazards="act")


def test_data_that_would_be_spoilt_ends_nothing() -> None:
    async def act(here: Lab) -> None:
        one = await here.add_executor("one", executortype="t")
        other = await here.add_executor("other", executortype="t0")
        async with polling(here, one), polling(here, other):
            assert noticed(here) == {"types_differ_by_digit": 1}
        assert (here.server.died, here.server.frozen) == (None, None)

    play(act, hazards="act")


def test_the_server_stands_still_for_everybody() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        await _freeze(here, user)
        assert here.server.frozen is TOO_MANY_READS
        submission = asyncio.create_task(here.submit(user))
        other = await _accepted(here)
        await asyncio.sleep(0.2)
        assert not submission.done()
        assert other == 200
        await here.server.stop()
        with pytest.raises(aiohttp.ClientError):
            await submission
        await here.server.start()
        assert here.server.frozen is None
        await here.submit(user)

    play(act, hazards="act")


async def _accepted(here: Lab) -> int:
    """The port stays open, and what needs no database is answered."""
    async with here.session.get(here.server.url + HEALTH_PATH) as response:
        return response.status


def test_a_program_that_removes_with_care_is_answered() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        process = await here.submit(user)
        await here.call(*cancel(user, process.processid))
        await here.call(*remove(user, process.processid))
        assert (here.server.died, here.server.frozen, noticed(here)) == (None, None, {})

    play(act, hazards="act")


def test_a_local_colony_ends_and_comes_back() -> None:
    with LocalColony(hazards="act") as colony:
        spec = FunctionSpec.new("f", "t", colony.name)
        executor = colony.add_executor("t")
        colony.client.submit(spec)
        executor.client.assign(colony.name, 10)
        with pytest.raises(ConnectionFailedError):
            colony.client.remove_all_processes(colony.name, -1, hazardous=True)
        assert colony.died is not None
        assert colony.died.name == "all_processes_removed_while_closing"
        assert colony.hazards.counts == {colony.died.name: 1}
        colony.restart()
        assert colony.died is None
        colony.client.submit(spec)


def test_the_default_is_to_notice() -> None:
    server = Server()
    assert (server.hazards.total, server.died, server.frozen) == (0, None, None)
