"""True and False are no numbers in JSON: the server refuses them, so they are refused before they are sent."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire import FunctionSpec, LimitError
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.codec import decode_request, encode_reply
from colonyos_gen_wire.exact import read_exact
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.methods import METHODS
from colonyos_gen_wire.methods.executor import ADD_EXECUTOR
from colonyos_gen_wire.methods.process import GET_PROCESSES
from colonyos_gen_wire.requests.process import SubmitFunctionSpecMsg
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf
from colonyos_gen_wire.types.location import Location

from tests.wire.test_limits import SECRETS, full

RULES = {Leaf.INTEGER: "an int", Leaf.NUMBER: "a number"}

Place = tuple[msgspec.Struct, str, str, Leaf]
"""A struct, the name of one of its fields, the path of that, and what it holds."""


def numbers(value: Any, shape: Shape, path: str = "") -> Iterator[Place]:
    """The places of all numbers inside a request."""
    if isinstance(shape, ListOf):
        for index, item in enumerate(value):
            yield from numbers(item, shape.item, f"{path}[{index}]")
    elif isinstance(shape, MapOf):
        for key, item in value.items():
            yield from numbers(item, shape.item, f"{path}[{key!r}]")
    elif isinstance(shape, StructOf) and value is not None:
        for field in FIELDS[shape.type]:
            inner = f"{path}.{field.wire}".lstrip(".")
            if isinstance(field.shape, Leaf) and field.shape in RULES:
                yield value, field.name, inner, field.shape
            else:
                yield from numbers(getattr(value, field.name), field.shape, inner)


@pytest.mark.parametrize("msgtype", sorted(METHODS))
def test_booleans_are_refused_in_the_place_of_numbers(msgtype: str) -> None:
    method = METHODS[msgtype]
    shape = StructOf(method.request)
    request = decode_request(method, full(shape))
    for struct, name, path, kind in numbers(request, shape):
        before = getattr(struct, name)
        for boolean in (True, False):
            setattr(struct, name, boolean)
            with pytest.raises(LimitError) as caught:
                check(request)
            assert caught.value.field == path
            assert caught.value.value == ("(not shown)" if name in SECRETS else boolean)
            assert caught.value.rule == RULES[kind]
        setattr(struct, name, before)
    check(request)


def test_there_are_numbers_to_look_at() -> None:
    request = SubmitFunctionSpecMsg(spec=FunctionSpec.new("echo", "cli", "dev"))
    paths = {path for _, _, path, _ in numbers(request, StructOf(type(request)))}
    assert {
        "spec.priority",
        "spec.maxexectime",
        "spec.conditions.nodes",
        "spec.conditions.gpu.count",
    } <= paths


class Level(enum.IntEnum):
    HIGH = 5


def test_other_whole_numbers_are_fine() -> None:
    spec = FunctionSpec.new("echo", "cli", "dev")
    spec.priority = Level.HIGH
    spec.maxexectime = 2**31  # the schema has no limit for it
    check(SubmitFunctionSpecMsg(spec=spec))


def test_booleans_are_fine_where_anything_is() -> None:
    spec = FunctionSpec.new("echo", "cli", "dev")
    spec.args, spec.kwargs = [True, {"deep": [False]}], {"flag": True}
    check(SubmitFunctionSpecMsg(spec=spec))


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, 10**30])
def test_integers_beyond_64_bits_are_refused_as_by_go(number: int) -> None:
    payload = {"msgtype": GET_PROCESSES.msgtype, "colonyname": "c", "count": number}
    with pytest.raises(msgspec.ValidationError, match="64 bits"):
        decode_request(GET_PROCESSES, payload)
    for fits in (2**63 - 1, -(2**63)):
        assert decode_request(GET_PROCESSES, payload | {"count": fits}).count == fits


@pytest.mark.parametrize(
    "time",
    ["2020-01-01t00:00:00Z", "2020-01-01T00:00:00z", "2020-01-01 00:00:00Z", "2020-01-01 00:00:00+00:00"],
)
def test_times_in_small_letters_or_with_a_space_are_refused_as_by_go(time: str) -> None:
    payload = {"msgtype": ADD_EXECUTOR.msgtype, "executor": {"commissiontime": time}}
    assert read_exact(ADD_EXECUTOR, msgspec.json.encode(payload)) is None
    with pytest.raises(msgspec.ValidationError):
        decode_request(ADD_EXECUTOR, payload)
    decode_request(ADD_EXECUTOR, {**payload, "executor": {"commissiontime": time.upper().replace(" ", "T")}})


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.0, b"0"),
        (3.0, b"3"),
        (-1.0, b"-1"),
        (0.5, b"0.5"),
        (1e20, b"100000000000000000000"),
        (2.0**63, b"9223372036854776000"),
        (2**63, b"9223372036854776000"),
        (-(2.0**53), b"-9007199254740992"),
    ],
)
def test_numbers_without_fraction_are_written_as_go_does(number: float, written: bytes) -> None:
    assert b'"long":' + written + b"," in encode_reply(
        Location, Location(name="n", colonyname="c", long=number)
    )
    assert b"e+21" in encode_reply(Location, Location(name="n", colonyname="c", long=1e21)).replace(
        b"e21", b"e+21"
    )
