"""Waiting for many processes: as they end, or for all of them, over a few connections."""

from __future__ import annotations

import asyncio
import gc
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from colonyos_gen import (
    FAILED,
    SUCCESS,
    AsyncProcessHandle,
    InvalidRequestError,
    NotFoundError,
    ProcessFailed,
    ProcessHandle,
    WaitTimeout,
    Workflow,
    as_completed,
    gather,
)
from colonyos_gen.testing import Fault, LocalColony

from .scene import executing

pytestmark = pytest.mark.long


@pytest.fixture
def counted(colonies: LocalColony) -> dict[str, Fault]:
    """Counts calls by name."""
    names = ("get_process", "get_processes", "subscribe_process")
    return {name: colonies.faults.delay(name, 0) for name in names}


def submit(colony: LocalColony, count: int, to: str = "math") -> list[ProcessHandle]:
    def one(n: int) -> ProcessHandle:
        return colony.submit("add", n, to=to)

    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(one, range(count)))


def test_in_the_sequence_of_their_ends(colonies: LocalColony) -> None:
    handles, executor = submit(colonies, 3), colonies.add_executor("math")
    for _ in handles:
        executor.client.assign(colonies.name, 10)
    order = [handles[2], handles[0], handles[1]]
    seen: list[ProcessHandle] = []
    executor.client.close(order[0].processid)
    for handle in as_completed(handles, timeout=300):
        seen.append(handle)
        if len(seen) < 3:
            executor.client.close(order[len(seen)].processid)
    assert seen == order
    assert all(handle.state is SUCCESS for handle in seen)


@pytest.mark.parametrize("count", [1, 3, 8])
def test_cancelling_everything_again_and_again_leaves_later_waits_alone(
    colonies: LocalColony, count: int
) -> None:
    """Tasks of the client may be cancelled before they have begun."""
    handles, executor = submit(colonies, count), colonies.add_executor("math")
    for _ in handles:
        executor.client.assign(colonies.name, 10)

    async def main() -> None:
        waiting = [await colonies.asession.process(handle.processid) for handle in handles]
        for number in range(60):
            waits = [asyncio.create_task(each.wait()) for each in waiting]
            await asyncio.sleep(0.001 + 0.003 * (number % 7) / 7)
            assert not any(wait.done() for wait in waits)
            for task in asyncio.all_tasks() - {asyncio.current_task()}:
                task.cancel()
            await asyncio.sleep(0)
        for handle in handles:
            await executor.aclient.close(handle.processid)
        await asyncio.gather(*(each.wait(100) for each in waiting))

    asyncio.run(main())


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    async def main() -> list[object]:
        session = colonies.asession
        handles = [await session.submit("add", n, to="math") for n in range(20)]
        seen: list[AsyncProcessHandle] = []
        async for handle in as_completed(handles, timeout=300):
            seen.append(handle)
        assert set(seen) == set(handles)
        return await gather(handles, timeout=300)

    with executing(colonies, threads=2):
        assert asyncio.run(main()) == list(range(20))


def test_failures_come_like_everything_else(colonies: LocalColony) -> None:
    handles = submit(colonies, 2)
    handles[0].cancel()
    executor = colonies.add_executor("math")
    executor.client.fail(executor.client.assign(colonies.name, 10).processid, errors=["no"])
    assert {handle.state.name for handle in as_completed(handles)} == {"CANCELLED", "FAILED"}
    with pytest.raises(ProcessFailed):
        gather(handles[1])


def test_500_handles(colonies: LocalColony, counted: dict[str, Fault]) -> None:
    """All are given, each once, and the server is not asked much more often than there are processes."""
    handles = submit(colonies, 500)
    with executing(colonies, threads=4):
        seen = list(as_completed(handles, timeout=500))
    assert len(seen) == 500
    assert set(seen) == set(handles)
    assert gather(seen, timeout=100) == [handle.process.spec.args[0] for handle in seen]
    assert counted["get_process"].hits < 1500
    assert counted["subscribe_process"].hits == 0
    assert counted["get_processes"].hits < 1000


def test_500_that_have_ended_before(colonies: LocalColony) -> None:
    """More than the lists of the server show."""
    handles = submit(colonies, 500)
    executor = colonies.add_executor("math")
    for _ in handles:
        process = executor.client.assign(colonies.name, 10)
        executor.client.close(process.processid, output=process.spec.args)
    assert gather(handles, timeout=300) == list(range(500))


def test_500_that_do_nothing_cost_little(colonies: LocalColony, counted: dict[str, Fault]) -> None:
    """A look at the lists now and then, a few reads besides, and no subscription."""
    handles = submit(colonies, 500, to="nobody")
    with pytest.raises(WaitTimeout) as caught:
        list(as_completed(handles, timeout=6))
    assert caught.value.handle is handles[0]
    assert sum(each.hits for each in counted.values()) < 330
    assert counted["subscribe_process"].hits == 0


def test_what_others_do_in_the_colony_hides_nothing(colonies: LocalColony) -> None:
    """The lists are full of the processes of somebody else."""
    mine = submit(colonies, 20, to="slow")
    with executing(colonies, threads=2), ThreadPoolExecutor(1) as pool:
        ended = pool.submit(lambda: list(as_completed(mine, timeout=500)))
        slow = colonies.add_executor("slow")
        for n in range(20):
            submit(colonies, 15)
            process = slow.client.assign(colonies.name, 10)
            if n % 2:
                slow.client.fail(process.processid, errors=["no"])
            else:
                slow.client.close(process.processid)
        assert set(ended.result()) == set(mine)
    assert sum(handle.state is FAILED for handle in mine) == 10


def test_an_outage_in_between(colonies: LocalColony) -> None:
    handles = submit(colonies, 60)
    with executing(colonies, threads=2):
        seen = 0
        for _ in as_completed(handles, timeout=500):
            seen += 1
            if seen in (10, 30):
                colonies.restart()
    assert seen == 60


def test_one_that_was_removed_does_not_keep_the_others(colonies: LocalColony) -> None:
    handles = submit(colonies, 20)
    colonies.client.remove_process(handles[3].processid)
    seen: list[ProcessHandle] = []
    with executing(colonies):
        stream = as_completed(handles, timeout=300)
        while True:
            try:
                handle = stream.take()
            except NotFoundError:
                continue
            if handle is None:
                break
            seen.append(handle)
    assert set(seen) == set(handles) - {handles[3]}


def test_stopping_in_between(colonies: LocalColony) -> None:
    handles = submit(colonies, 10)
    with executing(colonies):
        with as_completed(handles) as stream:
            assert next(stream) in handles
        assert stream.take() is None
        assert gather(handles, timeout=300) == list(range(10))


def test_a_feed_that_is_dropped_waits_no_longer(colonies: LocalColony) -> None:
    async def main() -> None:
        session = colonies.asession
        handles = [await session.submit("add", n, to="nobody") for n in range(10)]
        await handles[0].cancel()
        async for handle in as_completed(handles):
            assert handle is handles[0]
            break
        gc.collect()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), 60)

    asyncio.run(main())


def test_closing_a_feed_after_its_client(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")

    def work() -> None:
        with as_completed([handle]), handle.logs(follow=True):
            colonies.client.close_connections()
            raise KeyError("this one is to be seen")

    with pytest.raises(KeyError):
        work()


def test_the_first_failure_ends_gathering_and_nothing_else(colonies: LocalColony) -> None:
    handles = [*submit(colonies, 1), colonies.submit("work", to="nobody")]
    executor = colonies.add_executor("math")
    executor.client.assign(colonies.name, 10)
    timer = threading.Timer(0.2, executor.client.fail, (handles[0].processid,), {"errors": ["no"]})
    timer.start()
    with pytest.raises(ProcessFailed, match="no"):
        gather(*handles)
    timer.join()
    assert handles[1].refresh().state.name == "WAITING"
    with pytest.raises(WaitTimeout) as caught:
        gather(handles[1], timeout=0.1)
    assert caught.value.handle is handles[1]


def test_nothing_to_wait_for() -> None:
    none: list[ProcessHandle] = []
    assert list(as_completed(none)) == []
    assert gather(none) == []

    async def main() -> None:
        nobody: list[AsyncProcessHandle] = []
        assert [each async for each in as_completed(nobody)] == []
        assert await gather(nobody) == []

    asyncio.run(main())


def test_handles_that_do_not_go_together(colonies: LocalColony) -> None:
    with LocalColony() as other:
        mixed = [colonies.submit("work", to="math"), other.submit("work", to="math")]
        with pytest.raises(TypeError, match="several clients"):
            as_completed(mixed)
    with pytest.raises(TypeError, match="synchronous and asynchronous"):
        gather(mixed[0], mixed[0].asynchronous)  # type: ignore[call-overload]  # pyright: ignore


def test_a_failed_list_does_not_end_the_use_of_lists(
    colonies: LocalColony, counted: dict[str, Fault]
) -> None:
    """Only a refusal does."""
    handles = submit(colonies, 100)
    colonies.faults.error("get_processes", 500, "pq: something is wrong", times=1)
    with executing(colonies, threads=2):
        assert len(list(as_completed(handles, timeout=500))) == 100
    assert counted["get_processes"].hits > 5


def test_a_server_that_does_not_answer_is_told_from_processes_that_go_on(colonies: LocalColony) -> None:
    handles = submit(colonies, 20, to="nobody")

    def wait(how: str, seconds: float) -> WaitTimeout:
        with pytest.raises(WaitTimeout) as caught:
            list(as_completed(handles, timeout=seconds)) if how == "as_completed" else gather(
                handles, timeout=seconds
            )
        assert caught.value.handle is handles[0]
        assert caught.value.seconds == seconds
        return caught.value

    for how in ("as_completed", "gather"):
        with colonies.faults.delay("*", 60):
            late = wait(how, 0.3)
            assert late.unanswered
            assert "how it is now is unknown" in str(late)
        late = wait(how, 3)
        assert not late.unanswered
        assert "goes on" in str(late)


def test_workflows_that_the_server_does_not_tell_of(colonies: LocalColony) -> None:
    wf = Workflow("slow", to="nobody")
    wf.task("work")
    handle = colonies.submit(wf)
    with colonies.faults.delay("*", 60), pytest.raises(WaitTimeout) as caught:
        list(as_completed([handle], timeout=0.3))
    assert caught.value.handle is handle
    assert caught.value.unanswered


def test_with_no_time_to_wait_each_is_looked_at_once(colonies: LocalColony) -> None:
    handles, executor = submit(colonies, 4), colonies.add_executor("math")
    ended = [executor.client.assign(colonies.name, 10).processid for _ in range(2)]
    for processid in ended:
        executor.client.close(processid, output=[1])
    stream, seen = as_completed(handles, timeout=0), set[str]()
    for _ in ended:
        seen.add(next(stream).processid)
    with pytest.raises(WaitTimeout) as caught:
        stream.take()
    assert seen == set(ended)
    assert stream.take() is None
    assert caught.value.handle is next(handle for handle in handles if handle.processid not in ended)
    assert gather([handle for handle in handles if handle.processid in ended], timeout=0) == [1, 1]
    with pytest.raises(WaitTimeout):
        gather(handles, timeout=0)


def test_one_that_ended_in_the_last_moment_is_given(colonies: LocalColony) -> None:
    """The lists and reads of the wait have not shown it: the last look does."""
    handles, executor = submit(colonies, 2), colonies.add_executor("math")
    for _ in handles:
        executor.client.close(executor.client.assign(colonies.name, 10).processid)
    with colonies.faults.delay("get_processes", 60), colonies.faults.delay("get_process", 60, times=1):
        stream = as_completed(handles, timeout=3)
        assert next(stream) in handles
        assert next(stream) in handles
    assert stream.take() is None


def test_what_is_no_handle(colonies: LocalColony) -> None:
    handle: Any = colonies.submit("add", 1, to="math")
    wrongs: list[Any] = ["1", True, float("nan")]
    for wrong in wrongs:
        with pytest.raises(InvalidRequestError, match=r"as_completed: timeout is .* a number of seconds"):
            as_completed([handle], timeout=wrong)
        with pytest.raises(InvalidRequestError, match=r"gather: timeout is .* a number of seconds"):
            gather(handle, timeout=wrong)
        with pytest.raises(InvalidRequestError, match="wait: timeout is"):
            handle.wait(wrong)
    nobody: Any = 5
    with pytest.raises(TypeError, match=r"5 is no handle; wait for what `session\.submit` returns"):
        as_completed([nobody])
    with pytest.raises(TypeError, match=r"5 is no handle; wait for what `session\.submit` returns"):
        gather(handle, [nobody])
    with pytest.raises(TypeError, match=r"it must be handles, such as \[handle\]"):
        as_completed(handle)
    with pytest.raises(TypeError, match="handles is 5"):
        gather(nobody)
