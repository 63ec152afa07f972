"""Fields that a class does not have: a misspelt name is refused, another one is told once, whatever made the class."""

from __future__ import annotations

import dataclasses
import enum
import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, NotRequired, TypedDict

import attrs
import msgspec
import pydantic
import pytest

from colonyos_gen import ProcessFailed, Worker
from colonyos_gen._values.making import UNREADABLE
from colonyos_gen._values.reading import Reader
from colonyos_gen._values.writing import to_plain
from colonyos_gen.testing import LocalColony


@dataclasses.dataclass
class Plain:
    side: int
    max_height: int = 1


@dataclasses.dataclass
class Made:
    """One that msgspec cannot make by itself."""

    side: int
    max_height: int = 1
    where: Path | str = "a"


@attrs.define
class Attrs:
    side: int
    max_height: int = 1
    _hidden: int = 0
    shown: int = attrs.field(init=False, default=3)


class Record(msgspec.Struct, rename="camel", tag="record"):
    side: int
    max_height: int = 1


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    side: int
    max_height: int = 1


class Typed(TypedDict):
    side: int
    max_height: NotRequired[int]


class Model(pydantic.BaseModel):
    side: int
    max_height: int = 1


class Wide(pydantic.BaseModel, extra="allow"):
    side: int


def _lower(given: dict[str, int]) -> dict[str, int]:
    return {"max_height" if name == "maxHeight" else name: each for name, each in given.items()}


def _turned(models: list[Any]) -> list[Any]:
    return models[::-1]


class Ignoring(pydantic.BaseModel, extra="ignore"):
    side: int
    max_height: int = 1


class Renaming(pydantic.BaseModel):
    """Knows names that are not those of its fields."""

    side: int
    max_height: int = 1

    @pydantic.model_validator(mode="before")
    @classmethod
    def rename(cls, given: dict[str, int]) -> dict[str, int]:
        return {"max_height" if name == "maxHeight" else name: each for name, each in given.items()}


class Lower(pydantic.BaseModel):
    """Its validator renames what another model gets."""

    model: Annotated[Model, pydantic.BeforeValidator(_lower)]


class Sorted(pydantic.BaseModel):
    """What is made is in another order than what was given."""

    models: Annotated[list[Model | Wide], pydantic.AfterValidator(_turned)]


class Computing(pydantic.BaseModel):
    side: int
    max_height_: float = pydantic.Field(0.0, exclude=True)

    @pydantic.computed_field
    def max_height(self) -> float:
        return self.max_height_


class Own(pydantic.BaseModel):
    max_height: int = 1

    def __init__(self, **given: Any) -> None:
        super().__init__(max_height=given.get("maxHeight", 0))


class Aliased(pydantic.BaseModel):
    max_height: int = pydantic.Field(1, alias="Höhe")
    parts: list[Model] = []
    by_name: dict[str, Model] = {}


KINDS: list[Any] = [Plain, Made, Attrs, Typed, Model]
WRONG = [("maxHeight", "max_height"), ("maxheight", "max_height"), ("max_hieght", "max_height")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("name", "meant"), WRONG)
def test_misspelt_names_are_refused(kind: Any, name: str, meant: str) -> None:
    with pytest.raises(UNREADABLE, match=f"{kind.__name__} has no field '{name}'; did you mean '{meant}'"):
        Reader(kind).read({"side": 1, name: 2})


@pytest.mark.parametrize("kind", KINDS)
def test_wherever_they_are(kind: Any) -> None:
    wrong = {"side": 1, "max_heigth": 2}
    values: list[tuple[Any, Any]] = [
        (list[kind], [{"side": 1}, wrong]),
        (dict[str, list[kind]], {"a": [wrong]}),
        (tuple[int, kind], [1, wrong]),
        (kind | None, wrong),
        (Iterable[kind], [wrong]),
    ]
    for annotation, value in values:
        with pytest.raises(UNREADABLE, match="did you mean 'max_height'"):
            Reader(annotation).read(value)


def test_the_place_is_told() -> None:
    with pytest.raises(UNREADABLE, match=r"at `\$\.a\[1\]`"):
        Reader(dict[str, list[Plain]]).read({"a": [{"side": 1}, {"side": 1, "max_heigth": 2}]})


def test_of_structs_it_is_the_name_in_json() -> None:
    with pytest.raises(UNREADABLE, match="Record has no field 'max_height'; did you mean 'maxHeight'"):
        Reader(Record).read({"side": 1, "max_height": 2})
    assert Reader(Record | int).read({"type": "record", "side": 1, "maxHeight": 2}) == Record(1, 2)


@pytest.mark.parametrize("kind", KINDS)
def test_others_are_told_once_and_left_out(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    name = f"colour_of_{kind.__name__.lower()}"  # of which nobody was told yet
    with caplog.at_level(logging.WARNING, "colonyos_gen"):
        read = [Reader(kind).read({"side": 1, name: 2}) for _ in range(3)]
    assert read == [Reader(kind).read({"side": 1})] * 3
    assert [each.getMessage() for each in caplog.records] == [
        f"{kind.__name__} has no field '{name}': what was sent for it is left out, here and from now on"
    ]


def test_classes_that_say_otherwise_decide(caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(UNREADABLE, match="unknown field `colour`"):
        Reader(Strict).read({"side": 1, "colour": 2})
    with caplog.at_level(logging.WARNING, "colonyos_gen"):
        assert Reader(Ignoring).read({"side": 1, "maxHeight": 2}) == Ignoring(side=1)
        assert Reader(Renaming).read({"side": 1, "maxHeight": 2}) == Renaming(side=1, max_height=2)
        assert Reader(Wide).read({"side": 1, "colour": 2}) == Wide.model_validate({"side": 1, "colour": 2})
    assert caplog.records == []


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"Höhen": 2}, ""),
        ({"parts": [{"side": 1}, {"side": 1, "maxHeight": 2}]}, "$.parts[1]"),
        ({"by_name": {"a": {"side": 1, "maxHeight": 2}}}, "$.by_name.a"),
    ],
)
def test_in_models_of_pydantic(value: Any, place: str) -> None:
    with pytest.raises(UNREADABLE, match="did you mean") as caught:
        Reader(Aliased).read(value)
    assert place in str(caught.value)
    assert Reader(Aliased).read({"Höhe": 2}).max_height == 2


def test_models_with_code_of_their_own_decide(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "colonyos_gen"):
        assert Reader(Lower).read({"model": {"side": 1, "maxHeight": 2}}).model.max_height == 2
        given = [{"side": 1}, {"side": 2, "max_heigt": 3}]
        assert [each.side for each in Reader(Sorted).read({"models": given}).models] == [2, 1]
        written = to_plain(Computing(side=1, max_height_=2.5))
        assert Reader(Computing).read(written).side == 1
        assert Reader(Own).read({"maxHeight": 2}).max_height == 2
    assert caplog.records == []


def test_what_is_all_there_is_not_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "colonyos_gen"):
        assert Reader(Attrs).read({"side": 1, "max_height": 2, "_hidden": 3, "shown": 3}) == Attrs(1, 2, 3)
        assert Reader(Plain | Made).read({"side": 1, "max_height": 2, "where": "b"}) == Made(1, 2, Path("b"))
        assert Reader(list[int] | dict[str, int]).read({"side": 1}) == {"side": 1}
    assert caplog.records == []


class Mixed(enum.Enum):
    ONE = 1
    TEXT = "text"
    HALF = 0.5


class Rights(enum.Flag):
    READ = 1
    WRITE = 2


def test_keys_that_are_enums_of_any_values() -> None:
    assert Reader(dict[Mixed, int]).read({"1": 1, "text": 2, "0.5": 3}) == {
        Mixed.ONE: 1,
        Mixed.TEXT: 2,
        Mixed.HALF: 3,
    }
    assert Reader(dict[Rights, int]).read({"3": 1}) == {Rights.READ | Rights.WRITE: 1}
    with pytest.raises(UNREADABLE, match="invalid Mixed: 'other'"):
        Reader(dict[Mixed, int]).read({"other": 1})


def test_a_caller_is_told(colonies: LocalColony) -> None:
    worker = Worker("w")

    @worker.function
    def area(of: Plain) -> int:
        return of.side * of.max_height

    with colonies.worker(worker):
        with pytest.raises(ProcessFailed, match="argument of: Plain has no field 'maxheight'; did you mean"):
            colonies.call("area", {"side": 2, "maxheight": 3}, timeout=60)
        assert colonies.call("area", {"side": 2, "max_height": 3}, timeout=60) == 6
