"""Values of Python programs that become JSON."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
import io
import types
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import pydantic
import pytest

from colonyos_gen._values.writing import MOST_ITEMS, ValueWritingError, to_plain


class Text(str):
    __slots__ = ()


class Count(int):
    pass


class Share(float):
    pass


class Size(enum.Enum):
    HALF = 0.5


class Moment(datetime.datetime):
    pass


class Array:
    def __init__(self, values: Any) -> None:
        self._values = values

    def tolist(self) -> Any:
        return self._values


class Frame:
    def itertuples(self) -> None:
        pass

    def to_dict(self, orient: str) -> list[dict[str, int]]:
        assert orient == "records"
        return [{"a": 1}]


class Order(pydantic.BaseModel):
    item: str
    folder: Path


@dataclasses.dataclass
class Report:
    file: Any


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (Path("a/b"), "a/b"),
        (Text("a"), "a"),
        (Count(3), 3),
        (Share(0.5), 0.5),
        (Size.HALF, 0.5),
        (Moment(2026, 1, 31), "2026-01-31T00:00:00"),
        (Array([1, Array(2)]), [1, 2]),
        (Frame(), [{"a": 1}]),
        (Order(item="nut", folder=Path("a")), {"item": "nut", "folder": "a"}),
        (Report(Path("a")), {"file": "a"}),
        (Report(iter([Count(1)])), {"file": [1]}),
        (collections.deque([1, 2]), [1, 2]),
        (range(3), [0, 1, 2]),
        (types.MappingProxyType({"a": Text("b")}), {"a": "b"}),
        ({1: 2, Text("a"): iter("ab"), PurePosixPath("p"): 3}, {"1": 2, "a": ["a", "b"], "p": 3}),
        ([iter([iter([1])])], [[[1]]]),
    ],
)
def test_what_is_written(value: Any, wanted: Any) -> None:
    plain = to_plain(value)
    assert plain == wanted
    assert type(plain) is type(wanted)


def test_iterators_are_read_once_even_where_others_need_care() -> None:
    def numbers() -> Iterator[int]:
        yield from (1, 2)

    assert to_plain([numbers(), {Text("k"): numbers()}, Array(numbers())]) == [[1, 2], {"k": [1, 2]}, [1, 2]]


class _Drains:
    """Gives its items once, as cursors of databases do, and is no iterator."""

    def __init__(self) -> None:
        self._items = [1, 2]

    def __iter__(self) -> Iterator[int]:
        while self._items:
            yield self._items.pop(0)


def test_so_is_whatever_gives_its_items_once() -> None:
    assert to_plain({"rows": _Drains(), "more": iter([3])}) == {"rows": [1, 2], "more": [3]}


class _Raises:
    def __init__(self, error: BaseException) -> None:
        self._error = error

    def tolist(self) -> Any:
        raise self._error


class _Proxy:
    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("a proxy without a server")


def _itself() -> Any:
    itself: list[Any] = []
    itself.append(itself)
    return itself


@pytest.mark.parametrize(
    ("make", "path", "text"),
    [
        (object, "args[0]", "a builtins.object is no JSON value"),
        (lambda: {"a": [_Proxy()]}, "args[0].a[0]", "is no JSON value"),
        (lambda: [_Raises(RuntimeError("device"))], "args[0][0]", "RuntimeError: device"),
        (lambda: _Raises(KeyError("x")), "args[0]", "KeyError: 'x'"),
        (lambda: {(1, 2): 3}, "args[0]", "a builtins.tuple cannot be a key"),
        (lambda: iter(int, 1), "args[0]", f"more than {MOST_ITEMS} items"),
        (lambda: io.StringIO("a"), "args[0]", "is no JSON value"),
        (_itself, "", "it contains itself"),
    ],
)
def test_what_is_not_is_refused_with_its_place(make: Callable[[], Any], path: str, text: str) -> None:
    with pytest.raises(ValueWritingError) as caught:
        to_plain(make(), "args[0]")
    assert (caught.value.path, text in str(caught.value)) == (path, True)


def test_texts_that_are_lists_of_themselves() -> None:
    assert to_plain([collections.UserString("ab")]) == ["ab"]
