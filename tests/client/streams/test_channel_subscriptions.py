"""Channel subscriptions against a server that behaves as recorded, or worse."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import AsyncClient, ChannelEntry, ChannelStream, Client, Ended, crypto
from colonyos_gen.errors import (
    ConnectionFailedError,
    DeniedError,
    InvalidRequestError,
    MissingKeyError,
    NotFoundError,
    RPCError,
    UnexpectedReplyError,
)
from tests.client.kit.pubsub import Pubsub, Step, entries, event, quick, recorded
from tests.client.kit.scripted import HANG, KEY, PROCESS_ID, Answer, Scripted, http, process

DROP = Step(drop=True)
DONE = process(state=2)
SOON = 2.0
"""Seconds after which what is there already has come, and a test that waits for more goes on."""


def entry(sequence: int, **fields: Any) -> dict[str, Any]:
    """An entry as the server sends it."""
    time = f"2026-01-01T00:00:{sequence:02}Z"
    return {"sequence": sequence, "senderid": "a", "type": "data", "timestamp": time} | fields


def go_on(_: list[ChannelEntry]) -> bool:
    return True


def listen(
    server: Pubsub,
    callback: Callable[[list[ChannelEntry]], bool] = go_on,
    *,
    afterseq: int = 0,
    timeout: float | None = SOON,
) -> list[ChannelEntry]:
    """The result of `subscribe_channel` with a callback."""

    async def once() -> list[ChannelEntry]:
        async with AsyncClient(server.url, member_key=KEY) as client:
            return await client.subscribe_channel(PROCESS_ID, "c", afterseq, timeout, callback)

    return asyncio.run(once())


def stream(
    server: Pubsub, *, afterseq: int = 0, timeout: float | None = None, **options: Any
) -> tuple[list[int], Ended | None]:
    """The sequence numbers of a stream, and why it ended."""

    async def once() -> tuple[list[int], Ended | None]:
        async with (
            AsyncClient(server.url, member_key=KEY, **options) as client,
            client.subscribe_channel(PROCESS_ID, "c", afterseq, timeout) as entries,
        ):
            return [entry.sequence async for entry in entries], entries.ended

    return asyncio.run(once())


def asked(server: Pubsub) -> list[dict[str, Any]]:
    """The payloads of the subscriptions, whose signature must be the member's."""
    payloads: list[dict[str, Any]] = []
    for envelope in server.asked:
        assert crypto.recid(envelope["payload"], envelope["signature"]) == crypto.gen_id(KEY)
        payloads.append(json.loads(base64.b64decode(envelope["payload"])))
    return payloads


@pytest.mark.parametrize(
    ("request_number", "kind", "status"),
    [(0, NotFoundError, 404), (1, NotFoundError, 404), (2, DeniedError, 403), (4, DeniedError, 403)],
)
def test_refused_channel_subscriptions(request_number: int, kind: type[RPCError], status: int) -> None:
    """Unknown channel, unknown process, another executor, colony owner."""
    with Pubsub(*recorded("17_channel_errors", request=request_number)) as server:
        for refused in (listen, stream):
            with pytest.raises(kind) as caught:
                refused(server, timeout=60)
            assert caught.value.status == status
            assert caught.value.method == "subscribe_channel"
        assert server.gone.wait(60), "the connection is not left open after an error"


def test_stored_entries_come_in_one_batch() -> None:
    """To a callback; a stream gives them one by one."""
    batches: list[int] = []

    def note(batch: list[ChannelEntry]) -> bool:
        batches.append(len(batch))
        return True

    with Pubsub(quick(recorded("12_channel_existing"))[0]) as server:
        received = listen(server, note)
        (sent,) = asked(server)
        assert stream(server, timeout=SOON) == ([1, 2, 3], Ended.TIMEOUT)
    assert batches == [3]
    assert [entry.sequence for entry in received] == [1, 2, 3]
    assert all(isinstance(entry.payload, bytes) and entry.timestamp is not None for entry in received)
    assert (sent["name"], sent["afterseq"]) == ("c", 0)
    assert sent["timeout"] > 0, "which the server would take for 30 s"


@pytest.mark.parametrize(
    ("name", "conn"), [("13_channel_live", "c1"), ("14_channel_afterseq", "c1"), ("19_chat_stream", "c2")]
)
def test_live_entries_come_one_by_one(name: str, conn: str) -> None:
    """Every recorded entry arrives, in order and once, until the server ends the subscription."""
    steps = [step for step in quick(recorded(name, conn)) if step.text is not None]
    expected: list[tuple[str, int]] = []
    for step in steps:
        payload = json.loads(base64.b64decode(json.loads(step.text or "")["payload"]))
        expected += [(entry["senderid"], entry["sequence"]) for entry in payload]
    with Pubsub(*steps, Step(text=entries()), stored=DONE) as server:
        received = listen(server, timeout=60)
    assert [(entry.senderid, entry.sequence) for entry in received] == expected
    assert expected


def test_nothing_within_the_time() -> None:
    """The empty list is the server's timeout, not an entry."""
    with Pubsub(*quick(recorded("16_channel_timeout"))) as server:
        assert listen(server) == []


@pytest.mark.parametrize("gap", [[DROP], [Step(close=True)], [Step(text=entries()), DROP]])
def test_entries_are_counted_over_broken_connections(gap: list[Step]) -> None:
    """The next subscription begins with the last known entry, and what is known already is left out."""
    first = [Step(text=entries(entry(1), entry(2))), Step(text=entries(entry(3)))]
    later = [
        Step(text=entries(entry(3), entry(4))),
        Step(text=entries(entry(4))),
        Step(text=entries(entry(5, type="end"))),
    ]
    with Pubsub(*first, *gap, later=later) as server:
        assert stream(server) == ([1, 2, 3, 4, 5], Ended.END)
        assert [sent["afterseq"] for sent in asked(server)] == [0, 2]


def test_sequence_numbers_may_repeat() -> None:
    """Only the time tells such entries apart; the server does not number anything."""
    same = [entry(7, timestamp=f"2026-01-01T00:00:00.00000{number}Z") for number in range(1, 5)]
    with Pubsub(
        Step(text=entries(*same[:2])), DROP, later=[Step(text=entries(*same[1:], entry(8, type="end")))]
    ) as server:
        assert stream(server) == ([7, 7, 7, 7, 8], Ended.END)


@pytest.mark.parametrize(
    "later",
    [[Step(text=entries(entry(1), entry(2)))], []],
    ids=["something else", "nothing"],
)
def test_a_channel_that_began_anew(later: list[Step]) -> None:
    """A restarted server has lost it: what is in the new one is delivered from its first entry on."""
    log = [entry(number, timestamp=f"2026-01-02T00:00:0{number}Z") for number in (1, 2, 3)]
    log[-1]["type"] = "end"
    with Pubsub(Step(text=entries(*map(entry, range(1, 6)))), DROP, later=later, log=log) as server:
        assert stream(server) == ([1, 2, 3, 4, 5, 1, 2, 3], Ended.END)


def test_a_reader_that_was_too_slow() -> None:
    """The server says so in an entry of its own, which is no entry, and the rest is fetched."""
    notice = {"sequence": 0, "type": "error", "error": "subscriber disconnected: buffer full"}
    first = [Step(text=entries(entry(1))), Step(text=entries(notice))]
    with Pubsub(*first, later=[Step(text=entries(entry(1), entry(2, type="end")))]) as server:
        assert stream(server) == ([1, 2], Ended.END)


def test_the_process_ends_in_silence() -> None:
    """The server says nothing then. What it still has of the channel is fetched."""
    with Pubsub(Step(text=entries(entry(1))), stored=DONE) as server:
        assert stream(server) == ([1], Ended.PROCESS)
    log = [entry(2), entry(3)]
    with Pubsub(Step(text=entries(entry(1))), stored=DONE, log=log) as server:
        assert stream(server) == ([1, 2, 3], Ended.PROCESS)


def test_the_process_is_removed() -> None:
    """That ends it alike."""
    with Pubsub(Step(text=entries(entry(1))), stored=lambda _: None) as server:
        assert stream(server) == ([1], Ended.PROCESS)


def test_the_callback_ends_it() -> None:
    """After the batch for which it returns False nothing more is received, and the connection is closed."""
    steps = [Step(0.05, text=entries(entry(number))) for number in range(9)]

    def first_three(received: list[ChannelEntry]) -> bool:
        return received[-1].sequence < 2

    with Pubsub(*steps) as server:
        assert [entry.sequence for entry in listen(server, first_three, timeout=60)] == [0, 1, 2]
        assert server.gone.wait(60)


def test_an_exception_of_the_callback_ends_it() -> None:
    """It comes out as it is."""

    def fail(_: list[ChannelEntry]) -> bool:
        raise LookupError("mine")

    with Pubsub(Step(text=entries(entry(1)))) as server:
        with pytest.raises(LookupError, match="mine"):
            listen(server, fail, timeout=60)
        assert server.gone.wait(60)


def test_binary_frames() -> None:
    """A server answers in the kind of frame that it was asked in, and a gateway may do otherwise."""
    with Pubsub(Step(binary=entries(entry(4, type="end")).encode())) as server:
        assert stream(server) == ([4], Ended.END)


@pytest.mark.parametrize("text", ["", "hello", "null", event(2), '{"payloadtype":"subscribechannelmsg"}'])
def test_frames_that_are_no_entries(text: str) -> None:
    """They are unexpected replies, as over HTTP."""
    with Pubsub(Step(text=text)) as server, pytest.raises(UnexpectedReplyError):
        listen(server, timeout=60)


@pytest.mark.parametrize("answer", [http(b"404 page not found", 404), Answer(close=True), HANG])
def test_an_address_without_subscriptions(answer: Answer) -> None:
    """Nothing was subscribed."""

    async def once() -> None:
        async with AsyncClient(server.url, member_key=KEY, timeout=0.2, retries=1) as client:
            await anext(client.subscribe_channel(PROCESS_ID, "c"))

    with Scripted(answer) as server, pytest.raises(ConnectionFailedError) as caught:
        asyncio.run(once())
    assert not caught.value.sent


def test_what_is_refused_before_it_is_sent() -> None:
    """Limits and keys are checked first, as for calls."""

    async def once(url: str, key: str | None, processid: str) -> None:
        async with AsyncClient(url, member_key=key) as client:
            client.subscribe_channel(processid, "c")

    with Pubsub() as server:
        with pytest.raises(InvalidRequestError, match="processid"):
            asyncio.run(once(server.url, KEY, "short"))
        with pytest.raises(MissingKeyError, match="subscribe_channel"):
            asyncio.run(once(server.url, None, PROCESS_ID))
        assert server.asked == []


@pytest.mark.parametrize("how", ["callback", "bare", "with"])
def test_a_cancelled_task_leaves_nothing_behind(how: str) -> None:
    """No connection and no task, at once and without the closing handshake that the server would not answer."""

    async def cancel(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            entries = client.subscribe_channel(PROCESS_ID, "c")

            async def consume() -> None:
                if how == "callback":
                    await client.subscribe_channel(PROCESS_ID, "c", 0, None, go_on)
                elif how == "bare":
                    async for _ in entries:
                        pass
                else:
                    async with entries:
                        async for _ in entries:
                            pass

            task = asyncio.create_task(consume())
            while not server.open:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await asyncio.to_thread(server.gone.wait, 60)
            assert asyncio.all_tasks() == {asyncio.current_task()}

    with Pubsub() as server:
        asyncio.run(cancel(server))


def test_a_stream_that_is_dropped_closes_its_connection() -> None:
    """As after a `break` without `async with`."""

    async def first(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            async for entry in client.subscribe_channel(PROCESS_ID, "c"):
                assert entry.sequence == 1
                break
            assert await asyncio.to_thread(server.gone.wait, 60)

    with Pubsub(Step(text=entries(entry(1)))) as server:
        asyncio.run(first(server))


def test_closing_ends_whoever_waits() -> None:
    """From another task, and when the client is closed; never waiting for the server."""

    async def close(server: Pubsub, *, client_too: bool) -> None:
        client = AsyncClient(server.url, member_key=KEY)
        stream = client.subscribe_channel(PROCESS_ID, "c")
        waiting = asyncio.create_task(stream.take())
        while not server.open:
            await asyncio.sleep(0.01)
        started = time.monotonic()
        if client_too:
            await client.close_connections()
        else:
            await stream.close()
        assert await waiting is None
        assert stream.ended is Ended.CLOSED
        await client.close_connections()
        assert time.monotonic() - started < 0.5
        assert await asyncio.to_thread(server.gone.wait, 60)
        with pytest.raises(RPCError, match="the client is closed"):
            client.subscribe_channel(PROCESS_ID, "c")

    for client_too in (False, True):
        with Pubsub() as server:
            asyncio.run(close(server, client_too=client_too))


def test_a_slow_reader_is_not_run_over() -> None:
    """While nobody asks for an entry the connection is not read, so the server cannot send on."""
    large = [Step(text=entries(entry(number, payload="A" * 400_000))) for number in range(1, 50)]
    end = Step(text=entries(entry(50, type="end")))

    async def slowly(server: Pubsub) -> list[int]:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.subscribe_channel(PROCESS_ID, "c") as stream,
        ):
            received = [(await anext(stream)).sequence]
            await asyncio.sleep(0.5)
            assert server.played < 40, "most of the 26 MB have not left the server"
            return received + [entry.sequence async for entry in stream]

    with Pubsub(*large, end) as server:
        assert asyncio.run(slowly(server)) == list(range(1, 51))


def test_sync_iteration() -> None:
    """The same, with plain loops."""
    steps = [Step(text=entries(entry(1), entry(2))), Step(text=entries(entry(3, type="end")))]
    with Pubsub(*steps) as server, Client(server.url, member_key=KEY) as client:
        with client.subscribe_channel(PROCESS_ID, "c") as stream:
            assert [entry.sequence for entry in stream] == [1, 2, 3]
            assert list(stream) == []
        assert isinstance(stream, ChannelStream)
        assert (stream.ended, stream.next_index) == (Ended.END, 3)
        received = client.subscribe_channel(PROCESS_ID, "c", 0, SOON, go_on)
        assert [entry.sequence for entry in received] == [1, 2, 3]


def test_a_callback_may_not_call_the_sync_client_that_called_it() -> None:
    """It would wait for itself, so it is told instead."""

    def call_back(_: list[ChannelEntry]) -> bool:
        client.get_process(PROCESS_ID)
        return True

    with Pubsub(Step(text=entries(entry(7)))) as server, Client(server.url, member_key=KEY) as client:
        with pytest.raises(RuntimeError, match="use another client"):
            client.subscribe_channel(PROCESS_ID, "c", 0, 60, call_back)
        assert server.gone.wait(60)
