"""The table of values in the README is true, row by row."""

from __future__ import annotations

import dataclasses
import enum
import json
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pydantic
import pytest

from colonyos_gen._values.reading import Reader
from colonyos_gen._values.writing import ValueWritingError, to_plain

from .test_readme import VALUES

ROWS = re.findall(r"^\| `(.+?)`[^`|]* \| `(.+?)` \| `(.+?)` \|$", VALUES, re.MULTILINE)


class Colour(enum.Enum):
    RED = "red"


@dataclasses.dataclass
class Clip:
    file: Path
    length: timedelta


class Order(pydantic.BaseModel):
    item: str


NAMES: dict[str, Any] = {
    each.__name__: each for each in (Any, Clip, Colour, Decimal, Order, Path, UUID, date, timedelta)
}


def test_the_table_is_read() -> None:
    assert len(ROWS) == VALUES.count("\n| `") > 15


@pytest.mark.parametrize(("value", "wire", "annotation"), ROWS)
def test_what_is_written_is_read(value: str, wire: str, annotation: str) -> None:
    names = dict(NAMES)
    if (module := annotation.partition(".")[0]) in ("numpy", "pandas"):
        names[module] = pytest.importorskip(module)
    given: Any = eval(value, names)
    plain = to_plain(given)
    assert json.loads(json.dumps(plain)) == json.loads(wire)
    again: Any = Reader(eval(annotation, names)).read(json.loads(wire))
    if isinstance(given, range):
        given = [*given]
    assert type(again) is type(given)
    assert again.equals(given) if module == "pandas" else bool(_all(again == given))


def _all(equal: Any) -> Any:
    return equal.all() if hasattr(equal, "all") else equal


@pytest.mark.parametrize("value", ['{1: "a", "1": "b"}', "{(1, 2): 3}", "{True: 1}", "{None: 1}", "1j"])
def test_what_is_refused(value: str) -> None:
    with pytest.raises(ValueWritingError):
        to_plain(eval(value))
