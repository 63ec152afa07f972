"""Functions that are tried again within one attempt at their process."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any, cast

import pytest

from colonyos_gen import CANCELLED, FAILED, SUCCESS, PrivateKey, Worker
from colonyos_gen.testing import LocalColony
from tests.worker.kit.scene import EXECUTORTYPE, ended, submit
from tests.worker.running.pool_program import worker as pool_worker


def lines_of(colony: LocalColony, processid: str) -> list[str]:
    """The log of a process."""
    found = colony.client.get_logs(colony.name, processid)
    return "\n".join(each.message for each in found).splitlines()


@pytest.mark.parametrize("kind", ["thread", "task"])
def test_it_is_tried_again_until_it_succeeds(colonies: LocalColony, kind: str) -> None:
    worker, tries = Worker(EXECUTORTYPE), list[str]()

    def work(kind: str) -> str:
        tries.append(kind)
        if len(tries) < 3:
            raise ConnectionError(f"no disk at try {len(tries)}")
        return "done"

    @worker.function(retries=5, backoff=0.01)
    def thread() -> str:
        return work("thread")

    @worker.function(retries=5, backoff=0.01)
    async def task() -> str:
        return work("task")

    with colonies.worker(worker):
        end = ended(colonies, submit(colonies, kind))
    assert (end.state, end.output, end.retries) == (SUCCESS, ["done"], 0)
    assert tries == [kind] * 3
    assert lines_of(colonies, end.processid) == [
        "try 1 of 6 failed, the next one comes in 0.01 s: ConnectionError: no disk at try 1",
        "try 2 of 6 failed, the next one comes in 0.02 s: ConnectionError: no disk at try 2",
    ]


def test_the_last_failure_fails_the_process(colonies: LocalColony) -> None:
    worker, tries = Worker(EXECUTORTYPE), list[int]()

    @worker.function(retries=2, backoff=0)
    def work() -> None:
        tries.append(len(tries))
        raise ValueError(f"wrong for the {len(tries)}. time")

    with colonies.worker(worker):
        end = ended(colonies, submit(colonies, "work"))
    assert (end.state, end.errors[0], len(tries)) == (FAILED, "ValueError: wrong for the 3. time", 3)


def test_only_what_is_worth_it(colonies: LocalColony) -> None:
    """Neither other exceptions nor arguments that do not fit are tried again."""
    worker, tries = Worker(EXECUTORTYPE), list[str]()

    @worker.function(retries=9, backoff=0, retry_on=OSError)
    def work(number: int) -> None:
        tries.append("called")
        raise LookupError(number)

    @worker.function(retries=9, backoff=0)
    def fits(number: int) -> None:
        tries.append(f"called with {number}")

    with colonies.worker(worker):
        assert ended(colonies, submit(colonies, "work", 1)).errors[0] == "LookupError: 1"
        end = ended(colonies, submit(colonies, "fits", "many"))
    assert end.errors[0].startswith("BindingError: ")
    assert tries == ["called"]
    assert lines_of(colonies, end.processid) == []


def test_a_cancelled_process_is_not_tried_again(colonies: LocalColony) -> None:
    worker, tried, tries = Worker(EXECUTORTYPE), threading.Event(), list[int]()

    @worker.function(retries=1, backoff=3600)
    def work() -> None:
        tries.append(1)
        tried.set()
        raise ConnectionError("the first of two")

    with colonies.worker(worker):
        asked = submit(colonies, "work")
        assert tried.wait(60)
        colonies.session.process(asked.processid).cancel()
        assert ended(colonies, asked).state is CANCELLED
    assert tries == [1]


def test_the_timeout_counts_for_all_tries(colonies: LocalColony) -> None:
    worker = Worker(EXECUTORTYPE)

    @worker.function(retries=1_000_000, backoff=0.01, timeout=0.5)
    async def work() -> None:
        raise ConnectionError("never there")

    with colonies.worker(worker):
        end = ended(colonies, submit(colonies, "work"))
    assert end.errors == ["work took longer than its timeout of 0.5 s"]


def test_no_line_has_a_key(colonies: LocalColony) -> None:
    key = PrivateKey.generate()
    worker = Worker(EXECUTORTYPE, prvkey=key)

    @worker.function(retries=1, backoff=0)
    def work() -> None:
        raise ValueError(f"{key.hex()} does not fit")

    with colonies.worker(worker):
        end = ended(colonies, submit(colonies, "work"))
    assert lines_of(colonies, end.processid) == [
        "try 1 of 2 failed, the next one comes in 0 s: ValueError: *** does not fit"
    ]


def test_in_a_process_of_its_own(colonies: LocalColony, tmp_path: Path) -> None:
    """Where the exception does not leave its process, it is told there whether it is worth another try."""
    with colonies.worker(pool_worker):
        end = ended(colonies, submit(colonies, "in_the_end", str(tmp_path / "good")))
        bad = ended(colonies, submit(colonies, "in_the_end", str(tmp_path / "bad"), True))
    assert end.state is SUCCESS
    assert [line.partition("s: ")[2] for line in lines_of(colonies, end.processid)] == [
        "TwoArguments: account blue is over 7"
    ] * 2
    assert (bad.state, (tmp_path / "bad").read_text()) == (FAILED, ".")


@pytest.mark.parametrize(("name", "is_tried_again"), [("any", True), ("death", True), ("other", False)])
def test_after_the_death_of_its_process(
    colonies: LocalColony, tmp_path: Path, name: str, is_tried_again: bool
) -> None:
    died = (
        "ProcessDied: the process that ran the function ended on its own: killed by SIGKILL (out of memory?)"
    )
    with colonies.worker(pool_worker):
        end = ended(colonies, submit(colonies, name, str(tmp_path / "tried")))
    assert end.state is (SUCCESS if is_tried_again else FAILED)
    if is_tried_again:
        assert lines_of(colonies, end.processid) == [f"try 1 of 2 failed, the next one comes in 0 s: {died}"]
    else:
        assert end.errors == [died]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"retries": -1}, "retries is -1"),
        ({"retries": True}, "retries is True"),
        ({"retries": 1.5}, "retries is 1.5"),
        ({"retries": 1, "backoff": -0.5}, "backoff is -0.5"),
        ({"retries": 1, "backoff": float("nan")}, "backoff is nan"),
        ({"retries": 1, "retry_on": "OSError"}, "retry_on is 'OSError'"),
        ({"retries": 1, "retry_on": ()}, r"retry_on is \(\)"),
        ({"retries": 1, "retry_on": (OSError, 5)}, "retry_on is "),
    ],
)
def test_what_cannot_be_meant_is_refused_at_the_decorator(given: Any, told: str) -> None:
    with pytest.raises((ValueError, TypeError), match=told):
        cast("Any", Worker(EXECUTORTYPE)).function(**given)
