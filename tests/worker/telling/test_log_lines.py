"""What the log of a worker says of its processes, and of which process the lines of functions are."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from colonyos_gen import RUNNING, SUCCESS, Process, Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import JsonFormatter, ProcessFilter
from tests.worker.kit.scene import EXECUTORTYPE, ended, running, submit, until
from tests.worker.running.pool_program import worker as pool

_logger = logging.getLogger("of a function")


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What all loggers write, with a filter and a formatter of ours, from INFO on."""
    handler = logging.StreamHandler(io.StringIO())
    handler.addFilter(ProcessFilter())
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        yield handler.stream
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def parsed(lines: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines.getvalue().splitlines()]


def test_each_process_has_one_line_with_its_outcome(colonies: LocalColony, lines: io.StringIO) -> None:
    worker = Worker(EXECUTORTYPE, name="w")

    @worker.function
    def good() -> int:
        return 1

    @worker.function
    def bad() -> None:
        raise ValueError("no such thing")

    with colonies.worker(worker):
        good_one = ended(colonies, submit(colonies, "good")).processid
        bad_one = ended(colonies, submit(colonies, "bad")).processid
    told = [each for each in parsed(lines) if "outcome" in each]
    assert [(each["processid"], each["function"], each["outcome"], each["level"]) for each in told] == [
        (good_one, "good", "success", "INFO"),
        (bad_one, "bad", "failure", "WARNING"),
    ]
    assert all(each["seconds"] >= 0 for each in told)
    assert told[0]["message"].startswith(f"w: process {good_one} (good) succeeded after ")
    assert "ValueError: no such thing" in told[1]["message"]
    assert "test_log_lines.py" in told[1]["message"]  # the traceback


def test_an_output_that_could_not_be_stored_is_a_failure(colonies: LocalColony, lines: io.StringIO) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function
    def work() -> int:
        return 1

    with (
        colonies.worker(worker),
        colonies.faults.error("close", 413, "Request Entity Too Large", times=None),
    ):
        ended(colonies, submit(colonies, "work"))
    (told,) = [each for each in parsed(lines) if "outcome" in each]
    assert told["outcome"] == "failure"
    assert "the output cannot be stored" in told["message"]


def _cancelled_at_once(colony: LocalColony, folder: Path) -> Process:
    pids = folder / "pids"
    asked = submit(colony, "lasting", str(pids))
    until(pids.exists)
    colony.client.cancel_process(asked.processid)
    return asked


def _cancelled_while_it_logs(colony: LocalColony, folder: Path) -> Process:
    written = folder / "written"
    asked = submit(colony, "flood", str(written), 10_000_000, 10)
    until(written.exists)
    colony.client.cancel_process(asked.processid)
    return asked


ENDS: dict[str, tuple[Callable[[LocalColony, Path], Process], str, str]] = {
    "cancelled": (_cancelled_at_once, "cancelled", "INFO"),
    "cancelled while it logs": (_cancelled_while_it_logs, "cancelled", "INFO"),
    "timeout": (
        lambda colony, folder: submit(colony, "start_another", str(folder / "a")),
        "failure",
        "WARNING",
    ),
    "timeout, told before": (lambda colony, _: submit(colony, "log_for_ever"), "failure", "WARNING"),
    "deadline": (
        lambda colony, folder: submit(colony, "lasting", str(folder / "a"), maxexectime=1, maxretries=0),
        "lost",
        "WARNING",
    ),
    "killed": (lambda colony, _: submit(colony, "end", "kill"), "failure", "WARNING"),
}


@pytest.mark.parametrize("how", ENDS)
def test_whatever_ends_a_process_of_a_pool_is_one_line_and_no_other_warning(
    colonies: LocalColony, tmp_path: Path, lines: io.StringIO, how: str
) -> None:
    """Its function is killed then, and so it neither goes on nor keeps a slot."""
    submitted, outcome, level = ENDS[how]
    with colonies.worker(pool):
        processid = submitted(colonies, tmp_path).processid
        until(lambda: any(each.get("outcome") for each in parsed(lines)))
        # Before the server has looked at its deadline it is RUNNING, and the last look of a worker would take it up.
        until(lambda: colonies.client.get_process(processid).state is not RUNNING)
        for _ in range(2):  # both slots are free
            assert ended(colonies, submit(colonies, "pid")).state is SUCCESS
    of_worker = [each for each in parsed(lines) if each["logger"] == "colonyos_gen.worker"]
    told = [each for each in of_worker if "outcome" in each and each["function"] != "pid"]
    assert [(each["processid"], each["outcome"], each["level"]) for each in told] == [
        (processid, outcome, level)
    ]
    others = [each for each in of_worker if each not in told and each["level"] != "INFO"]
    assert [each["message"] for each in others] == []


def test_a_thread_that_goes_on_is_told_of_truly(colonies: LocalColony, lines: io.StringIO) -> None:
    worker, gate = Worker(EXECUTORTYPE, name="w", concurrency=2), threading.Event()

    @worker.function(timeout=0.1)
    def work() -> None:
        gate.wait(300)

    with colonies.worker(worker):
        ended(colonies, submit(colonies, "work"))
        until(lambda: "it keeps its slot, one of 2" in lines.getvalue())
        gate.set()
        until(lambda: "has come to its end, and its slot is free" in lines.getvalue())
    warnings = [each for each in parsed(lines) if each["level"] == "WARNING"]
    assert len(warnings) == 2  # that it failed, and that it goes on


def test_what_comes_too_late_is_told_with_its_reason(colonies: LocalColony, lines: io.StringIO) -> None:
    worker, gate = Worker(EXECUTORTYPE, name="w"), threading.Event()

    @worker.function
    def work() -> None:
        gate.wait(300)
        raise ValueError("no such thing")

    with colonies.worker(worker):
        asked = running(colonies, submit(colonies, "work", maxexectime=60, maxretries=0))
        colonies.faults.error("get_process", 503, "Service Unavailable", times=None)
        colonies.advance(minutes=2)  # which the worker does not notice before
        gate.set()
        until(lambda: "outcome" in lines.getvalue())
    (told,) = [each for each in parsed(lines) if "outcome" in each]
    assert (told["processid"], told["outcome"], told["level"]) == (asked.processid, "lost", "WARNING")
    assert "came to nothing" in told["message"]
    assert "it had failed: ValueError: no such thing" in told["message"]


def test_lines_of_functions_say_of_which_process_they_are(colonies: LocalColony, lines: io.StringIO) -> None:
    worker = Worker(EXECUTORTYPE, concurrency=4)

    @worker.function
    def thread(number: int) -> None:
        _logger.info("in a thread: %d", number)

    @worker.function
    async def task(number: int) -> None:
        _logger.info("in a task: %d", number)
        await asyncio.to_thread(_logger.info, "in a thread of a task: %d", number)

    _logger.info("outside")
    with colonies.worker(worker):
        asked = [submit(colonies, each, number) for each in ("thread", "task") for number in range(3)]
        ids = {(each.spec.funcname, each.spec.args[0]): ended(colonies, each).processid for each in asked}
    found = {
        each["message"]: (each.get("processid"), each.get("function"))
        for each in parsed(lines)
        if each["logger"] == _logger.name
    }
    assert found == {
        "outside": (None, None),
        **{f"in a thread: {number}": (ids["thread", number], "thread") for number in range(3)},
        **{f"in a task: {number}": (ids["task", number], "task") for number in range(3)},
        **{f"in a thread of a task: {number}": (ids["task", number], "task") for number in range(3)},
    }


def test_a_format_of_ones_own() -> None:
    """With `-` where there is no process."""
    record = logging.LogRecord("x", logging.INFO, "", 1, "hello", (), None)
    assert ProcessFilter().filter(record)
    assert logging.Formatter("%(processid)s %(function)s: %(message)s").format(record) == "- -: hello"


def test_an_exception_is_part_of_the_line(lines: io.StringIO) -> None:
    _logger.error("it went %s", "wrong", exc_info=ValueError("wörse\nthan that"))
    (told,) = parsed(lines)
    assert (told["message"], told["level"]) == ("it went wrong", "ERROR")
    assert told["exception"].endswith("ValueError: wörse\nthan that")
    assert told["time"].endswith("+00:00")


def test_a_format_that_nobody_knows_is_refused() -> None:
    unknown: Any = "xml"
    with pytest.raises(ValueError, match="log_format is 'xml'; it must be 'text' or 'json'"):
        Worker(EXECUTORTYPE).run(log_format=unknown)
