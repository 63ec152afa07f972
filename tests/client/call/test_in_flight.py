"""How many requests a program has under way, who has the next turn, and what happens when nothing is answered."""

from __future__ import annotations

import asyncio
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
from colonyos_gen._call.in_flight import gate_of
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
