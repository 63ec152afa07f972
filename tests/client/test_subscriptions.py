"""Subscriptions against a WebSocket server that behaves as recorded."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from typing import Any

import pytest

from colonyos_gen import RUNNING, SUCCESS, AsyncClient, ChannelEntry, Client, FunctionSpec, Process, crypto
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
from colonyos_gen.subscriptions import GRACE

from .pubsub import Pubsub, Step, entries, event, quick, recorded
from .scripted import HANG, KEY, PROCESS_ID, Answer, Scripted, http, process

PROCESS = Process(processid=PROCESS_ID, spec=FunctionSpec.new("echo", "cli", "dev"))
DROP = Step(drop=True)


def go_on(_: list[ChannelEntry]) -> bool:
    return True


def watch(server: Pubsub, state: int = SUCCESS, timeout: int = 5, **options: Any) -> Process:
    """The result of `subscribe_process`."""

    async def once() -> Process:
        async with AsyncClient(server.url, member_key=KEY, **options) as client:
            return await client.subscribe_process(PROCESS, state, timeout)

    return asyncio.run(once())


def listen(
    server: Pubsub, callback: Any = go_on, *, afterseq: int = 0, timeout: int = 5
) -> list[ChannelEntry]:
    """The result of `subscribe_channel`."""

    async def once() -> list[ChannelEntry]:
        async with AsyncClient(server.url, member_key=KEY) as client:
            return await client.subscribe_channel(PROCESS_ID, "c", afterseq, timeout, callback)

    return asyncio.run(once())


def asked(server: Pubsub) -> dict[str, Any]:
    """The payload of the only subscription, whose signature must be the member's."""
    (envelope,) = server.asked
    assert crypto.recid(envelope["payload"], envelope["signature"]) == crypto.gen_id(KEY)
    payload: dict[str, Any] = json.loads(base64.b64decode(envelope["payload"]))
    assert payload["msgtype"] == envelope["payloadtype"]
    return payload


@pytest.mark.parametrize("conn", ["c1", "c2", "c3"])
def test_a_process_that_already_is_in_the_state(conn: str) -> None:
    """The first frame ends the wait; then the process is read as it is stored."""
    stored = process(state=int(conn[1]) - 1, out=["done"])
    with Pubsub(*recorded("04_process_already_in_state", conn), stored=stored) as server:
        found = watch(server, state=int(conn[1]) - 1)
        assert found.output == ["done"]
        assert server.reads == 1
        sent = asked(server)
        assert server.gone.wait(2)
    assert (sent["processid"], sent["state"], sent["timeout"]) == (PROCESS_ID, int(conn[1]) - 1, 5)


def test_a_process_that_reaches_the_state_later() -> None:
    """What was pushed may lack the output, so it is not what is returned."""
    with Pubsub(*recorded("02_process_success"), stored=process(state=2, out=["fresh"])) as server:
        assert watch(server).output == ["fresh"]


def test_a_process_that_does_not_reach_the_state() -> None:
    """The server drops the connection without a word at its timeout, which is no fault of the network."""
    with Pubsub(*recorded("05_process_timeout")) as server:
        with pytest.raises(RPCTimeoutError, match="did not reach state RUNNING within 1 s") as caught:
            watch(server, RUNNING, 1)
        assert server.reads == 0
    assert not caught.value.conn_err()


def test_a_timeout_of_zero_ends_at_once() -> None:
    """As recorded for a subscription without a timeout."""
    with Pubsub(*recorded("05_process_timeout", "c2")) as server, pytest.raises(RPCTimeoutError):
        watch(server, RUNNING, 0)


@pytest.mark.parametrize("conn", ["c1", "c2", "c3", "c4"])
def test_a_connection_that_breaks_early(conn: str) -> None:
    """Dropped long before the timeout, as after a frame that the server cannot read."""
    with Pubsub(*recorded("08_envelope_errors", conn)) as server:
        with pytest.raises(ConnectionFailedError, match="early") as caught:
            watch(server, timeout=30)
        with pytest.raises(ConnectionFailedError):
            listen(server, timeout=30)
    assert caught.value.conn_err()


def test_an_unknown_process() -> None:
    """The error envelope under way becomes the exception of the schema."""
    with Pubsub(*recorded("06_process_unknown")) as server:
        with pytest.raises(NotFoundError, match="Invalid process") as caught:
            watch(server)
        assert server.gone.wait(2), "the connection is not left open after an error"
    assert caught.value.status == 403


@pytest.mark.parametrize(
    ("request_number", "kind", "status"),
    [(0, NotFoundError, 404), (1, NotFoundError, 404), (2, DeniedError, 403), (4, DeniedError, 403)],
)
def test_refused_channel_subscriptions(request_number: int, kind: type[RPCError], status: int) -> None:
    """Unknown channel, unknown process, another executor, colony owner."""
    with (
        Pubsub(*recorded("17_channel_errors", request=request_number)) as server,
        pytest.raises(kind) as caught,
    ):
        listen(server)
    assert caught.value.status == status
    assert caught.value.method == "subscribe_channel"


def test_stored_entries_come_in_one_batch() -> None:
    """And the empty list ends it."""
    batches: list[int] = []

    def note(batch: list[ChannelEntry]) -> bool:
        batches.append(len(batch))
        return True

    with Pubsub(*quick(recorded("12_channel_existing"))) as server:
        received = listen(server, note, afterseq=0, timeout=2)
        sent = asked(server)
    assert batches == [3]
    assert [entry.sequence for entry in received] == [1, 2, 3]
    assert all(isinstance(entry.payload, bytes) and entry.timestamp is not None for entry in received)
    assert (sent["name"], sent["afterseq"], sent["timeout"]) == ("c", 0, 2)


@pytest.mark.parametrize(
    ("name", "conn"), [("13_channel_live", "c1"), ("14_channel_afterseq", "c1"), ("19_chat_stream", "c2")]
)
def test_live_entries_come_one_by_one(name: str, conn: str) -> None:
    """Every recorded entry arrives, in order and once."""
    steps = [step for step in quick(recorded(name, conn)) if step.text is not None]
    expected: list[tuple[str, int]] = []
    for step in steps:
        payload = json.loads(base64.b64decode(json.loads(step.text or "")["payload"]))
        expected += [(entry["senderid"], entry["sequence"]) for entry in payload]
    with Pubsub(*steps, Step(text=entries())) as server:
        received = listen(server)
    assert [(entry.senderid, entry.sequence) for entry in received] == expected
    assert expected


def test_nothing_within_the_time() -> None:
    """The empty list is the server's timeout, not an entry."""
    with Pubsub(*recorded("16_channel_timeout")) as server:
        assert listen(server, timeout=1) == []


def test_the_callback_ends_it() -> None:
    """After the batch for which it returns False nothing more is received, and the connection is closed."""
    batch = [
        Step(0.05, text=entries({"sequence": number, "senderid": "a", "type": "data"})) for number in range(9)
    ]

    def first_three(received: list[ChannelEntry]) -> bool:
        return received[-1].sequence < 2

    with Pubsub(*batch) as server:
        assert [entry.sequence for entry in listen(server, first_three)] == [0, 1, 2]
        assert server.gone.wait(2)


def test_an_exception_of_the_callback_ends_it() -> None:
    """It comes out as it is."""

    def fail(_: list[ChannelEntry]) -> bool:
        raise LookupError("mine")

    with Pubsub(Step(text=entries({"sequence": 1}))) as server:
        with pytest.raises(LookupError, match="mine"):
            listen(server, fail)
        assert server.gone.wait(2)


def test_silence_counts_as_the_timeout() -> None:
    """A channel whose process has ended says nothing at all, not even at its timeout."""
    started = time.monotonic()
    with Pubsub(Step(text=entries({"sequence": 1}))) as server:
        assert len(listen(server, timeout=0)) == 1
    assert GRACE - 0.5 < time.monotonic() - started < GRACE + 2


def test_binary_frames() -> None:
    """A server answers in the kind of frame that it was asked in, and a gateway may do otherwise."""
    frame = entries({"sequence": 4}).encode()
    with Pubsub(Step(binary=frame), Step(binary=entries().encode())) as server:
        assert [entry.sequence for entry in listen(server)] == [4]


@pytest.mark.parametrize("text", ["", "hello", "null", event(2), '{"payloadtype":"subscribechannelmsg"}'])
def test_frames_that_are_no_entries(text: str) -> None:
    """They are unexpected replies, as over HTTP."""
    with Pubsub(Step(text=text)) as server, pytest.raises(UnexpectedReplyError):
        listen(server)


def test_a_frame_over_the_size_limit() -> None:
    """It is not read."""
    large = entries({"sequence": 1, "payload": "A" * 40_000})
    with Pubsub(Step(text=large)) as server, pytest.raises(RPCError):
        watch(server, max_reply_bytes=10_000, timeout=30)


def test_events_for_other_states_do_not_arrive_but_would_end_it() -> None:
    """Whatever is pushed makes the client read the process again."""
    with Pubsub(Step(text=event(RUNNING)), stored=process(state=1)) as server:
        assert watch(server, RUNNING).state is RUNNING


def test_cancelling_a_subscription() -> None:
    """At once, without the closing handshake that the server would not answer."""

    async def cancel(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            task = asyncio.create_task(client.subscribe_channel(PROCESS_ID, "c", 0, 60, go_on))
            while not server.asked:
                await asyncio.sleep(0.01)
            started = time.monotonic()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert time.monotonic() - started < 0.5
        assert await asyncio.to_thread(server.gone.wait, 2)

    with Pubsub() as server:
        asyncio.run(cancel(server))


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (http(b"404 page not found", 404), 2.0),
        (http(b"Bad Request", 400), 2.0),
        (Answer(close=True), 2.0),
        (HANG, 0.3),
    ],
    ids=["404", "400", "dropped", "silent"],
)
def test_an_address_without_subscriptions(answer: Answer, seconds: float) -> None:
    """The handshake fails, or does not end within the client's timeout: nothing was subscribed."""

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY, timeout=seconds) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60)

    started = time.monotonic()
    with Scripted(answer) as server, pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(once())
    assert not caught.value.sent
    assert time.monotonic() - started < 2


def test_a_server_that_is_not_there() -> None:
    """The same error as for calls."""

    async def once() -> None:
        async with AsyncClient("http://127.0.0.1:1", member_key=KEY) as client:
            await client.subscribe_process(PROCESS, SUCCESS, 60)

    with pytest.raises(ConnectionFailedError, match="was not sent"):
        asyncio.run(once())


def test_what_is_refused_before_it_is_sent() -> None:
    """Limits and keys are checked first, as for calls."""

    async def once(url: str, key: str | None, processid: str) -> None:
        async with AsyncClient(url, member_key=key) as client:
            await client.subscribe_channel(processid, "c", 0, 1, go_on)

    with Pubsub() as server:
        with pytest.raises(InvalidRequestError, match="processid"):
            asyncio.run(once(server.url, KEY, "short"))
        with pytest.raises(MissingKeyError, match="subscribe_channel"):
            asyncio.run(once(server.url, None, PROCESS_ID))
        assert server.asked == []


def test_the_sync_client_subscribes_alike() -> None:
    """It blocks until the wait is over."""
    stored = process(state=2, out=["fresh"])
    steps = quick(recorded("02_process_success"))
    with Pubsub(*steps, stored=stored) as server, Client(server.url, member_key=KEY) as client:
        assert client.subscribe_process(PROCESS, SUCCESS, 5).output == ["fresh"]
    steps = [Step(text=entries({"sequence": 7})), Step(text=entries())]
    with Pubsub(*steps) as server, Client(server.url, member_key=KEY) as client:
        received = client.subscribe_channel(PROCESS_ID, "c", 0, 5, go_on)
        assert [entry.sequence for entry in received] == [7]


def test_a_callback_may_not_call_the_sync_client_that_called_it() -> None:
    """It would wait for itself, so it is told instead."""

    def call_back(_: list[ChannelEntry]) -> bool:
        client.get_process(PROCESS_ID)
        return True

    with Pubsub(Step(text=entries({"sequence": 7}))) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(RuntimeError, match="use another client"):
            client.subscribe_channel(PROCESS_ID, "c", 0, 5, call_back)
        assert server.gone.wait(2)
