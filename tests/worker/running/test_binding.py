"""Arguments of processes and parameters of functions, of which some have no annotations."""

# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false, reportMissingParameterType=false

from __future__ import annotations

import datetime
import enum
import typing
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from colonyos_gen.worker._running.binding import Binder, BindingError
from colonyos_gen.worker._telling.outputs import OutputError, as_output

if TYPE_CHECKING:
    from colonyos_gen import Context


class Colour(enum.Enum):
    RED = "red"


def bind(function: Callable[..., Any], *args: Any, inputs: list[Any] | None = None, **kwargs: Any) -> Any:
    """What the function returns for these arguments."""
    bound = Binder(function).bind(args, kwargs, inputs, None)
    return function(*bound.args, **bound.kwargs)


def test_values_are_converted_to_the_annotated_types() -> None:
    def echo(when: datetime.date, where: Path, what: Colour, untyped, maybe: float | None = None) -> Any:  # type: ignore[no-untyped-def]
        return when, where, what, untyped, maybe

    assert bind(echo, "2026-01-31", "/tmp", "red", {"a": [1]}) == (
        datetime.date(2026, 1, 31), Path("/tmp"), Colour.RED, {"a": [1]}, None,
    )  # fmt: skip
    assert bind(echo, "2026-01-31", "/tmp", "red", 1, maybe=2)[-1] == 2.0
    with pytest.raises(BindingError, match="argument what: Invalid enum value 'blue'"):
        bind(echo, "2026-01-31", "/tmp", "blue", 1)
    with pytest.raises(BindingError, match="argument where: expected Path, got int"):
        bind(echo, "2026-01-31", 1, "red", 1)


def test_positional_only_and_keyword_only_parameters() -> None:
    def echo(a: int, /, b: int, *, c: int = 3) -> tuple[int, int, int]:
        return a, b, c

    assert bind(echo, 1, b=2) == (1, 2, 3)
    assert bind(echo, 1, 2, c=4) == (1, 2, 4)
    with pytest.raises(BindingError):
        bind(echo, a=1, b=2)


def test_the_context_may_stand_anywhere() -> None:
    def first(ctx, a: int) -> Any:  # type: ignore[no-untyped-def]
        return ctx, a

    def middle(a: int, here: Context, b: int = 2) -> Any:
        return a, here, b

    assert bind(first, 1) == (None, 1)
    assert bind(middle, 1) == (1, None, 2)
    assert bind(middle, 1, 3) == (1, None, 3)
    assert Binder(first).takes_context
    assert Binder(middle).takes_context
    assert not Binder(len_of).takes_context
    with pytest.raises(BindingError, match="unexpected keyword argument 'here'"):
        bind(middle, 1, here=2)


def len_of(inputs: list[int], scale: int = 1) -> int:
    return len(inputs) * scale


def test_inputs_are_the_outputs_of_the_parents() -> None:
    assert bind(len_of, inputs=[1, 2, 3]) == 3
    assert bind(len_of, 10, inputs=[1, 2, 3]) == 30
    assert bind(len_of, [1, 2]) == 2  # outside of workflows it is a parameter like any other
    with pytest.raises(BindingError, match=r"argument inputs: Expected `int`, got `str` - at `\$\[0\]`"):
        bind(len_of, inputs=["x"])


def test_annotations_that_mean_nothing_are_told_once(caplog: pytest.LogCaptureFixture) -> None:
    def typo(a: integer, b: list[object] = []) -> Any:  # type: ignore[name-defined]  # noqa: F821, B006  # pyright: ignore[reportUndefinedVariable]
        return a, b

    with caplog.at_level("WARNING", "colonyos_gen.worker"):
        binder = Binder(typo)
    for _ in range(2):
        assert binder.bind(["1"], {"b": [2]}, None, None).args == ("1", [2])
    (line,) = caplog.messages
    assert "typo: nothing can be converted to the annotations of a: 'integer'" in line


def test_outputs() -> None:
    @dataclass
    class Point:
        x: int

    class Array:
        def tolist(self) -> list[int]:
            return [1, 2]

    assert as_output(None) == []
    assert as_output([1, 2]) == [[1, 2]]
    assert as_output((1, [2])) == [1, [2]]
    assert as_output(()) == []
    assert as_output(Point(1)) == [{"x": 1}]
    assert as_output({1: Array()}) == [{"1": [1, 2]}]
    assert as_output({"when": datetime.date(2026, 1, 31)}) == [{"when": "2026-01-31"}]
    with pytest.raises(OutputError, match=r"a builtins\.object is no JSON value"):
        as_output([object()])


class Parameterless(str):
    """Generic for type checkers only, as series of pandas are."""

    __slots__ = ()


@pytest.mark.parametrize(
    "annotation",
    ["Parameterless[float]", "Parameterless[float] | None", "typing.Annotated[Parameterless[int], 1]"],
)
def test_parameters_that_only_type_checkers_know(annotation: str) -> None:
    def function(a: Any, b: Any) -> None: ...

    assert typing.Annotated  # the text below means it
    function.__annotations__ = {"a": annotation, "b": f"dict[str, {annotation}]"}
    found = Binder(function).bind(["x", {"k": "y"}], {}, None, None).arguments
    assert [type(found["a"]), type(found["b"]["k"])] == [Parameterless, Parameterless]
