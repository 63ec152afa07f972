"""Feeds and waits that the server pushes: what is asked of it, and that nothing is lost on the way."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import inspect
import json
import time

import pytest

from colonyos_gen import (
    RUNNING,
    WAITING,
    AsyncClient,
    Process,
)
from colonyos_gen.errors import InvalidRequestError
from tests.client.kit.pubsub import Pubsub, Step
from tests.client.kit.scripted import KEY, envelope, process
from tests.client.waiting.test_process_reads import states


def test_pushes_are_asked_for_in_so_many_words() -> None:
    """And whoever asks is told what they may do, to which server."""
    for call in (AsyncClient.subscribe_process, AsyncClient.process_events):
        push = inspect.signature(call).parameters["push"]
        assert (push.default, push.kind) == (False, inspect.Parameter.KEYWORD_ONLY)
    told = inspect.getdoc(AsyncClient.subscribe_process) or ""
    assert "process_subscription_near_change" in told
    assert "v1.9.12" in told


def test_a_feed_of_waiting_processes_needs_a_word_more() -> None:
    """It takes the wake-ups of executors."""

    async def main(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            with pytest.raises(InvalidRequestError, match="waiting_feed_takes_wakeups"):
                client.subscribe_processes("cli", WAITING)
            stream = client.subscribe_processes("cli", WAITING, 0.2, hazardous=True)
            assert [process async for process in stream] == []

    with Pubsub() as server:
        asyncio.run(main(server))
        assert len(server.asked) == 1


def test_a_feed_is_read_at_once() -> None:
    """Frames are taken off the connection while nobody asks for an item, and one connection has one request."""
    fitting = envelope(
        "subscribeprocessmsg",
        process(
            state=1, out=["x" * 400_000], spec={"funcname": "echo", "conditions": {"executortype": "cli"}}
        ),
    )
    steps = [Step(binary=fitting) for _ in range(20)]

    async def main(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            stream = client.subscribe_processes("cli", RUNNING)
            await anext(stream)
            deadline = time.monotonic() + 20
            while server.played < len(steps) and time.monotonic() < deadline:
                await asyncio.sleep(0.02)
            assert server.played == len(steps)
            await stream.close()

    with Pubsub(*steps, stored=states(RUNNING)) as server:
        asyncio.run(main(server))
        assert (len(server.asked), server.most_open) == (1, 1)


def test_a_feed_asks_for_half_a_minute_at_most() -> None:
    """A listener that was left goes on to take events for as long as it was asked for."""

    async def main(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            for timeout in (None, 600.0, 5.0):
                stream = client.subscribe_processes("cli", RUNNING, timeout)
                waiting = asyncio.create_task(stream.take())
                asked = len(server.asked)
                while len(server.asked) == asked:
                    await asyncio.sleep(0.01)
                await stream.close()
                assert await waiting is None

    with Pubsub() as server:
        asyncio.run(main(server))
        sent = [json.loads(base64.b64decode(each["payload"]))["timeout"] for each in server.asked]
    assert sent[:2] == [30, 30]
    assert 4 <= sent[2] <= 6


def test_a_wait_for_a_feed_that_is_cancelled_loses_nothing() -> None:
    """Also where it is always cancelled before the process has been read."""
    fitting = envelope(
        "subscribeprocessmsg",
        process(state=1, spec={"funcname": "echo", "conditions": {"executortype": "cli"}}),
    )

    async def main(server: Pubsub) -> None:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.subscribe_processes("cli", RUNNING) as stream,
        ):
            found: list[Process] = []
            async with asyncio.timeout(300):
                while len(found) < 5:
                    with contextlib.suppress(TimeoutError):
                        item = await asyncio.wait_for(stream.take(), 0.001)
                        assert item is not None
                        found.append(item)

    with Pubsub(*[Step(binary=fitting)] * 5, stored=states(RUNNING)) as server:
        asyncio.run(main(server))
