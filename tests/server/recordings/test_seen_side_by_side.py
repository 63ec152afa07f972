"""What came out when the same requests were sent to this server and to the real one."""

from __future__ import annotations

import asyncio

import pytest
from colonyos_gen_wire.constants import FAILED, WAITING
from colonyos_gen_wire.methods import channel, executor, identity, user
from colonyos_gen_wire.requests.channel import ChannelAppendMsg, ChannelReadMsg
from colonyos_gen_wire.requests.executor import RemoveExecutorMsg
from colonyos_gen_wire.requests.identity import ChangeExecutorIDMsg, ChangeUserIDMsg
from colonyos_gen_wire.requests.user import GetUsersMsg

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab, opened, spec
from tests.server.kit.stored import node
from tests.server.kit.workflow_lab import cancel, submit


async def read(here: Lab, key: PrivateKey, processid: str) -> list[bytes]:
    request = ChannelReadMsg(processid=processid, channelname="c", afterseq=0, limit=0)
    return [entry.payload for entry in await here.call(key, channel.CHANNEL_READ, request)]


async def append(here: Lab, key: PrivateKey, processid: str, text: bytes) -> None:
    request = ChannelAppendMsg(processid=processid, channelname="c", sequence=1, data=text)
    await here.call(key, channel.CHANNEL_APPEND, request)


def test_empty_lists_have_the_form_that_the_real_server_gives_them() -> None:
    async def main() -> None:
        async with lab() as here:
            added = await here.add_executor("ex")
            request = b'{"msgtype":"getusersmsg","colonyname":"lab"}'
            _, body = await here.post(envelope(added, "getusersmsg", request))
            assert opened(body)[2] is None
            assert await here.call(added, user.GET_USERS, GetUsersMsg(colonyname=COLONY)) == []
            submitted = await here.submit(added)
            request = b'{"msgtype":"getprocessmsg","processid":"%s"}' % submitted.processid.encode()
            _, body = await here.post(envelope(added, "getprocessmsg", request))
            process = opened(body)[2]
            assert (process["in"], process["out"], process["errors"]) == ([], [], [])
            assert process["spec"]["conditions"]["executornames"] == []
            assert process["spec"]["fs"]["dirs"] is None

    asyncio.run(main())


def test_any_executor_is_read_back_as_no_executor_by_name() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            for names in (["*"], ["*", "other"]):
                what = spec()
                what.conditions.executornames = names
                submitted = await here.submit(key, what)
                assert submitted.spec.conditions.executornames == ([] if names == ["*"] else names)
                assert (await here.assign(key)).processid == submitted.processid

    asyncio.run(main())


@pytest.mark.parametrize("quirks", ["strict", "v1.9"])
def test_of_the_members_of_a_workflow_that_wait_too_long_the_first_one_fails_first(quirks: str) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock, quirks=quirks) as here:
            key = await here.add_user("u")
            for _ in range(8):  # ids are random: an order that depends on them shows
                nodes = node("a"), node("b", "a")
                for each in nodes:
                    each.maxwaittime = 1
                graph = await submit(here, key, *nodes)
                clock.advance(seconds=5)
                first, second = [await here.process(key, member) for member in graph.processids]
                assert (first.state, first.errors) == (FAILED, ["Maximum waiting time limit exceeded"])
                assert (second.state, second.errors) == (FAILED, [])

    asyncio.run(main())


def test_quirk_an_executor_may_use_channels_after_its_time() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock, quirks="lasting_channel_access") as here:
            key, first, second = await here.add_user("u"), *[await here.add_executor(n) for n in "ab"]
            processid = (await here.submit(key, spec(channels=["c"], maxexectime=1, maxretries=3))).processid
            await here.assign(first)
            clock.advance(seconds=5)
            assert (await here.process(key, processid)).state is WAITING
            await append(here, first, processid, b"late")
            assert await read(here, first, processid) == [b"late"]
            await here.assign(second)
            with pytest.raises(Refused, match="Not authorized to write"):
                await append(here, first, processid, b"too late")

    asyncio.run(main())


@pytest.mark.hazards("channel_never_freed")
def test_quirk_a_cancelled_workflow_leaves_its_channels_empty() -> None:
    async def main() -> None:
        async with lab(quirks="v1.9") as here:
            key, here_now = await here.add_user("u"), spec(channels=["c"])
            here_now.nodename = "a"
            graph = await submit(here, key, here_now)
            [processid] = graph.processids
            await append(here, key, processid, b"before")
            await cancel(here, key, graph.processgraphid)
            assert await read(here, key, processid) == []
            await append(here, key, processid, b"after")
            assert await read(here, key, processid) == [b"after"]

    asyncio.run(main())


def test_quirk_a_poll_ends_with_nothing_although_an_executor_has_left_something() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock, quirks="lost_wakeups") as here:
            first, second = [await here.add_executor(name) for name in "ab"]
            submitted = await here.submit(first)
            await here.assign(first)
            poll = asyncio.create_task(here.assign(second, timeout=10))
            while not here.server.listeners:
                await asyncio.sleep(0)
            request = RemoveExecutorMsg(colonyname=COLONY, executorname="a")
            await here.call(here.colony_key, executor.REMOVE_EXECUTOR, request)
            clock.advance(seconds=11)
            with pytest.raises(Refused, match="No process available"):
                await poll
            assert (await here.assign(second)).processid == submitted.processid

    asyncio.run(main())


def test_quirk_a_new_key_leaves_everything_behind() -> None:
    async def main() -> None:
        async with lab(quirks="identities_leave_all_behind") as here:
            key, new_key = await here.add_user("u"), PrivateKey.generate()
            worker, new_worker = await here.add_executor("ex"), PrivateKey.generate()
            submitted = await here.submit(key)
            await here.assign(worker)
            request = ChangeExecutorIDMsg(colonyname=COLONY, executorid=new_worker.id)
            await here.call(worker, identity.CHANGE_EXECUTOR_ID, request)
            with pytest.raises(Refused, match="not allowed to close"):
                await here.close(new_worker, submitted.processid)
            await here.call(
                key, identity.CHANGE_USER_ID, ChangeUserIDMsg(colonyname=COLONY, userid=new_key.id)
            )
            process = await here.process(new_key, submitted.processid)
            assert (process.initiatorid, process.assignedexecutorid) == (key.id, worker.id)

    asyncio.run(main())
