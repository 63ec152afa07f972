"""Large values are shown in part, and not written out for that."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest

from colonyos_gen import FAILED, FunctionSpec, Process
from colonyos_gen.pictures import to_html
from colonyos_gen.pictures._look.values import call_text, value_text
from colonyos_gen.pictures._subjects import progress

LARGE: list[Callable[[], list[Any]]] = [
    lambda: ["x" * 10_000_000],
    lambda: [[0] * 2_000_000],
    lambda: [{str(i): i for i in range(300_000)}],
    lambda: list(range(2_000_000)),
]
"""Made in the test: who collects the tests has no use for them."""


def test_calls() -> None:
    spec = FunctionSpec(funcname="sim", args=[3, "a'b", None], kwargs={"lr": 0.1})
    assert call_text(spec) == """sim(3, "a'b", None, lr=0.1)"""
    assert len(call_text(FunctionSpec(funcname="f" * 999))) == 200
    assert value_text({"a": [1, {"b": [2]}]}) == "{'a': [1, {'b': [2]}]}"


@pytest.mark.parametrize("make", LARGE)
def test_large_values(make: Callable[[], list[Any]]) -> None:
    values = make()
    spec = FunctionSpec(funcname="f", args=values, kwargs={"k": values})
    process = Process(processid="a" * 64, spec=spec, output=values, input=values)
    tracemalloc.start()
    try:
        page = to_html([process])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(page) < 10_000
    assert most < 30_000_000


def test_those_that_failed_with_their_workflow() -> None:
    process = Process(processid="a" * 64, spec=FunctionSpec(funcname="f"), state=FAILED)
    assert progress(process) == "failed"
    process.processgraphid = "b" * 64
    assert progress(process) == "failed with the workflow"
    process.errors = ["why"]
    assert progress(process) == "why"
