"""A server in the same process, without sockets: from other threads and loops, and when either end goes."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from colonyos_gen_wire import Generator, WorkflowSpec
from colonyos_gen_wire.hazards import GENERATOR_WITHOUT_TRIGGER
from colonyos_gen_wire.methods.generator import ADD_GENERATOR
from colonyos_gen_wire.requests.generator import AddGeneratorMsg

from colonyos_gen import (
    SUCCESS,
    WAITING,
    AsyncClient,
    Client,
    ConnectionFailedError,
    Ended,
    FunctionSpec,
    RPCError,
    RPCTimeoutError,
    Worker,
)
from colonyos_gen._call.envelope import signed, written
from colonyos_gen.server import Server, ServerThread
from colonyos_gen.testing import InProcessTransport, LocalColony, LocalExecutor

ROOT = Path(__file__).parents[2]
LONG = 60.0


def until(condition: Callable[[], bool]) -> None:
    """Wait for something that nobody tells of."""
    pause = threading.Event()
    while not condition():
        pause.wait(0.005)


async def until_here(condition: Callable[[], bool]) -> None:
    """The same on an event loop."""
    while not condition():
        await asyncio.sleep(0.005)


def spec(colony: LocalColony, *channels: str) -> FunctionSpec:
    made = FunctionSpec.new("f", "tester", colony.name)
    made.channels = list(channels)
    return made


def test_a_job_without_sockets() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        process = colony.client.submit(spec(colony))
        assigned = executor.client.assign(colony.name, timeout=10)
        assert assigned.processid == process.processid
        executor.client.close(process.processid, output=[3])
        assert colony.client.subscribe_process(process, SUCCESS, LONG).output == [3]
        assert colony.add_user().client.get_process(process.processid).state is SUCCESS
        with pytest.raises(RPCError, match="executor is nil"):
            colony.client.get_executor(colony.name, "nobody")


def test_no_connection_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    with LocalColony(sockets=False) as colony:
        monkeypatch.setattr("aiohttp.TCPConnector.__init__", refuse)
        assert colony.client.get_colony(colony.name).name == colony.name
        with pytest.raises(AssertionError, match="a socket was opened"), Client(colony.url) as client:
            client.get_version()


def test_on_the_event_loop_of_the_server() -> None:
    async def main() -> None:
        async with Server() as server, AsyncClient(transport=InProcessTransport(server)) as client:
            assert client.url == server.url
            assert (await client.get_version()).buildversion
            first, second = await asyncio.gather(client.get_version(), client.get_version())
            assert first == second

    asyncio.run(main())


def test_the_server_has_to_run() -> None:
    with pytest.raises(RuntimeError, match="start it before"):
        InProcessTransport(Server())
    with ServerThread() as server:
        transport = InProcessTransport(server)
        with Client(transport=transport) as client:
            client.get_version()
        with Client(transport=transport) as client:
            client.get_version()  # closed with its client, and given to the next one
    with Client(transport=transport, retries=0) as client:
        with pytest.raises(ConnectionFailedError, match="does not run") as caught:
            client.get_version()
        assert not caught.value.sent


# Cancellation and time


def _assigns_once(colony: LocalColony, executor: LocalExecutor) -> None:
    """What was given up has not been given a process."""
    until(lambda: colony.waiting == 0)
    process = colony.client.submit(spec(colony))
    assert colony.client.get_process(process.processid).state is WAITING
    assert executor.client.assign(colony.name, timeout=10).processid == process.processid


def test_cancelling_from_another_event_loop_reaches_the_server() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")

        async def main() -> None:
            poll = asyncio.create_task(executor.aclient.assign(colony.name, timeout=50))
            await asyncio.to_thread(until, lambda: colony.waiting == 1)
            poll.cancel()
            with pytest.raises(asyncio.CancelledError):
                await poll

        asyncio.run(main())
        _assigns_once(colony, executor)


def test_cancelling_on_the_event_loop_of_the_server() -> None:
    async def main() -> None:
        async with Server() as server:
            client = AsyncClient(
                transport=InProcessTransport(server), server_key=server.server_key, member_key="ab" * 32
            )
            waiting = asyncio.create_task(client.get_version())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
            assert (await client.get_version()).buildversion
            await client.close_connections()

    asyncio.run(main())


def test_time_is_up() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        with pytest.raises(RPCTimeoutError, match=r"no reply within 0\.\d* s"):
            executor.client.assign(colony.name, timeout=50, rpc_timeout=0.2)
        _assigns_once(colony, executor)


def test_closing_the_client_breaks_off() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        errors: list[BaseException] = []
        client = Client(transport=InProcessTransport(colony.server), member_key=executor.key)

        def wait() -> None:
            try:
                client.assign(colony.name, timeout=50)
            except RPCError as error:
                errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: colony.waiting == 1)
        client.close_connections()
        thread.join(LONG)
        assert len(errors) == 1
        _assigns_once(colony, executor)


# The server goes


def test_an_outage_and_what_was_under_way() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        with Client(
            transport=InProcessTransport(colony.server), member_key=executor.key, retries=0
        ) as client:
            errors: list[ConnectionFailedError] = []

            def wait() -> None:
                try:
                    client.assign(colony.name, timeout=50)
                except ConnectionFailedError as error:
                    errors.append(error)

            thread = threading.Thread(target=wait)
            thread.start()
            until(lambda: colony.waiting == 1)
            with colony.outage():
                thread.join(LONG)
                assert [error.sent for error in errors] == [True]
                with pytest.raises(ConnectionFailedError, match="does not run"):
                    client.get_version()
            assert client.get_version().buildversion
        assert colony.client.get_colony(colony.name).name == colony.name


@pytest.mark.hazards("generator_without_trigger")
def test_a_server_that_dies_of_a_request() -> None:
    """Whoever waits then is cut off, and so is the one who did it; a restart helps."""
    with LocalColony(sockets=False, hazards="act") as colony:
        executor = colony.add_executor("tester")
        errors: list[RPCError] = []

        def wait() -> None:
            with Client(
                transport=InProcessTransport(colony.server), member_key=executor.key, retries=0
            ) as client:
                try:
                    client.assign(colony.name, timeout=50)
                except ConnectionFailedError as error:
                    errors.append(error)

        thread = threading.Thread(target=wait)
        thread.start()
        until(lambda: colony.waiting == 1)
        job = WorkflowSpec(colonyname=colony.name, functionspecs=[spec(colony)])
        made = Generator(
            colonyname=colony.name, name="g", workflowspec=msgspec.json.encode(job).decode(), trigger=0
        )
        body = signed(
            ADD_GENERATOR.msgtype, written(AddGeneratorMsg(generator=made)), colony.user_key
        )  # past the limits of a client
        transport = InProcessTransport(colony.server)
        with pytest.raises(ConnectionFailedError, match="the server has stopped"):
            asyncio.run(transport.post(body, method=ADD_GENERATOR, headers=None, timeout=LONG))
        assert colony.died is GENERATOR_WITHOUT_TRIGGER
        thread.join(LONG)
        assert len(errors) == 1
        with pytest.raises(ConnectionFailedError, match="does not run"):
            asyncio.run(transport.post(body, method=ADD_GENERATOR, headers=None, timeout=LONG))
        colony.restart()
        assert colony.client.get_colony(colony.name).name == colony.name


def test_faults_need_sockets() -> None:
    with LocalColony(sockets=False) as colony, pytest.raises(RuntimeError, match="sockets=True"):
        colony.faults.drop("submit")


# Subscriptions


def test_a_channel_is_read_to_its_end() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        process = colony.client.submit(spec(colony, "out"))
        executor.client.assign(colony.name, timeout=10)
        for number in range(300):
            executor.client.channel_append(process.processid, "out", number, f"{number}")
        with colony.client.subscribe_channel(process.processid, "out", 0, LONG) as entries:
            found = [entries.take() for _ in range(300)]
            executor.client.channel_append(process.processid, "out", 300, "last", data_type="end")
            last = entries.take()
            assert entries.take() is None
            assert entries.ended is Ended.END
        assert [int(each.payload) for each in found if each is not None] == list(range(300))
        assert last is not None
        assert last.payload == b"last"
        executor.client.close(process.processid)


def test_a_channel_after_a_restart_of_the_server() -> None:
    """The connection breaks, and the stream makes another one."""
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        process = colony.client.submit(spec(colony, "out"))
        executor.client.assign(colony.name, timeout=10)
        executor.client.channel_append(process.processid, "out", 1, "a")
        with colony.client.subscribe_channel(process.processid, "out", 0, LONG) as entries:
            assert entries.take() is not None
            colony.restart()
            executor.client.channel_append(process.processid, "out", 2, "b", data_type="end")
            assert [each.payload for each in entries] == [b"b"]
        executor.client.close(process.processid)


def test_a_subscription_that_is_refused() -> None:
    with LocalColony(sockets=False) as colony:
        process = colony.client.submit(spec(colony))
        with (
            colony.client.subscribe_channel(process.processid, "none", 0, LONG) as entries,
            pytest.raises(RPCError, match=r"(?i)channel.*not|not.*channel"),
        ):
            entries.take()
        colony.client.cancel_process(process.processid)


def test_processes_of_a_type() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        ended: list[str] = []
        with executor.client.subscribe_processes("tester", SUCCESS, LONG, colonyname=colony.name) as stream:
            ready = threading.Thread(target=lambda: ended.append(_id_of(stream.take())))
            ready.start()
            number = 0
            while ready.is_alive():  # nobody tells when the subscription has begun
                number += 1
                process = colony.client.submit(spec(colony))
                executor.client.assign(colony.name, timeout=10)
                executor.client.close(process.processid)
                ready.join(0.05)
        assert len(ended) == 1


def _id_of(process: object) -> str:
    return str(getattr(process, "processid", ""))


def test_a_dropped_stream_leaves_nothing_behind() -> None:
    with LocalColony(sockets=False) as colony:
        executor = colony.add_executor("tester")
        process = colony.client.submit(spec(colony, "out"))
        executor.client.assign(colony.name, timeout=10)
        executor.client.channel_append(process.processid, "out", 1, "a")
        entries = colony.client.subscribe_channel(process.processid, "out", 0, LONG)
        assert entries.take() is not None
        gone = weakref.ref(entries)
        del entries
        gc.collect()
        assert gone() is None
        until(lambda: not colony.server.direct.under_way)
        executor.client.close(process.processid)


# Around it


def test_a_worker_without_sockets() -> None:
    with LocalColony(sockets=False) as colony:
        worker = Worker("tester", transport=InProcessTransport(colony.server))

        @worker.function
        def f() -> int:
            return 3

        with colony.worker(worker):
            assert colony.call("f", to="tester") == 3


def test_a_client_does_not_import_the_server() -> None:
    script = (
        "import sys\n"
        f"sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / 'generated' / 'python')!r}]\n"
        "from colonyos_gen import AsyncClient, Client, Interceptor, Transport\n"
        "import asyncio\n"
        "async def main():\n"
        "    async with AsyncClient(interceptors=[Interceptor()]) as client:\n"
        "        pass\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.startswith(('colonyos_gen.server', 'colonyos_gen.testing'))])\n"
    )
    shown = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
