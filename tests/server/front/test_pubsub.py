"""Subscriptions over WebSockets: who is told what, and when it ends."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import WSCloseCode
from colonyos_gen_wire.constants import CANCELLED, FAILED, RUNNING, SUCCESS, WAITING
from colonyos_gen_wire.errors import subscription as errors
from colonyos_gen_wire.methods import process
from colonyos_gen_wire.methods.subscription import (
    SUBSCRIBE_CHANNEL,
    SUBSCRIBE_PROCESS,
    SUBSCRIBE_PROCESSES,
)
from colonyos_gen_wire.methods.user import ADD_USER
from colonyos_gen_wire.requests.process import (
    RemoveProcessMsg,
    SubmitFunctionSpecMsg,
)
from colonyos_gen_wire.requests.subscription import (
    SubscribeProcessesMsg,
)
from colonyos_gen_wire.requests.user import AddUserMsg
from colonyos_gen_wire.types.user import User

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from tests.server.kit.disk import Disk
from tests.server.kit.lab import TYPE, Lab, Refused, spec
from tests.server.kit.socket_lab import line
from tests.server.kit.subscription_scene import Scene, play

pytestmark = pytest.mark.hazards(
    "process_subscription_near_change", "abandoned_feed", "channel_never_freed", "waiting_feed_takes_wakeups"
)


def test_a_state_is_told_when_it_is_reached_and_when_it_is_there_already() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(SUCCESS))
        await here.here.assign(here.executor)
        assert await here.line.quiet()
        await here.here.close(here.executor, here.processid, "out")
        told = await here.line.item(SUBSCRIBE_PROCESS)
        assert told == await here.here.process(here.user, here.processid)
        assert (told.state, told.output) == (SUCCESS, ["out"])
        async with line(here.here) as second:
            await second.ask(here.executor, SUBSCRIBE_PROCESS, here.process(SUCCESS))
            assert await second.item(SUBSCRIBE_PROCESS) == told

    play(act)


def test_every_listener_is_told_beside_the_executor_that_gets_the_process() -> None:
    async def act(here: Scene) -> None:
        lab_ = here.here
        await lab_.assign(here.executor)
        waiting = SubscribeProcessesMsg(executortype=TYPE, state=WAITING, timeout=60)
        async with line(lab_) as second:
            for each in (here.line, second):
                await each.ask(here.executor, SUBSCRIBE_PROCESSES, waiting)
            poll = asyncio.create_task(lab_.assign(here.executor, 30))
            while not lab_.server.listeners:
                await asyncio.sleep(0.01)
            submitted = await lab_.submit(here.user)
            for each in (here.line, second):
                assert (await each.item(SUBSCRIBE_PROCESSES)).processid == submitted.processid
            assert (await poll).processid == submitted.processid
            await lab_.submit(here.user, spec(executortype="other"))
            assert await here.line.quiet()
            assert await second.quiet()

    play(act)


def test_processes_of_other_colonies_are_nobodys_business() -> None:
    async def act(here: Scene) -> None:
        lab_, stranger, owner = here.here, PrivateKey.generate(), PrivateKey.generate()
        await lab_.add_colony("other", owner)
        async with line(lab_) as second:
            for key in (stranger, owner, lab_.colony_key, lab_.server_key):
                await second.ask(key, SUBSCRIBE_PROCESS, here.process(WAITING))
                with pytest.raises(Refused, match=r"^403 Access denied, not a member"):
                    await second.item(SUBSCRIBE_PROCESS)
                await second.ask(
                    key, SUBSCRIBE_PROCESSES, SubscribeProcessesMsg(executortype=TYPE, timeout=9)
                )
                with pytest.raises(Refused, match=r"^403 executor not found"):
                    await second.item(SUBSCRIBE_PROCESSES)
            await second.ask(
                here.executor, SUBSCRIBE_PROCESSES, SubscribeProcessesMsg(executortype=TYPE, timeout=9)
            )
            user = await add_user_of("other", lab_, owner)
            what = spec(colonyname="other")
            await lab_.call(user, process.SUBMIT, SubmitFunctionSpecMsg(spec=what))
            assert await second.quiet()
            mine = await lab_.submit(here.user)
            assert (await second.item(SUBSCRIBE_PROCESSES)).processid == mine.processid

    play(act)


async def add_user_of(colonyname: str, here: Lab, owner: PrivateKey) -> PrivateKey:
    key = PrivateKey.generate()
    await here.call(owner, ADD_USER, AddUserMsg(user=User(colonyname=colonyname, userid=key.id, name="u")))
    return key


def test_a_wrong_executor_type_hears_of_no_change() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(RUNNING, executortype="wrong"))
        await here.here.assign(here.executor)
        assert await here.line.quiet()

    play(act)


def test_another_end_is_not_told_and_the_timeout_closes_the_connection() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(SUCCESS, 60))
        await here.here.assign(here.executor)
        await here.fail()
        clock.advance(59)
        assert await here.line.quiet()
        clock.advance(1)
        assert await here.line.close_code() == WSCloseCode.OK

    play(act, clock=clock)


@pytest.mark.parametrize("timeout", [0, -3])
def test_without_time_there_is_only_what_is_there_already(timeout: int) -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(WAITING, timeout))
        assert (await here.line.item(SUBSCRIBE_PROCESS)).state is WAITING
        assert await here.line.close_code() == WSCloseCode.OK

    play(act)


def test_a_retry_and_a_deadline_are_told() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(WAITING, 600))
        await here.line.item(SUBSCRIBE_PROCESS)
        async with line(here.here) as second:
            await second.ask(here.user, SUBSCRIBE_PROCESS, here.process(FAILED, 600))
            await here.here.assign(here.executor)
            clock.advance(5)
            assert (await here.line.item(SUBSCRIBE_PROCESS)).retries == 1
            await here.here.assign(here.executor)
            assert await second.quiet()
            clock.advance(5)
            assert (await second.item(SUBSCRIBE_PROCESS)).errors
            assert await here.line.quiet()

    play(act, what=spec(maxexectime=1, maxretries=1), clock=clock)


def test_a_cancelled_process_is_told_and_ends_its_channels() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(CANCELLED))
        async with line(here.here) as second:
            await second.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
            await here.append(1, b"last words")
            await here.cancel()
            assert (await here.line.item(SUBSCRIBE_PROCESS)).state is CANCELLED
            assert [entry.payload for entry in await second.item(SUBSCRIBE_CHANNEL)] == [b"last words"]
            assert await second.item(SUBSCRIBE_CHANNEL) == []
            await second.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
            with pytest.raises(Refused, match=errors.SUBSCRIBE_CHANNEL_CHANNEL_NOT_FOUND.text):
                await second.item(SUBSCRIBE_CHANNEL)

    play(act)


def test_a_removed_process_ends_its_subscriptions() -> None:
    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(SUCCESS))
        async with line(here.here) as second:
            await second.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
            request = RemoveProcessMsg(processid=here.processid)
            await here.here.call(here.user, process.REMOVE_PROCESS, request)
            for _ in range(2):
                with pytest.raises(Refused, match=f"^403 Invalid process with Id {here.processid}$"):
                    await here.line.item(SUBSCRIBE_PROCESS)
                await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(SUCCESS))
            assert await second.item(SUBSCRIBE_CHANNEL) == []

    play(act)


def test_nothing_is_told_that_could_not_be_written_down() -> None:
    disk = Disk()

    async def act(here: Scene) -> None:
        await here.here.assign(here.executor)
        await here.line.ask(here.user, SUBSCRIBE_PROCESS, here.process(SUCCESS))
        async with line(here.here) as second:
            await second.ask(here.user, SUBSCRIBE_CHANNEL, here.channel())
            disk.full = True
            with pytest.raises(Refused, match=r"^500"):
                await here.here.close(here.executor, here.processid)
            assert await here.line.quiet()
            assert await second.quiet()
            disk.full = False
            await here.here.close(here.executor, here.processid)
            assert (await here.line.item(SUBSCRIBE_PROCESS)).state is SUCCESS
            assert await second.item(SUBSCRIBE_CHANNEL) == []

    play(act, journal=disk)


def test_a_channel_sends_what_is_there_in_one_frame_and_then_entry_by_entry() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        for number in (1, 2, 3):
            await here.append(number)
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel(30, afterseq=1))
        assert [entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL)] == [2, 3]
        for number in (9, 4):
            await here.append(number)
        assert [entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL)] == [9]
        assert [entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL)] == [4]
        clock.advance(30)
        assert await here.line.item(SUBSCRIBE_CHANNEL) == []
        # The same connection, from the third entry of the log on.
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel(-1, afterseq=2))
        assert [entry.sequence for entry in await here.line.item(SUBSCRIBE_CHANNEL)] == [3, 4, 9]
        assert await here.line.item(SUBSCRIBE_CHANNEL) == []

    play(act, clock=clock)


def test_a_channel_subscription_lasts_30_seconds_unless_it_says_otherwise() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        await here.line.ask(here.user, SUBSCRIBE_CHANNEL, here.channel(0))
        clock.advance(29.9)
        assert await here.line.quiet()
        clock.advance(0.1)
        assert await here.line.item(SUBSCRIBE_CHANNEL) == []

    play(act, clock=clock)


def test_an_executor_that_lost_the_process_hears_no_more_of_its_channels() -> None:
    clock = ManualClock()

    async def act(here: Scene) -> None:
        await here.here.assign(here.executor)
        await here.line.ask(here.executor, SUBSCRIBE_CHANNEL, here.channel(600))
        clock.advance(5)
        await here.append(1, b"secret")
        with pytest.raises(Refused, match=r"^403 Not authorized to subscribe to channel$"):
            await here.line.item(SUBSCRIBE_CHANNEL)

    play(act, what=spec(channels=["c"], maxexectime=1, maxretries=3), clock=clock)
