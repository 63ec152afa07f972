"""Text that functions stream to those who wait."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any

import pytest

from colonyos_gen import FAILED, SUCCESS, ChannelEntry, Context, Process, Worker
from colonyos_gen._conventions.streams import ACK, DATA, END, READER
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker._telling.pacing import pause_after
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit, until


def _worker() -> Worker:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def thread(tokens: list[str], ctx: Context) -> str:
        with ctx.stream("out") as stream:
            for each in tokens:
                stream.send(each)
        return "sent"

    @worker.function
    async def task(tokens: list[str], ctx: Context) -> str:
        async with ctx.stream("out") as stream:
            for each in tokens:
                await stream.send(each)
        return "sent"

    @worker.function
    async def forgetful(ctx: Context) -> str:
        await ctx.stream("out").send("not closed")
        return "sent"

    @worker.function
    def half(ctx: Context) -> None:
        ctx.stream("out").send("half of a character: \ud83d")

    return worker


def read(colony: LocalColony, process: Process, *, answer: bool = True) -> list[ChannelEntry]:
    """The entries of the worker, as a reader gets them that announces itself and answers."""
    client, processid = colony.client, process.processid
    client.channel_append(processid, "out", 1, b"me", READER)
    entries: list[ChannelEntry] = []
    for entry in client.subscribe_channel(processid, "out", 0, 60):
        if entry.msgtype != READER:
            entries.append(entry)
    if answer:
        client.channel_append(processid, "out", 2, b"me", ACK)
    return entries


def text_of(entries: list[ChannelEntry]) -> str:
    """What was streamed, without the end."""
    assert [each.msgtype for each in entries] == [DATA] * (len(entries) - 1) + [END]
    assert [each.sequence for each in entries] == sorted({each.sequence for each in entries})
    return b"".join(each.payload for each in entries).decode()


@pytest.mark.parametrize("kind", ["thread", "task"])
def test_tokens_arrive_in_order_and_in_batches(colonies: LocalColony, kind: str) -> None:
    tokens = [f"{number}é " for number in range(5000)]
    with colonies.worker(_worker()):
        asked = submit(colonies, kind, tokens, channels=["out"])
        entries = read(colonies, asked)
        assert text_of(entries) == "".join(tokens)
        assert len(entries) < 500
        assert ended(colonies, asked).output == ["sent"]


def test_the_tail_is_there_for_who_announces_itself_late(colonies: LocalColony) -> None:
    with colonies.worker(_worker()):
        asked = submit(colonies, "task", ["all of it"], channels=["out"])
        until(lambda: len(colonies.client.channel_read(asked.processid, "out")) == 2)
        assert text_of(read(colonies, asked)) == "all of it"
        assert ended(colonies, asked).state is SUCCESS


def test_what_is_no_text_is_refused(colonies: LocalColony) -> None:
    """It would arrive as a question mark."""
    with colonies.worker(_worker()):
        end = ended(colonies, submit(colonies, "half", channels=["out"]))
    assert end.state is FAILED
    assert "surrogates not allowed" in end.errors[0]


def test_a_stream_that_was_left_open_is_ended(colonies: LocalColony) -> None:
    with colonies.worker(_worker()):
        asked = submit(colonies, "forgetful", channels=["out"])
        assert text_of(read(colonies, asked)) == "not closed"
        assert ended(colonies, asked).state is SUCCESS


def test_nobody_has_to_read(colonies: LocalColony) -> None:
    with colonies.worker(_worker()):
        assert ended(colonies, submit(colonies, "task", ["x"], channels=["out"])).output == ["sent"]


def test_a_reader_that_does_not_answer_holds_the_process_up_for_a_while_only(
    colonies: LocalColony, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("colonyos_gen.worker._telling.channel_sender.ACK_S", 0.3)
    with colonies.worker(_worker()):
        asked = submit(colonies, "task", ["x"], channels=["out"])
        assert text_of(read(colonies, asked, answer=False)) == "x"
        assert ended(colonies, asked).state is SUCCESS


@pytest.mark.parametrize("carried_out", [False, True])
def test_lost_replies_neither_lose_nor_repeat_anything(colonies: LocalColony, carried_out: bool) -> None:
    tokens = [f"{number} " for number in range(300)]
    with colonies.worker(_worker()):
        asked = submit(colonies, "thread", tokens, channels=["out"])
        colonies.faults.drop("channel_append", after_request=carried_out, times=3)
        entries: list[ChannelEntry] = []
        for entry in colonies.client.subscribe_channel(asked.processid, "out", 0, 60):
            entries.append(entry)
        assert text_of(entries) == "".join(tokens)


def test_a_full_rate_is_waited_for(colonies: LocalColony) -> None:
    from colonyos_gen_wire.errors import channel as refusals

    with colonies.worker(_worker()):
        colonies.faults.error("channel_append", refusals.CHANNEL_APPEND_RATE_LIMIT_EXCEEDED, times=2)
        asked = submit(colonies, "task", ["x"], channels=["out"])
        entries = list(colonies.client.subscribe_channel(asked.processid, "out", 0, 60))
        assert text_of(entries) == "x"


@pytest.mark.hazards("channel_never_freed")  # until the worker has noticed
def test_a_cancelled_process_takes_no_more_text(colonies: LocalColony) -> None:
    worker, errors, going = Worker(EXECUTORTYPE), list[BaseException](), threading.Event()

    @worker.function
    def endless(ctx: Context) -> None:
        try:
            with ctx.stream("out") as stream:
                while not ctx.cancelled:
                    stream.send("x" * 100_000)
                    going.set()
        except BaseException as error:
            errors.append(error)
            raise

    with colonies.worker(worker):
        asked = submit(colonies, "endless", channels=["out"])
        assert going.wait(60)
        colonies.client.cancel_process(asked.processid)
    assert ended(colonies, asked).output == []


def test_a_stream_that_is_refused_since_its_process_was_cancelled(
    colonies: LocalColony, caplog: pytest.LogCaptureFixture
) -> None:
    """The refusal comes before the worker has looked; nobody is told of a failure that none wanted."""
    caplog.set_level(logging.INFO, "colonyos_gen.worker")
    worker, going, cancelled = Worker(EXECUTORTYPE), threading.Event(), threading.Event()

    @worker.function
    async def work(ctx: Context) -> None:
        async with ctx.stream("out") as stream:
            going.set()
            await asyncio.to_thread(cancelled.wait, 60)
            await stream.send("text")

    with colonies.worker(worker), colonies.faults.delay("fail", 0) as failed:
        asked = submit(colonies, "work", channels=["out"])
        assert going.wait(60)
        colonies.client.cancel_process(asked.processid)
        cancelled.set()
        until(lambda: "was cancelled after" in caplog.text)
    assert failed.hits == 0
    assert "came to nothing" not in caplog.text
    assert caplog.text.count("(work) was cancelled after") == 1


def test_misuse_is_told(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def undeclared(ctx: Context) -> None:
        ctx.stream("out")

    @worker.function
    def closed(ctx: Context) -> None:
        stream = ctx.stream("out")
        stream.close()
        stream.send("x")

    @worker.function
    async def blocking(ctx: Context) -> None:
        with ctx.stream("out"):
            pass

    def error_of(process: Process) -> Any:
        return ended(colonies, process).errors[0]

    with colonies.worker(worker):
        assert "no channel 'out' (declared: 'in'); submit it with channels=['out']" in error_of(
            submit(colonies, "undeclared", channels=["in"])
        )
        assert "the stream 'out' was closed" in error_of(submit(colonies, "closed", channels=["out"]))
        assert "async with" in error_of(submit(colonies, "blocking", channels=["out"]))


def test_entries_become_rarer_as_a_channel_fills() -> None:
    assert pause_after(0) < 0.02
    assert [pause_after(each) for each in range(0, 10000, 1000)] == sorted(
        pause_after(each) for each in range(0, 10000, 1000)
    )
    hours = sum(pause_after(each) for each in range(9980)) / 3600
    assert hours > 4


def test_streams_of_one_process_share_the_rate(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    async def many(ctx: Context) -> None:
        async def one(channel: str) -> None:
            async with ctx.stream(channel) as stream:
                for _ in range(20):
                    await stream.send("x")
                    await asyncio.sleep(0)

        await asyncio.gather(*map(one, ctx.process.spec.channels))

    with colonies.worker(worker):
        asked = submit(colonies, "many", channels=["a", "b", "c"])
        for channel in "abc":
            entries = list(colonies.client.subscribe_channel(asked.processid, channel, 0, 60))
            assert text_of(entries) == "x" * 20
