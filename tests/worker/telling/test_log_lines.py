"""What the log of a worker says of its processes, and of which process the lines of functions are."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from colonyos_gen import Worker
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker import JsonFormatter, ProcessFilter
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit

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
