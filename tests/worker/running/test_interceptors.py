"""Around runs of processes: what interceptors see, what becomes of a process when one raises, and that the worker goes on."""

from __future__ import annotations

import asyncio
import sys
import threading
from contextvars import ContextVar
from typing import Any

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from colonyos_gen import FAILED, SUCCESS, Context, Interceptor, OutgoingCall, ProcessRun, Worker
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, LONG, ended, submit, until

SPAN: ContextVar[str] = ContextVar("SPAN", default="none")


class Recording(Interceptor):
    """Notes what it sees, and tells everybody inside which function runs."""

    def __init__(self, name: str = "", notes: list[str] | None = None) -> None:
        self.name = name
        self.notes: list[str] = [] if notes is None else notes
        self.runs: list[ProcessRun] = []

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        call.headers["X-Span"] = SPAN.get()
        return await proceed()

    async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
        self.runs.append(run)
        token = SPAN.set(run.funcname)
        self.notes.append(f"{self.name}> {run.funcname} {run.attempt}")
        try:
            result = await proceed()
        except BaseException as error:
            self.notes.append(f"{self.name}! {type(error).__name__}: {error}")
            raise
        finally:
            SPAN.reset(token)
        self.notes.append(f"{self.name}< {result!r}")
        return result


class Broken(Interceptor):
    """Raises at the function `once`, before it or after it."""

    def __init__(self, error: BaseException, *, after: bool) -> None:
        self.error = error
        self.after = after

    async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
        if run.funcname == "once" and not self.after:
            raise self.error
        result = await proceed()
        if run.funcname == "once":
            raise self.error
        return result


def cancel_this_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


def made(*interceptors: Interceptor) -> tuple[Worker, list[str]]:
    """A worker with some functions, and what was called of them."""
    worker = Worker(EXECUTORTYPE, interceptors=interceptors)
    called: list[str] = []

    @worker.function
    def once() -> str:
        called.append("once")
        return "done"

    @worker.function
    def add(a: int, b: int) -> int:
        called.append(f"add {SPAN.get()}")
        return a + b

    @worker.function
    async def add_in_task(a: int, b: int) -> int:
        called.append(f"add_in_task {SPAN.get()}")
        return a + b

    @worker.function
    def fail() -> None:
        raise LookupError("no such thing")

    @worker.function
    def leave() -> None:
        sys.exit(3)

    return worker, called


def test_what_they_see() -> None:
    notes: list[str] = []
    first, second = Recording("1", notes), Recording("2", notes)
    worker, called = made(first, Interceptor(), second)
    with LocalColony() as colony, colony.worker(worker):
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
        assert notes == ["1> add 1", "2> add 1", "2< 3", "1< 3"]
        notes.clear()
        assert ended(colony, submit(colony, "add_in_task", 1, 2)).output == [3]
        assert called == ["add add", "add_in_task add_in_task"], (
            "context variables get into threads and tasks"
        )
        notes.clear()
        failed = ended(colony, submit(colony, "fail"))
        assert notes == [
            "1> fail 1",
            "2> fail 1",
            "2! LookupError: no such thing",
            "1! LookupError: no such thing",
        ]
        assert failed.errors[0] == "LookupError: no such thing"
        assert "Recording" not in failed.errors[1]
        assert "around_run" not in failed.errors[1]
        notes.clear()
        assert ended(colony, submit(colony, "add", 1)).state is FAILED
        assert "BindingError" in notes[-1]
        assert ended(colony, submit(colony, "unknown")).state is FAILED
        assert first.runs[-1].funcname == "unknown"
        assert first.runs[-1].executorname == worker.name


def test_an_attempt_after_another_one() -> None:
    recording = Recording()
    worker, _ = made(recording)
    with LocalColony() as colony:
        lost = colony.add_executor(EXECUTORTYPE)
        process = submit(colony, "add", 1, 2, maxexectime=60, maxretries=1)
        lost.client.assign(colony.name, timeout=10)
        colony.advance(minutes=2)
        with colony.worker(worker):
            assert ended(colony, process).output == [3]
    assert recording.notes[0] == "> add 2"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    "error",
    [
        ValueError("the exporter is down"),
        SystemExit(4),
        asyncio.CancelledError("out of the blue"),
        KeyboardInterrupt(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_one_that_raises_fails_the_process_and_nothing_else(error: BaseException, after: bool) -> None:
    worker, called = made(Broken(error, after=after))
    with LocalColony() as colony, colony.worker(worker):
        process = ended(colony, submit(colony, "once"))
        assert process.state is FAILED
        assert process.output == []
        assert process.errors[0].startswith(type(error).__name__)
        assert called == (["once"] if after else [])
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3], "the worker goes on"
        assert worker.is_running


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_one_that_cancels_its_task_fails_the_process_and_nothing_else(after: bool) -> None:
    class Cancelling(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            if run.funcname == "once" and not after:
                cancel_this_task()
            result = await proceed()
            if run.funcname == "once":
                cancel_this_task()
            return result

    worker, _ = made(Cancelling())
    with LocalColony() as colony, colony.worker(worker):
        process = ended(colony, submit(colony, "once"))
        assert (process.state, process.output) == (FAILED, [])
        assert "was cancelled from inside" in process.errors[0]
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3], "the worker goes on"


@pytest.mark.parametrize("intercepted", [False, True])
@pytest.mark.parametrize("waits", [False, True], ids=["at its end", "before it waits"])
def test_a_function_that_cancels_its_task_fails_the_process_and_nothing_else(
    waits: bool, intercepted: bool
) -> None:
    worker = Worker(EXECUTORTYPE, interceptors=[Recording()] if intercepted else [])

    @worker.function
    async def cancel() -> None:
        cancel_this_task()
        if waits:
            await asyncio.sleep(0)

    @worker.function
    async def add(a: int, b: int) -> int:
        return a + b

    with LocalColony() as colony, colony.worker(worker):
        process = ended(colony, submit(colony, "cancel"))
        assert process.state is FAILED
        assert "was cancelled from inside" in process.errors[0]
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]


def test_frames_in_the_text_of_a_failure() -> None:
    """That of the interceptor which raised, and none of those that its error has only passed."""

    class Outer(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            del run
            return (await proceed(), "passing on")

    class Inner(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            del proceed
            return breaking(run)

    def breaking(run: ProcessRun) -> None:
        raise LookupError(run.funcname)

    class Twice(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            del run
            first = await proceed()
            second = await proceed()
            return first, second

    def text_of(*interceptors: Interceptor) -> str:
        worker, _ = made(*interceptors)
        with LocalColony() as colony, colony.worker(worker):
            return ended(colony, submit(colony, "once")).errors[1]

    raised = text_of(Outer(), Outer(), Inner())
    assert "return breaking(run)" in raised
    assert "raise LookupError(run.funcname)" in raised
    assert raised.index("return breaking") < raised.index("raise LookupError")
    assert "passing on" not in raised
    assert "interceptors.py" not in raised.replace("test_interceptors.py", "")
    insisting = text_of(Outer(), Twice())
    assert "second = await proceed()" in insisting
    assert "passing on" not in insisting
    assert "interceptors.py" not in insisting.replace("test_interceptors.py", "")


def test_one_that_turns_a_failure_into_a_result() -> None:
    class Forgiving(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            try:
                return await proceed()
            except LookupError:
                return f"{run.funcname} is forgiven"

    worker, _ = made(Forgiving())
    with LocalColony() as colony, colony.worker(worker):
        process = ended(colony, submit(colony, "fail"))
        assert (process.state, process.output) == (SUCCESS, ["fail is forgiven"])


def test_a_function_that_leaves_the_program_inside_of_a_task_of_an_interceptor() -> None:
    class WithLimit(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            del run

            async def go_on() -> Any:
                return await proceed()

            return await asyncio.create_task(go_on())

    worker, _ = made(WithLimit())
    with LocalColony() as colony, colony.worker(worker):
        assert ended(colony, submit(colony, "leave")).errors[0] == "SystemExit: 3"
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]


def test_a_process_runs_once() -> None:
    class Insisting(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            await proceed()
            return await proceed() if run.funcname == "once" else None

    worker, called = made(Insisting())
    with LocalColony() as colony, colony.worker(worker):
        process = ended(colony, submit(colony, "once"))
        assert process.state is FAILED
        assert "an interceptor goes on once" in process.errors[0]
    assert called == ["once"]


def test_one_that_waits_when_the_process_is_cancelled() -> None:
    """Its wait is cancelled, the function is not called, and there is room for the next process."""
    waiting, left = threading.Event(), threading.Event()

    class Waiting(Interceptor):
        async def around_run(self, run: ProcessRun, proceed: Proceed) -> Any:
            if run.funcname == "once":
                waiting.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    left.set()
            return await proceed()

    worker, called = made(Waiting())
    with LocalColony() as colony, colony.worker(worker):
        process = submit(colony, "once", maxexectime=1)
        assert waiting.wait(LONG)
        assert left.wait(LONG), "its time is over"
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
        colony.client.cancel_process(process.processid)
    assert called == ["add none"]


def test_a_function_is_cancelled_inside_of_them() -> None:
    recording = Recording()
    worker = Worker(EXECUTORTYPE, interceptors=[recording])
    begun = threading.Event()

    @worker.function
    async def hold(ctx: Context) -> None:
        del ctx
        begun.set()
        await asyncio.Event().wait()

    with LocalColony() as colony, colony.worker(worker):
        process = submit(colony, "hold")
        assert begun.wait(LONG)
        colony.client.cancel_process(process.processid)
        until(lambda: len(recording.notes) == 2)
    assert recording.notes[1].startswith("! CancelledError")


def test_headers_of_a_workers_own_calls_reach_the_server() -> None:
    seen: set[str] = set()

    @web.middleware
    async def note(request: web.Request, handler: Handler) -> web.StreamResponse:
        seen.add(request.headers.get("X-Span", "absent"))
        return await handler(request)

    worker = Worker(EXECUTORTYPE, interceptors=[Recording()])

    @worker.function
    async def tell(ctx: Context) -> None:
        await ctx.set_attribute("key", "value")

    with LocalColony(middlewares=[note]) as colony, colony.worker(worker):
        assert ended(colony, submit(colony, "tell")).state is SUCCESS
    assert {"none", "tell"} <= seen


def test_what_is_no_interceptor_is_refused() -> None:
    with pytest.raises(TypeError, match="each must be an Interceptor"):
        Worker(EXECUTORTYPE, interceptors=[print])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    alone: Any = Interceptor()
    with pytest.raises(TypeError, match=r"interceptors is <.*Interceptor.*>; it must be a list"):
        Worker(EXECUTORTYPE, interceptors=alone)
