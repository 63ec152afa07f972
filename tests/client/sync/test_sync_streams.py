"""Streams of the synchronous client: threads, closing from elsewhere, and Ctrl-C."""

from __future__ import annotations

import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from colonyos_gen import Client, Ended, Stream
from tests.client.kit.pubsub import Pubsub, Step, entries, event
from tests.client.kit.scripted import KEY, PROCESS_ID, process
from tests.client.streams.test_process_subscriptions import PROCESS, states

from .test_sync_client import python


def data(*numbers: int, end: bool = False) -> Step:
    """A frame with entries."""
    made = [
        {"sequence": number, "senderid": "a", "type": "data", "timestamp": f"2026-01-01T00:{number:02}:00Z"}
        for number in numbers
    ]
    if end:
        made[-1]["type"] = "end"
    return Step(text=entries(*made))


def test_several_threads_share_a_stream() -> None:
    """Each entry goes to one of them, and all of them see the end."""
    steps = [data(number) for number in range(1, 30)] + [data(30, end=True)]
    with Pubsub(*steps) as server, Client(server.url, member_key=KEY) as client:
        stream = client.subscribe_channel(PROCESS_ID, "c")
        with ThreadPoolExecutor(4) as pool:
            parts = [pool.submit(lambda: [entry.sequence for entry in stream]) for _ in range(4)]
    assert sorted(sequence for part in parts for sequence in part.result()) == list(range(1, 31))
    assert stream.ended is Ended.END


@pytest.mark.parametrize("what", ["stream", "client", "client without a with"])
def test_closing_from_another_thread(what: str) -> None:
    """Ends the iteration at once."""
    with Pubsub(data(1)) as server:
        client = Client(server.url, member_key=KEY)
        stream = client.subscribe_channel(PROCESS_ID, "c")
        arrived = threading.Event()

        def consume() -> list[int]:
            received: list[int] = []
            for entry in stream:
                received.append(entry.sequence)
                arrived.set()
            return received

        with ThreadPoolExecutor(1) as pool:
            consuming = pool.submit(consume)
            assert arrived.wait(60)
            if what == "stream":
                stream.close()
            else:
                client.close_connections()
            assert consuming.result(60) == [1]
        assert stream.ended is Ended.CLOSED
        assert list(stream) == []
        client.close_connections()
        assert server.gone.wait(60)


def test_a_stream_keeps_its_client() -> None:
    """A client is closed when nobody refers to it, but its stream does."""
    with Pubsub(data(1), data(2, end=True)) as server:
        stream = Client(server.url, member_key=KEY).subscribe_channel(PROCESS_ID, "c")
        assert [entry.sequence for entry in stream] == [1, 2]


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
@pytest.mark.parametrize("block", ["with STREAM as stream:", "if stream := STREAM:"])
def test_ctrl_c_ends_the_iteration(block: str) -> None:
    """At once; the connection is closed, and the interpreter ends without a word."""
    script = f"""
from colonyos_gen import Client
ID = {PROCESS_ID!r}
client = Client(sys.argv[1], member_key={KEY!r}, on_drift="ignore")
try:
    {block.replace("STREAM", "client.subscribe_channel(ID, 'c')")}
        for entry in stream:
            print(entry.sequence, flush=True)
except KeyboardInterrupt:
    print("interrupted")
"""
    with Pubsub(data(1)) as server:
        child = python(script, server.url)
        assert child.stdout is not None
        assert child.stdout.readline() == "1\n"
        while not server.reads:  # it looks at the process while it waits
            time.sleep(0.01)
        child.send_signal(signal.SIGINT)
        stdout, stderr = child.communicate(timeout=100)
        assert server.gone.wait(60)
    assert (stdout, stderr, child.returncode) == ("interrupted\n", "", 0)


def test_process_events_and_subscriptions() -> None:
    """Plain loops, as for channels."""
    with Pubsub(stored=states(0, 1, 2)) as server, Client(server.url, member_key=KEY) as client:
        with client.process_events(PROCESS) as events:
            assert [int(process.state) for process in events] == [0, 1, 2]
        assert events.ended is Ended.PROCESS
    with (
        Pubsub(Step(text=event(1)), stored=process(state=1)) as server,
        Client(server.url, member_key=KEY) as client,
    ):
        stream = client.subscribe_processes("", 1)
        assert isinstance(stream, Stream)
        assert next(stream).processid == PROCESS_ID
        stream.close()
        assert list(stream) == []
