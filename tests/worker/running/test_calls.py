"""A worker runs what processes ask for."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

import pytest

from colonyos_gen import FAILED, SUCCESS, Context, FunctionSpec, Process, Worker
from colonyos_gen.testing import LocalColony


def run(colony: LocalColony, funcname: str, *args: Any, **kwargs: Any) -> Process:
    """The process of one call, at its end."""
    spec = FunctionSpec.new(funcname, "tester", colony.name)
    spec.args, spec.kwargs = list(args), kwargs
    return colony.client.subscribe_process(colony.client.submit(spec), SUCCESS, 30)


def test_sync_and_async_functions_run(colonies: LocalColony) -> None:
    worker = Worker("tester")
    threads: list[threading.Thread] = []

    @worker.function
    def add(a: int, b: int = 10) -> int:
        threads.append(threading.current_thread())
        return a + b

    @worker.function(name="twice")
    async def double(text: str) -> str:
        threads.append(threading.current_thread())
        await asyncio.sleep(0)
        return text * 2

    with colonies.worker(worker):
        assert run(colonies, "add", 1, 2).output == [3]
        assert run(colonies, "add", a="5").output == [15]
        assert run(colonies, "twice", "ab").output == ["abab"]
    assert threads[0] is not threads[2]
    assert add(1, 1) == 2  # it is the function that it was


@dataclass
class Point:
    x: float
    y: float = 0.0


def test_arguments_and_results_are_converted(colonies: LocalColony) -> None:
    worker = Worker("tester")

    @worker.function
    def mirrored(points: list[Point], *more: Point, **named: int) -> Any:
        return [Point(-each.x, -each.y) for each in (*points, *more)], named

    @worker.function
    def nothing() -> None:
        return None

    @worker.function
    def pair() -> tuple[int, str]:
        return 1, "two"

    with colonies.worker(worker):
        ended = run(colonies, "mirrored", [{"x": 1, "y": 2}], {"x": 3}, {"x": 4}, k=1)
        assert ended.output == [[{"x": -1, "y": -2}, {"x": -3, "y": 0}, {"x": -4, "y": 0}], {"k": 1}]
        assert run(colonies, "nothing").output == []
        assert run(colonies, "pair").output == [1, "two"]


@pytest.mark.parametrize(
    ("args", "kwargs", "expected"),
    [
        ((), {}, "missing a required argument: 'a'; the function is add(a: int, b: int)"),
        ((1, 2, 3), {}, "too many positional arguments"),
        ((1,), {"c": 2}, "missing a required argument: 'b'"),
        ((1, 2), {"c": 2}, "got an unexpected keyword argument 'c'"),
        ((1, "x"), {}, "argument b: Expected `int`, got `str`"),
    ],
)
def test_arguments_that_do_not_fit_fail_the_process(
    colonies: LocalColony, args: tuple[Any, ...], kwargs: dict[str, Any], expected: str
) -> None:
    worker = Worker("tester")

    @worker.function
    def add(a: int, b: int) -> int:
        return a + b

    with colonies.worker(worker):
        ended = run(colonies, "add", *args, **kwargs)
        assert ended.state is FAILED
        assert expected in ended.errors[0]
        assert run(colonies, "add", 1, 2).output == [3]


def test_exceptions_fail_the_process_with_a_short_traceback(colonies: LocalColony) -> None:
    worker = Worker("tester")

    @worker.function
    def broken(text: str) -> None:
        secret_variable = text
        raise LookupError(f"no such thing: {len(secret_variable)}")

    @worker.function
    async def leaves() -> None:
        raise SystemExit(3)

    with colonies.worker(worker):
        ended = run(colonies, "broken", "hidden")
        assert ended.state is FAILED
        assert ended.errors[0] == "LookupError: no such thing: 6"
        assert "in broken" in ended.errors[1]
        assert "hidden" not in "".join(ended.errors)
        assert "invoking.py" not in ended.errors[1]
        assert run(colonies, "leaves").errors[0] == "SystemExit: 3"
        assert "has no function 'other'; it has: broken, leaves" in run(colonies, "other").errors[0]


def test_results_that_are_no_json_fail_the_process(colonies: LocalColony) -> None:
    worker = Worker("tester")

    @worker.function
    def thing() -> Any:
        return {"a": [threading.Lock()]}

    @worker.function
    def nan() -> float:
        return float("nan")

    @worker.function
    def endless() -> Any:
        ring: list[Any] = []
        ring.append(ring)
        return ring

    with colonies.worker(worker):
        assert "a _thread.lock is no JSON value" in run(colonies, "thing").errors[0]
        assert "nan; it must be a finite number" in run(colonies, "nan").errors[0]
        assert "contains itself" in run(colonies, "endless").errors[0]


def test_keys_do_not_get_into_errors(colonies: LocalColony) -> None:
    worker = Worker("tester", colony_key=colonies.colony_key)

    @worker.function
    def leak() -> None:
        raise ValueError(colonies.colony_key.hex())

    with colonies.worker(worker):
        assert run(colonies, "leak").errors[0] == "ValueError: ***"


def test_the_context(colonies: LocalColony) -> None:
    worker = Worker("tester", concurrency=2)

    @worker.function
    def in_thread(name: str, ctx: Context) -> dict[str, str]:
        ctx.log("one")
        ctx.log(2)
        ctx.progress(0.5, "half")
        ctx.set_attribute(name, 1)
        return ctx.attributes

    @worker.function
    async def in_task(c: Context, name: str) -> dict[str, str]:
        c.log("one")
        c.log(2)
        c.progress(0.5, "half")
        await c.set_attribute(name, 1)
        return c.attributes

    with colonies.worker(worker):
        for name in ("in_thread", "in_task"):
            ended = run(colonies, name, "key")
            assert ended.output == [{"key": "1"}]
            assert [(each.key, each.value) for each in ended.attributes] == [("key", "1")]
            logs = [each.message for each in colonies.client.get_logs(colonies.name, ended.processid)]
            assert "\n".join(logs) == "one\n2\n[progress 50%] half"
