"""Interceptors that change what they are given, hold it up or never end: no process of the worker notices."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.methods.process import GET_PROCESS
from colonyos_gen_wire.requests.process import GetProcessMsg

from colonyos_gen import FAILED, SUCCESS, AsyncClient, Interceptor, NotFoundError, OutgoingCall
from colonyos_gen._call.deadline import Sending, in_time
from colonyos_gen.errors import ConnectionFailedError
from colonyos_gen.interceptors import Proceed
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker._telling import own_calls
from tests.client.kit.loops import in_a_loop
from tests.client.kit.odd import OddTransport, raises
from tests.client.kit.scripted import KEY, PROCESS_ID
from tests.worker.kit import stubborn
from tests.worker.kit.scene import ended, submit
from tests.worker.kit.spawned import SpawnedWorker
from tests.worker.telling.test_interceptors_of_calls import Around, Deed, made


async def headers_while_it_runs(call: OutgoingCall, proceed: Proceed) -> Any:
    going_on = asyncio.ensure_future(proceed())
    await asyncio.sleep(0)
    call.headers["X-User"] = "Jörg"
    return await going_on


async def no_tries(call: OutgoingCall, proceed: Proceed) -> Any:
    broken: Any = call
    broken.tries = broken.failures = broken.method = None
    return await proceed()


async def no_deadline(call: OutgoingCall, proceed: Proceed) -> Any:
    broken: Any = call
    broken.deadline = "soon"
    return await proceed()


async def request_emptied(call: OutgoingCall, proceed: Proceed) -> Any:
    empty(call.request)
    return await proceed()


async def reply_emptied(_call: OutgoingCall, proceed: Proceed) -> Any:
    reply: Any = await proceed()
    if not hasattr(reply, "append"):
        empty(reply)
        return reply
    for each in reply:
        empty(each)
    reply.append("junk")
    return reply


async def junk_instead(_call: OutgoingCall, proceed: Proceed) -> Any:
    reply = await proceed()
    return ["junk"] if isinstance(reply, list) else "junk"


async def error_emptied(_call: OutgoingCall, proceed: Proceed) -> Any:
    try:
        return await proceed()
    except Exception as error:
        for name in vars(error):
            setattr(error, name, None)
        raise


def empty(value: Any) -> None:
    for name in getattr(value, "__struct_fields__", ()):
        setattr(value, name, None)


DEEDS: dict[str, Deed] = {
    each.__name__: each
    for each in (
        headers_while_it_runs,
        no_tries,
        no_deadline,
        request_emptied,
        reply_emptied,
        junk_instead,
        error_emptied,
    )
}


@pytest.mark.parametrize("deed", DEEDS)
def test_what_they_change_changes_nothing(deed: str) -> None:
    with LocalColony() as colony, colony.worker(made(Around("", DEEDS[deed], always=True))) as worker:
        for _ in range(2):
            process = ended(colony, submit(colony, "add", 1, 2))
            assert (process.state, process.output) == (SUCCESS, [3])
        process = ended(colony, submit(colony, "fail"))
        assert (process.state, process.errors[0]) == (FAILED, "LookupError: no such thing")
        assert worker.is_running


@in_a_loop
async def test_headers_are_those_that_were_checked() -> None:
    """Also where the request is sent again: what is put in meanwhile is not sent, and not refused either."""

    class Late(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            call.headers["X-A"] = "a"
            going_on = asyncio.ensure_future(proceed())
            while not call.failures:
                await asyncio.sleep(0)
            call.headers["X-A"] = "line\nbreak"
            reply = await going_on
            assert call.tries == 2
            return reply

    class Keeping(OddTransport):
        sent: list[dict[str, str]] = []

        async def post(self, body: bytes, *, method: Any, headers: Any, timeout: float) -> Any:
            self.sent.append(dict(headers))
            return await super().post(body, method=method, headers=headers, timeout=timeout)

    transport: Any = Keeping(raises(ConnectionFailedError("broken")))
    async with AsyncClient(transport=transport, member_key=KEY, interceptors=[Late()]) as client:
        await client.get_process(PROCESS_ID)
    assert transport.sent == [{"X-A": "a"}, {"X-A": "a"}]


@in_a_loop
async def test_tries_and_failures_are_told_of() -> None:
    seen: list[tuple[int, int]] = []

    class Seeing(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            try:
                return await proceed()
            finally:
                seen.append((call.tries, len(call.failures)))

    transport: Any = OddTransport(raises(ConnectionFailedError("broken")))
    calls = own_calls.OwnCalls([Seeing()], "w", lambda _: None)
    async with AsyncClient(transport=transport, member_key=KEY, interceptors=calls.for_client) as client:
        await client.get_process(PROCESS_ID)
        await calls.end()
    assert seen == [(2, 1)]


@pytest.mark.parametrize("method", ["assign", "close"])
def test_a_reply_is_not_held_up(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process has come to its end while the interceptor still holds the reply of its assignment."""
    monkeypatch.setattr(own_calls, "UNWIND_S", 600.0)
    released: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def hold(_call: OutgoingCall, proceed: Proceed) -> Any:
        reply = await proceed()
        event = asyncio.Event()
        released.append((asyncio.get_running_loop(), event))
        await event.wait()
        return reply

    worker = made(Around(method, hold))
    with LocalColony() as colony, colony.worker(worker):
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
        assert ended(colony, submit(colony, "add", 1, 3)).output == [4]
        [(loop, event)] = released
        loop.call_soon_threadsafe(event.set)


@pytest.mark.parametrize("fails", [False, True])
@in_a_loop
async def test_a_reply_that_is_there_is_not_lost_to_the_deadline(fails: bool) -> None:
    class Blocking(Interceptor):
        async def around_call(self, call: OutgoingCall, proceed: Proceed) -> Any:
            try:
                return await proceed()
            finally:
                time.sleep(max(0.0, call.time_left) + 1)

    async def proceed() -> Any:
        await asyncio.sleep(0)
        if fails:
            raise NotFoundError("no such process")
        return "the reply"

    calls = own_calls.OwnCalls([Blocking()], "w", lambda _: None)
    call = OutgoingCall(GET_PROCESS, GetProcessMsg(processid=PROCESS_ID), "", time.monotonic() + 2)
    made = in_time(lambda: calls.around_call(call, proceed), "get_process", call.deadline, Sending())
    if fails:
        with pytest.raises(NotFoundError):
            await made
    else:
        assert await made == "the reply"
    await calls.end()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_program_ends_though_an_interceptor_does_not(when: str, tmp_path: Path) -> None:
    with LocalColony() as colony:
        worker = SpawnedWorker(colony, tmp_path, program=("-m", "tests.worker.kit.stubborn"), when=when)
        try:
            assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
            worker.terminate()
            assert worker.wait() == 0
        finally:
            worker.kill()
        assert "an interceptor around a call has not ended" in worker.output


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_in_a_block_ends_though_an_interceptor_does_not(when: str) -> None:
    with LocalColony() as colony, colony.worker(stubborn.made(when)):
        assert ended(colony, submit(colony, "add", 1, 2)).output == [3]
