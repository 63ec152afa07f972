"""Two generators, one wire: the Pydantic models and our own types read every recorded payload alike.

The classes of the Pydantic models are written by datamodel-code-generator from the bundled JSON Schema, so whatever they and
our types agree on does not rest on our templates alone.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import pytest
from colonyos_gen_wire import LimitError
from colonyos_gen_wire.checks import check
from colonyos_gen_wire.codec import decode, decode_reply, shape_of
from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.shape import Leaf, ListOf, MapOf, Shape, StructOf
from pydantic import BaseModel, RootModel, TypeAdapter, ValidationError

from tests.wire.kit.comparing import instant
from tests.wire.kit.recordings import FILES, METHODS, all_exchanges, exchanges, frames

MODELS = Path(__file__).parents[2] / "generated/pydantic/colonyos_models.py"
STRICTER_HERE = {
    "08_assign_timeouts.json step 7 assignprocessmsg": "an excluded value, which their fields cannot express",
    "15_channels.json step 35 channelappendmsg": "text that is not base64, which their side leaves as it is",
}
"""Requests that our side alone refuses, and why."""
REFUSED = object()
"""What stands for a payload that was not accepted."""


def load_models() -> ModuleType:
    """The generated module, which is not part of any package."""
    spec = importlib.util.spec_from_file_location("colonyos_models_as_generated", MODELS)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


models = load_models()
REQUESTS: dict[str, type[BaseModel]] = models.REQUESTS
REPLIES: dict[str, TypeAdapter[Any]] = {name: TypeAdapter(type_) for name, type_ in models.REPLIES.items()}


def attempt(read: Callable[[], Any]) -> Any:
    """What `read` returns, or `REFUSED`."""
    try:
        return read()
    except (msgspec.ValidationError, ValidationError):
        return REFUSED


def disagreements(shape: Shape, ours: Any, theirs: Any, path: str = "$") -> list[str]:
    """Where the two values differ, as lines of text. `shape` tells how the values must be read."""
    if isinstance(theirs, RootModel):  # what a list element with a limit of its own is there
        theirs = theirs.root  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if isinstance(shape, StructOf) and isinstance(ours, shape.type) and isinstance(theirs, BaseModel):
        names = {field.alias or name: name for name, field in type(theirs).model_fields.items()}
        assert names.keys() - {"msgtype"} == {field.wire for field in FIELDS[shape.type]} - {"msgtype"}
        return [
            line
            for field in FIELDS[shape.type]
            for line in disagreements(
                field.shape,
                getattr(ours, field.name),
                getattr(theirs, names[field.wire]),
                f"{path}.{field.wire}",
            )
        ]
    if isinstance(shape, ListOf | MapOf):
        return _in_container(shape, ours, theirs, path)
    same = _same_leaf(shape, ours, theirs) if isinstance(shape, Leaf) else ours is None and theirs is None
    return [] if same else [f"{path}: {ours!r} here, {theirs!r} there"]


def _in_container(shape: ListOf | MapOf, ours: Any, theirs: Any, path: str) -> list[str]:
    kind: Any = list if isinstance(shape, ListOf) else dict
    theirs = kind() if theirs is None else theirs
    if type(ours) is not kind or type(theirs) is not kind:
        return [f"{path}: {ours!r} here, {theirs!r} there"]
    mine, other = (_by_place(value) for value in (ours, theirs))
    if list(mine) != list(other):
        return [f"{path}: {list(mine)} here, {list(other)} there"]
    return [
        line for key in mine for line in disagreements(shape.item, mine[key], other[key], f"{path}[{key!r}]")
    ]


def _by_place(value: list[Any] | dict[Any, Any]) -> dict[Any, Any]:
    """A list or map as a map."""
    return dict(enumerate(value)) if isinstance(value, list) else value


def _same_leaf(shape: Leaf, ours: Any, theirs: Any) -> bool:
    if shape is Leaf.TIME:
        mine, other = _instant(ours), _instant(theirs)
        if mine is None or other is None:
            return mine is other
        # One rounds nanoseconds, the other cuts them off.
        return abs(mine - other) <= timedelta(microseconds=1)
    if shape is Leaf.BYTES:
        return bool(ours == base64.b64decode(theirs or "", validate=True))
    if shape is Leaf.INTEGER:
        return not isinstance(ours, bool) and not isinstance(theirs, bool) and int(ours) == int(theirs)
    return json.dumps(ours) == json.dumps(theirs)


def _instant(value: datetime | str | None) -> datetime | None:
    """The instant in UTC; None when it is not set."""
    if isinstance(value, str):
        return instant(value)
    if value is None or value.year <= 1:
        return None
    return value.astimezone(UTC)


def compare_reply(msgtype: str, payload: bytes, where: str) -> list[str]:
    """How the two readings of a reply differ."""
    method = METHODS[msgtype]
    ours = attempt(lambda: decode_reply(method, payload))
    theirs = attempt(lambda: REPLIES[msgtype].validate_json(payload, strict=True))
    if method.response is None:
        return []
    if (ours is REFUSED) != (theirs is REFUSED):
        return [f"{where} {msgtype}: refused {'here' if ours is REFUSED else 'there'}: {payload[:200]!r}"]
    if ours is REFUSED:
        return []
    return [f"{where} {msgtype}: {line}" for line in disagreements(shape_of(method.response), ours, theirs)]


def compare_request(msgtype: str, payload: bytes, where: str) -> tuple[str, list[str]]:
    """What became of a request, and how the two readings of it differ."""
    method = METHODS[msgtype]
    ours = attempt(lambda: decode(method.request, payload))
    theirs = attempt(lambda: REQUESTS[msgtype].model_validate_json(payload, strict=True))
    if ours is REFUSED:
        problem = [] if theirs is REFUSED else [f"{where} {msgtype}: refused here: {payload[:200]!r}"]
        return "refused", problem
    try:
        check(ours)
    except LimitError as error:
        # Their requests know the limits on their own fields only.
        own = "." not in error.field and "[" not in error.field
        problem = (
            [f"{where} {msgtype}: beyond a limit here alone: {error}"]
            if own and theirs is not REFUSED
            else []
        )
        return "beyond a limit", problem
    if theirs is REFUSED:
        return "accepted", [f"{where} {msgtype}: refused there: {payload[:200]!r}"]
    return "accepted", [
        f"{where} {msgtype}: {line}" for line in disagreements(shape_of(method.request), ours, theirs)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_replies_are_read_alike(path: Path) -> None:
    found: list[str] = []
    for exchange in exchanges(path):
        if exchange.reply is not None and not exchange.reply["error"]:
            payload = json.dumps(exchange.reply["payload"]).encode()
            found += compare_reply(exchange.msgtype, payload, exchange.where)
    for frame in frames(path):
        if not frame.reply["error"]:
            found += compare_reply(frame.msgtype, json.dumps(frame.reply["payload"]).encode(), frame.where)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_requests_are_read_alike(path: Path) -> None:
    found: list[str] = []
    for exchange in exchanges(path):
        if exchange.payload is not None:
            payload = json.dumps(exchange.payload).encode()
            problems = compare_request(exchange.msgtype, payload, exchange.where)[1]
            known = f"{exchange.where} {exchange.msgtype}" in STRICTER_HERE
            assert bool(problems) or not known, "no longer a difference"
            found += [] if known else problems
    assert not found, "\n".join(found)


def test_enough_was_compared() -> None:
    """There is a recorded success for nearly every message, and most requests are accepted by both sides."""
    successes = [e.msgtype for e in all_exchanges() if e.reply is not None and not e.reply["error"]]
    assert len(successes) > 1000
    assert len(set(successes)) > 90
    outcomes: Counter[str] = Counter()
    for exchange in all_exchanges():
        if exchange.payload is not None:
            payload = json.dumps(exchange.payload).encode()
            outcomes[compare_request(exchange.msgtype, payload, exchange.where)[0]] += 1
    assert outcomes["accepted"] > 1400, outcomes
    assert set(REQUESTS) >= set(METHODS)
    assert set(REPLIES) == set(METHODS)


@pytest.mark.parametrize("type_", FIELDS, ids=lambda type_: type_.__name__)
def test_defaults_are_alike(type_: type[msgspec.Struct]) -> None:
    """What has only its required keys becomes the same on both sides, and what lacks one is refused by both."""
    model: type[BaseModel] = getattr(models, type_.__name__)
    samples: dict[Leaf, Any] = {
        Leaf.STRING: "",
        Leaf.INTEGER: 1,
        Leaf.BOOLEAN: True,
        Leaf.NUMBER: 0.5,
        Leaf.BYTES: "",
    }
    payload: dict[str, Any] = {}
    tag = type_.__struct_config__.tag
    if tag is not None:
        payload["msgtype"] = tag
    for field, info in zip(FIELDS[type_], msgspec.structs.fields(type_), strict=True):
        if info.required and isinstance(field.shape, Leaf):
            payload[field.wire] = samples.get(field.shape)
        elif info.required:
            payload[field.wire] = [] if isinstance(field.shape, ListOf) else {}
    text = json.dumps(payload).encode()
    ours = attempt(lambda: decode(type_, text))
    theirs = attempt(lambda: model.model_validate_json(text, strict=True))
    if ours is REFUSED or theirs is REFUSED:
        # The samples are beyond some limits, which requests have over there; here they are checked later.
        assert theirs is REFUSED
        assert ours is REFUSED or tag is not None
        return
    assert disagreements(shape_of(type_), ours, theirs) == []
