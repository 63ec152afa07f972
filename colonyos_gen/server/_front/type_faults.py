"""What the real server says of payloads whose values have the wrong types, where it says more than that they have."""

from __future__ import annotations

from typing import cast

from colonyos_gen_wire.fields import FIELDS
from colonyos_gen_wire.shape import Leaf

from colonyos_gen.server._caller.access import AnyMethod
from colonyos_gen.server._values.go_json import mistyped

_GO_TYPES = {Leaf.STRING: "string", Leaf.INTEGER: "int", Leaf.BOOLEAN: "bool", Leaf.NUMBER: "float64"}
_64_BITS = ("afterseq",)
"""The keys of integers that are declared with their size."""
_PLAIN = "a field of the payload has the wrong type"


def kind_of(value: object) -> str:
    """The kind of a JSON value, as Go calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return "array"
        case _:
            return "object"


def not_an_object(method: AnyMethod, document: object) -> str:
    """What is said of a payload that is no object."""
    return mistyped(f"{kind_of(document)} into Go value of type rpc.{method.request.__name__}")


def wrong_type(method: AnyMethod, payload: dict[str, object]) -> str:
    """What is said of the first value in `payload` that has the wrong type."""
    fields = {field.wire: field.shape for field in FIELDS[method.request]} | {"msgtype": Leaf.STRING}
    for key, value in payload.items():
        shape = fields.get(key.lower())
        if value is None or not isinstance(shape, Leaf) or shape not in _GO_TYPES or _fits(shape, value):
            continue
        kind = kind_of(value)
        if kind == "number" and shape is Leaf.INTEGER:
            kind = f"number {cast('float', value)}"
        go_type = "int64" if key.lower() in _64_BITS else _GO_TYPES[shape]
        name = f"{method.request.__name__}.{key.lower()}"
        return mistyped(f"{kind} into Go struct field {name} of type {go_type}")
    return _PLAIN


def _fits(shape: Leaf, value: object) -> bool:
    match shape:
        case Leaf.STRING:
            return isinstance(value, str)
        case Leaf.BOOLEAN:
            return isinstance(value, bool)
        case Leaf.INTEGER:
            return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63
        case _:
            return isinstance(value, int | float) and not isinstance(value, bool)
