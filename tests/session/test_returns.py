"""Outputs, read by the annotation that a caller gives."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import enum
import pickle
from pathlib import Path
from typing import Any, assert_type

import attrs
import pytest

from colonyos_gen import OutputMismatch, ProcessFailed, Worker, workflow
from colonyos_gen.testing import LocalColony


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Report:
    where: Path
    day: datetime.date = datetime.date(2026, 1, 31)


@attrs.define
class Account:
    _number: int


def some_worker() -> Worker:
    worker = Worker("w", concurrency=2)

    @worker.function
    def report(name: str) -> Report:
        return Report(Path(name))

    @worker.function
    def give(what: str) -> Any:
        return {
            "colours": {Colour.RED: 1},
            "pair": (1, Path("a")),
            "one": (Path("a"),),
            "none": None,
            "account": Account(7),
            "number": 1.5,
        }[what]

    @worker.function
    def takes(**kwargs: Any) -> dict[str, Any]:
        return kwargs

    return worker


def test_the_caller_gets_what_the_function_returned(colonies: LocalColony) -> None:
    with colonies.worker(some_worker()):
        made = colonies.call("report", "a/b", to="w", timeout=60, returns=Report)
        assert_type(made, Report)
        assert made == Report(Path("a/b"))
        handle = colonies.submit("report", "c", to="w")
        again = handle.output(60, returns=Report)
        assert_type(again, Report)
        assert again == Report(Path("c"))
        assert handle.output() == {"where": "c", "day": "2026-01-31"}
        listed = colonies.call("give", "pair", to="w", timeout=60, returns=list[Any])
        assert_type(listed, list[Any])
        assert listed == [1, "a"]


@pytest.mark.parametrize(
    ("what", "returns", "wanted"),
    [
        ("colours", dict[Colour, int], {Colour.RED: 1}),
        ("pair", tuple[int, Path], (1, Path("a"))),
        ("one", tuple[Path, ...], (Path("a"),)),
        ("one", tuple[Path], (Path("a"),)),
        ("one", Path, Path("a")),
        ("none", int | None, None),
        ("none", tuple[int, ...], ()),
        ("account", Account | None, Account(7)),
    ],
)
def test_whatever_can_be_annotated(colonies: LocalColony, what: str, returns: Any, wanted: Any) -> None:
    with colonies.worker(some_worker()):
        assert colonies.call("give", what, to="w", timeout=60, returns=returns) == wanted


def test_coroutines_and_workflows_too(colonies: LocalColony) -> None:
    async def main() -> None:
        session = colonies.asession
        made = await session.call("report", "a", to="w", timeout=60, returns=Report)
        assert_type(made, Report)
        handle = await session.submit("report", "b", to="w")
        assert [made, await handle.output(60, returns=Report)] == [Report(Path("a")), Report(Path("b"))]
        with workflow("w", to="w") as wf:
            wf.task("report", "c", name="c")
        graph = await session.submit(wf)
        node = await graph.output("c", 60, returns=Report)
        assert_type(node, Report)
        assert node == Report(Path("c"))

    with colonies.worker(some_worker()):
        asyncio.run(main())


def test_workflows_of_synchronous_code(colonies: LocalColony) -> None:
    with workflow("w", to="w") as wf:
        wf.task("report", "c", name="c")
    with colonies.worker(some_worker()):
        assert colonies.submit(wf).output("c", 60, returns=Report) == Report(Path("c"))


def test_what_does_not_fit_is_told_with_what_there_is(colonies: LocalColony) -> None:
    with colonies.worker(some_worker()), pytest.raises(OutputMismatch) as caught:
        colonies.call("give", "number", to="w", timeout=60, returns=Report)
    error = caught.value
    assert (error.process.output, error.returns) == ([1.5], Report)
    assert f"process {error.process.processid} succeeded, but its output is no Report: " in str(error)
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


@pytest.mark.parametrize("returns", ["Report", complex, 3])
def test_what_nothing_can_be_read_by_is_refused_before_sending(colonies: LocalColony, returns: Any) -> None:
    with pytest.raises(TypeError, match=f"returns is {returns!r}; nothing can be read by"):
        colonies.call("report", "a", to="w", timeout=60, returns=returns)
    assert colonies.client.get_processes(colonies.name) == []


def test_arguments_of_that_name_go_into_kwargs(colonies: LocalColony) -> None:
    with colonies.worker(some_worker()):
        found = colonies.call("takes", to="w", timeout=60, kwargs={"returns": 1, "timeout": 2})
        assert found == {"returns": 1, "timeout": 2}
        with pytest.raises(TypeError, match="no option 'return_'; did you mean 'returns'"):
            colonies.call("takes", to="w", timeout=60, return_=int)


def test_a_failure_stays_one(colonies: LocalColony) -> None:
    with colonies.worker(some_worker()), pytest.raises(ProcessFailed):
        colonies.call("give", "other", to="w", timeout=60, returns=Report)


def test_only_names_are_called(colonies: LocalColony) -> None:
    call: Any = colonies.call
    with pytest.raises(
        TypeError, match=r"cannot be called; it must be the name of a function, such as 'some_worker'"
    ):
        call(some_worker)
    with pytest.raises(
        TypeError, match=r"3 cannot be called; it must be the name of a function; submit\(\) takes"
    ):
        call(3)
