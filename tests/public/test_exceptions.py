"""Exceptions are shown by the names that programs import them by."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Iterator
from importlib import import_module

import pytest

import colonyos_gen
from colonyos_gen import FunctionSpec, OutputMismatch, Process, ProcessCancelled, ProcessFailed

from .surface import is_ours, public_modules, public_names

PROCESS = Process(processid="0" * 64, spec=FunctionSpec(funcname="f"))


def found() -> Iterator[type[BaseException]]:
    for modulename in public_modules(colonyos_gen):
        module = import_module(modulename)
        for name in public_names(module):
            value: object = getattr(module, name)
            if isinstance(value, type) and issubclass(value, BaseException) and is_ours(value):
                yield value


EXCEPTIONS = list(dict.fromkeys(found()))


@pytest.mark.parametrize("kind", EXCEPTIONS)
def test_what_is_shown_can_be_imported(kind: type[BaseException]) -> None:
    assert not any(part.startswith("_") for part in kind.__module__.split(".")), kind.__module__
    assert getattr(import_module(kind.__module__), kind.__qualname__) is kind
    assert pickle.loads(pickle.dumps(kind)) is kind


def test_there_are_those_of_sessions() -> None:
    assert {each.__qualname__ for each in EXCEPTIONS} >= {
        "ProcessFailed",
        "WorkflowError",
        "PoolError",
        "KeyFileError",
    }


def test_tracebacks_say_it() -> None:
    shown = "".join(traceback.format_exception(ProcessFailed(PROCESS, ["no"], [])))
    assert shown.startswith("colonyos_gen.ProcessFailed: ")


@pytest.mark.parametrize(
    "error",
    [ProcessFailed(PROCESS, ["no"], []), ProcessCancelled(PROCESS), OutputMismatch(PROCESS, int, "no")],
)
def test_they_travel(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again)) == (type(error), str(error))
