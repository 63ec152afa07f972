"""Feeds of processes that last longer than one subscription."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from colonyos_gen import RUNNING, SUCCESS, WAITING, AsyncClient
from colonyos_gen._streams import processes
from colonyos_gen.testing import LocalColony
from tests.client.kit.pubsub import Pubsub, Step
from tests.client.kit.scripted import KEY, envelope, process

DROP = Step(drop=True)


def pushed(processid: str, **fields: Any) -> str:
    """A frame that tells that a process runs."""
    content = process(
        processid=processid * 32,
        state=1,
        spec={"funcname": "echo", "conditions": {"executortype": "cli"}},
        **({"starttime": "2026-11-01T12:00:00Z"} | fields),
    )
    return envelope("subscribeprocessmsg", content).decode()


def collect(server: Pubsub, count: int) -> list[str]:
    """The first so many processes of a stream, by the start of their ids."""

    async def main() -> list[str]:
        async with (
            AsyncClient(server.url, member_key=KEY) as client,
            client.subscribe_processes("cli", RUNNING) as stream,
            asyncio.timeout(300),
        ):
            return [(await anext(stream)).processid[:2] for _ in range(count)]

    return asyncio.run(main())


def test_the_next_subscription_begins_before_the_last_one_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each on a connection of its own; what both bring comes once, and what happens again comes again."""
    monkeypatch.setattr(processes, "SUBSCRIPTION_S", 4.0)
    first = [
        Step(text=pushed("aa")),
        Step(asked=2, text=pushed("bb")),  # it is listened to still, and the other one is, too
        Step(text=pushed("cc")),
        DROP,
    ]
    second = [
        Step(text=pushed("cc")),
        Step(text=pushed("bb")),
        Step(text=pushed("bb", starttime="2026-11-01T12:00:01Z")),
        Step(text=pushed("dd")),
    ]
    stored = {each * 32: process(processid=each * 32, state=1) for each in ("aa", "bb", "cc", "dd")}
    with Pubsub(*first, later=second, by_id=stored) as server:
        assert sorted(collect(server, 5)) == ["aa", "bb", "bb", "cc", "dd"]
        assert server.most_open == 2


def test_feeds_of_waiting_processes_follow_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each listener more would take wake-ups of executors."""
    monkeypatch.setattr(processes, "SUBSCRIPTION_S", 2.0)

    async def main(server: Pubsub) -> None:
        async with AsyncClient(server.url, member_key=KEY) as client:
            stream = client.subscribe_processes("cli", WAITING, hazardous=True)
            waiting = asyncio.create_task(stream.take())
            while len(server.asked) < 2:
                await asyncio.sleep(0.01)
            await stream.close()
            await waiting

    with Pubsub(Step(after=2.0, drop=True)) as server:
        asyncio.run(main(server))
        assert server.most_open == 1


@pytest.mark.parametrize("options", [{}, {"quirks": "v1.9"}], ids=["all are told", "one is told"])
def test_nothing_is_missed_between_subscriptions(
    options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether the server tells every listener of an event, or one of them."""
    monkeypatch.setattr(processes, "SUBSCRIPTION_S", 6.0)
    monkeypatch.setattr(processes, "_OVERLAP_S", 4.0)
    stop = threading.Event()
    ended: list[str] = []
    with LocalColony(**options) as colony:
        executor = colony.add_executor("math")

        def work() -> None:
            while not stop.is_set():
                colony.submit("add", to="math")
                process = executor.client.assign(colony.name, 10)
                ended.append(process.processid)
                executor.client.close(process.processid)

        async def main() -> list[str]:
            loop, found = asyncio.get_running_loop(), list[str]()
            async with executor.aclient.subscribe_processes("math", SUCCESS, 60) as stream:
                working, until = asyncio.create_task(asyncio.to_thread(work)), loop.time() + 5
                while not stop.is_set() or len(found) < len(ended) - ended.index(found[0]):
                    process = await stream.take()
                    assert process is not None, "one was missed"
                    found.append(process.processid)
                    if loop.time() > until and not stop.is_set():
                        stop.set()
                        await working
            return found

        try:
            found = asyncio.run(main())
        finally:
            stop.set()
    assert sorted(found) == sorted(ended[ended.index(found[0]) :])
