"""Waiting for a process by reading it: what is asked of the server, and when."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from colonyos_gen import (
    CANCELLED,
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncClient,
    Client,
    Ended,
    FunctionSpec,
    NotFoundError,
    Process,
    RPCError,
    RPCTimeoutError,
)
from colonyos_gen._waiting import late_errors
from colonyos_gen._waiting.pace import (
    FIRST_LOOK_S,
    LONGEST_PAUSE_S,
    FirstLooks,
    pause_after,
    reads_in_turn,
)
from colonyos_gen._waiting.watchers import watcher_of
from colonyos_gen.errors import ConnectionFailedError, DeniedError, InvalidRequestError, MissingKeyError
from tests.client.kit.pubsub import Pubsub, Stored
from tests.client.kit.scripted import KEY, PROCESS_ID, Scripted, free_port, http, process, refusal

STARTED = "2026-11-26T12:00:00Z"
PROCESS = Process(processid=PROCESS_ID, spec=FunctionSpec.new("echo", "cli", "dev"))


def states(*values: int) -> Stored:
    """What is stored at the first read, the second, and so on; the last one stays."""

    def stored(read: int) -> dict[str, Any]:
        return process(state=values[min(read, len(values)) - 1], out=[read])

    return stored


def watch(server: Pubsub, state: int = SUCCESS, timeout: float | None = 20, **options: Any) -> Process:
    """The result of `subscribe_process`."""

    async def once() -> Process:
        async with AsyncClient(server.url, member_key=KEY, **options) as client:
            return await client.subscribe_process(PROCESS, state, timeout)

    return asyncio.run(once())


@pytest.mark.parametrize("state", [WAITING, RUNNING, SUCCESS])
def test_a_process_that_already_is_in_the_state(state: int) -> None:
    """It is read once."""
    with Pubsub(stored=process(state=int(state), out=["done"])) as server:
        assert watch(server, state).output == ["done"]
        assert (server.reads, server.asked) == (1, [])


@pytest.mark.parametrize("wanted", [RUNNING, SUCCESS])
@pytest.mark.parametrize("last", [SUCCESS, FAILED, CANCELLED])
def test_a_process_that_ends(wanted: int, last: int) -> None:
    """Whatever was waited for, its end ends the wait, and nothing is subscribed to."""
    with Pubsub(stored=states(WAITING, WAITING, last)) as server:
        found = watch(server, wanted)
        assert (found.state, found.output) == (last, [3])
        assert (server.reads, server.asked) == (3, [])


def test_a_state_on_the_way() -> None:
    """It is returned as soon as a read shows it."""
    with Pubsub(stored=states(WAITING, WAITING, RUNNING)) as server:
        assert watch(server, RUNNING).state is RUNNING
        assert (server.reads, server.asked) == (3, [])


@pytest.mark.parametrize("timeout", [0, 1.5, -1])
def test_a_process_that_does_not_reach_the_state(timeout: float) -> None:
    """The error says what and how long; a timeout of 0 means one look."""
    with Pubsub() as server:
        with pytest.raises(
            RPCTimeoutError, match=rf"did not reach state RUNNING within {timeout} s"
        ) as caught:
            watch(server, RUNNING, timeout)
        assert server.reads == 1 if timeout <= 0 else server.reads > 1
        assert server.asked == []
    assert not caught.value.conn_err()


def test_it_is_read_ever_later() -> None:
    """A wait of half a second takes a few dozen reads, and not hundreds."""
    with Pubsub() as server, pytest.raises(RPCTimeoutError):
        watch(server, SUCCESS, 0.5)
    assert 3 <= server.reads <= 80


def test_the_pace() -> None:
    """2 ms at first, a twentieth of the time that was waited for, and no more than 2 seconds."""
    assert pause_after(0.0) == 0.002
    assert pause_after(1.0) == pytest.approx(0.05)
    assert pause_after(3600.0) == LONGEST_PAUSE_S == 2.0
    assert pause_after(0.01, cost=0.02) == 0.02, "reading takes no more than half of the time"
    assert sum(1 for _ in looks_until(10.0)) < 200


def looks_until(end: float) -> list[float]:
    """When looks are due, if each takes no time."""
    found, at = [0.0], 0.0
    while at < end:
        at += pause_after(at)
        found.append(at)
    return found


@pytest.mark.parametrize("takes", [0.0012, 0.0018, 0.009])
def test_the_first_look_comes_when_most_processes_have_ended(takes: float) -> None:
    """Each function by itself."""
    looks, in_time = FirstLooks(), 0
    for _ in range(1000):
        ended = looks.of("a") >= takes
        in_time += ended
        looks.looked("a", 0.005, ended=ended)
    assert in_time > 700
    assert looks.of("a") == pytest.approx(takes, rel=0.3)
    assert looks.of("b") == FIRST_LOOK_S


@pytest.mark.parametrize(("cost", "latest"), [(0.0005, FIRST_LOOK_S), (0.005, 0.01)])
def test_the_first_look_is_never_put_off_for_long(cost: float, latest: float) -> None:
    """2 ms, or twice what a look costs, nor is it made over and over again."""
    looks = FirstLooks()
    for _ in range(100):
        looks.looked("a", cost, ended=False)
    assert looks.of("a") == latest
    for _ in range(200):
        looks.looked("a", cost, ended=True)
    assert 0 < looks.of("a") < FIRST_LOOK_S / 4


def test_functions_that_are_not_called_any_more_are_forgotten() -> None:
    looks = FirstLooks()
    for number in range(1000):
        looks.looked(str(number), 0.001, ended=True)
    assert sum(looks.of(str(number)) < FIRST_LOOK_S for number in range(1000)) == 256


def test_what_no_list_shows_is_read_in_turn() -> None:
    """Within a minute, and sooner as long as it costs little."""
    assert reads_in_turn(64, 0.5, 0.0025) == 10
    assert reads_in_turn(5, 0.5, 0.0025) == 5
    assert reads_in_turn(1000, 0.5, 0.025) == 8
    assert reads_in_turn(10, 0.5, 1.0) == 1


def test_cancelling_whatever_runs_on_the_event_loop_does_not_end_a_wait() -> None:
    """What belongs to a client may be hit as well, and goes on."""

    async def once() -> Process:
        async with AsyncClient(server.url, member_key=KEY) as client:
            wait = asyncio.create_task(client.subscribe_process(PROCESS, SUCCESS, 60))
            hit = 0
            while hit < 5:
                await asyncio.sleep(0.001)
                for task in asyncio.all_tasks() - {asyncio.current_task(), wait}:
                    if task.get_name() == "colonyos_gen.Watcher":
                        hit += task.cancel()
            over.append(True)
            return await wait

    over: list[bool] = []
    with Pubsub(stored=lambda _: process(state=SUCCESS if over else WAITING)) as server:
        assert asyncio.run(once()).state is SUCCESS


def test_a_process_that_is_removed() -> None:
    """A read tells."""
    with Pubsub(stored=lambda read: process() if read < 3 else None) as server, pytest.raises(NotFoundError):
        watch(server)


def test_a_server_that_is_not_there() -> None:
    """The same error as for calls."""

    async def once() -> None:
        async with AsyncClient(f"http://127.0.0.1:{free_port()}", member_key=KEY) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60)

    with pytest.raises(ConnectionFailedError, match="was not sent"):
        asyncio.run(once())


def test_a_read_that_is_denied() -> None:
    """Whoever may not read the process cannot wait for it."""
    denied = http(refusal(403, "Access denied, not a member of Colony with name <dev>"), 403)

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60)

    with Scripted(denied) as server, pytest.raises(DeniedError):
        asyncio.run(once())


def test_what_is_refused_before_it_is_sent() -> None:
    """Limits and keys are checked first, as for calls."""

    async def once(url: str, key: str | None, processid: str) -> None:
        async with AsyncClient(url, member_key=key) as client:
            await client.subscribe_process(Process(processid=processid, spec=PROCESS.spec), SUCCESS, 1)

    with Pubsub() as server:
        with pytest.raises(InvalidRequestError, match="processid"):
            asyncio.run(once(server.url, KEY, "short"))
        with pytest.raises(MissingKeyError, match="subscribe_process"):
            asyncio.run(once(server.url, None, PROCESS_ID))
        assert (server.asked, server.reads) == ([], 0)


def test_process_events() -> None:
    """Every change that is seen."""

    async def collect(server: Pubsub) -> None:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.process_events(PROCESS, 60) as events,
        ):
            assert [process.state async for process in events] == [WAITING, RUNNING, WAITING, RUNNING, FAILED]
            assert events.ended is Ended.PROCESS
            assert await events.take() is None

    with Pubsub(stored=states(WAITING, WAITING, RUNNING, WAITING, RUNNING, RUNNING, FAILED)) as server:
        asyncio.run(collect(server))
        assert server.asked == []


def test_a_cancelled_wait_for_an_event_loses_nothing() -> None:
    """The stream goes on where it was."""

    async def collect(server: Pubsub) -> None:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.process_events(PROCESS, 60) as events,
        ):
            assert (await anext(events)).state is WAITING
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(anext(events), 0.05)
            server.stored = states(SUCCESS)
            assert [process.state async for process in events] == [SUCCESS]

    with Pubsub(stored=states(WAITING)) as server:
        asyncio.run(collect(server))


def test_the_sync_client_waits_alike() -> None:
    """It blocks until the wait is over."""
    with (
        Pubsub(stored=states(RUNNING, SUCCESS)) as server,
        Client(server.url, member_key=KEY) as client,
    ):
        assert client.subscribe_process(PROCESS, SUCCESS, 5).output == [2]


def test_a_closed_client_ends_the_wait() -> None:
    """As an error: there is nothing to return."""

    async def close(server: Pubsub) -> None:
        client = AsyncClient(server.url, member_key=KEY)
        waiting = asyncio.create_task(client.subscribe_process(PROCESS, SUCCESS, None))
        final = asyncio.create_task(watcher_of(client).final(PROCESS))
        while server.reads < 3:
            await asyncio.sleep(0.01)
        await client.close_connections()
        for task in (waiting, final):
            with pytest.raises(RPCError, match="the client is closed"):
                await asyncio.wait_for(task, 60)
        with pytest.raises(RPCError, match="the client is closed"):
            await watcher_of(client).final(PROCESS)

    with Pubsub() as server:
        asyncio.run(close(server))


@pytest.mark.parametrize("kind", [{"starttime": STARTED}, {"spec": {"funcname": "echo", "maxwaittime": 1}}])
def test_errors_that_are_stored_after_the_state(
    kind: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server makes a process FAILED first, and stores its errors some milliseconds later, also if it never ran."""
    monkeypatch.setattr(late_errors, "LATE_S", 60.0)

    def stored(read: int) -> dict[str, Any]:
        errors = ["it broke"] if read >= 5 else []
        return process(state=WAITING if read < 2 else FAILED, errors=errors, **kind)

    with Pubsub(stored=stored) as server:
        found = watch(server, SUCCESS)
        assert (found.state, found.errors, server.reads) == (FAILED, ["it broke"], 5)
    with Pubsub(stored=lambda read: stored(read + 2)) as server:
        assert watch(server, SUCCESS).errors == ["it broke"], "it had failed before"


def test_a_failure_without_errors_is_told_all_the_same() -> None:
    with Pubsub(stored=process(state=FAILED, starttime=STARTED)) as server:
        found = watch(server, SUCCESS)
        assert (found.state, found.errors) == (FAILED, [])
        assert server.reads > 1


def test_waits_that_begin_after_the_client_was_closed() -> None:
    async def once() -> None:
        client = AsyncClient(server.url, member_key=KEY)
        watcher = watcher_of(client)
        await client.close_connections()
        waits = [watcher.final(msgspec.structs.replace(PROCESS, processid=f"{n:064x}")) for n in range(20)]
        for outcome in await asyncio.gather(*waits, return_exceptions=True):
            assert isinstance(outcome, RPCError)
            assert "closed" in str(outcome)
        assert server.reads == 0

    with Pubsub() as server:
        asyncio.run(once())
