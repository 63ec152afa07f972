"""Who waits for a reply before the next request is never blamed; a request is under way until its reply has left."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler
from colonyos_gen_wire.constants import RUNNING, WAITING
from colonyos_gen_wire.methods import generator as generator_methods
from colonyos_gen_wire.methods import process as process_methods
from colonyos_gen_wire.methods import workflow as workflow_methods
from colonyos_gen_wire.requests.generator import PackGeneratorMsg, RemoveGeneratorMsg
from colonyos_gen_wire.requests.process import CloseFailedMsg, GetProcessMsg, SubmitFunctionSpecMsg
from colonyos_gen_wire.requests.workflow import (
    AddChildMsg,
    CancelProcessGraphMsg,
    RemoveProcessGraphMsg,
)

from colonyos_gen import FunctionSpec
from colonyos_gen.crypto import PrivateKey
from colonyos_gen.testing import LocalColony
from tests.server.kit import generators, workflow_lab
from tests.server.kit.lab import Lab, opened, spec
from tests.server.kit.stored import node

from .hazard_lab import (
    Line,
    Request,
    cancel,
    close,
    dial,
    lines,
    noticed,
    play,
    remove,
    remove_all,
    remove_colony,
    sealed,
    settled,
)

pytestmark = pytest.mark.hazards
ROUNDS = 10

Pair = Callable[[Lab, PrivateKey, PrivateKey], Awaitable[tuple[Request, Request]]]


async def _running(here: Lab, user: PrivateKey, executor: PrivateKey) -> str:
    await here.submit(user)
    return (await here.assign(executor)).processid


async def _cancel_then_removal(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    processid = (await here.submit(user)).processid
    return cancel(executor, processid), remove(user, processid)


async def _close_then_removal(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    processid = await _running(here, user, executor)
    return close(executor, processid), remove(user, processid)


async def _fail_then_removal(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    processid = await _running(here, user, executor)
    return (executor, process_methods.FAIL, CloseFailedMsg(processid=processid)), remove(user, processid)


async def _close_then_cancel(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    processid = await _running(here, user, executor)
    return close(executor, processid), cancel(user, processid)


async def _child_then_close(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    await workflow_lab.submit(here, user, node("a"))
    parent = await here.assign(executor)
    child = AddChildMsg(
        processgraphid=parent.processgraphid,
        parentprocessid=parent.processid,
        spec=node("b", executortype="no"),
    )
    return (executor, workflow_methods.ADD_CHILD, child), close(executor, parent.processid)


async def _workflow_cancel_then_removal(
    here: Lab, user: PrivateKey, executor: PrivateKey
) -> tuple[Request, Request]:
    graph = (await workflow_lab.submit(here, user, node("a"))).processgraphid
    return (
        (executor, workflow_methods.CANCEL_PROCESSGRAPH, CancelProcessGraphMsg(processgraphid=graph)),
        (user, workflow_methods.REMOVE_PROCESSGRAPH, RemoveProcessGraphMsg(processgraphid=graph)),
    )


async def _pack_then_removal(here: Lab, user: PrivateKey, executor: PrivateKey) -> tuple[Request, Request]:
    made = (await generators.add(here, user, trigger=10)).generatorid
    return (
        (executor, generator_methods.PACK_GENERATOR, PackGeneratorMsg(generatorid=made, arg="1")),
        (user, generator_methods.REMOVE_GENERATOR, RemoveGeneratorMsg(generatorid=made)),
    )


async def _submission_then_removal_of_all(
    here: Lab, user: PrivateKey, executor: PrivateKey
) -> tuple[Request, Request]:
    del executor
    return (user, process_methods.SUBMIT, SubmitFunctionSpecMsg(spec=spec())), remove_all(here, WAITING)


@pytest.mark.parametrize(
    "pair",
    [
        _cancel_then_removal,
        _close_then_removal,
        _fail_then_removal,
        _close_then_cancel,
        _child_then_close,
        _workflow_cancel_then_removal,
        _pack_then_removal,
        _submission_then_removal_of_all,
    ],
)
def test_one_after_the_reply_to_the_other_by_two_programs(pair: Pair) -> None:
    async def act(here: Lab) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        async with lines(here, 2) as (one, other):
            for _ in range(ROUNDS):
                first, second = map(sealed, await pair(here, user, executor))
                one.send(first)
                assert await one.status() == 200
                # Signed before, so it follows as soon as anything can.
                other.send(second)
                assert await other.status() in (200, 400)
        assert (noticed(here), here.server.hazards.pending) == ({}, 0)

    play(act)


def test_a_colony_in_which_somebody_has_just_closed() -> None:
    async def act(here: Lab) -> None:
        for _ in range(ROUNDS):
            user, executor = await here.add_user("u"), await here.add_executor("e")
            ending = sealed(close(executor, await _running(here, user, executor)))
            async with lines(here, 2) as (worker, owner):
                removal = sealed(remove_colony(here))
                worker.send(ending)
                assert await worker.status() == 200
                owner.send(removal)
                assert await owner.status() == 200
            await here.add_colony()
        assert noticed(here) == {}

    play(act)


def test_two_clients_in_turn() -> None:
    with LocalColony() as colony:
        worker, user = colony.add_executor("t"), colony.add_user()
        what = FunctionSpec.new("f", "t", colony.name)
        for _ in range(ROUNDS):
            colony.client.submit(what)
            process = worker.client.assign(colony.name, 10)
            worker.client.close(process.processid)
            user.client.remove_process(process.processid)
            process = colony.client.submit(what)
            worker.client.cancel_process(process.processid)
            user.client.remove_process(process.processid)
        assert colony.hazards.total == 0


_REMOVER = """
import sys
from colonyos_gen import Client
with Client.from_env() as client:
    for line in sys.stdin:
        client.remove_process(line.strip())
        print("removed", flush=True)
"""


def test_two_processes_of_the_system_in_turn() -> None:
    with LocalColony() as colony:
        worker, user = colony.add_executor("t"), colony.add_user()
        other = subprocess.Popen(
            [sys.executable, "-c", _REMOVER],
            env=user.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        with other:
            assert other.stdin is not None
            assert other.stdout is not None
            for _ in range(ROUNDS):
                colony.client.submit(FunctionSpec.new("f", "t", colony.name))
                process = worker.client.assign(colony.name, 10)
                worker.client.close(process.processid)
                print(process.processid, file=other.stdin, flush=True)
                assert other.stdout.readline() == "removed\n"
            other.stdin.close()
        assert (other.returncode, colony.hazards.total) == (0, 0)


def test_two_requests_written_at_once_to_one_connection() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        processid = (await here.submit(user)).processid
        line = await dial(here)
        for request in (cancel(user, processid), remove(user, processid)):
            line.send(sealed(request))
        assert [await line.status(), await line.status()] == [200, 200]
        line.close()
        # A server reads the second one after it has answered the first.
        assert noticed(here) == {}

    play(act)


async def _ended(here: Lab, key: PrivateKey, processid: str) -> None:
    """Return as soon as the server has ended a process, asked without a connection."""
    body = sealed((key, process_methods.GET_PROCESS, GetProcessMsg(processid=processid)))
    while opened((await here.server.answer(body)).body)[2]["state"] in (WAITING, RUNNING):
        await asyncio.sleep(0)


def test_a_removal_before_the_reply_to_a_cancel_that_was_handled() -> None:
    async def act(here: Lab) -> None:
        user = await here.add_user("u")
        # Whether it is sent before the reply leaves is up to the machine, so it gets some tries.
        while not noticed(here):
            processid = (await here.submit(user)).processid
            first, second = sealed(cancel(user, processid)), sealed(remove(user, processid))
            async with lines(here, 2) as (one, other):
                one.send(first)
                await _ended(here, user, processid)
                other.send(second)
                assert [await one.status(), await other.status()] == [200, 200]
        assert noticed(here) == {"cancel_meets_removal": 1}

    play(act)


class _Held:
    """A middleware that keeps the replies to requests back, though not those to reads, until it is told otherwise."""

    def __init__(self) -> None:
        self.holding = False
        self.go_on = asyncio.Event()

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        holds, self.holding = self.holding, False
        response = await handler(request)
        if holds:
            await self.go_on.wait()
        return response


def _with_held_reply(act: Callable[[Lab, _Held, Line], Awaitable[None]]) -> None:
    held = _Held()

    async def scene(here: Lab) -> None:
        async with lines(here, 1) as (first,):
            await act(here, held, first)
            held.go_on.set()
            assert await first.status() == 200

    play(scene, middlewares=(held.middleware,))


def test_a_removal_long_before_the_reply_to_a_close() -> None:
    async def act(here: Lab, held: _Held, worker: Line) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        processid = await _running(here, user, executor)
        held.holding = True
        worker.send(sealed(close(executor, processid)))
        await _ended(here, executor, processid)
        await asyncio.sleep(0.1)
        await here.call(*remove(user, processid))
        assert noticed(here) == {"close_meets_removal": 1}
        [seen] = here.server.hazards.seen
        assert [part.under_way for part in seen.parts] == [False, True]

    _with_held_reply(act)


def test_who_has_read_that_it_is_over_is_not_blamed_for_the_reply_to_somebody_else() -> None:
    async def act(here: Lab, held: _Held, worker: Line) -> None:
        user, executor = await here.add_user("u"), await here.add_executor("e")
        processid = await _running(here, user, executor)
        held.holding = True
        worker.send(sealed(close(executor, processid)))
        await _ended(here, executor, processid)
        await settled(here, user, processid)
        await here.call(*remove(user, processid))
        assert noticed(here) == {}

    _with_held_reply(act)


def test_who_cancels_has_to_wait_for_the_reply_whatever_is_read() -> None:
    async def act(here: Lab, held: _Held, line: Line) -> None:
        user = await here.add_user("u")
        processid = (await here.submit(user)).processid
        held.holding = True
        line.send(sealed(cancel(user, processid)))
        await _ended(here, user, processid)
        await settled(here, user, processid)
        await here.call(*remove(user, processid))
        assert noticed(here) == {"cancel_meets_removal": 1}

    _with_held_reply(act)


def test_a_reply_that_a_fault_delays() -> None:
    with LocalColony() as colony, ThreadPoolExecutor(1) as threads:
        worker, user = colony.add_executor("t"), colony.add_user()
        colony.client.submit(FunctionSpec.new("f", "t", colony.name))
        process = worker.client.assign(colony.name, 10)
        with colony.faults.delay("close", 60, after_request=True):
            closing = threads.submit(worker.client.close, process.processid, rpc_timeout=30)
            while not worker.client.get_process(process.processid).state.is_final:
                pass
            user.client.remove_process(process.processid)
            assert colony.hazards.counts == {"close_meets_removal": 1}
            colony.faults.cut()
            assert closing.exception() is not None
