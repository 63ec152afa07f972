"""Whose turn it is among all who wait for processes of a type, as on the real server."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from colonyos_gen_wire.constants import RUNNING, WAITING
from colonyos_gen_wire.methods.subscription import SUBSCRIBE_PROCESSES
from colonyos_gen_wire.requests.subscription import SubscribeProcessesMsg
from colonyos_gen_wire.types.common import ProcessState
from colonyos_gen_wire.types.process import Process
from msgspec.structs import replace

from colonyos_gen.crypto import PrivateKey
from colonyos_gen.server import ManualClock
from colonyos_gen.server._processes.turns import Turns
from tests.server.kit.lab import TYPE, Lab, Refused, lab, spec
from tests.server.kit.socket_lab import connect, line


def _process(executortype: str, state: ProcessState = WAITING, location: str = "") -> Process:
    made = spec(executortype=executortype, locationname=location)
    return replace(Process(processid="p", spec=made), state=state)


class _Line:
    """Listeners with names, and who was told."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.told: list[str] = []

    def join(self, name: str, executortype: str, state: int = 0, location: str = "") -> Callable[[], None]:
        ticket = self.turns.join(executortype, state, location, lambda _: self.told.append(name))
        return lambda: self.turns.leave(ticket)

    def give(self, process: Process) -> list[str]:
        self.told.clear()
        self.turns.give(process, process)
        return list(self.told)


def test_one_after_the_other() -> None:
    line_ = _Line()
    for name in ("a", "b", "c"):
        line_.join(name, "t")
    assert [line_.give(_process("t"))[0] for _ in range(7)] == list("abcabca")


def test_who_leaves_shifts_the_turns() -> None:
    line_ = _Line()
    leave = {name: line_.join(name, "t") for name in ("a", "b", "c", "d")}
    order: list[str] = []
    for _ in range(4):
        (name,) = line_.give(_process("t"))
        order.append(name)
        leave[name]()
        leave[name]()
    assert order == ["a", "c", "b", "d"]
    assert line_.give(_process("t")) == []


def test_places() -> None:
    line_ = _Line()
    line_.join("near", "t", location="Here")
    line_.join("anywhere", "t")
    line_.join("running", "t", state=1)
    assert line_.give(_process("t", location="Here")) == ["near"]
    assert line_.give(_process("t", location="here")) == ["anywhere"]
    assert line_.give(_process("t", location="there")) == ["anywhere"]
    assert line_.give(_process("t")) == ["near"]
    assert line_.give(_process("t", RUNNING)) == ["running"]
    assert line_.give(_process("other")) == []


def test_digits() -> None:
    """Types and states run into each other where they are written without a gap."""
    line_ = _Line()
    line_.join("type", "t0")
    assert line_.give(_process("t")) == ["type"]
    line_ = _Line()
    line_.join("state", "t", state=10)
    assert line_.give(_process("t", RUNNING)) == ["state"]


def _play(act: Callable[[Lab, ManualClock, PrivateKey, PrivateKey], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = ManualClock()
        async with asyncio.timeout(300), lab(quirks="v1.9", clock=clock) as here:
            await act(here, clock, await here.add_user("u"), await here.add_executor("e"))

    asyncio.run(main())


REQUEST = SubscribeProcessesMsg(executortype=TYPE, state=WAITING, timeout=60)


async def _poll(here: Lab, key: PrivateKey) -> asyncio.Task[str]:
    async def assign() -> str:
        try:
            await here.assign(key, 30)
        except Refused as refused:
            return str(refused.status)
        return "assigned"

    before = here.server.listeners
    poll = asyncio.create_task(assign())
    while here.server.listeners == before:
        await asyncio.sleep(0.005)
    return poll


@pytest.mark.hazards
def test_subscribers_take_wakeups_of_executors() -> None:
    async def act(here: Lab, clock: ManualClock, user: PrivateKey, executor: PrivateKey) -> None:
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, REQUEST)
            poll = await _poll(here, executor)
            await here.submit(user)
            assert not await connection.quiet()
            clock.advance(31)
            assert await poll == "404"
            assert (await here.assign(executor)).state is RUNNING

    _play(act)


@pytest.mark.hazards
def test_a_subscriber_who_has_left_takes_one_more() -> None:
    async def act(here: Lab, _: ManualClock, user: PrivateKey, executor: PrivateKey) -> None:
        async with line(here) as connection:
            await connection.ask(executor, SUBSCRIBE_PROCESSES, REQUEST)
        async with line(here) as witness:
            await witness.settle()
        poll = await _poll(here, executor)
        await here.submit(user)
        async with line(here) as witness:
            await witness.settle()
        assert not poll.done()
        await here.submit(user)
        assert await poll == "assigned"

    _play(act)


@pytest.mark.hazards
def test_a_subscriber_who_has_left_is_forgotten_at_the_timeout() -> None:
    async def act(here: Lab, clock: ManualClock, user: PrivateKey, executor: PrivateKey) -> None:
        connection = await connect(here.session, here.server.url)
        await connection.ask(executor, SUBSCRIBE_PROCESSES, REQUEST)
        await connection.socket.close()
        async with line(here) as witness:
            await witness.settle()
        clock.advance(61)
        poll = await _poll(here, executor)
        await here.submit(user)
        assert await poll == "assigned"

    _play(act)
