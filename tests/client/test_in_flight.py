"""How many requests a program has under way, who has the next turn, and what happens when nothing is answered."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from colonyos_gen import (
    AsyncClient,
    Client,
    Colony,
    Config,
    ConfigError,
    Executor,
    NoProcessError,
    PrivateKey,
    RPCTimeoutError,
)
from colonyos_gen._call.in_flight import Gate, Lane, Turn, gate_of
from colonyos_gen.config import DEFAULT_MAX_IN_FLIGHT
from colonyos_gen.server import Server

KEY = PrivateKey.generate()


class Counter:
    """Counts the requests that a server has under way, and holds them back as long as `open` is not set."""

    def __init__(self, pause: float) -> None:
        self.now = self.most = self.total = self.held = 0
        self.messages: list[str] = []
        self.pause = pause
        self.open = asyncio.Event()
        self.open.set()

    def has_held(self, total: int) -> bool:
        """Whether so many have come, and all that are under way are held back."""
        return self.total == total and self.held == DEFAULT_MAX_IN_FLIGHT

    def middleware(self) -> Middleware:
        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            self.now += 1
            self.total += 1
            self.most = max(self.most, self.now)
            try:
                self.messages.append((await request.json())["payloadtype"])
                await asyncio.sleep(self.pause)
                self.held += 1
                await self.open.wait()
                self.held -= 1
                return await handler(request)
            finally:
                self.now -= 1

        return count


@asynccontextmanager
async def counted(pause: float = 0.002) -> AsyncGenerator[tuple[Server, Counter]]:
    """A server that counts."""
    counter = Counter(pause)
    async with Server(server_key=KEY, middlewares=[counter.middleware()]) as server:
        yield server, counter


def run(test: Callable[[Server, Counter], Awaitable[None]], pause: float = 0.002) -> None:
    """Run a test against a server that counts."""

    async def main() -> None:
        async with counted(pause) as (server, counter):
            await test(server, counter)

    asyncio.run(main())


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(300):
        while not condition():
            await asyncio.sleep(0.005)


def test_thousands_of_reads_of_one_client() -> None:
    """They are sent sixteen at a time, all of them."""

    async def reads(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY, timeout=300) as client:
            await asyncio.gather(*(client.get_colonies() for _ in range(3_000)))
        assert counter.most <= DEFAULT_MAX_IN_FLIGHT
        assert counter.total == 3_000

    run(reads, pause=0)


def test_ten_clients_of_one_program() -> None:
    """They share the sixteen, synchronous ones and those of other threads too."""

    async def reads(server: Server, counter: Counter) -> None:
        def in_a_thread() -> None:
            with Client(server.url, server_key=KEY) as client:
                for _ in range(50):
                    client.get_colonies()

        threads = [asyncio.to_thread(in_a_thread) for _ in range(4)]
        clients = [AsyncClient(server.url, server_key=KEY, timeout=300) for _ in range(6)]
        await asyncio.gather(*threads, *(each.get_colonies() for each in clients for _ in range(100)))
        for each in clients:
            await each.close_connections()
        assert counter.total == 4 * 50 + 6 * 100
        assert counter.most <= DEFAULT_MAX_IN_FLIGHT

    run(reads)


def test_turns_go_round() -> None:
    """The only request of one client does not wait for the thousand of another."""

    async def reads(server: Server, counter: Counter) -> None:
        async with (
            AsyncClient(server.url, server_key=KEY, timeout=300) as busy,
            AsyncClient(server.url, server_key=KEY) as other,
        ):
            counter.open.clear()
            many = [asyncio.create_task(busy.get_colonies()) for _ in range(1000)]
            await until(lambda: counter.held == DEFAULT_MAX_IN_FLIGHT)
            one = asyncio.create_task(other.get_server_info())
            for rounds in range(2, 6):
                counter.open.set()  # those that are held go on, and those that come after them are held in turn
                counter.open.clear()
                await until(partial(counter.has_held, rounds * DEFAULT_MAX_IN_FLIGHT))
            assert "getserverinfomsg" in counter.messages
            counter.open.set()
            await one
            await asyncio.gather(*many)

    run(reads)


def test_a_client_may_have_fewer_or_more() -> None:
    """The most generous of a program says how many there are in all."""

    async def reads(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY, max_in_flight=3) as few:
            await asyncio.gather(*(few.get_colonies() for _ in range(50)))
            assert counter.most <= 3
            async with AsyncClient(server.url, server_key=KEY, max_in_flight=30) as more:
                await asyncio.gather(*(more.get_colonies() for _ in range(300)))
            assert 3 < counter.most <= 30

    run(reads, pause=0.02)


def test_it_comes_from_the_environment() -> None:
    """Whatever is no number names the variable."""
    assert Config.from_env({}).max_in_flight == DEFAULT_MAX_IN_FLIGHT == 16
    assert Config.from_env({"COLONIES_MAX_IN_FLIGHT": "4"}).max_in_flight == 4
    for wrong in ("0", "-1", "many", "1.5"):
        with pytest.raises(ConfigError, match="COLONIES_MAX_IN_FLIGHT"):
            Config.from_env({"COLONIES_MAX_IN_FLIGHT": wrong})
    with pytest.raises(ValueError, match="max_in_flight is 0"):
        AsyncClient(max_in_flight=0)
    with pytest.raises(ValueError, match="pool_size is 0"):
        AsyncClient(pool_size=0)

    async def reads(server: Server, counter: Counter) -> None:
        environ = {"COLONIES_SERVER_HOST": server.host, "COLONIES_SERVER_PORT": str(server.port)}
        variables = environ | {"COLONIES_SERVER_PRVKEY": KEY.hex(), "COLONIES_MAX_IN_FLIGHT": "2"}
        async with AsyncClient.from_env(variables) as client:
            await asyncio.gather(*(client.get_colonies() for _ in range(20)))
        assert counter.most <= 2

    run(reads)


def test_the_wait_for_a_turn_counts() -> None:
    """A request whose time is over before its turn is never sent, and says so."""

    async def reads(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY, max_in_flight=2) as client:
            counter.open.clear()
            first = [asyncio.create_task(client.get_colonies()) for _ in range(2)]
            await until(lambda: counter.now == 2)
            with pytest.raises(RPCTimeoutError, match="had its turn") as caught:
                await client.add_colony(Colony(colonyid=KEY.id, name="dev"), rpc_timeout=0.1)
            assert not caught.value.sent
            counter.open.set()
            await asyncio.gather(*first)
            assert await client.get_colonies() == []

    run(reads)


def test_a_cancelled_request_takes_no_turn() -> None:
    """Whether it was waiting or under way."""

    async def reads(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY, max_in_flight=2) as client:
            counter.open.clear()
            tasks = [asyncio.create_task(client.get_colonies()) for _ in range(20)]
            await until(lambda: counter.now == 2)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            counter.open.set()
            assert gate_of(server.url).under_way == 0
            await asyncio.gather(*(client.get_colonies() for _ in range(20)))

    run(reads)


def test_long_polls_are_apart() -> None:
    """Executors that wait for work take no turns."""

    async def polls(server: Server, _: Counter) -> None:
        keys = [PrivateKey.generate() for _ in range(30)]
        async with AsyncClient(server.url, server_key=KEY, colony_key=KEY, max_in_flight=2) as client:
            await client.add_colony(Colony(colonyid=KEY.id, name="dev"))
            for key in keys:
                await client.add_executor(Executor.new(key.id[:8], key.id, "cli", "dev"))
                await client.approve_executor("dev", key.id[:8])
            waiting = [asyncio.create_task(client.assign("dev", 300, prvkey=key)) for key in keys]
            await until(lambda: server.listeners == len(keys))
            assert len(await client.get_colonies()) == 1
            await server.stop()
            for outcome in await asyncio.gather(*waiting, return_exceptions=True):
                assert isinstance(outcome, NoProcessError)

    run(polls)


def test_a_server_that_stops_answering() -> None:
    """It is asked ever less, the errors say what it looks like and why, and it is asked as before once it answers."""

    async def reads(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY, timeout=1.2) as client:
            await client.get_colonies(rpc_timeout=60)
            counter.open.clear()
            began, sent = time.monotonic(), counter.total
            errors: list[RPCTimeoutError] = []

            async def insist() -> None:
                while time.monotonic() - began < 8:
                    try:
                        await client.get_colonies()
                    except RPCTimeoutError as error:
                        errors.append(error)

            await asyncio.gather(*(insist() for _ in range(40)))
            assert counter.total - sent < 60, (
                "40 tasks asked for 8 s; without a pause it were more than 200 requests"
            )
            assert "seems to be frozen" in str(errors[-1])
            assert "restart" in str(errors[-1])
            assert "100" in str(errors[-1])
            counter.open.set()
            async with asyncio.timeout(300):
                while True:
                    try:
                        await client.get_colonies()
                        break
                    except RPCTimeoutError:
                        continue
            counter.most = 0
            await asyncio.gather(*(client.get_colonies(rpc_timeout=60) for _ in range(100)))
            assert counter.most > 1

    run(reads)


def test_a_call_in_a_hurry_slows_nobody_down() -> None:
    """A short timeout tells nothing about the server, nor does one slow call among others that are answered."""
    gate = Gate()
    assert gate.timed_out(time.monotonic() - 0.5) == ""
    began = time.monotonic() - 5
    gate.answered()
    assert gate.timed_out(began) == ""
    assert gate.limit == 1, "no lane is open"
    lane = gate.open_lane(16)
    assert gate.limit == 16
    turn = asyncio.run(gate.enter(lane, time.monotonic() + 60))
    gate.leave(turn)
    gate.leave(turn)
    assert gate.under_way == 0


def test_clients_of_different_threads_wake_each_other() -> None:
    """A turn that is given back in one thread is taken in another."""
    gate = Gate()
    lanes = [gate.open_lane(1) for _ in range(8)]
    under_way: list[int] = []

    async def work(number: int) -> None:
        for _ in range(200):
            until = time.monotonic() + 60
            turn = gate.enter_at_once(lanes[number], until) or await gate.enter(lanes[number], until)
            under_way.append(gate.under_way)
            await asyncio.sleep(0)
            gate.leave(turn)

    def in_a_thread(number: int) -> None:
        asyncio.run(work(number))

    threads = [threading.Thread(target=in_a_thread, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(under_way) == 1600
    assert max(under_way) == 1
    assert gate.under_way == 0


@pytest.mark.parametrize("closed", ["while they wait", "while they are under way"])
def test_an_event_loop_that_is_closed_takes_nothing_with_it(closed: str) -> None:
    """Neither its turns, nor more of them than it had."""
    gate = Gate()
    first, second = gate.open_lane(4), gate.open_lane(4)

    async def take(lane: Lane, count: int) -> list[Turn]:
        until = time.monotonic() + 60
        return [gate.enter_at_once(lane, until) or await gate.enter(lane, until) for _ in range(count)]

    async def leave_behind() -> None:
        for _ in range(10 if closed == "while they wait" else 4):
            task = asyncio.create_task(take(first, 1))
            left.append(task)
        await asyncio.sleep(0)

    left: list[asyncio.Task[list[Turn]]] = []
    loop = asyncio.new_event_loop()
    held: list[Turn] = []
    if closed == "while they wait":
        held = asyncio.run(take(second, 4))
    loop.run_until_complete(leave_behind())
    loop.close()
    for turn in held:
        gate.leave(turn)
    left.clear()
    gc.collect()
    assert 0 <= gate.under_way <= 4

    async def go_on() -> None:
        async with asyncio.timeout(300):
            for turn in await take(second, 4):
                gate.leave(turn)

    asyncio.run(go_on())
    assert gate.under_way == 0


def test_a_blocked_event_loop_does_not_wait_for_itself() -> None:
    """A synchronous call in a coroutine has its turn although those of the loop that it blocks hold all of them."""

    def blocking(url: str) -> int:
        async def main() -> int:
            async with AsyncClient(url, server_key=KEY) as client:
                many = [asyncio.create_task(client.get_colonies()) for _ in range(DEFAULT_MAX_IN_FLIGHT)]
                while gate_of(url).under_way < DEFAULT_MAX_IN_FLIGHT:
                    await asyncio.sleep(0)
                with Client(url, server_key=KEY) as other:
                    found = len(other.get_colonies(rpc_timeout=60))
                await asyncio.gather(*many)
                return found

        return asyncio.run(main())

    async def calls(server: Server, _: Counter) -> None:
        assert await asyncio.to_thread(blocking, server.url) == 0

    run(calls, pause=1)


def test_what_a_client_may_have_holds_for_its_waits_too() -> None:
    """Those that wait for processes are a part of its lane."""
    gate = Gate()
    whole = gate.open_lane(2)
    part = gate.open_lane(2, whole)

    async def take() -> None:
        until = time.monotonic() + 60
        turns = [gate.enter_at_once(whole, until), gate.enter_at_once(part, until)]
        assert None not in turns
        assert gate.enter_at_once(whole, until) is None
        assert gate.enter_at_once(part, until) is None

    gate.open_lane(16)
    asyncio.run(take())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.2", "[::1]", "0.0.0.0"])
def test_one_machine_has_one_gate(host: str) -> None:
    """However it is spelt."""
    assert gate_of(f"http://{host}:50080") is gate_of("http://127.0.0.1:50080/")
    assert gate_of(f"http://{host}:50081") is not gate_of("http://127.0.0.1:50080/")


@pytest.mark.parametrize("timeout", [0, -1])
def test_without_any_time_nothing_is_sent(timeout: float) -> None:
    """And the error does not say that it may have been."""

    async def calls(server: Server, counter: Counter) -> None:
        async with AsyncClient(server.url, server_key=KEY) as client:
            with pytest.raises(RPCTimeoutError) as caught:
                await client.add_colony(Colony(colonyid=KEY.id, name="dev"), rpc_timeout=timeout)
            assert not caught.value.sent
            assert counter.total == 0
            assert gate_of(server.url).under_way == 0

    run(calls)
