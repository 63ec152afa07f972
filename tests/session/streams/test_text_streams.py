"""Reading what a process writes to a channel: all of it, though the channel vanishes with the process."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

import pytest

from colonyos_gen import ChannelEntry, Client, DeniedError, NotFoundError, ProcessHandle, Session, WaitTimeout
from colonyos_gen._conventions.streams import ACK, DATA, END, READER, is_awaited
from colonyos_gen.testing import LocalColony, LocalExecutor


def begun(colony: LocalColony) -> tuple[ProcessHandle, LocalExecutor]:
    handle = colony.submit("chat", "hi", to="llm", channels=["out"])
    executor = colony.add_executor("llm")
    executor.client.assign(colony.name, 10)
    return handle, executor


def write(client: Client, handle: ProcessHandle, *pieces: bytes | str, end: bool = True) -> None:
    for number, piece in enumerate(pieces, 1):
        client.channel_append(handle.processid, "out", number, piece, DATA)
    if end:
        client.channel_append(handle.processid, "out", len(pieces) + 1, b"", END)


def close_when_read(client: Client, handle: ProcessHandle) -> None:
    """Close the process as a worker does: once its readers have answered."""
    seen: list[ChannelEntry] = []

    def look(entries: list[ChannelEntry]) -> bool:
        seen.extend(entries)
        return is_awaited(seen)

    client.subscribe_channel(handle.processid, "out", 0, 30, look)
    assert not is_awaited(seen)
    client.close(handle.processid)


def alongside(work: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_text_until_the_end(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, "Hello", ", ", "world")
    closing: list[threading.Thread] = []
    pieces: list[str] = []
    for piece in handle.stream("out"):
        pieces.append(piece)
        if not closing:
            closing.append(alongside(lambda: close_when_read(executor.client, handle)))
    closing[0].join()
    assert pieces == ["Hello", ", ", "world"]
    assert handle.wait(300).state.name == "SUCCESS"


def test_the_same_for_coroutines(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)

    async def main() -> str:
        here = await colonies.asession.process(handle.processid)
        writing = asyncio.create_task(asyncio.to_thread(write, executor.client, handle, *"abc"))
        text = "".join([piece async for piece in here.stream("out")])
        await writing
        return text

    assert asyncio.run(main()) == "abc"


def test_characters_may_be_cut_anywhere(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    raw = "åäö€😀".encode()
    write(executor.client, handle, *(raw[i : i + 1] for i in range(len(raw))), raw[:1])
    assert "".join(handle.stream("out")) == "åäö€😀\ufffd"
    assert b"".join(handle.stream("out", as_bytes=True)) == raw + raw[:1]


def test_a_reader_announces_itself_and_answers(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, "one", end=False)
    with handle.stream("out") as stream:
        assert next(stream) == "one"
        entries = executor.client.channel_read(handle.processid, "out")
        assert is_awaited(entries)
    entries = executor.client.channel_read(handle.processid, "out")
    assert not is_awaited(entries)
    kinds = [entry.msgtype for entry in entries]
    assert kinds == [DATA, READER, ACK]


def test_it_ends_with_the_process_too(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, "one", end=False)
    stream = handle.stream("out")
    assert next(stream) == "one"
    executor.client.fail(handle.processid, errors=["no"])
    assert list(stream) == []
    with pytest.raises(NotFoundError):
        next(handle.stream("out"))


def test_the_end_of_the_time(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, "one", end=False)
    stream = handle.stream("out", timeout=0.5)
    with pytest.raises(WaitTimeout) as caught:
        list(stream)
    assert caught.value.handle is handle
    assert not is_awaited(executor.client.channel_read(handle.processid, "out"))


def test_what_cannot_be_read(colonies: LocalColony) -> None:
    handle, _ = begun(colonies)
    with pytest.raises(NotFoundError):
        next(handle.stream("other"))
    stranger = Session(colonies.add_user().client, colonies.name)
    with pytest.raises(DeniedError):
        next(stranger.process(handle.processid).stream("out"))


def test_across_a_broken_connection(colonies: LocalColony) -> None:
    handle, executor = begun(colonies)
    write(executor.client, handle, "one", "two", end=False)
    stream = handle.stream("out")
    assert [next(stream), next(stream)] == ["one", "two"]
    colonies.faults.cut()
    executor.client.channel_append(handle.processid, "out", 3, "three", DATA)
    executor.client.channel_append(handle.processid, "out", 4, b"", END)
    assert list(stream) == ["three"]
