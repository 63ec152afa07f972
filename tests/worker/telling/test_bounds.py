"""Functions that tell more than the server takes: they wait, or it is told how much was dropped."""

from __future__ import annotations

import asyncio
import re
import threading
from pathlib import Path

import pytest

from colonyos_gen import FAILED, SUCCESS, Context, Process, Worker
from colonyos_gen.errors import ConflictError
from colonyos_gen.testing import Fault, LocalColony
from colonyos_gen.worker._running import run
from colonyos_gen.worker._telling import log_writer, text_writer
from colonyos_gen.worker._telling.bridge import Bridge
from colonyos_gen.worker._telling.log_writer import BUFFER_BYTES, LIMIT_BYTES
from colonyos_gen.worker._telling.text_writer import TextFlow
from tests.worker.kit.scene import EXECUTORTYPE, ended, running, submit, until
from tests.worker.running.pool_program import worker as pool

LINE = 1000
"""Characters of a line that is written here."""
MANY = LIMIT_BYTES // LINE * 2
"""Lines that there is no room for."""
PIPE = 4 * BUFFER_BYTES
"""What a pipe between two processes holds at most, with what lies at its ends."""


class Flood:
    """What functions write, and what is known of it."""

    def __init__(self) -> None:
        self.written = 0
        self.over = threading.Event()
        self.reason = ""
        self.worker = Worker(EXECUTORTYPE, grace=5)
        for each in (self.flood, self.task, self.unawaited, self.steps):
            self.worker.function(each)
        self.worker.function(name="flood_for_a_second", timeout=1)(self.flood)

    def flood(self, ctx: Context) -> None:
        """From a thread."""
        for number in range(MANY):
            ctx.log(line(number))
            self.written += 1
            if ctx.cancelled:
                self.reason = ctx.cancel_reason
                break
        self.over.set()

    async def task(self, ctx: Context) -> None:
        """From a coroutine."""
        for number in range(MANY):
            await ctx.log(line(number))
            self.written += 1

    async def unawaited(self, ctx: Context) -> None:
        """From one that lets nobody else run."""
        for number in range(MANY):
            ctx.log(line(number))

    def steps(self, ctx: Context) -> None:
        """Progress and lines in turn."""
        for number in range(MANY // 4):
            ctx.progress(number / MANY, line(number))
            ctx.log(line(number))


@pytest.fixture
def flood() -> Flood:
    return Flood()


def line(number: int) -> str:
    return f"{number:<{LINE}}"


def stored(colony: LocalColony, process: Process) -> list[str]:
    """The lines in the log of a process."""
    logs = colony.session.process(process.processid).logs()
    return [each for entry in logs for each in entry.message.splitlines()]


def dropped(lines: list[str]) -> int:
    """How many lines the log says are missing."""
    return sum(int(found[1]) for each in lines if (found := re.search(r"dropped here.*: (\d+)\]$", each)))


def has_gone_on(fault: Fault) -> None:
    """Wait until the server has been away for some tries."""
    until(lambda: fault.hits >= 5)


@pytest.mark.parametrize("kind", ["flood", "task"])
def test_who_logs_while_the_server_is_away_waits_for_it(
    colonies: LocalColony, flood: Flood, kind: str
) -> None:
    with colonies.worker(flood.worker):
        fault = colonies.faults.drop("add_log", times=None)
        process = submit(colonies, kind)
        has_gone_on(fault)
        assert flood.written * LINE < 1.5 * BUFFER_BYTES
        fault.remove()
        assert ended(colonies, process).state is SUCCESS
    assert stored(colonies, process) == [line(number) for number in range(MANY)]


def test_a_process_of_a_pool_waits_as_well(colonies: LocalColony, tmp_path: Path) -> None:
    written = tmp_path / "written"
    with colonies.worker(pool):
        fault = colonies.faults.drop("add_log", times=None)
        process = submit(colonies, "flood", str(written), MANY, LINE)
        has_gone_on(fault)
        until(written.exists)
        assert int(written.read_text() or 0) * LINE < BUFFER_BYTES + PIPE
        fault.remove()
        assert ended(colonies, process).state is SUCCESS
    assert stored(colonies, process) == [line(number) for number in range(MANY)]


def test_who_does_not_wait_has_lines_dropped_and_counted(
    colonies: LocalColony, flood: Flood, caplog: pytest.LogCaptureFixture
) -> None:
    with colonies.worker(flood.worker):
        process = ended(colonies, submit(colonies, "unawaited"))
    assert process.state is SUCCESS
    *lines, note = stored(colonies, process)
    assert lines == [line(number) for number in range(len(lines))]
    assert len(lines) * LINE < LIMIT_BYTES
    assert dropped([note]) == MANY - len(lines)
    assert f"process {process.processid}: {note}" in caplog.text


def test_who_has_waited_long_goes_on_without_what_finds_no_room(
    colonies: LocalColony, flood: Flood, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(log_writer, "PATIENCE_S", 0.1)
    with colonies.worker(flood.worker):
        fault = colonies.faults.drop("add_log", times=None)
        process = submit(colonies, "flood")
        assert flood.over.wait(300)
        assert "lines are dropped until it has taken some" in caplog.text
        fault.remove()
        assert ended(colonies, process).state is SUCCESS
    lines = stored(colonies, process)
    assert dropped(lines) > 0
    assert dropped(lines) + len([each for each in lines if "dropped" not in each]) == MANY


def test_of_progress_that_waits_the_newest_is_kept(colonies: LocalColony, flood: Flood) -> None:
    with colonies.worker(flood.worker):
        fault = colonies.faults.drop("add_log", times=None)
        process = submit(colonies, "steps")
        has_gone_on(fault)
        fault.remove()
        assert ended(colonies, process).state is SUCCESS
    lines = stored(colonies, process)
    told = [each for each in lines if each.startswith("[progress")]
    assert [each for each in lines if each not in told] == [line(number) for number in range(MANY // 4)]
    assert told[-1].endswith(line(MANY // 4 - 1))
    assert len(told) < MANY // 16


def test_who_waits_for_room_can_be_cancelled(colonies: LocalColony, flood: Flood) -> None:
    with colonies.worker(flood.worker):
        fault = colonies.faults.drop("add_log", times=None)
        process = submit(colonies, "flood")
        running(colonies, process)
        has_gone_on(fault)
        colonies.client.cancel_process(process.processid)
        assert flood.over.wait(300)
    assert "cancelled" in flood.reason
    assert flood.written < MANY


def test_who_waits_for_room_ends_when_its_time_is_up(
    colonies: LocalColony, flood: Flood, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(run, "FLUSH_S", 0.1)
    with colonies.worker(flood.worker):
        colonies.faults.drop("add_log", times=None)
        process = ended(colonies, submit(colonies, "flood_for_a_second"))
        assert process.state is FAILED
        assert flood.over.wait(300)
    assert "took longer than its timeout" in flood.reason
    lost = re.search(r"the end of its log could not be sent; lines that are lost: (\d+)", caplog.text)
    assert lost is not None
    assert int(lost[1]) >= flood.written - 1


def test_a_stream_that_waits_for_room_ends_when_its_time_is_up(colonies: LocalColony) -> None:
    worker, raised = Worker(EXECUTORTYPE), list[BaseException]()
    over = threading.Event()

    @worker.function(timeout=1)
    def stream(ctx: Context) -> None:
        try:
            for _ in range(100):
                ctx.stream("out").send("x" * text_writer.BUFFER_BYTES)
        except ConflictError as error:
            raised.append(error)
        over.set()

    with colonies.worker(worker):
        fault = colonies.faults.drop("channel_append", times=None)
        process = submit(colonies, "stream", channels=["out"])
        assert over.wait(300)
        fault.remove()
        assert ended(colonies, process).state is FAILED
    assert "took longer than its timeout" in str(raised[0])


@pytest.mark.filterwarnings("ignore:coroutine 'TextFlow._wait_for_room' was never awaited")
def test_a_stream_whose_turns_are_not_awaited_takes_only_so_much(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    async def careless(ctx: Context) -> None:
        async with ctx.stream("out") as out:
            for _ in range(100):
                out.send("x" * (text_writer.BUFFER_BYTES // 2))

    with colonies.worker(worker):
        process = ended(colonies, submit(colonies, "careless", channels=["out"]))
    assert process.state is FAILED
    assert "wait to be sent; await what `send` returns" in process.errors[0]


def test_a_stream_given_up_before_it_began_lets_go_of_who_waits() -> None:
    raised = list[BaseException]()

    def send(flow: TextFlow) -> None:
        try:
            flow.send("x" * (text_writer.BUFFER_BYTES + 1))
        except ConflictError as error:
            raised.append(error)

    async def main() -> None:
        flow = TextFlow(Bridge(asyncio.get_running_loop()), None, "out")  # type: ignore[arg-type] # pyright: ignore
        thread = threading.Thread(target=send, args=(flow,), daemon=True)
        thread.start()
        until(lambda: flow._size > text_writer.BUFFER_BYTES)  # pyright: ignore[reportPrivateUsage]
        flow.abandon("gone")
        await asyncio.to_thread(thread.join, 300)

    asyncio.run(main())
    assert len(raised) == 1
