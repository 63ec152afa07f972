"""The synchronous client: threads, notebooks, the end of the interpreter, logs."""

from __future__ import annotations

import asyncio
import gc
import inspect
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import (
    AsyncClient,
    Client,
    FunctionSpec,
)
from colonyos_gen._client.sync_subscriptions import Subscriptions
from colonyos_gen.errors import (
    RPCError,
    RPCTimeoutError,
)
from tests.client.kit.scripted import HANG, KEY, PROCESS_ID, Scripted, http, refusal, sample

ROOT = Path(__file__).parents[3]
OWNER_KEY = "c3" * 32
SERVER_KEY = "d4" * 32


def python(script: str, *args: str) -> subprocess.Popen[str]:
    """A fresh interpreter that runs `script` and can import the package; warnings are shown."""
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'generated' / 'python')!r}]\n"
    # A test run in the background of a shell is deaf to SIGINT, and its children would be too.
    path += "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    # In development mode, asyncio warns of callbacks that took long, as all do on a busy machine.
    path += "import logging; logging.getLogger('asyncio').setLevel(logging.ERROR)\n"
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "always", "-c", path + script, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_within_a_running_loop() -> None:
    """As in a notebook, where the cell already runs inside one."""

    async def cell(client: Client) -> str:
        return client.get_process(PROCESS_ID).processid

    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        assert asyncio.run(cell(client)) == PROCESS_ID
        assert asyncio.run(cell(client)) == PROCESS_ID, "and it outlives that loop"


def test_from_eight_threads_at_once() -> None:
    """They share the client, its loop and its pool."""
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        with ThreadPoolExecutor(8) as pool:
            calls = [pool.submit(client.get_process, PROCESS_ID) for _ in range(80)]
        assert [call.result().processid for call in calls] == [PROCESS_ID] * 80
        assert len(server.requests) == 80
        assert server.connections <= 8
        named = [thread for thread in threading.enumerate() if thread.name == "colonyos_gen.Client"]
        assert len(named) == 1


def test_twenty_calls_use_one_connection() -> None:
    """It is kept alive between them."""
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        for _ in range(20):
            client.get_version()
        assert server.connections == 1
        assert len(server.requests) == 20


def test_a_closed_client_says_so() -> None:
    """Closing twice is fine, calling afterwards is not: the same error as of an `AsyncClient`."""
    with Scripted(sample) as server:
        client = Client(server.url, member_key=KEY)
        client.get_version()
        client.close_connections()
        client.close_connections()
        for use in (client.get_version, lambda: client.subscribe_channel(PROCESS_ID, "c")):
            with pytest.raises(RPCError, match="the client is closed; make a new one"):
                use()
        assert server.hung_up.wait(60)


def test_closing_from_another_thread_ends_a_call() -> None:
    """The call fails as an RPCError, soon."""
    with Scripted(HANG) as server, ThreadPoolExecutor(1) as pool:
        client = Client(server.url, member_key=KEY)
        call = pool.submit(client.submit, FunctionSpec.new("echo", "cli", "dev"))
        while not server.requests:
            time.sleep(0.01)
        client.close_connections()
        with pytest.raises(RPCError):
            call.result(60)


@pytest.mark.parametrize("keep", ["client = Client", "Client"], ids=["kept", "dropped"])
def test_the_interpreter_ends_cleanly_without_a_close(keep: str) -> None:
    """No warning, no traceback, no delay, whether or not the client is still referred to."""
    script = f"from colonyos_gen import Client\n{keep}(sys.argv[1], member_key={KEY!r})"
    script += ".get_version()" if keep == "Client" else "\nclient.get_version()"
    with Scripted(sample) as server:
        process = python(script, server.url)
        _, stderr = process.communicate(timeout=100)
        assert server.hung_up.wait(60)
    assert process.returncode == 0
    assert stderr == ""


def test_a_dropped_client_closes_its_connections() -> None:
    """Its thread ends as well, without waiting for the end of the interpreter."""
    with Scripted(sample) as server:
        Client(server.url, member_key=KEY).get_version()
        gc.collect()
        assert server.hung_up.wait(60)
    assert "colonyos_gen.Client" not in {thread.name for thread in threading.enumerate()}


def test_a_client_that_is_dropped_by_its_own_thread() -> None:
    """The garbage collection runs wherever it likes, and must not wait for itself."""
    with Scripted(sample) as server:
        client = Client(server.url, member_key=KEY)
        client.get_version()
        loop = client.__dict__["_loop"].__dict__["_used_by"]["all"]
        holder = [client]
        del client
        done = threading.Event()

        def drop() -> None:
            holder.clear()
            gc.collect()
            done.set()

        loop.call_soon_threadsafe(drop)
        assert done.wait(60)
        assert server.hung_up.wait(60)


def test_the_interpreter_ends_although_a_thread_still_waits() -> None:
    """A daemon thread in a long poll does not hold it up."""
    script = f"""
import threading
from colonyos_gen import Client
client = Client(sys.argv[1], member_key={KEY!r})
def poll():
    try:
        client.assign("dev", 60)
    except Exception:
        pass
threading.Thread(target=poll, daemon=True).start()
sys.stdin.readline()
"""
    with Scripted(HANG) as server:
        process = python(script, server.url)
        while not server.requests and process.poll() is None:
            time.sleep(0.02)
        _, stderr = process.communicate("\n", timeout=100)
        assert len(server.requests) == 1
    assert process.returncode == 0
    assert stderr == ""


@pytest.mark.skipif(sys.platform == "win32", reason="sends a POSIX signal")
def test_ctrl_c_ends_a_call() -> None:
    """The wait is interrupted, and the request cancelled."""
    script = f"""
from colonyos_gen import Client
client = Client(sys.argv[1], member_key={KEY!r})
try:
    client.assign("dev", 60)
except KeyboardInterrupt:
    print("interrupted")
"""
    with Scripted(HANG) as server:
        process = python(script, server.url)
        while not server.requests and process.poll() is None:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=100)
        assert server.hung_up.wait(60)
    assert stdout == "interrupted\n"
    assert process.returncode == 0
    assert stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_client_does_not_survive_a_fork() -> None:
    """Its thread is not there in the child, and the error says what to do."""
    script = f"""
import os, warnings
warnings.simplefilter("ignore")
from colonyos_gen import Client
client = Client(sys.argv[1], member_key={KEY!r})
client.get_version()
child = os.fork()
if child == 0:
    try:
        client.get_version()
    except RuntimeError as error:
        os._exit(7 if "fork" in str(error) else 8)
    os._exit(9)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), client.get_version().buildversion)
"""
    with Scripted(sample) as server:
        stdout, _ = python(script, server.url).communicate(timeout=100)
    assert stdout == "7 dev\n"


@pytest.mark.skipif(sys.platform == "win32", reason="uvloop is not made for Windows")
@pytest.mark.parametrize("installed", [True, False])
def test_the_loop_is_the_fast_one_where_it_is_installed(
    installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra `speed` brings uvloop; nothing else changes."""
    if not installed:
        monkeypatch.setitem(sys.modules, "uvloop", None)
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID
        loop = client.__dict__["_loop"].__dict__["_used_by"]["all"]
        assert type(loop).__module__.startswith("uvloop" if installed else "asyncio")


STREAMS = {"process_events", "subscribe_processes", "subscribe_channel"}
"""Methods that return something to iterate over, which is of another type in each client."""

LOCAL = {"identity"}
"""Methods that ask nobody, so that there is nothing to await."""
BEHIND = {"run"}
"""The method of the synchronous client that gives access to the asynchronous one behind it."""


def public(kind: type) -> dict[str, inspect.Signature]:
    """The public methods of a client class."""
    found = inspect.getmembers(kind, inspect.isfunction)
    return {name: inspect.signature(function) for name, function in found if not name.startswith("_")}


def test_both_clients_have_the_same_methods() -> None:
    """Same names, same parameters in the same order, same defaults, same results."""
    asynchronous, synchronous = public(AsyncClient), public(Client)
    assert list(asynchronous) == [name for name in synchronous if name not in BEHIND]
    for name, signature in asynchronous.items():
        assert not inspect.iscoroutinefunction(getattr(Client, name))
        if name in STREAMS:
            assert signature.parameters == synchronous[name].parameters, name
            continue
        assert str(signature) == str(synchronous[name]), name
        assert inspect.iscoroutinefunction(getattr(AsyncClient, name)) is (name not in LOCAL)
    assert {method.name for method in METHODS.values()} <= set(asynchronous)
    constructors = [inspect.signature(kind.__init__) for kind in (AsyncClient, Client)]
    assert str(constructors[0]) == str(constructors[1])


def test_one_debug_line_for_each_call(caplog: pytest.LogCaptureFixture) -> None:
    """Method, status and milliseconds, under the name of the package."""
    caplog.set_level(logging.DEBUG, "colonyos_gen")
    gone = http(refusal(404, "Failed to get process, process not found"), 404)
    with Scripted(sample, gone, HANG) as server, Client(server.url, member_key=KEY) as client:
        client.get_version()
        with pytest.raises(RPCError):
            client.get_process(PROCESS_ID)
        with pytest.raises(RPCTimeoutError):
            client.get_process(PROCESS_ID, rpc_timeout=0.1)
    lines = [record.getMessage() for record in caplog.records if record.name == "colonyos_gen"]
    assert [line.split()[:2] for line in lines] == [
        ["get_version", "200"],
        ["get_process", "404"],
        ["get_process", "failed"],
    ]
    assert all(line.endswith(" ms") and float(line.split()[2]) >= 0 for line in lines)


def sections(kind: type, name: str) -> dict[str, list[str]]:
    """What the docstring of a method says, by its headings; the summary has none."""
    member = inspect.getattr_static(kind, name)
    found: dict[str, list[str]] = {}
    heading = ""
    for line in (inspect.getdoc(member) or "").splitlines():
        if re.fullmatch(r"(Args|Returns|Raises)\b.*:", line):
            heading = line.split(":")[0].split()[0] + ("(later)" if "(" in line else "")
        elif line.strip():
            found.setdefault(heading, []).append(line.strip())
    return found


MAY_DIFFER = "It runs on the event loop.", "It runs in the client's thread."


BY_HAND = [name for part in (Client, Subscriptions) for name in vars(part) if not name.startswith("_")]


@pytest.mark.parametrize("name", [*BY_HAND, "submit"])
def test_the_synchronous_methods_explain_themselves(name: str) -> None:
    """Nobody is sent to the other client, and both say the same of arguments and errors."""
    here = sections(Client, name)
    text = "\n".join(line for lines in here.values() for line in lines)
    assert here[""], "there is no summary"
    assert "AsyncClient" not in text
    assert "async " not in text
    if hasattr(AsyncClient, name):
        there = sections(AsyncClient, name)
        assert here.keys() == there.keys()
        for heading in here.keys() - {""}:
            told = "\n".join(there[heading]).replace(*MAY_DIFFER)
            assert "\n".join(here[heading]) == told, heading
    member = getattr(Client, name)
    parameters = set(inspect.signature(member).parameters) if callable(member) else set[str]()
    for parameter in parameters - {"self", "environ", "options", "work", "role", "rpc_timeout"}:
        assert re.search(rf"\b{parameter}\b", "\n".join(here["Args"])), parameter


def test_the_synchronous_client_explains_its_arguments() -> None:
    """All that its constructor takes."""
    told = inspect.getdoc(Client) or ""
    for parameter in inspect.signature(Client).parameters:
        assert re.search(rf"^    {parameter}(, \w+)*: ", told, re.MULTILINE), parameter
