"""The options of a submission are those of the schema, however it is spelt."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any

import pytest
from colonyos_gen_wire.constants import FUNCTION_SPEC_OPTIONS

from colonyos_gen import AsyncSession, FunctionSpec, Session, Workflow
from colonyos_gen.testing import LocalColony

BARE = FunctionSpec(funcname="f")


@pytest.mark.parametrize("session", [Session, AsyncSession])
def test_signature_of_submit(session: type[Any]) -> None:
    first = typing.get_overloads(session.submit)[0]
    named = [
        name for name, each in inspect.signature(first).parameters.items() if each.kind is each.KEYWORD_ONLY
    ]
    assert named == ["to", *FUNCTION_SPEC_OPTIONS]


def test_signature_of_task() -> None:
    parameters = inspect.signature(Workflow.task).parameters
    assert set(FUNCTION_SPEC_OPTIONS) <= set(parameters)
    for name in FUNCTION_SPEC_OPTIONS:
        default = parameters[name].default
        assert default == getattr(BARE, name) or (not default and not getattr(BARE, name))


def spellings(colony: LocalColony) -> dict[str, Callable[[], FunctionSpec]]:
    def task() -> FunctionSpec:
        wf = Workflow("one", to="math")
        wf.task("f")
        return colony.submit(wf).processes()["f"].spec

    return {
        "submit": lambda: colony.submit("f", to="math").process.spec,
        "spec": lambda: colony.submit(FunctionSpec.new("f", "math", colony.name)).process.spec,
        "task": task,
    }


@pytest.mark.parametrize("how", ["submit", "spec", "task"])
def test_a_job_means_the_same_however_it_is_spelt(colonies: LocalColony, how: str) -> None:
    spec = spellings(colonies)[how]()
    assert (spec.maxretries, spec.maxexectime, spec.maxwaittime, spec.priority) == (-1, -1, -1, 0)
    assert spec.maxretries == BARE.maxretries
