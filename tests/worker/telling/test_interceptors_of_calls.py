"""Interceptors around a worker's own calls: whatever they do, no process is lost and the worker does not end unnoticed."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec
import pytest

from colonyos_gen import (
    FAILED,
    SUCCESS,
    Context,
    Interceptor,
    NotFoundError,
    OutgoingCall,
    RPCError,
    Worker,
)
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, LONG, ended, submit, until

pytestmark = pytest.mark.long

Deed: TypeAlias = Callable[[OutgoingCall, Proceed], Awaitable[Any]]


class Around(Interceptor):
    """Does something around the calls of one method, or of all: around the first one, or around each."""

    def __init__(self, method: str, deed: Deed, *, always: bool = False) -> None:
        self.method = method
        self.deed = deed
        self.always = always
        self.times = 0

    async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
        if (self.method and call.method.name != self.method) or (self.times and not self.always):
            return await proceed()
        self.times += 1
        return await self.deed(call, proceed)


def made(*interceptors: Interceptor) -> Worker:
    worker = Worker(EXECUTORTYPE, interceptors=interceptors)

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    @worker.function
    def fail() -> None:
        raise LookupError("no such thing")

    @worker.function
    async def tell(ctx: Context) -> None:
        ctx.log("one")
        await ctx.set_attribute("key", "value")
        await ctx.stream("words").send("text")

    return worker


def before(error: BaseException) -> Deed:
    async def deed(_call: OutgoingCall, _proceed: Proceed) -> Any:
        raise error

    return deed


def after(error: BaseException) -> Deed:
    async def deed(_call: OutgoingCall, proceed: Proceed) -> Any:
        await proceed()
        raise error

    return deed


async def never(_call: OutgoingCall, _proceed: Proceed) -> Any:
    return None


async def bad_header(call: OutgoingCall, proceed: Proceed) -> Any:
    call.headers["X"] = "line\nbreak"
    return await proceed()


async def bad_headers(call: OutgoingCall, proceed: Proceed) -> Any:
    call.headers = None  # type: ignore[assignment]  # pyright: ignore[reportAttributeAccessIssue]
    return await proceed()


async def cancel_before(_call: OutgoingCall, proceed: Proceed) -> Any:
    cancel_this_task()
    return await proceed()


async def cancel_after(_call: OutgoingCall, proceed: Proceed) -> Any:
    reply = await proceed()
    cancel_this_task()
    return reply


async def cancel_the_call(_call: OutgoingCall, proceed: Proceed) -> Any:
    async with asyncio.timeout(0):
        return await proceed()


async def nothing_instead(_call: OutgoingCall, proceed: Proceed) -> Any:
    await proceed()


def cancel_this_task() -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel()


DEEDS: dict[str, Callable[[], Deed]] = {
    "raise before": lambda: before(LookupError("the exporter is down")),
    "raise after": lambda: after(LookupError("the exporter is down")),
    "an error of calls before": lambda: before(NotFoundError("of its own")),
    "an error of calls after": lambda: after(NotFoundError("of its own")),
    "CancelledError before": lambda: before(asyncio.CancelledError()),
    "CancelledError after": lambda: after(asyncio.CancelledError()),
    "cancel before": lambda: cancel_before,
    "cancel after": lambda: cancel_after,
    "cancel the call": lambda: cancel_the_call,
    "never": lambda: never,
    "bad header": lambda: bad_header,
    "no headers": lambda: bad_headers,
    "nothing instead of the reply": lambda: nothing_instead,
}
LEAVING: dict[str, Callable[[], Deed]] = {
    "KeyboardInterrupt before": lambda: before(KeyboardInterrupt()),
    "KeyboardInterrupt after": lambda: after(KeyboardInterrupt()),
    "SystemExit before": lambda: before(SystemExit(3)),
    "SystemExit after": lambda: after(SystemExit(3)),
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("always", [False, True], ids=["once", "always"])
def test_the_end_of_a_process_reaches_the_server(deed: str, always: bool) -> None:
    closing = Around("close", DEEDS[deed](), always=always)
    failing = Around("fail", DEEDS[deed](), always=always)
    worker = made(closing, failing)
    with LocalColony() as colony, colony.worker(worker):
        for _ in range(2):
            process = ended(colony, submit(colony, "add", 1, 2))
            assert (process.state, process.output) == (SUCCESS, [3])
            process = ended(colony, submit(colony, "fail"))
            assert (process.state, process.errors[0]) == (FAILED, "LookupError: no such thing")
    assert (closing.times, failing.times) == ((2, 2) if always else (1, 1)), "no call was made twice"


@pytest.mark.parametrize("deed", DEEDS)
def test_whatever_is_called_no_process_is_lost(deed: str) -> None:
    """Around each call that a worker makes: to register, take, log, attach, append, subscribe, look, and tell the end."""
    around = Around("", DEEDS[deed](), always=True)
    with LocalColony() as colony, colony.worker(made(around)) as worker:
        process = submit(colony, "tell", channels=["words"])
        assert ended(colony, process).state is SUCCESS
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
        assert worker.is_running
        logs = colony.client.get_logs(colony.name, process.processid, count=10)
        assert "".join(each.message for each in logs) == "one"


@pytest.mark.parametrize("deed", LEAVING)
@pytest.mark.parametrize("method", ["close", "assign", "add_log"])
def test_what_ends_a_program_ends_the_worker_once_all_was_told(method: str, deed: str) -> None:
    worker = made(Around(method, LEAVING[deed]()))
    with LocalColony() as colony:
        process = submit(colony, "tell", channels=["words"])
        with pytest.raises((KeyboardInterrupt, SystemExit)), colony.worker(worker):
            until(lambda: not worker.is_running)
        assert colony.client.get_process(process.processid).state is SUCCESS


def test_what_ends_a_program_lets_other_processes_end() -> None:
    worker = Worker(EXECUTORTYPE, concurrency=2, interceptors=[Around("close", before(KeyboardInterrupt()))])
    begun, released = threading.Event(), threading.Event()

    @worker.function
    def hold() -> str:
        begun.set()
        released.wait(LONG)
        return "held"

    @worker.function
    def pass_by() -> None:
        return None

    with LocalColony() as colony:
        held = submit(colony, "hold")
        with pytest.raises(KeyboardInterrupt), colony.worker(worker):  # noqa: PT012  # it is raised at the end of the block
            assert begun.wait(LONG)
            assert ended(colony, submit(colony, "pass_by")).state is SUCCESS
            assert worker.is_running
            released.set()
            until(lambda: not worker.is_running)
        assert colony.client.get_process(held.processid).output == ["held"]


@pytest.mark.parametrize("deed", LEAVING)
@pytest.mark.parametrize("method", ["add_executor", "get_executors", "get_process_history"])
def test_what_ends_a_program_while_the_worker_begins(method: str, deed: str) -> None:
    worker = made(Around(method, LEAVING[deed]()))
    with LocalColony() as colony:
        with pytest.raises((KeyboardInterrupt, SystemExit)), colony.worker(worker):
            until(lambda: not worker.is_running)
        assert not worker.is_running


def test_the_log_names_what_was_raised(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "colonyos_gen.worker"):
        around = Around("close", before(LookupError("the exporter is down")))
        with LocalColony() as colony, colony.worker(made(around)):
            ended(colony, submit(colony, "add", 1, 2))
    lines = [each.getMessage() for each in caplog.records if "interceptor" in each.getMessage()]
    assert len(lines) == 1
    assert "around close raised LookupError: the exporter is down" in lines[0]


def test_a_process_whose_assignment_was_kept_runs_once() -> None:
    """It was assigned, and the interceptor raised: it must not be left RUNNING with nobody who knows."""
    around = Around("assign", after(LookupError("the exporter is down")), always=True)
    worker = Worker(EXECUTORTYPE, interceptors=[around])
    runs: list[int] = []

    @worker.function
    def note(number: int) -> None:
        runs.append(number)

    with LocalColony() as colony, colony.worker(worker):
        for number in range(5):
            assert ended(colony, submit(colony, "note", number)).state is SUCCESS
    assert runs == list(range(5))


@pytest.mark.parametrize("when", ["before", "after"])
def test_one_that_takes_too_long(when: str) -> None:
    """The call is made past it after half of its time, and its reply does not wait longer than that."""

    async def hang(_call: OutgoingCall, proceed: Proceed) -> Any:
        if when == "after":
            await proceed()
        await asyncio.Event().wait()

    worker = Worker(EXECUTORTYPE, interceptors=[Around("close", hang)], timeout=4.0)

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    with LocalColony() as colony, colony.worker(worker):
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
        assert ended(colony, submit(colony, "add", 1, 3)).output == [4]


def test_a_reply_may_not_be_changed() -> None:
    async def change(_call: OutgoingCall, proceed: Proceed) -> Any:
        process = await proceed()
        process.spec.args = [10, 20]
        return msgspec.structs.replace(process)

    with LocalColony() as colony, colony.worker(made(Around("assign", change))):
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]


@pytest.mark.parametrize("raising", [False, True], ids=["passes on", "raises"])
def test_frames_of_calls_in_the_text_of_a_failure(raising: bool) -> None:
    """A failed call of the function shows the function, and nothing of what its error has only passed."""

    class Passing(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            del call
            try:
                return await proceed()
            except RPCError as error:
                if raising:
                    raise LookupError("of the interceptor") from error
                raise

    worker = Worker(EXECUTORTYPE, interceptors=[Passing()])

    @worker.function
    async def twice(ctx: Context) -> None:
        await ctx.set_attribute("key", "value")
        await ctx.set_attribute("key", "another")

    with LocalColony() as colony, colony.worker(worker):
        errors = ended(colony, submit(colony, "twice")).errors
    assert errors[0].startswith("AlreadyExistsError")
    assert "around_call" not in errors[1]
    assert "interceptors.py" not in errors[1]
