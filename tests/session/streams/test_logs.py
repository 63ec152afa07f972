"""The log of a process: every line once and in order, while it is written."""

from __future__ import annotations

import asyncio
import gc
import threading

import pytest
from colonyos_gen_wire.constants import MAX_LOG_COUNT

from colonyos_gen import (
    Client,
    Colony,
    Executor,
    Log,
    NotFoundError,
    PrivateKey,
    ProcessHandle,
    Session,
    User,
    connect,
)
from colonyos_gen.server._clock import ManualClock
from colonyos_gen.server._thread import ServerThread
from colonyos_gen.testing import LocalColony, LocalExecutor


def begun(colony: LocalColony) -> tuple[ProcessHandle, LocalExecutor]:
    handle, executor = colony.submit("work", to="math"), colony.add_executor("math")
    executor.client.assign(colony.name, 10)
    return handle, executor


def write(client: Client, handle: ProcessHandle, lines: range) -> None:
    for line in lines:
        client.add_log(Log(processid=handle.processid, message=f"line {line}"))


def expected(lines: range) -> list[str]:
    return [f"line {line}" for line in lines]


def test_what_is_stored(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    assert list(handle.logs()) == []
    write(executor.client, handle, range(2 * MAX_LOG_COUNT + 3))
    assert [log.message for log in handle.logs()] == expected(range(2 * MAX_LOG_COUNT + 3))
    assert [log.message for log in handle.logs()][:1] == ["line 0"]


def test_following_ends_with_the_process(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    def work() -> None:
        write(executor.client, handle, range(300))
        executor.client.close(handle.processid)

    thread = threading.Thread(target=work)
    thread.start()
    assert [log.message for log in handle.logs(follow=True)] == expected(range(300))
    thread.join()


def test_following_across_restarts(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    async def main() -> list[str]:
        here = await colonies.asession.process(handle.processid)
        seen: list[str] = []
        write_next = iter([range(5), range(5, 10), range(10, 15)])
        await asyncio.to_thread(write, executor.client, handle, next(write_next))
        async with here.logs(follow=True) as logs:
            async for log in logs:
                seen.append(log.message)
                if len(seen) in (5, 10):
                    await asyncio.to_thread(colonies.restart)
                    await asyncio.to_thread(write, executor.client, handle, next(write_next))
                elif len(seen) == 15:
                    await executor.aclient.fail(handle.processid, errors=["no"])
        return seen

    assert asyncio.run(main()) == expected(range(15))


def test_an_interrupted_follower_goes_on_where_it_was(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, range(2))

    async def main() -> list[str]:
        logs = (await colonies.asession.process(handle.processid)).logs(follow=True)
        seen: list[str] = []
        while True:
            try:
                log = await asyncio.wait_for(logs.take(), 0.15)
            except TimeoutError:
                lines = range(len(seen), len(seen) + 2)
                if len(seen) < 8:
                    await asyncio.to_thread(write, executor.client, handle, lines)
                else:
                    await executor.aclient.close(handle.processid)
                continue
            if log is None:
                return seen
            seen.append(log.message)

    assert asyncio.run(main()) == expected(range(8))


def test_a_log_that_nobody_can_read(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    colonies.client.remove_process(handle.processid)
    for follow in (False, True):
        with pytest.raises(NotFoundError):
            list(handle.logs(follow=follow))


@pytest.mark.parametrize("count", [MAX_LOG_COUNT - 1, MAX_LOG_COUNT, MAX_LOG_COUNT + 20])
def test_lines_of_one_nanosecond_at_the_border_of_a_page(count: int) -> None:
    """A server whose clock ticks seldom: the last lines of a page and the first ones of the next have the same time."""
    server_key, colony_key, member_key, executor_key = (PrivateKey.generate() for _ in range(4))
    clock = ManualClock()
    with ServerThread(server_key=server_key, clock=clock) as server:
        owner = Client(server.url, server_key=server_key, colony_key=colony_key, member_key=member_key)
        with owner, Client(server.url, member_key=executor_key) as executor:
            owner.add_colony(Colony(colonyid=colony_key.id, name="dev"))
            owner.add_user(User(colonyname="dev", userid=member_key.id, name="user"))
            owner.add_executor(Executor.new("worker", executor_key.id, "math", "dev"))
            owner.approve_executor("dev", "worker")
            handle = Session(owner, "dev").submit("work", to="math")
            executor.assign("dev", 10)
            for line in range(count):
                if line == count - 60 or line == count - 3:
                    server.run(lambda: clock.advance(1e-6))
                # Some lines say the same at the same time, and are lines of their own.
                message = f"line {line // 2}"
                executor.add_log(Log(processid=handle.processid, message=message))
            first = handle.logs(follow=True)
            seen = [first.take() for _ in range(count)]
            for line in range(count, count + 5):
                executor.add_log(Log(processid=handle.processid, message=f"line {line // 2}"))
            executor.close(handle.processid)
            seen += list(first)
            assert [log.message for log in seen if log] == [f"line {line // 2}" for line in range(count + 5)]


def test_whoever_stops_reading_and_closes_leaves_no_complaint(colonies: LocalColony) -> None:
    complaints: list[object] = []

    async def main() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        async with connect(environ=colonies.environment()) as session:
            handle = await session.submit("work", to="math")
            reading = asyncio.create_task(anext(aiter(handle.logs(follow=True))))
            await asyncio.wait({reading}, timeout=0.5)
            reading.cancel()
            await asyncio.wait({reading})
        await asyncio.sleep(0)
        del handle, reading
        gc.collect()

    asyncio.run(main())
    assert complaints == []
