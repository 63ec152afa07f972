"""Which values the garbage collector looks at: those that may be in a cycle, and no others."""

from __future__ import annotations

import gc
import weakref
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, get_args

import msgspec
import pytest
from colonyos_gen_wire import Conditions, FunctionSpec, Process, ValidationSchema
from colonyos_gen_wire import types as types_
from colonyos_gen_wire.base import WireStruct
from colonyos_gen_wire.methods import METHODS


def _inside(kind: Any, above: frozenset[type] = frozenset()) -> bool:
    """Whether what a value of `kind` holds may lead back to it."""
    if kind is Any or kind in above:
        return True
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return any(_inside(field.type, above | {kind}) for field in msgspec.structs.fields(kind))
    return any(_inside(each, above) for each in get_args(kind))


MODULES = [import_module(f"{types_.__name__}.{each.name}") for each in iter_modules(types_.__path__)]
STRUCTS = sorted(
    {method.request for method in METHODS.values()}
    | {
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct)
    }
    - {WireStruct},
    key=lambda kind: kind.__name__,
)


@pytest.mark.parametrize("kind", STRUCTS, ids=lambda kind: kind.__name__)
def test_what_may_be_in_a_cycle_is_tracked(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.gc is _inside(kind)


def test_both_kinds_are_there() -> None:
    assert len(STRUCTS) > 120
    assert not Conditions.__struct_config__.gc
    assert all(kind.__struct_config__.gc for kind in (FunctionSpec, Process, ValidationSchema))


class Thing:
    pass


def test_a_cycle_through_an_argument_is_collected() -> None:
    thing = Thing()
    spec = FunctionSpec(funcname="f", args=[thing])
    process = Process(processid="p", spec=spec, output=[spec])
    thing.process = process  # type: ignore[attr-defined]
    gone = weakref.ref(thing)
    del thing, spec, process
    gc.collect()
    assert gone() is None
