"""Annotations that Python and type checkers accept, and what is read by them."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import enum
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, NotRequired, TypedDict, TypeVar

import attrs
import msgspec
import pydantic
import pytest

from colonyos_gen._values.reading import Reader
from colonyos_gen._values.writing import to_plain

T = TypeVar("T")
Bound = TypeVar("Bound", bound=int)
Either = TypeVar("Either", int, str)
UserId = NewType("UserId", int)


@dataclasses.dataclass
class Circle:
    radius: float


@dataclasses.dataclass
class Square:
    side: float


@dataclasses.dataclass
class Box:
    side: float
    height: float = 1.0


class Order(pydantic.BaseModel):
    item: str
    count: int = 1


@dataclasses.dataclass
class Job:
    where: Path | str
    rows: Iterable[int]
    order: Order | None = None
    first: Job | None = None


@dataclasses.dataclass
class Holder(Generic[T]):
    held: T


@attrs.define
class Part:
    path: Path | list[str]
    weights: list[float] = attrs.field(factory=list[float])


class Options(TypedDict):
    since: datetime.datetime | str
    folder: NotRequired[Path]


class Pair(NamedTuple):
    left: Path | int
    right: int = 1


class Text(str):
    __slots__ = ()


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Shape(enum.Enum):
    WIDE = (2, 1)
    HALF = 0.5


NOON = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC)


@pytest.mark.parametrize(
    ("annotation", "value", "wanted"),
    [
        (Path | None, "a", Path("a")),
        (str | Path, "a", "a"),
        (datetime.datetime | str, "soon", "soon"),
        (datetime.datetime | str, "2026-01-31T12:00:00Z", NOON),
        (Circle | Square, {"side": 2}, Square(2.0)),
        (Square | Box, {"side": 2, "height": 3}, Box(2.0, 3.0)),
        (Square | Box, {"side": 2}, Square(2.0)),
        (float | list[float] | tuple[float, ...], [1], [1.0]),
        (int | Path, "5", Path("5")),
        (list[Path | str | None], ["a", None], [Path("a"), None]),
        (Annotated[int | list[int] | set[int], "some"], [1], [1]),
        (Job, {"where": "a", "rows": ["1"], "first": {"where": "b", "rows": []}},
         Job(Path("a"), [1], None, Job(Path("b"), []))),
        (Job, {"where": "a", "rows": [], "order": {"item": "nut"}}, Job(Path("a"), [], Order(item="nut"))),
        (list[Order], [{"item": "nut"}], [Order(item="nut")]),
        (Holder[int], {"held": "1"}, Holder(1)),
        (Part, {"path": ["a"], "weights": [1]}, Part(["a"], [1.0])),
        (Options, {"since": "soon", "folder": "a"}, {"since": "soon", "folder": Path("a")}),
        (Pair, ["a", 2], Pair(Path("a"), 2)),
        (list[Text], ["a"], [Text("a")]),
        (list[Access], [3], [Access.READ | Access.WRITE]),
        (Shape, [2, 1], Shape.WIDE),
        (dict[str, Shape], {"a": 0.5}, {"a": Shape.HALF}),
        (Literal[0.5, 1.0], 0.5, 0.5),
        (Iterable[int], ["1", 2], [1, 2]),
        (dict[str, Iterable[int]], {"a": [1]}, {"a": [1]}),
        (Sequence[Path], ["a"], [Path("a")]),
        (Mapping[str, Path], {"a": "b"}, {"a": Path("b")}),
        (dict[Path, int], {"a": 1}, {Path("a"): 1}),
        (collections.OrderedDict[str, int], {"a": "1"}, collections.OrderedDict(a=1)),
        (collections.Counter[str], {"a": 1}, collections.Counter("a")),
        (collections.deque[int], ["1"], collections.deque([1])),
        (T, 1, 1),
        (Bound, "1", 1),
        (Either, "a", "a"),
        (list[T], [1], [1]),  # type: ignore[valid-type]
        (UserId, "1", 1),
        (object, 1, 1),
    ],
)  # fmt: skip
def test_what_is_read(annotation: Any, value: Any, wanted: Any) -> None:
    reader = Reader(annotation)
    found = reader.read(value)
    assert (found, type(found), reader.unreadable) == (wanted, type(wanted), [])


def test_an_iterator_is_one() -> None:
    assert next(Reader(Iterator[int]).read(["1"])) == 1


@pytest.mark.parametrize("annotation", [Callable[[int], int], type[int], complex, "nonsense", 3])
def test_by_what_nothing_can_be_read_values_are_passed(annotation: Any) -> None:
    reader = Reader(annotation)
    assert reader.read({"a": 1}) == {"a": 1}
    assert len(reader.unreadable) == 1


@pytest.mark.parametrize(
    ("annotation", "value", "text"),
    [
        (Circle | Square, {"colour": "red"}, "missing required field"),
        (Literal[0.5, 1.0], 0.7, r"expected one of 0\.5, 1\.0, got 0\.7"),
        (Iterable[int], 3, "expected a list, got int"),
        (Job, {"rows": []}, "lacks the field 'where'"),
        (Job, {"where": "a", "rows": ["x"]}, "`rows` of Job"),
        (Order, {"count": 1}, "Field required"),
    ],
)
def test_what_does_not_fit_is_told(annotation: Any, value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        Reader(annotation).read(value)


@pytest.mark.parametrize(
    "value", [Path("a"), Order(item="nut", count=2), Job(Path("a"), [1], Order(item="nut")), Pair(Path("a")), Shape.WIDE,
              Access.READ | Access.WRITE, Part(Path("a")), Text("a"), collections.deque([1]), NOON, b"\xff"],
)  # fmt: skip
def test_what_one_side_writes_the_other_reads(value: Any) -> None:
    sent = msgspec.json.decode(msgspec.json.encode(to_plain(value)))
    assert Reader(type(value)).read(sent) == value
