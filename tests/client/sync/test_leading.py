"""The thread that calls runs the event loop itself, where that is possible; others, and Ctrl-C, are no worse off for it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import signal
import ssl
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import pytest

from colonyos_gen import AsyncClient, Client, FunctionSpec, PrivateKey, RPCError, RPCTimeoutError
from tests.client.kit.scripted import HANG, KEY, PROCESS_ID, Answer, Request, Scripted, sample

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="calls are always handed over there")

NO_ALARM = pytest.mark.timeout(600, method="thread")
"""The other way to end a test after a time is a signal handler that raises, with which the main thread runs no loop."""
T = TypeVar("T")
CERTIFICATES = Path(__file__).parents[1] / "call" / "tls"
SPEC = FunctionSpec.new("echo", "cli", "dev")
OWN_THREAD = "colonyos_gen.Client"


class Signing:
    """Signs, and notes on which threads it has done so."""

    def __init__(self) -> None:
        self._key = PrivateKey.parse(KEY)
        self.id = self._key.id
        self.threads: list[str] = []

    def sign(self, message: bytes, /) -> str:
        self.threads.append(threading.current_thread().name)
        return self._key.sign(message)


@contextlib.contextmanager
def signing() -> Generator[tuple[Client, list[str]]]:
    """A client, and the names of the threads on which its calls are made."""
    key = Signing()
    with Scripted(sample) as server, Client(server.url, member_key=key) as client:
        yield client, key.threads


def in_thread(work: Callable[[], T]) -> T:
    """What `work` gives on a thread that is called `caller`."""
    with ThreadPoolExecutor(1, thread_name_prefix="caller") as pool:
        return pool.submit(work).result(100)


@pytest.mark.usefixtures("loop_kind")
def test_a_thread_makes_its_calls_itself() -> None:
    with signing() as (client, threads):
        in_thread(lambda: [client.get_process(PROCESS_ID) for _ in range(50)])
        own = sum(name.startswith("caller") for name in threads)
        assert set(threads) <= {OWN_THREAD, *(name for name in threads if name.startswith("caller"))}
        assert own > 0, "all calls were handed over"


@NO_ALARM
def test_so_does_the_main_thread(loop_kind: str) -> None:
    """But for uvloop, which sets up its signals anew each time that it is run there."""
    with signing() as (client, threads):
        client.get_process(PROCESS_ID)
        time.sleep(0.2)  # the loop is looked after meanwhile
        for _ in range(50):
            client.get_process(PROCESS_ID)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if loop_kind == "asyncio":
            assert "MainThread" in threads
        else:
            assert "MainThread" not in threads[1:]


def test_where_a_signal_handler_may_raise_it_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)

    def handler(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, handler)
    try:
        with signing() as (client, threads):
            for _ in range(10):
                client.get_process(PROCESS_ID)
            assert set(threads) == {OWN_THREAD}
    finally:
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("work", ["in a loop", "deep", "small stack"])
def test_where_there_is_no_room_it_does_not(work: str) -> None:
    with signing() as (client, threads):

        def call() -> None:
            client.get_process(PROCESS_ID)

        async def in_a_loop() -> None:
            call()

        def deep(frames: int) -> None:
            if frames:
                deep(frames - 1)
            else:
                call()

        depth = depth_of_here()
        if work == "in a loop":
            asyncio.run(in_a_loop())
        elif work == "deep":
            deep(sys.getrecursionlimit() - depth - 100)
        else:
            size = threading.stack_size(256 * 1024)
            try:
                in_thread(call)
            finally:
                threading.stack_size(size)
        assert threads == [OWN_THREAD]


def depth_of_here() -> int:
    """How many frames there are."""
    return sum(1 for _ in traceback.walk_stack(None))


@pytest.mark.usefixtures("loop_kind")
def test_what_is_not_ours_runs_on_the_thread_of_the_client() -> None:
    """Also while somebody else makes a call: it may hold that up, or hold something that belongs to its thread."""

    def answer(request: Request) -> Answer:
        return HANG if request.envelope["payloadtype"] == "getfilesmsg" else sample(request)

    with Scripted(answer) as server, Client(server.url, member_key=KEY) as client:
        client.get_process(PROCESS_ID)
        until_led = len(server.requests)

        def wait() -> None:
            with pytest.raises(RPCTimeoutError):
                client.get_files("dev", "label", rpc_timeout=0.5)

        async def where() -> list[str]:
            first = threading.current_thread().name
            await asyncio.sleep(0.8)  # for longer than the other call takes
            return [first, threading.current_thread().name]

        with ThreadPoolExecutor(2) as pool:
            waiting = pool.submit(wait)
            while len(server.requests) == until_led:
                time.sleep(0.001)
            assert client.run(where()) == [OWN_THREAD, OWN_THREAD]
            waiting.result(60)


@pytest.mark.usefixtures("loop_kind")
@pytest.mark.parametrize("tls", [False, True], ids=["plain", "tls"])
def test_no_submit_is_sent_into_a_connection_that_the_server_has_closed(tls: bool) -> None:
    """Nobody has run the event loop since: what becomes of its connections is seen before the next call is sent."""
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / "cert.pem", CERTIFICATES / "key.pem")
    with (
        Scripted(sample, tls=context) as server,
        Client(server.url, member_key=KEY, insecure=tls) as client,
    ):

        def submits() -> None:
            for count in range(1, 51):
                client.submit(SPEC)
                assert len(server.requests) == count
                server.hang_up()
                if tls:  # which closes with a farewell, and waits for that of the other side
                    server.hung_up.wait(60)
                    server.hung_up.clear()

        in_thread(submits)


@pytest.mark.usefixtures("loop_kind")
def test_a_server_is_restarted_between_two_submits() -> None:
    with Scripted(sample) as first:
        port = int(first.url.rpartition(":")[2])
        client = Client(first.url, member_key=KEY)
        in_thread(lambda: client.submit(SPEC))
    for _ in range(10):
        with Scripted(sample, port=port) as server:
            in_thread(lambda: [client.submit(SPEC) for _ in range(3)])
            assert len(server.requests) == 3
    client.close_connections()


@pytest.mark.usefixtures("loop_kind")
def test_connections_are_looked_after_between_calls() -> None:
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        for _ in range(5):
            in_thread(lambda: client.get_process(PROCESS_ID))
            loop = client.__dict__["_loop"].__dict__["_used_by"]["all"]
            turned = threading.Event()
            loop.call_soon_threadsafe(turned.set)
            assert turned.wait(60)


def test_work_goes_on_in_the_background_while_nobody_calls() -> None:
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        ticks: list[float] = []

        async def tick() -> None:
            while True:
                ticks.append(time.monotonic())
                await asyncio.sleep(0.001)

        async def begin() -> asyncio.Task[None]:
            return asyncio.ensure_future(tick())

        in_thread(lambda: client.get_process(PROCESS_ID))
        ticking = client.run(begin())
        for _ in range(20):
            in_thread(lambda: client.get_process(PROCESS_ID))
        count = len(ticks)
        while len(ticks) < count + 20:
            time.sleep(0.01)
        assert not ticking.done()


@pytest.mark.usefixtures("loop_kind")
def test_threads_that_call_and_wait_and_give_up_all_at_once() -> None:
    """Whoever runs the loop, all get what they have asked for, once."""

    def answer(request: Request) -> Answer:
        return HANG if request.envelope["payloadtype"] == "getfilesmsg" else sample(request)

    with Scripted(answer) as server, Client(server.url, member_key=KEY) as client:

        async def several(inner: AsyncClient) -> int:
            found = await asyncio.gather(*(inner.get_process(PROCESS_ID) for _ in range(3)))
            return len(found)

        def work(seed: int) -> None:
            dice = random.Random(seed)
            for _ in range(30):
                kind = dice.random()
                if kind < 0.1:
                    with pytest.raises(RPCTimeoutError):
                        client.get_files("dev", "label", rpc_timeout=0.05)
                elif kind < 0.2:
                    assert client.run(several(client.asynchronous)) == 3
                elif kind < 0.6:
                    assert client.submit(SPEC).processid == PROCESS_ID
                else:
                    assert client.get_process(PROCESS_ID).processid == PROCESS_ID
                if dice.random() < 0.3:
                    time.sleep(dice.random() * 0.02)

        with ThreadPoolExecutor(6) as pool:
            for each in [pool.submit(work, seed) for seed in range(6)]:
                each.result(100)


@pytest.mark.usefixtures("loop_kind")
def test_a_client_is_closed_while_threads_call() -> None:
    """Each has its reply, or is told that the client is closed; nobody waits for ever, and no thread is left."""
    for seed in range(10):
        dice = random.Random(seed)
        with Scripted(sample) as server, ThreadPoolExecutor(3) as pool:
            client = Client(server.url, member_key=KEY)

            def call(client: Client = client) -> str:
                try:
                    while True:
                        client.get_process(PROCESS_ID)
                except RPCError as error:
                    return str(error)

            calls = [pool.submit(call) for _ in range(dice.randrange(1, 4))]
            time.sleep(dice.random() * 0.1)
            client.close_connections()
            for each in calls:
                assert each.result(60)
            assert OWN_THREAD not in {thread.name for thread in threading.enumerate()}
