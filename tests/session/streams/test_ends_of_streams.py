"""Why each kind of stream ended: `ended`, asynchronous and synchronous."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from colonyos_gen import (
    AsyncStream,
    Ended,
    Log,
    NotFoundError,
    ProcessHandle,
    Stream,
    WaitTimeout,
    as_completed,
    workflow,
)
from colonyos_gen._conventions.streams import DATA, END
from colonyos_gen.session._streams.progress import ProgressStream
from colonyos_gen.testing import LocalColony, LocalExecutor

LONG = 300


def begun(colony: LocalColony) -> tuple[ProcessHandle, LocalExecutor]:
    handle = colony.submit("chat", "hi", to="llm", channels=["out", "in"])
    executor = colony.add_executor("llm")
    executor.client.assign(colony.name, 10)
    return handle, executor


def with_lines(colony: LocalColony) -> tuple[ProcessHandle, LocalExecutor]:
    handle, executor = begun(colony)
    executor.client.add_log(Log(processid=handle.processid, message="one"))
    return handle, executor


def test_a_log_that_is_stored(colonies: LocalColony) -> None:
    handle, _ = with_lines(colonies)
    lines = handle.logs()
    assert isinstance(lines, Stream)
    assert next(lines).message == "one"
    assert lines.ended is None
    assert list(lines) == []
    assert lines.ended is Ended.END


def test_a_log_that_is_followed(colonies: LocalColony) -> None:
    handle, executor = with_lines(colonies)
    lines = handle.logs(follow=True)
    assert next(lines).message == "one"
    executor.client.close(handle.processid)
    assert list(lines) == []
    assert lines.ended is Ended.PROCESS


def test_text_by_its_end_its_process_and_its_time(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    late = handle.stream("in", timeout=0.2)
    with pytest.raises(WaitTimeout):
        list(late)
    assert late.ended is Ended.TIMEOUT
    assert list(late) == []
    executor.client.channel_append(handle.processid, "in", 1, "a", DATA)
    broken_off = handle.stream("in")
    assert next(broken_off) == "a"
    executor.client.channel_append(handle.processid, "out", 1, "b", DATA)
    executor.client.channel_append(handle.processid, "out", 2, b"", END)
    whole = handle.stream("out")
    assert list(whole) == ["b"]
    assert whole.ended is Ended.END
    executor.client.close(handle.processid)
    assert list(broken_off) == []
    assert broken_off.ended is Ended.PROCESS


def test_a_reader_after_the_end_is_told_so(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executor.client.fail(handle.processid, errors=["no"])
    for as_bytes in (False, True):
        stream = handle.stream("out", as_bytes=True) if as_bytes else handle.stream("out")
        with pytest.raises(
            NotFoundError, match=r"has ended \(FAILED\).*throws the channels of a process away"
        ):
            next(stream)


def test_a_reader_of_what_never_was_is_told_what_there_is(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    text = "has no channel 'other'; it has: 'out', 'in'"
    with pytest.raises(NotFoundError, match=text):
        next(handle.stream("other"))
    executor.client.close(handle.processid)
    with pytest.raises(NotFoundError, match=text):
        next(handle.stream("other"))
    without = colonies.submit("work", to="nobody")
    with pytest.raises(NotFoundError, match="has no channel 'out'; it has: none"):
        next(without.stream("out"))


def test_a_reader_of_a_process_that_was_removed(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    executor.client.close(handle.processid)
    colonies.client.remove_process(handle.processid)
    with pytest.raises(NotFoundError, match="get_process"):
        next(handle.stream("out"))


def test_many_that_have_ended(colonies: LocalColony) -> None:
    handles = [colonies.submit("work", to="nobody") for _ in range(3)]
    for handle in handles:
        handle.cancel()
    completed = as_completed(handles)
    assert isinstance(completed, Stream)
    assert len(list(completed)) == 3
    assert completed.ended is Ended.END


@pytest.mark.parametrize("timeout", [0, 0.2])
def test_many_of_which_one_is_late(colonies: LocalColony, timeout: float) -> None:
    completed = as_completed([colonies.submit("work", to="nobody")], timeout=timeout)
    with pytest.raises(WaitTimeout):
        next(completed)
    assert completed.ended is Ended.TIMEOUT
    assert completed.take() is None


def test_of_none() -> None:
    with as_completed(list[ProcessHandle]()) as completed:
        assert list(completed) == []
        assert completed.take() is None
    assert isinstance(completed, Stream)
    assert completed.ended is Ended.END


def test_a_workflow_that_ends_and_one_that_is_late(colonies: LocalColony) -> None:
    async def main() -> None:
        with workflow("one", to="nobody") as wf:
            wf.task("work")
        handle = await colonies.asession.submit(wf)
        late = handle.graphs(0.2)
        with pytest.raises(WaitTimeout):
            async for _ in late:
                pass
        assert late.ended is Ended.TIMEOUT
        graphs = handle.graphs()
        assert await graphs.take() is not None
        await handle.cancel()
        async for _ in graphs:
            pass
        assert graphs.ended is Ended.PROCESS
        assert await graphs.take() is None

    asyncio.run(main())


def test_progress_to_the_end_and_to_the_time(colonies: LocalColony) -> None:
    async def main() -> None:
        handle = await colonies.asession.submit("work", to="nobody")
        late = ProgressStream(handle, 0.2)
        with pytest.raises(WaitTimeout):
            async for _ in late:
                pass
        assert late.ended is Ended.TIMEOUT
        looks = ProgressStream(handle, None)
        assert await looks.take() is not None
        await handle.cancel()
        assert [look.state async for look in looks][-1] == "CANCELLED"
        assert looks.ended is Ended.PROCESS

    asyncio.run(main())


def test_closing_ends_whoever_waits(colonies: LocalColony) -> None:
    """Whatever the stream, at once, and nothing follows."""

    async def main() -> None:
        session = colonies.asession
        handle = await session.submit("work", to="nobody", channels=["out"])
        with workflow("one", to="nobody") as wf:
            wf.task("work")
        graph = await session.submit(wf)
        streams: list[AsyncStream[Any]] = [
            handle.logs(follow=True),
            handle.stream("out"),
            as_completed([handle]),
            graph.graphs(),
            ProgressStream(handle, None),
        ]
        for stream in streams:
            items: list[Any] = []
            reading = asyncio.create_task(to_the_end(stream, items))
            await asyncio.sleep(0.2)  # it may wait by now; where it does not, nothing else is expected
            before = len(items)
            await stream.close()
            await asyncio.wait_for(reading, LONG)
            assert len(items) == before, stream
            assert stream.ended is Ended.CLOSED, stream
            assert await stream.take() is None
            await stream.close()

    asyncio.run(main())


async def to_the_end(stream: AsyncStream[Any], items: list[Any]) -> None:
    async for item in stream:
        items.append(item)


def test_closing_from_another_thread(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody", channels=["out"])
    streams: list[Stream[Any]] = [handle.logs(follow=True), handle.stream("out"), as_completed([handle])]
    for stream in streams:
        given: list[object] = []
        reading = threading.Thread(target=lambda: given.extend(stream))  # noqa: B023  # joined in the loop
        reading.start()
        reading.join(0.2)
        stream.close()
        reading.join(LONG)
        assert not reading.is_alive()
        assert (stream.ended, given) == (Ended.CLOSED, [])


def test_closing_after_the_client(colonies: LocalColony) -> None:
    handle = colonies.submit("work", to="nobody")
    lines = handle.logs(follow=True)
    colonies.client.close_connections()
    lines.close()
    assert lines.ended is Ended.CLOSED
    assert lines.take() is None
