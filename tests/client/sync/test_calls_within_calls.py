"""Calls that end together, and calls in the middle of others: of signal handlers, of `__del__`, and after a fork."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading

import pytest

from colonyos_gen import Client, RPCError
from tests.client.kit.scripted import KEY, PROCESS_ID, Scripted, sample
from tests.client.sync.test_sync_client import python

KINDS = pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="no such signals, and no fork")

BEGIN = """
import gc, os, signal, sys, threading, time
if sys.argv[2] == "asyncio":
    sys.modules["uvloop"] = None
from colonyos_gen import Client
PROCESS_ID = "5c" * 32
client = Client(sys.argv[1], member_key="b2" * 32)
client.get_process(PROCESS_ID)  # what it imports, no other thread can while it is broken into
end = time.monotonic() + 90
"""

SIGNALLED = """
called = [0, 0]

def handler(*_):
    signal.setitimer(signal.ITIMER_REAL, 0)  # one at a time
    assert client.get_process(PROCESS_ID).processid == PROCESS_ID
    called[0] += 1
    signal.setitimer(signal.ITIMER_REAL, 0.0001 + (called[0] % 17) * 0.0001)

signal.signal(signal.SIGALRM, handler)
signal.setitimer(signal.ITIMER_REAL, 0.001)
while called[0] < 300 and time.monotonic() < end:
    assert client.get_process(PROCESS_ID).processid == PROCESS_ID
    called[1] += 1
signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, signal.SIG_IGN)
assert min(called) > 30, called
client.close_connections()
print("well")
"""

COLLECTED = """
answered, refused = [], []

class Cycle:
    def __init__(self):
        self.itself = self

    def __del__(self):
        try:
            answered.append(client.get_process(PROCESS_ID).processid)
        except RuntimeError as error:
            refused.append(str(error))

gc.set_threshold(20, 2, 2)
done = 0

def calls():
    global done
    while len(answered) + len(refused) < 300 and time.monotonic() < end:
        Cycle()
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID
        done += 1

if len(sys.argv) > 3:
    threads = [threading.Thread(target=calls) for _ in range(3)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
else:
    calls()
gc.set_threshold(0)
assert done > 100, done
assert set(answered) <= {PROCESS_ID}
assert all("another client" in each for each in refused), refused
client.close_connections()
print("well")
"""

FORKED = """
def others():
    while not over:
        client.get_process(PROCESS_ID)

over = False
threads = [threading.Thread(target=others) for _ in range(2)]
for each in threads:
    each.start()
for _ in range(20):
    time.sleep(0.003)
    child = os.fork()
    if child == 0:
        try:
            client.get_process(PROCESS_ID)
        except RuntimeError as error:
            client.close_connections()
            os._exit(7 if "fork" in str(error) else 8)
        os._exit(9)
    while os.waitpid(child, os.WNOHANG) == (0, 0):
        assert time.monotonic() < end, "the child hangs"
        time.sleep(0.001)
over = True
for each in threads:
    each.join()
client.close_connections()
print("well")
"""


def run(script: str, kind: str, *more: str) -> None:
    """Run it against a server; it must come to its end."""
    with Scripted(sample) as server:
        process = python(BEGIN + script, server.url, kind, *more)
        try:
            stdout, stderr = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert stdout == "well\n", stderr


@POSIX
@KINDS
def test_a_signal_handler_calls_in_the_middle_of_calls(kind: str) -> None:
    run(SIGNALLED, kind)


@KINDS
@pytest.mark.parametrize("threads", [(), ("threads",)], ids=["one thread", "threads"])
def test_what_the_collector_ends_calls_in_the_middle_of_calls(kind: str, threads: tuple[str, ...]) -> None:
    """It has its reply, or is told where it is called from: nobody waits for ever, and no call has another one's reply."""
    run(COLLECTED, kind, *threads)


@POSIX
@KINDS
@pytest.mark.filterwarnings("ignore:This process")
def test_a_fork_in_the_middle_of_calls(kind: str) -> None:
    run("import warnings; warnings.simplefilter('ignore')\n" + FORKED, kind)


@pytest.mark.usefixtures("loop_kind")
def test_replies_that_come_together() -> None:
    """A proxy may pass on those of several threads at the same moment: each is told of its own."""
    threads = 3
    with (
        Scripted(sample) as server,
        Front(server.url, threads) as front,
        Client(front.url, member_key=KEY) as client,
    ):
        for _ in range(60):
            found: list[str] = []

            def call(found: list[str] = found) -> None:
                found.append(client.get_process(PROCESS_ID).processid)

            calling = [threading.Thread(target=call, daemon=True) for _ in range(threads)]
            for each in calling:
                each.start()
            for each in calling:
                each.join(60)
            assert found == [PROCESS_ID] * threads


@pytest.mark.usefixtures("loop_kind")
def test_a_client_is_closed_just_before_a_thread_runs_its_loop() -> None:
    about_to, closed = threading.Event(), threading.Event()

    class Held(set[int]):
        """Holds up the thread that is about to run the loop."""

        def add(self, element: int, /) -> None:
            super().add(element)
            if threading.current_thread().name == "late":
                about_to.set()
                closed.wait(60)

    with Scripted(sample) as server:
        client = Client(server.url, member_key=KEY)
        own_loop = client.__dict__["_loop"]
        own_loop._runners = Held()
        found: list[str] = []

        def call() -> None:
            try:
                while True:
                    client.get_process(PROCESS_ID)
            except RPCError as error:
                found.append(str(error))

        late = threading.Thread(target=call, name="late")
        late.start()
        assert about_to.wait(60)
        closing = threading.Thread(target=client.close_connections)
        closing.start()
        closing.join(60)
        closed.set()
        late.join(60)
        assert found == ["call: the client is closed; make a new one"]


class Front:
    """Passes requests on to a server as they come, and its replies when there are `number` of them."""

    def __init__(self, url: str, number: int) -> None:
        self._behind = int(url.rpartition(":")[2])
        self._number = number
        self._held: list[tuple[asyncio.StreamWriter, bytes]] = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.url = ""

    def __enter__(self) -> Front:
        self._thread.start()
        starting = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._meet, "127.0.0.1", 0), self._loop
        )
        self._server = starting.result(60)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(60)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        meetings = asyncio.all_tasks() - {asyncio.current_task()}
        for each in meetings:
            each.cancel()
        await asyncio.gather(*meetings, return_exceptions=True)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behind, onward = await asyncio.open_connection("127.0.0.1", self._behind)
        while request := await reader.read(1 << 16):
            onward.write(request)
            self._held.append((writer, await behind.read(1 << 16)))
            if len(self._held) == self._number:
                for each, reply in self._held:
                    each.write(reply)
                self._held.clear()
        onward.close()
        writer.close()
