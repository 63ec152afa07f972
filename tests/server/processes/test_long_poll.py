"""Executors that wait for work: they are woken at once, nothing is lost, and nothing is given out twice."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections import Counter

import pytest
from colonyos_gen_wire.constants import API_PATH, RUNNING, WAITING
from colonyos_gen_wire.methods import executor, process
from colonyos_gen_wire.requests.executor import (
    ApproveExecutorMsg,
    GetExecutorMsg,
    RejectExecutorMsg,
    RemoveExecutorMsg,
)
from colonyos_gen_wire.requests.process import AssignProcessMsg, CancelProcessMsg, GetProcessesMsg
from colonyos_gen_wire.types.process import Process

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from colonyos_gen.server._clock import moment
from colonyos_gen.server._processes import lifecycle
from tests.server.kit.lab import COLONY, Lab, Refused, envelope, lab, spec

NOTHING = "404 No process available for assignment"


async def waiting(here: Lab, count: int) -> None:
    """Return when so many executors wait."""
    scheduler = here.server._scheduler  # pyright: ignore[reportPrivateUsage]
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(300):
            while scheduler.waiters != count:
                await asyncio.sleep(0.01)
    assert scheduler.waiters == count


async def in_state(here: Lab, key: PrivateKey, state: int) -> list[Process]:
    request = GetProcessesMsg(colonyname=COLONY, state=type(WAITING)(state))
    return await here.call(key, process.GET_PROCESSES, request)


def test_wakes_at_once() -> None:
    """No time passes on the clock of the server."""

    async def main() -> None:
        async with lab(clock=ManualClock()) as here:
            key, user = await here.add_executor("ex"), await here.add_user("u")
            for _ in range(30):
                poll = asyncio.create_task(here.assign(key, 300))
                await waiting(here, 1)
                submitted, assigned = await asyncio.gather(here.submit(user), poll)
                assert assigned.processid == submitted.processid
                assert assigned.state is RUNNING

    asyncio.run(main())


def test_times_out_by_the_clock() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            poll = asyncio.create_task(here.assign(key, 100))
            await waiting(here, 1)
            clock.advance(99)
            await asyncio.sleep(0.05)
            assert not poll.done()
            clock.advance(1)
            with pytest.raises(Refused, match=NOTHING):
                await poll

    asyncio.run(main())


def test_negative_timeouts_do_not_wait_and_huge_ones_are_fine() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            with pytest.raises(Refused, match=NOTHING):
                await here.assign(key, -1)
            with pytest.raises(Refused, match="400 Invalid timeout value"):
                await here.assign(key, 0)
            poll = asyncio.create_task(here.assign(key, 2**63 - 1))
            await waiting(here, 1)
            await here.submit(key)
            assert (await poll).state is RUNNING

    asyncio.run(main())


def test_work_wakes_the_one_who_can_take_it() -> None:
    """On the real server a waiter who cannot use the process swallows the wake-up."""

    async def main() -> None:
        async with lab() as here:
            polls: dict[str, asyncio.Task[Process]] = {}
            for name, settings in {
                "small": {"availablecpu": "100m"},
                "elsewhere": {},
                "wanted": {},
                "named": {},
            }.items():
                key = await here.add_executor(name, locationname="there" if name == "elsewhere" else "here")
                polls[name] = asyncio.create_task(here.assign(key, 10, **settings))
                await waiting(here, len(polls))
            user = await here.add_user("u")
            large = await here.submit(user, spec(cpu="1000m", locationname="HERE"))
            assert (await polls["wanted"]).processid == large.processid
            named = await here.submit(user, spec(executornames=["nobody", "named"]))
            assert (await polls["named"]).processid == named.processid
            tiny = await here.submit(user, spec(cpu="50m", locationname="here"))
            assert (await polls["small"]).processid == tiny.processid
            assert not polls["elsewhere"].done()
            await waiting(here, 1)

    asyncio.run(main())


def test_colonies_do_not_wake_each_other() -> None:
    """On the real server they take each other's wake-ups."""

    async def main() -> None:
        async with lab() as here:
            await here.add_colony("other")
            stranger = await here.add_executor("ex", approve=False, colonyname="other")
            request = ApproveExecutorMsg(colonyname="other", executorname="ex")
            await here.call(here.colony_key, executor.APPROVE_EXECUTOR, request)
            wait = AssignProcessMsg(colonyname="other", timeout=10)
            strange_poll = asyncio.create_task(here.call(stranger, process.ASSIGN, wait))
            await waiting(here, 1)
            key = await here.add_executor("ex")
            poll = asyncio.create_task(here.assign(key, 300))
            await waiting(here, 2)
            mine = await here.submit(key)
            assert (await poll).processid == mine.processid
            await waiting(here, 1)
            theirs = await here.submit(stranger, spec(colonyname="other"))
            assert (await strange_poll).processid == theirs.processid

    asyncio.run(main())


def test_hanging_up_leaves_the_process_to_others() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            for _ in range(20):
                request = {"msgtype": "assignprocessmsg", "colonyname": COLONY, "timeout": 60}
                body = envelope(key, "assignprocessmsg", json.dumps(request).encode())
                reader, writer = await asyncio.open_connection(here.server.host, here.server.port)
                writer.write(
                    f"POST {API_PATH} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
                    + body
                )
                await waiting(here, 1)
                # The work comes in the very moment in which the executor goes.
                submit = asyncio.create_task(here.submit(key))
                writer.transport.abort()
                submitted = await submit
                del reader
                await waiting(here, 0)
                got = await here.assign(key, 5)
                assert got.processid == submitted.processid
                await here.close(key, got.processid)

    asyncio.run(main())


def test_a_reservation_that_comes_to_nothing_is_no_reason_to_sleep_on() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            poll = asyncio.create_task(here.assign(key, 300))
            await waiting(here, 1)
            # All of this happens before the executor gets its turn to wake up.
            scheduler = here.server._scheduler  # pyright: ignore[reportPrivateUsage]
            processes = scheduler._processes  # pyright: ignore[reportPrivateUsage]
            now = time.time_ns()
            first, second = (lifecycle.submitted(spec(), key.id, "ex", now) for _ in range(2))
            processes.put(first)
            processes.put(second)
            assert scheduler.queued == 1
            processes.put(lifecycle.cancelled(first, moment(now)))
            assert (await poll).processid == second.processid

    asyncio.run(main())


def test_executors_that_lose_their_rights_while_they_wait_get_nothing() -> None:
    async def main() -> None:
        async with lab() as here:
            rejected, removed = await here.add_executor("rejected"), await here.add_executor("removed")
            polls = [asyncio.create_task(here.assign(key, 300)) for key in (rejected, removed)]
            await waiting(here, 2)
            await here.call(
                here.colony_key,
                executor.REJECT_EXECUTOR,
                RejectExecutorMsg(colonyname=COLONY, executorname="rejected"),
            )
            await here.call(
                here.colony_key,
                executor.REMOVE_EXECUTOR,
                RemoveExecutorMsg(colonyname=COLONY, executorname="removed"),
            )
            user = await here.add_user("u")
            submitted = await here.submit(user)
            for poll in polls:
                with pytest.raises(Refused, match="403 Access denied, not a member"):
                    await poll
            [process] = await in_state(here, user, WAITING)
            assert process.processid == submitted.processid

    asyncio.run(main())


def test_work_of_a_removed_executor_wakes_another() -> None:
    async def main() -> None:
        async with lab() as here:
            first, second = await here.add_executor("first"), await here.add_executor("second")
            submitted = await here.submit(first)
            await here.assign(first)
            poll = asyncio.create_task(here.assign(second, 300))
            await waiting(here, 1)
            await here.call(
                here.colony_key,
                executor.REMOVE_EXECUTOR,
                RemoveExecutorMsg(colonyname=COLONY, executorname="first"),
            )
            again = await poll
            assert (again.processid, again.retries) == (submitted.processid, 0)

    asyncio.run(main())


def test_heartbeat_that_takes_no_work() -> None:
    async def main() -> None:
        clock = ManualClock()
        async with lab(clock=clock) as here:
            key = await here.add_executor("ex")
            await here.submit(key)
            request = GetExecutorMsg(colonyname=COLONY, executorname="ex")
            assert (await here.call(key, executor.GET_EXECUTOR, request)).lastheardfromtime is None
            clock.advance(7)
            with pytest.raises(Refused, match=NOTHING):
                await here.assign(key, -1, availablecpu="-1m")
            heard = (await here.call(key, executor.GET_EXECUTOR, request)).lastheardfromtime
            assert heard is not None
            assert heard.timestamp() * 10**9 == pytest.approx(clock.now_ns())

    asyncio.run(main())


def test_a_server_that_was_stopped_goes_on_where_it_was() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            port = here.server.port
            await here.server.stop()
            await here.server.start()
            assert here.server.port == port
            poll = asyncio.create_task(here.assign(key, 300))
            await waiting(here, 1)
            submitted = await here.submit(key)
            assert (await poll).processid == submitted.processid

    asyncio.run(main())


def test_a_cancelled_process_is_not_assigned() -> None:
    async def main() -> None:
        async with lab() as here:
            key = await here.add_executor("ex")
            submitted = await here.submit(key)
            await here.call(key, process.CANCEL_PROCESS, CancelProcessMsg(processid=submitted.processid))
            with pytest.raises(Refused, match=NOTHING):
                await here.assign(key)

    asyncio.run(main())


@pytest.mark.hazards("too_many_reads")
def test_two_hundred_executors_share_a_thousand_processes() -> None:
    async def main() -> None:
        async with lab() as here:
            keys = [await here.add_executor(f"ex{number}") for number in range(200)]
            user = await here.add_user("u")
            taken: list[str] = []
            enough = asyncio.Event()

            async def work(key: PrivateKey) -> None:
                while not enough.is_set():
                    try:
                        got = await here.assign(key, 300)
                    except Refused:
                        continue
                    taken.append(got.processid)
                    await here.close(key, got.processid, got.spec.args[0])
                    if len(taken) == 1000:
                        enough.set()

            workers = [asyncio.create_task(work(key)) for key in keys]
            await waiting(here, 200)

            async def submit(numbers: range) -> list[str]:
                return [(await here.submit(user, spec(args=[number]))).processid for number in numbers]

            batches = await asyncio.gather(*(submit(range(at, at + 100)) for at in range(0, 1000, 100)))
            await enough.wait()
            await here.server.stop()
            await asyncio.gather(*workers, return_exceptions=True)
            assert Counter(taken) == Counter(processid for batch in batches for processid in batch)
            assert set(Counter(taken).values()) == {1}

    asyncio.run(main())
