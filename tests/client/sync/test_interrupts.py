"""Ctrl-C while the thread that it comes to runs the event loop."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time

import pytest

from colonyos_gen import Client
from tests.client.kit.scripted import HANG, KEY, PROCESS_ID, Scripted, sample
from tests.client.sync.test_leading import NO_ALARM
from tests.client.sync.test_sync_client import python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="calls are always handed over there")

INTERRUPTED = """
import os, random, signal, sys, threading, time
if sys.argv[2] == "asyncio":
    sys.modules["uvloop"] = None
from colonyos_gen import Client, FunctionSpec
PROCESS_ID = "5c" * 32
client = Client(sys.argv[1], member_key="b2" * 32, on_drift="ignore")
failures, done, over = [], [0, 0], threading.Event()
main = threading.main_thread().ident
is_open = False

def others():
    while not over.is_set():
        try:
            assert client.get_process(PROCESS_ID).processid == PROCESS_ID
            done[1] += 1
            time.sleep(random.random() * 0.02)
        except BaseException as error:
            failures.append(repr(error))
            return

def interrupt():
    while not over.is_set():
        time.sleep(random.random() * 0.004)
        if is_open:
            signal.pthread_kill(main, signal.SIGINT)

interrupts = 0
threads = [threading.Thread(target=each) for each in (others, interrupt)]
for each in threads:
    each.start()
end = time.monotonic() + float(sys.argv[3])

def is_enough():
    return (interrupts > 30 and done[1] > 30) or time.monotonic() > end

while not is_enough():
    try:
        try:
            is_open = True
            while not is_enough():
                assert client.get_process(PROCESS_ID).processid == PROCESS_ID
                done[0] += 1
        finally:
            is_open = False
            time.sleep(0)
    except KeyboardInterrupt:
        interrupts += 1
    while True:
        try:
            is_open = False
            time.sleep(0.005)  # the last one may be on its way
            break
        except KeyboardInterrupt:
            pass
over.set()
for each in threads:
    each.join()
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
assert client.get_process(PROCESS_ID).processid == PROCESS_ID
client.close_connections()
names = {each.name for each in threading.enumerate()}
assert "colonyos_gen.Client" not in names, names
assert not failures, failures
assert interrupts > 30 and done[1] > 30, (interrupts, done)
print("well", interrupts, done)
"""


@pytest.mark.parametrize("kind", ["asyncio", "uvloop"])
def test_interrupts_end_the_call_that_they_are_meant_for(kind: str) -> None:
    """At whatever moment they come; calls of other threads have their replies, and the client goes on."""
    with Scripted(sample) as server:
        process = python(INTERRUPTED, server.url, kind, "90")
        try:
            stdout, stderr = process.communicate(timeout=200)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
    assert stdout.startswith("well"), stderr
    assert stderr == ""


@NO_ALARM
def test_an_interrupted_call_is_cancelled_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its connection is dropped, and the traceback has nothing of the event loop in it."""
    monkeypatch.setitem(sys.modules, "uvloop", None)
    with Scripted(sample, HANG) as server, Client(server.url, member_key=KEY) as client:
        client.get_process(PROCESS_ID)

        main = threading.get_ident()

        def interrupt() -> None:
            while len(server.requests) < 2:
                time.sleep(0.001)
            signal.pthread_kill(main, signal.SIGINT)

        interrupting = threading.Thread(target=interrupt)
        interrupting.start()
        with pytest.raises(KeyboardInterrupt) as raised:
            client.assign("dev", 100)
        interrupting.join()
        assert server.hung_up.wait(60)
        assert "asyncio" not in {each.path for each in raised.traceback}
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
