"""Waiting for a process with `push=True`, against a server that behaves as recorded, or worse."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

import pytest

from colonyos_gen import (
    FAILED,
    RUNNING,
    SUCCESS,
    WAITING,
    AsyncClient,
    Client,
    Ended,
    FunctionSpec,
    Process,
    crypto,
)
from colonyos_gen._call import pipeline
from colonyos_gen.errors import (
    ConnectionFailedError,
    DeniedError,
    InvalidRequestError,
    MissingKeyError,
    NotFoundError,
    RPCError,
    RPCTimeoutError,
    UnexpectedReplyError,
)
from tests.client.kit.pubsub import Pubsub, Step, Stored, event, quick, recorded
from tests.client.kit.scripted import (
    HANG,
    KEY,
    PROCESS_ID,
    Answer,
    Request,
    Script,
    Scripted,
    envelope,
    free_port,
    http,
    process,
    refusal,
)

PROCESS = Process(processid=PROCESS_ID, spec=FunctionSpec.new("echo", "cli", "dev"))
DROP = Step(drop=True)
CLOSE = Step(close=True)


def watch(server: Pubsub, state: int = SUCCESS, timeout: float | None = 20, **options: Any) -> Process:
    """The result of `subscribe_process`."""

    async def once() -> Process:
        async with AsyncClient(server.url, member_key=KEY, **options) as client:
            return await client.subscribe_process(PROCESS, state, timeout, push=True)

    return asyncio.run(once())


def states(*values: int) -> Stored:
    """What is stored at the first read, the second, and so on; the last one stays."""

    def stored(read: int) -> dict[str, Any]:
        return process(state=values[min(read, len(values)) - 1], out=[read])

    return stored


@pytest.mark.parametrize("state", [WAITING, RUNNING, SUCCESS])
def test_a_process_that_already_is_in_the_state(state: int) -> None:
    """It is read once, and there is nothing to subscribe to."""
    with Pubsub(stored=process(state=int(state), out=["done"])) as server:
        assert watch(server, state).output == ["done"]
        assert (server.reads, server.asked) == (1, [])


def test_a_process_that_reaches_the_state_later() -> None:
    """What was pushed may lack the output, so it is not what is returned."""
    with Pubsub(*recorded("02_process_success"), stored=states(RUNNING, SUCCESS)) as server:
        found = watch(server)
        assert (found.state, found.output) == (SUCCESS, [2])
        assert server.gone.wait(60)
        (sent,) = server.asked
    assert crypto.recid(sent["payload"], sent["signature"]) == crypto.gen_id(KEY)
    payload: dict[str, Any] = json.loads(base64.b64decode(sent["payload"]))
    assert (payload["processid"], payload["state"]) == (PROCESS_ID, SUCCESS)
    assert 20 <= payload["timeout"] <= 22, "the server's time is a little longer, because ours counts"


@pytest.mark.parametrize("steps", [[], [DROP], [CLOSE]], ids=["silence", "drop", "close frame"])
@pytest.mark.parametrize("timeout", [0, 0.3, -1])
def test_a_process_that_does_not_reach_the_state(steps: list[Step], timeout: float) -> None:
    """However the server marks its own timeout, the client's is what counts."""
    with Pubsub(*steps) as server:
        with pytest.raises(
            RPCTimeoutError, match=rf"did not reach state RUNNING within {timeout} s"
        ) as caught:
            watch(server, RUNNING, timeout)
        assert server.reads >= 1
    assert not caught.value.conn_err()


def test_a_timeout_as_it_was_recorded() -> None:
    """The connection is dropped without a word, just before this end stops waiting."""
    with Pubsub(*recorded("05_process_timeout")) as server, pytest.raises(RPCTimeoutError):
        watch(server, RUNNING, 1.05)


@pytest.mark.parametrize("steps", [[], [DROP], [CLOSE], [Step(text=event(RUNNING))]])
@pytest.mark.parametrize("last", [FAILED, 4])
def test_another_final_state_ends_it(steps: list[Step], last: int) -> None:
    """Nobody reports it; the caller sees it by the state."""
    with Pubsub(*steps, stored=states(WAITING, RUNNING, last)) as server:
        assert watch(server).state == last
        assert server.most_open <= 1


def test_a_state_that_has_passed_already() -> None:
    """The process was RUNNING for a moment, and waits again: it has reached the state that was asked for."""
    with Pubsub(Step(text=event(RUNNING))) as server:
        assert watch(server, RUNNING).state is WAITING


@pytest.mark.parametrize("conn", ["c1", "c2", "c3", "c4"])
def test_connections_that_break_are_replaced(conn: str) -> None:
    """One after the other, never two at a time."""
    steps = quick(recorded("08_envelope_errors", conn))
    with Pubsub(*steps, later=[DROP], stored=states(*[WAITING] * 3, SUCCESS)) as server:
        assert watch(server, SUCCESS, None).output == [4]
        assert len(server.asked) >= 2
        assert server.most_open == 1


def test_an_event_after_a_broken_connection() -> None:
    """The second subscription brings it."""
    stored = states(WAITING, RUNNING)
    with Pubsub(DROP, later=[Step(text=event(RUNNING))], stored=stored) as server:
        assert watch(server, RUNNING).state is RUNNING


def test_an_unknown_process() -> None:
    """Found out when it is read first."""
    with Pubsub(stored=lambda _: None) as server, pytest.raises(NotFoundError) as caught:
        watch(server)
    assert (caught.value.status, caught.value.method) == (404, "get_process")


@pytest.mark.parametrize("steps", [[], [DROP]])
def test_a_process_that_is_removed(steps: list[Step]) -> None:
    """Nobody reports that either."""
    with (
        Pubsub(*steps, stored=lambda read: process() if read < 3 else None) as server,
        pytest.raises(NotFoundError),
    ):
        watch(server)


def test_a_process_that_is_removed_before_the_subscription() -> None:
    """The error reply becomes the exception of the schema, and the connection is not left open."""
    with Pubsub(*recorded("06_process_unknown")) as server:
        with pytest.raises(NotFoundError, match="Invalid process") as caught:
            watch(server)
        assert server.gone.wait(60)
    assert caught.value.status == 403


def front(answer: Answer) -> Script:
    """A server that answers calls, and WebSocket handshakes with `answer`."""

    def answers(request: Request) -> Answer:
        return answer if request.head.startswith("GET") else http(envelope("getprocessmsg", process()))

    return answers


@pytest.mark.parametrize(
    "answer",
    [
        http(b"404 page not found", 404),
        http(b"Bad Request", 400),
        Answer(close=True),
        http(b"Bad Gateway", 502),
        HANG,
    ],
    ids=["404", "400", "dropped", "502", "silent"],
)
def test_an_address_without_subscriptions(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handshake is refused, or fails again and again: nothing was subscribed."""
    if answer is HANG:
        monkeypatch.setattr(pipeline, "_CONNECT_S", 0.2)

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY, timeout=60) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60, push=True)

    with Scripted(front(answer)) as server, pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(once())
    assert not caught.value.sent


def test_a_server_that_is_not_there() -> None:
    """The same error as for calls."""

    async def once() -> None:
        async with AsyncClient(f"http://127.0.0.1:{free_port()}", member_key=KEY) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60, push=True)

    with pytest.raises(ConnectionFailedError, match="was not sent"):
        asyncio.run(once())


def test_a_read_that_is_denied() -> None:
    """Whoever may not read the process cannot wait for it."""
    denied = http(refusal(403, "Access denied, not a member of Colony with name <dev>"), 403)

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60, push=True)

    with Scripted(denied) as server, pytest.raises(DeniedError):
        asyncio.run(once())


@pytest.mark.parametrize("text", ["", "hello", "null", '{"payloadtype":"subscribechannelmsg"}'])
def test_frames_that_are_no_events(text: str) -> None:
    """They are unexpected replies, as over HTTP."""
    with Pubsub(Step(text=text)) as server, pytest.raises(UnexpectedReplyError):
        watch(server)


def test_a_frame_over_the_size_limit() -> None:
    """It is not read, and not asked for again."""
    large = event(SUCCESS)[:-1] + " " * 40_000 + "}"
    with Pubsub(Step(text=large)) as server:
        with pytest.raises(UnexpectedReplyError, match="exceeds limit 10000; raise max_reply_bytes"):
            watch(server, max_reply_bytes=10_000)
        assert len(server.asked) == 1


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
    """Every change that is seen, with a subscription of its own for what is likely to come next."""

    async def collect(server: Pubsub) -> None:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.process_events(PROCESS, 20, push=True) as events,
        ):
            assert [process.state async for process in events] == [WAITING, RUNNING, WAITING, RUNNING, FAILED]
            assert events.ended is Ended.PROCESS
            assert await events.take() is None

    stored = states(WAITING, WAITING, RUNNING, WAITING, RUNNING, RUNNING, FAILED)
    with Pubsub(Step(), stored=stored) as server:
        asyncio.run(collect(server))
        asked = [json.loads(base64.b64decode(envelope["payload"]))["state"] for envelope in server.asked]
        assert asked[:2] == [RUNNING, SUCCESS]


def test_process_events_until_the_timeout() -> None:
    """It ends, which is no error; with a timeout of 0 after the present state."""

    async def collect(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            for timeout in (0, 0.3):
                events = client.process_events(PROCESS, timeout, push=True)
                assert [process.state async for process in events] == [WAITING]
                assert events.ended is Ended.TIMEOUT

    with Pubsub() as server:
        asyncio.run(collect(server))


def test_processes_of_a_type() -> None:
    """Only those that fit, each as it is stored; over new connections where the old ones break."""
    other = event(RUNNING).encode()
    fitting = envelope(
        "subscribeprocessmsg",
        process(state=1, spec={"funcname": "echo", "conditions": {"executortype": "cli"}}),
    )
    steps = [Step(binary=other), Step(text=event(WAITING)), Step(binary=fitting), DROP]

    async def collect(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            stream = client.subscribe_processes("cli", RUNNING)
            assert [(await anext(stream)).output for _ in range(3)] == [[1], [2], [3]]
            await stream.close()
            assert [process async for process in stream] == []
            assert stream.ended is Ended.CLOSED

    with Pubsub(*steps, stored=states(SUCCESS)) as server:
        asyncio.run(collect(server))
        assert len(server.asked) == 3


def test_a_feed_to_which_nothing_happens() -> None:
    """There is nothing stored that it could begin with."""

    async def collect(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            stream = client.subscribe_processes("cli", RUNNING, 0.1)
            assert [process async for process in stream] == []
            assert stream.ended is Ended.TIMEOUT

    with Pubsub() as server:
        asyncio.run(collect(server))


def test_the_sync_client_waits_alike() -> None:
    """It blocks until the wait is over."""
    stored = states(RUNNING, SUCCESS)
    with (
        Pubsub(*recorded("02_process_success"), stored=stored) as server,
        Client(server.url, member_key=KEY) as client,
    ):
        assert client.subscribe_process(PROCESS, SUCCESS, 60, push=True).output == [2]


def test_a_closed_client_ends_the_wait() -> None:
    """As an error: there is nothing to return."""

    async def close(server: Pubsub) -> None:
        client = AsyncClient(server.url, member_key=KEY)
        waiting = asyncio.create_task(client.subscribe_process(PROCESS, SUCCESS, None, push=True))
        while not server.asked:
            await asyncio.sleep(0.01)
        await client.close_connections()
        with pytest.raises(RPCError, match="the client is closed"):
            await asyncio.wait_for(waiting, 60)
        with pytest.raises(RPCError, match="the client is closed"):
            await client.subscribe_process(PROCESS, SUCCESS, 1)
        with pytest.raises(RPCError, match="the client is closed"):
            client.process_events(PROCESS)

    with Pubsub() as server:
        asyncio.run(close(server))
