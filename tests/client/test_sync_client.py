"""The synchronous client: threads, notebooks, the end of the interpreter, keys, logs and certificates."""

from __future__ import annotations

import asyncio
import copy
import gc
import inspect
import logging
import os
import pickle
import signal
import ssl
import subprocess
import sys
import threading
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from colonyos_gen_wire.methods import METHODS

from colonyos_gen import (
    AsyncClient,
    Blueprint,
    BlueprintMetadata,
    Client,
    FunctionSpec,
    InvalidKeyError,
    crypto,
    errors,
)
from colonyos_gen.errors import (
    ConnectionFailedError,
    DeniedError,
    InvalidRequestError,
    MissingKeyError,
    RPCError,
    RPCTimeoutError,
)

from .scripted import HANG, KEY, PROCESS_ID, Answer, Scripted, http, refusal, sample

ROOT = Path(__file__).parent.parent.parent
TLS = Path(__file__).parent / "tls"
"""A certificate for localhost, signed by itself, with its key; made for these tests and valid for 100 years."""
OWNER_KEY = "c3" * 32
SERVER_KEY = "d4" * 32


def python(script: str, *args: str) -> subprocess.Popen[str]:
    """A fresh interpreter that runs `script` and can import the package; warnings are shown."""
    path = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'generated' / 'python')!r}]\n"
    # A test run in the background of a shell is deaf to SIGINT, and its children would be too.
    path += "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    return subprocess.Popen(
        [sys.executable, "-X", "dev", "-W", "always", "-c", path + script, *args],
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
        assert server.hung_up.wait(2)


def test_closing_from_another_thread_ends_a_call() -> None:
    """The call fails as an RPCError, soon."""
    with Scripted(HANG) as server, ThreadPoolExecutor(1) as pool:
        client = Client(server.url, member_key=KEY)
        call = pool.submit(client.submit, FunctionSpec.new("echo", "cli", "dev"))
        while not server.requests:
            time.sleep(0.01)
        client.close_connections()
        with pytest.raises(RPCError):
            call.result(5)


@pytest.mark.parametrize("keep", ["client = Client", "Client"], ids=["kept", "dropped"])
def test_the_interpreter_ends_cleanly_without_a_close(keep: str) -> None:
    """No warning, no traceback, no delay, whether or not the client is still referred to."""
    script = f"from colonyos_gen import Client\n{keep}(sys.argv[1], member_key={KEY!r})"
    script += ".get_version()" if keep == "Client" else "\nclient.get_version()"
    with Scripted(sample) as server:
        process = python(script, server.url)
        _, stderr = process.communicate(timeout=20)
        assert server.hung_up.wait(2)
    assert process.returncode == 0
    assert stderr == ""


def test_a_dropped_client_closes_its_connections() -> None:
    """Its thread ends as well, without waiting for the end of the interpreter."""
    with Scripted(sample) as server:
        Client(server.url, member_key=KEY).get_version()
        gc.collect()
        assert server.hung_up.wait(2)
    assert "colonyos_gen.Client" not in {thread.name for thread in threading.enumerate()}


def test_a_client_that_is_dropped_by_its_own_thread() -> None:
    """The garbage collection runs wherever it likes, and must not wait for itself."""
    with Scripted(sample) as server:
        client = Client(server.url, member_key=KEY)
        client.get_version()
        loop = client.__dict__["_loop"].__dict__["_running"]
        holder = [client]
        del client
        done = threading.Event()

        def drop() -> None:
            holder.clear()
            gc.collect()
            done.set()

        loop.call_soon_threadsafe(drop)
        assert done.wait(2)
        assert server.hung_up.wait(2)


def test_the_interpreter_ends_although_a_thread_still_waits() -> None:
    """A daemon thread in a long poll does not hold it up."""
    script = f"""
import threading, time
from colonyos_gen import Client
client = Client(sys.argv[1], member_key={KEY!r})
def poll():
    try:
        client.assign("dev", 60)
    except Exception:
        pass
threading.Thread(target=poll, daemon=True).start()
time.sleep(0.3)
"""
    with Scripted(HANG) as server:
        process = python(script, server.url)
        _, stderr = process.communicate(timeout=20)
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
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=20)
        assert time.monotonic() - started < 3
        assert server.hung_up.wait(2)
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
        stdout, _ = python(script, server.url).communicate(timeout=20)
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
        loop = client.__dict__["_loop"].__dict__["_running"]
        assert type(loop).__module__.startswith("uvloop" if installed else "asyncio")


STREAMS = {"process_events", "subscribe_processes", "subscribe_channel"}
"""Methods that return something to iterate over, which is of another type in each client."""

LOCAL = {"identity"}
"""Methods that ask nobody, so that there is nothing to await."""
BEHIND = {"run"}
"""Methods of the synchronous client that give access to the asynchronous one behind it."""


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


def test_the_key_is_chosen_by_role() -> None:
    """The schema says whose key a call takes; `prvkey` wins."""
    with Scripted(sample) as server:
        with Client(server.url, server_key=SERVER_KEY, colony_key=OWNER_KEY, member_key=KEY) as client:
            client.get_process(PROCESS_ID)
            client.approve_executor("dev", "worker")
            client.remove_colony("dev")
            client.get_process(PROCESS_ID, prvkey=OWNER_KEY)
            client.get_process(PROCESS_ID, prvkey=crypto.PrivateKey.parse(SERVER_KEY))
            client.get_version()
        sent = [request.envelope for request in server.requests]
    signers = [crypto.recid(item["payload"], item["signature"]) for item in sent[:-1]]
    assert signers == [crypto.gen_id(key) for key in (KEY, OWNER_KEY, SERVER_KEY, OWNER_KEY, SERVER_KEY)]
    assert sent[-1]["signature"] == "", "the version is nobody's secret"


def test_a_missing_key_is_named() -> None:
    """With how to give it, and what the client has."""
    with Scripted(sample) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(MissingKeyError) as caught:
            client.approve_executor("dev", "worker")
        assert server.requests == []
    text = str(caught.value)
    for part in ("approve_executor", "holds: member", "colony_key=", "COLONIES_COLONY_PRVKEY", "prvkey="):
        assert part in text
    with Client(server.url) as client, pytest.raises(MissingKeyError, match=r"holds: none.*member_key="):
        client.get_process(PROCESS_ID)


def test_keys_are_nowhere_to_be_read(caplog: pytest.LogCaptureFixture) -> None:
    """Not in representations, logs, errors or tracebacks."""
    caplog.set_level(logging.DEBUG)
    denied = http(refusal(403, "Access denied, not a member of Colony with name <dev>"), 403)
    seen: list[str] = []
    with Scripted(sample, denied, Answer(close=True)) as server:
        for client in (Client(server.url, member_key=KEY, colony_key=OWNER_KEY), Client(server.url)):
            seen += [repr(client), str(client)]
            for prvkey in (None, OWNER_KEY, OWNER_KEY[:-1], OWNER_KEY[:-1] + "x"):
                try:
                    client.submit(FunctionSpec.new("echo", "cli", "dev"), prvkey=prvkey)
                except (RPCError, ValueError) as error:
                    seen += [str(error), repr(error), "".join(traceback.format_exception(error))]
                    seen.append(repr(vars(error)))
            client.close_connections()
    seen.append(caplog.text)
    text = "\n".join(seen)
    assert crypto.gen_id(KEY)[:8] in text
    for key in (KEY, OWNER_KEY):
        assert key[:20] not in text


def test_a_password_in_the_address_is_not_shown() -> None:
    """It is sent, as some proxies want it, and stands neither in representations nor in errors."""
    with Scripted(sample) as server:
        url = server.url.replace("://", "://someone:swordfish@")
        with Client(url, member_key=KEY) as client:
            client.get_version()
            assert "swordfish" not in repr(client)
            assert "127.0.0.1" in repr(client)
        assert "authorization: basic " in server.requests[0].head.lower()
    with Client(url, retries=0) as client, pytest.raises(ConnectionFailedError) as caught:
        client.get_version()
    assert "swordfish" not in "".join(traceback.format_exception(caught.value))


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


@pytest.mark.parametrize("key", [b"\xb2" * 32, bytearray(b"b2" * 32), 0xB2, None.__class__])
def test_a_key_of_the_wrong_type(key: Any) -> None:
    """The error names the parameter, and does not show the key."""
    with Scripted(sample) as server:
        with pytest.raises(TypeError, match=r"^colony_key is of type ") as caught:
            Client(server.url, colony_key=key)
        assert "b2" not in str(caught.value)
        with Client(server.url, member_key=KEY) as client:
            with pytest.raises(TypeError, match=r"^prvkey is of type ") as caught:
                client.get_process(PROCESS_ID, prvkey=key)
            with pytest.raises(TypeError, match=r"^prvkey is of type "):
                client.subscribe_channel(PROCESS_ID, "c", prvkey=key)
        assert "b2" not in str(caught.value)
        assert server.requests == []


def test_a_key_that_is_no_key() -> None:
    """The error names the parameter too."""
    with pytest.raises(InvalidKeyError, match=r"^member_key: "):
        Client(member_key="b2")


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_json_cannot_write(number: float) -> None:
    """They would arrive as null, so they are refused, with the place where they are."""
    spec = FunctionSpec.new("echo", "cli", "dev")
    spec.args = [None, 1.5, {"deep": [0.5, number]}]
    blueprint = Blueprint(
        kind="K", metadata=BlueprintMetadata(name="b", colonyname="dev"), spec={"x": number}
    )
    with Scripted(sample) as server, Client(server.url, member_key=KEY, colony_key=OWNER_KEY) as client:
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.submit(spec)
        assert caught.value.field == "spec.args[2].deep[1]"
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.set_output(PROCESS_ID, ["fine", number])
        assert caught.value.field == "out[1]"
        with pytest.raises(InvalidRequestError, match="finite") as caught:
            client.update_blueprint(blueprint, False)
        assert caught.value.field == "blueprint.spec.x"
        assert server.requests == []
        spec.args = [None, {"null": None}, "null"]
        client.submit(spec)


@pytest.fixture(scope="module")
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(TLS / "cert.pem", TLS / "key.pem")
    return context


def by_name(server: Scripted) -> str:
    """The address of `server` with the name that its certificate is for."""
    return server.url.replace("127.0.0.1", "localhost")


def test_an_unknown_certificate_is_refused(tls: ssl.SSLContext) -> None:
    """By default; nothing has been sent then."""
    with Scripted(sample, tls=tls) as server, Client(by_name(server), member_key=KEY, retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="certificate") as caught:
            client.submit(FunctionSpec.new("echo", "cli", "dev"))
        assert not caught.value.sent
        assert server.requests == []


@pytest.mark.parametrize("trust", [{"ca_file": str(TLS / "cert.pem")}, {"insecure": True}])
def test_a_certificate_can_be_trusted(tls: ssl.SSLContext, trust: dict[str, Any]) -> None:
    """Itself, or whatever comes."""
    with Scripted(sample, tls=tls) as server, Client(by_name(server), member_key=KEY, **trust) as client:
        assert client.get_process(PROCESS_ID).processid == PROCESS_ID


def test_a_trusted_certificate_must_be_for_the_host(tls: ssl.SSLContext) -> None:
    """It is for localhost, which is not 127.0.0.1; only without verification that does not matter."""
    with Scripted(sample, tls=tls) as server:
        with Client(server.url, ca_file=str(TLS / "cert.pem"), retries=0) as client:
            with pytest.raises(ConnectionFailedError, match=r"127\.0\.0\.1") as caught:
                client.get_version()
            assert not caught.value.sent
        with Client(server.url, insecure=True) as client:
            client.get_version()


def test_a_missing_ca_file() -> None:
    """Said when the client is made, not at its first call."""
    with pytest.raises(FileNotFoundError):
        Client("https://localhost", ca_file=str(TLS / "no-such-file.pem"))


def test_plain_text_behind_an_https_address() -> None:
    """The server does not speak TLS, and waits for more of what it takes for a request."""
    with Scripted(sample) as server:
        url = server.url.replace("http://", "https://")
        with Client(url, insecure=True, timeout=0.3) as client, pytest.raises(RPCError):
            client.get_version()


def samples_of_errors() -> list[RPCError]:
    """One of every class."""
    found: list[RPCError] = []
    for name in errors.__all__:
        kind: type[RPCError] = getattr(errors, name)
        if kind is InvalidRequestError:
            found.append(kind("m", method="submit", field="spec.priority", value=9, rule="small"))
        elif kind is ConnectionFailedError:
            found.append(ConnectionFailedError("m", method="submit", sent=False))
        else:
            found.append(kind("m", method="submit", status=400, name="n", signer="ab", hint="h"))
    return found


@pytest.mark.parametrize("error", samples_of_errors(), ids=lambda error: type(error).__name__)
def test_errors_can_be_pickled_and_copied(error: RPCError) -> None:
    """As they are when they cross processes, with everything that is on them."""
    for other in (pickle.loads(pickle.dumps(error)), copy.copy(error), copy.deepcopy(error)):
        assert type(other) is type(error)
        assert vars(other) == vars(error)
        assert (str(other), other.args) == (str(error), error.args)
        assert other.conn_err() == error.conn_err()


def test_a_denial_names_signer_and_roles() -> None:
    """A wrong key is simply somebody else, so the error says who."""
    text = "Access denied, not a member of Colony with name <dev>"
    with (
        Scripted(http(refusal(403, text), 403)) as server,
        Client(server.url, member_key=KEY) as client,
        pytest.raises(DeniedError) as caught,
    ):
        client.get_process(PROCESS_ID)
    assert caught.value.signer == crypto.gen_id(KEY)
    assert f"signed by {crypto.gen_id(KEY)[:8]}…" in str(caught.value)
