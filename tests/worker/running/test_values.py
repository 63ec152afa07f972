"""What Python programs pass around, from a caller to a function and back."""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import inspect
import math
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypedDict, Unpack

import pydantic
import pytest

from colonyos_gen import InvalidRequestError, ProcessFailed, Worker, workflow
from colonyos_gen.testing import LocalColony
from colonyos_gen.worker._running.binding import Binder
from colonyos_gen.worker._telling.failure_text import CAUSES, MEMBERS, error_texts
from tests.worker.kit.scene import LONG


class Order(pydantic.BaseModel):
    item: str
    folder: Path = Path("a")


@dataclasses.dataclass
class Report:
    file: Path


class Options(TypedDict, total=False):
    folder: Path


class Numbers:
    def tolist(self) -> list[int]:
        return [1, 2]


class Broken:
    def tolist(self) -> Any:
        raise SystemExit(3)


def some_worker() -> Worker:
    worker = Worker("w", concurrency=2)

    @worker.function
    def suffixed(source: Path, suffix: str = ".pdf") -> Report:
        return Report(source.with_suffix(suffix))

    @worker.function
    def order(order: Order) -> Order:
        return Order(item=order.item * 2, folder=order.folder / "b")

    @worker.function
    def total(rows: Iterable[int]) -> int:
        return sum(rows)

    @worker.function
    def factorial(n: int) -> int:
        return math.factorial(n)

    @worker.function
    def names(
        what: str = "", funcname: str = "", timeout: int = 0, self: str = "", method: str = ""
    ) -> list[Any]:
        return [what, funcname, timeout, self, method]

    @worker.function
    def broken() -> Any:
        return Broken()

    @worker.function
    async def group() -> None:
        async def fetch() -> None:
            raise ConnectionError("shelf north does not answer")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(fetch())

    @worker.function
    def worker_streams(ctx: Any) -> None:
        with ctx.stream("out") as out:
            out.send({"where": Path("a")})

    return worker


@pytest.fixture(scope="module")
def colony() -> Iterator[LocalColony]:
    with LocalColony() as colony, colony.worker(some_worker()):
        yield colony


def test_what_goes_in_comes_out(colony: LocalColony) -> None:
    def call(*args: Any, **kwargs: Any) -> Any:
        return colony.call(*args, to="w", timeout=LONG, kwargs=kwargs)

    assert call("suffixed", Path("a.md")) == {"file": "a.pdf"}
    assert call("suffixed", "a.md", suffix=".txt") == {"file": "a.txt"}
    assert call("order", Order(item="nut")) == {"item": "nutnut", "folder": "a/b"}
    assert call("order", {"item": "x", "folder": "y"}) == {"item": "xx", "folder": "y/b"}
    assert call("total", Numbers()) == 3
    assert call("total", (each for each in (1, 2, 3))) == 6


def test_workflows_take_the_same_and_read_iterators_once(colony: LocalColony) -> None:
    with workflow("sums", to="w") as sums:
        sums.task("total", iter([1, 2]), name="first")
        sums.task("suffixed", source=Path("a.md"), name="second")
    for _ in range(2):
        done = colony.session.submit(sums).wait(LONG)
        assert done.output("first") == 3
        assert done.output("second") == {"file": "a.pdf"}


def test_names_of_parameters_are_free(colony: LocalColony) -> None:
    session = colony.session
    handle = session.submit(
        "names", to="w", what="a", funcname="b", self="c", method="d", kwargs={"timeout": 3}
    )
    assert handle.output(LONG) == ["a", "b", 3, "c", "d"]
    given: dict[str, Any] = {"what": "a", "funcname": "b", "self": "c", "method": "d"}
    assert session.call("names", to="w", timeout=LONG, kwargs={"timeout": 3}, **given) == [
        "a",
        "b",
        3,
        "c",
        "d",
    ]


@pytest.mark.parametrize(
    "number", [2**53 + 1, -(2**53) - 1, 10**30, 10**5000], ids=["just", "negative", "large", "huge"]
)
def test_integers_that_would_change_are_refused_before_they_are_sent(
    colony: LocalColony, number: int
) -> None:
    for args, kwargs, path in (
        ([number], {}, r"spec\.args\[0\]"),
        ([{"a": [number]}], {}, r"spec\.args\[0\]\.a\[0\]"),
        ([], {"n": number}, r"spec\.kwargs\.n"),
    ):
        with pytest.raises(InvalidRequestError, match=f"{path} is .*send it as text"):
            colony.session.submit("total", *args, to="w", kwargs=kwargs)
    with workflow("large", to="w") as large:
        large.task("total", number)
    with pytest.raises(InvalidRequestError, match=r"functionspecs\[0\]\.args\[0\]"):
        colony.session.submit(large)
    assert colony.session.call("factorial", 18, to="w", timeout=LONG) == math.factorial(18)


@pytest.mark.parametrize("n", [19, 1600])
def test_outputs_that_would_change_fail_their_process(colony: LocalColony, n: int) -> None:
    with pytest.raises(ProcessFailed, match=r"out\[0\] is .*send it as text"):
        colony.session.call("factorial", n, to="w", timeout=LONG)


def test_what_raises_as_it_is_written_fails_its_process_only(colony: LocalColony) -> None:
    with pytest.raises(ProcessFailed, match="cannot be written as JSON: it raised SystemExit"):
        colony.session.call("broken", to="w", timeout=LONG)
    assert colony.session.call("total", [1], to="w", timeout=LONG) == 1


def test_streams_take_what_has_json(colony: LocalColony) -> None:
    handle = colony.session.submit("worker_streams", to="w", channels=["out"])
    assert "".join(handle.stream("out")) == '{"where":"a"}'


def test_the_members_of_a_group_are_told(colony: LocalColony) -> None:
    with pytest.raises(ProcessFailed, match="ConnectionError: shelf north does not answer"):
        colony.session.call("group", to="w", timeout=LONG)


def test_reasons_are_whole_up_to_a_limit_that_is_told() -> None:
    class Unspeakable(Exception):
        def __str__(self) -> str:
            raise SystemExit(3)

    inner = ExceptionGroup("inner", [ValueError(each) for each in range(20)])
    error = ExceptionGroup("outer", [KeyError("first"), inner])
    error.add_note("shelf 3")
    headline = error_texts(error)[0]
    assert "; shelf 3: KeyError: 'first'; ValueError: 0;" in headline
    assert headline.endswith(f"; and {21 - MEMBERS} more")
    chain: Exception = OSError("the first of all")
    for number in range(10):
        later = RuntimeError(number)
        later.__cause__ = chain
        chain = later
    try:
        raise chain
    except RuntimeError as raised:
        told = error_texts(raised)[1]
    assert told.endswith(f"(and {10 - CAUSES} more, until)\nbecause of OSError: the first of all")
    assert error_texts(Unspeakable()) == ["Unspeakable: (its message cannot be shown: SystemExit)"]


def bound(binder: Binder, *args: Any, **kwargs: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    found = binder.bind(args, kwargs, None, None)
    return found.args, found.kwargs


def scale(factor: int, report: Report, *, shift: float = 0.0) -> Any:
    return factor, report, shift


class Model:
    async def __call__(self, report: Report) -> Report:
        return report

    def predict(self, report: Report) -> Report:
        return report


def with_connection(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return function("connection", *args, **kwargs)

    return inner


@with_connection
def stored(connection: str, report: Report) -> Any:
    return connection, report


def test_partials_objects_and_decorators_have_the_types_of_what_they_call() -> None:
    report = {"file": "a"}
    assert bound(Binder(functools.partial(scale, 2)), report) == ((Report(Path("a")),), {"shift": 0.0})
    assert bound(Binder(functools.partial(scale, factor=2)), report=report)[1]["report"] == Report(Path("a"))
    for each in (Model(), Model().predict):
        assert bound(Binder(each), report) == ((Report(Path("a")),), {})
    assert bound(Binder(stored), report=report) == ((), {"report": Report(Path("a"))})


def test_a_signature_says_what_callers_pass() -> None:
    def signature(report: Report) -> None:
        pass

    for each in (signature, inspect.signature(signature, eval_str=True)):
        args, kwargs = bound(Binder(stored, each), {"file": "a"})
        assert stored(*args, **kwargs) == ("connection", Report(Path("a")))


def test_keyword_arguments_of_a_typed_dict() -> None:
    def fetch(**options: Unpack[Options]) -> Any:
        return options

    assert bound(Binder(fetch), folder="a") == ((), {"folder": Path("a")})


def test_ctx_with_an_annotation_of_its_own_is_a_parameter() -> None:
    def render(template: str, ctx: dict[str, str]) -> None:
        pass

    binder = Binder(render)
    assert not binder.takes_context
    assert bound(binder, "a", {"b": "c"}) == (("a", {"b": "c"}), {})


def test_a_method_without_its_object_is_refused_where_it_is_offered() -> None:
    worker = Worker("w")
    with pytest.raises(TypeError, match=r"Shop\.sell needs 'self', .*worker\.function\(shop\.sell\)"):

        class Shop:  # pyright: ignore[reportUnusedClass]
            @worker.function
            def sell(self, what: str) -> str:
                return what

    class Stall:
        @staticmethod
        @worker.function
        def price(what: str) -> str:
            return what

        def stock(self, what: str) -> str:
            return what

    worker.function(Stall().stock)
    assert bound(Binder(Stall().stock), "nut") == (("nut",), {})
